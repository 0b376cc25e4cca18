//! The sources are read. When all of them are there, they become a knowledge base.

use std::collections::HashMap;

use api_types::client;
use api_types::drafts::Draft;
use api_types::kb::{DraftSource, KnowledgeBaseContent};
use api_types::live::Topic;
use api_types::sources::{Crawl, CrawlStatus, CrawledPage};
use api_types::{ErrorCode, Page};
use leptos::prelude::*;
use leptos::task::spawn_local;
use uuid::Uuid;

use super::use_go;
use crate::i18n::served;
use crate::kb::{CrawlProgress, source_icon, taken};
use crate::live::follow_while;
use crate::session::use_session;
use crate::ui::alert::ErrorAlert;
use crate::ui::button::{Button, ButtonLink, Variant};
use crate::ui::icon::{self, Icon};
use crate::ui::load::{load, loaded, rows};
use crate::ui::page::Section;

/// Pages of a crawl that are shown.
const SHOWN: usize = 6;

/// The crawls of the draft by source, as far as they are known. A handle.
type Crawls = RwSignal<HashMap<Uuid, Crawl>>;

/// The sources of a draft, until they are finalized.
#[component]
pub fn Reading(bot: Uuid, draft: Uuid) -> impl IntoView {
    let found = load(move || client::kb_drafts::get(draft));
    loaded(found, rows, move |found| {
        let sources =
            found.with_untracked(|draft: &Draft<KnowledgeBaseContent>| draft.content.sources.clone());
        view! { <Sources bot=bot draft=draft sources=sources /> }
    })
}

#[component]
fn Sources(bot: Uuid, draft: Uuid, sources: Vec<DraftSource>) -> impl IntoView {
    let session = use_session();
    let go = use_go();
    let crawls: Crawls = RwSignal::default();
    let error = RwSignal::new(None::<String>);
    let is_done = RwSignal::new(false);
    let crawled = sources.iter().filter(|source| source.kind.is_crawled()).count();
    let others = sources.len() - crawled;
    let have_ended = move || {
        crawls.with(|crawls| {
            let ended = crawls.values().filter(|crawl| !crawl.status.in_progress());
            ended.count() == crawled
        })
    };
    let pages = move || crawls.with(|crawls| crawls.values().map(|crawl| crawl.pages.taken()).sum::<i64>());
    let is_empty = move || have_ended() && others == 0 && pages() == 0;
    let finalize = move || {
        error.set(None);
        spawn_local(async move {
            match session.send(&client::kb_drafts::finalize(draft)).await {
                Ok(made) => go(format!("/bots/new?bot={bot}&base={}", made.knowledge_base_id)),
                // The plan may be full, or the name taken by now.
                Err(problem) => {
                    error.try_set(Some(crate::i18n::explain(&problem)));
                    is_done.try_set(false);
                }
            }
        });
    };
    Effect::new(move |_| {
        if have_ended() && !untrack(is_empty) && !is_done.get_untracked() {
            is_done.set(true);
            finalize();
        }
    });
    let row = move |source: DraftSource| view! { <Source draft=draft source=source crawls=crawls /> };
    view! {
        <Section title=tr!("Reading what it should know") subtitle=tr!("If you leave this page, the drafts wait a day for you under Bots and Knowledge.")>
            <ul class="-my-2 divide-y divide-base-300" aria-label=tr!("Sources")>
                {sources.into_iter().map(row).collect_view()}
            </ul>
        </Section>
        <div class="mt-4 flex flex-col gap-3">
            <ErrorAlert message=error />
            <Show when=move || error.with(Option::is_some)>
                <div class="flex justify-end gap-2">
                    <ButtonLink href=format!("/knowledge/draft/{draft}")>{tr!("Open the sources")}</ButtonLink>
                    <Button variant=Variant::Primary on_click=finalize>
                        {tr!("Try again")}
                    </Button>
                </div>
            </Show>
            <Show when=is_empty>
                <Nothing bot=bot draft=draft />
            </Show>
        </div>
    }
}

/// Not a single page could be taken.
#[component]
fn Nothing(bot: Uuid, draft: Uuid) -> impl IntoView {
    view! {
        <div role="alert" class="panel flex flex-col gap-3 p-4">
            <p class="font-medium">{tr!("Nothing could be read from there.")}</p>
            <p class="muted">
                {tr!("Try another address of the site, add files, or go on and give the bot its knowledge later. Its name and words are kept.")}
            </p>
            <div class="flex flex-wrap justify-end gap-2">
                <ButtonLink href=format!("/bots/draft/{bot}")>{tr!("Go on without")}</ButtonLink>
                <ButtonLink href=format!("/knowledge/draft/{draft}") variant=Variant::Primary>
                    {tr!("Add other sources")}
                </ButtonLink>
            </div>
        </div>
    }
}

#[component]
fn Source(draft: Uuid, source: DraftSource, crawls: Crawls) -> impl IntoView {
    let title = source.title.clone();
    let progress = source.kind.is_crawled().then(|| {
        view! { <Site draft=draft source=source.id crawls=crawls /> }
    });
    let is_there = progress.is_none();
    view! {
        <li class="flex flex-wrap items-center gap-3 py-3" data-testid="source">
            <Icon glyph=source_icon(source.kind) class="size-5 muted" />
            <span class="min-w-0 grow truncate font-medium" dir="auto">
                {title}
            </span>
            <Show when=move || is_there>
                <Icon glyph=icon::CIRCLE_CHECK class="size-4 text-success" />
            </Show>
            {progress}
        </li>
    }
}

/// How far the crawl is, with the pages it found last.
#[component]
fn Site(draft: Uuid, source: Uuid, crawls: Crawls) -> impl IntoView {
    let session = use_session();
    let crawl = load(move || client::kb_drafts::crawl(draft, source));
    let is_it = move |what, id| what == Topic::Crawl && id == source;
    follow_while(crawl, is_it, |crawl: &Crawl| crawl.status.in_progress());
    let pages = load(move || client::kb_drafts::pages(draft, source, "added", None));
    Effect::new(move |_| {
        if let Some(now) = crawl.get() {
            crawls.update(|crawls| {
                crawls.insert(source, now);
            });
            pages.reload();
        }
    });
    let stop = move || {
        spawn_local(async move {
            // Whether or not it could be stopped, what it is now is read.
            let _ = session
                .send(&client::kb_drafts::cancel_crawl(draft, source))
                .await;
            crawl.reload();
        });
    };
    let gone = move || {
        crawl
            .error()
            .is_some_and(|error| error.code() == Some(ErrorCode::NotFound))
    };
    view! {
        <div class="flex basis-full flex-col gap-2 ps-8">
            {loaded(
                crawl,
                || view! { <div class="skeleton h-5 w-full"></div> }.into_any(),
                move |found| {
                    let counts = Memo::new(move |_| found.with(|crawl| crawl.pages));
                    let status = Memo::new(move |_| found.with(|crawl| crawl.status));
                    let why = move || found.with(|crawl| crawl.error.as_ref().map(|error| served(&error.message)));
                    view! {
                        <Show
                            when=move || status.get().in_progress()
                            fallback=move || view! { <p class="text-sm">{move || taken(counts.get())}</p> }
                        >
                            <CrawlProgress
                                pages=counts
                                running=Signal::derive(move || status.get() == CrawlStatus::Running)
                            />
                            <Show when=move || { counts.get().taken() > 0 }>
                                <div>
                                    <Button small=true on_click=stop>
                                        {tr!("Enough: use these pages")}
                                    </Button>
                                </div>
                            </Show>
                        </Show>
                        <p class="text-error empty:hidden">{why}</p>
                    }
                },
            )}
            <Show when=move || !gone()>
                <Titles pages=Signal::derive(move || pages.get()) />
            </Show>
        </div>
    }
}

#[component]
fn Titles(pages: Signal<Option<Page<CrawledPage>>>) -> impl IntoView {
    let titles = move || {
        let items = pages.get().map(|page| page.items).unwrap_or_default();
        let titles = items.into_iter().map(|page| page.title.unwrap_or(page.url));
        titles.take(SHOWN).collect::<Vec<_>>()
    };
    let line = |title: String| {
        view! {
            <li class="muted truncate text-sm" dir="auto">
                {title}
            </li>
        }
    };
    view! {
        <ul class="empty:hidden" aria-label=tr!("Pages found")>
            {move || titles().into_iter().map(line).collect_view()}
        </ul>
    }
}
