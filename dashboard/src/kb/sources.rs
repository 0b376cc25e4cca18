//! What a knowledge base was made from: when it was last fetched, and when it will be again.

use api_types::client::{self, Call};
use api_types::kb::{Document, KnowledgeBase, SourceKind};
use api_types::live::Topic;
use api_types::sources::{CrawlStatus, Source, SyncReport, UpdateSourceRequest};
use leptos::prelude::*;
use leptos::task::spawn_local;
use uuid::Uuid;

use super::crawl::{CrawlProgress, PagesDialog};
use super::pairs::PairsDialog;
use super::source_icon::source_icon;
use crate::i18n::served;
use crate::live::follow_pages_while;
use crate::session::use_session;
use crate::ui::button::{Button, IconButton};
use crate::ui::dialog::ConfirmDialog;
use crate::ui::field::unique_id;
use crate::ui::icon::{self, Icon};
use crate::ui::load::{Load, loaded, rows};
use crate::ui::page::Section;
use crate::ui::pages::{Pages, pages, show_more};
use crate::ui::time::Ago;
use crate::ui::toast::use_toasts;

/// Schedules that are offered, in hours.
const SCHEDULES: [(Option<i32>, &str); 5] = [
    (None, mark!("By hand")),
    (Some(6), mark!("Every 6 hours")),
    (Some(24), mark!("Every day")),
    (Some(24 * 7), mark!("Every week")),
    (Some(24 * 30), mark!("Every 30 days")),
];

/// What a change of a source changes on the page. A handle.
#[derive(Clone, Copy)]
struct Handles {
    kb: Uuid,
    sources: Pages<Source>,
    documents: Pages<Document>,
    base: Load<KnowledgeBase>,
}

impl Handles {
    fn reload(self) {
        self.sources.refresh();
        self.documents.refresh();
        self.base.reload();
    }
}

/// The section.
#[component]
pub fn Sources(
    /// The knowledge base's id.
    id: Uuid,
    /// Its documents, which change with their sources.
    documents: Pages<Document>,
    /// The knowledge base, which changes with them, too.
    base: Load<KnowledgeBase>,
) -> impl IntoView {
    let sources = pages(move |cursor| client::kb_sources::list(id, cursor));
    // A crawl is named by its source, which may be one of another knowledge base.
    let concerns = move |what, changed| match what {
        Topic::KnowledgeBase => changed == id,
        Topic::Crawl => true,
        _ => false,
    };
    follow_pages_while(sources, concerns, |source| source.sync.is_some());
    let handles = Handles {
        kb: id,
        sources,
        documents,
        base,
    };
    let deleting = RwSignal::new(None::<Source>);
    let asking = RwSignal::new(false);
    let session = use_session();
    let delete = async move || {
        let Some(source) = deleting.get_untracked() else {
            return Ok(());
        };
        session.send(&client::kb_sources::delete(id, source.id)).await?;
        handles.reload();
        Ok(())
    };
    let ask = move |source: Source| {
        deleting.set(Some(source));
        asking.set(true);
    };
    let title = move || deleting.get().map(|source| source.title).unwrap_or_default();
    let holds =
        move || tr!("{n} document" | "{n} documents" % deleting.get().map_or(0, |source| source.documents));
    view! {
        <Section title=tr!("Sources")>
            {loaded(sources.first, rows, move |_| view! { <List handles=handles ask=ask /> })}
            {show_more(sources)}
        </Section>
        <ConfirmDialog open=asking title=tr!("Delete this source?") action=tr!("Delete source") on_confirm=delete>
            <p>
                <strong>{title}</strong>
                {tr!(" goes with ")} {holds} {tr!(". Bots stop answering from it at once. This can't be undone.")}
            </p>
        </ConfirmDialog>
    }
}

#[component]
fn List(handles: Handles, ask: impl Fn(Source) + Copy + Send + Sync + 'static) -> impl IntoView {
    let found = Memo::new(move |_| handles.sources.items());
    let ids = move || found.with(|found| found.iter().map(|source| source.id).collect::<Vec<_>>());
    let row = move |id: Uuid| {
        let source =
            Memo::new(move |_| found.with(|found| found.iter().find(|source| source.id == id).cloned()));
        // The row goes away together with its source.
        let first = source.get_untracked();
        first.map(|first| view! { <Row first=first source=source handles=handles ask=ask /> })
    };
    view! {
        <Show when=move || found.with(Vec::is_empty)>
            <p class="muted py-4">{tr!("No sources. Add some to give bots something to answer from.")}</p>
        </Show>
        <ul class="-my-3 divide-y divide-base-300" aria-label=tr!("Sources")>
            <For each=ids key=|id| *id children=row />
        </ul>
    }
}

#[component]
fn Row(
    first: Source,
    source: Memo<Option<Source>>,
    handles: Handles,
    ask: impl Fn(Source) + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let (id, title) = (first.id, first.title.clone());
    let documents = move || source.get().map_or(0, |source| source.documents);
    let can_sync = first.can_sync();
    let editing = RwSignal::new(false);
    let pairs = (first.kind == SourceKind::Qa).then(|| {
        let title = tr!("Questions of {title}", title);
        let changed = move || handles.reload();
        view! {
            <IconButton
                icon=icon::PENCIL
                label=tr!("Edit the questions of {}", first.title)
                on_click=move || editing.set(true)
            />
            <PairsDialog open=editing title=title kb=handles.kb source=id on_changed=changed />
        }
    });
    view! {
        <li class="flex flex-wrap items-center gap-x-3 gap-y-2 py-3" data-testid="kb-source">
            <Icon glyph=source_icon(first.kind) class="size-5 muted" />
            <div class="min-w-0 flex-1 basis-48">
                <p class="truncate font-medium" dir="auto" title=title.clone()>
                    {title.clone()}
                </p>
                <p class="muted text-xs">{move || tr!("{n} document" | "{n} documents" % documents())}</p>
            </div>
            {pairs}
            <IconButton
                icon=icon::TRASH_2
                label=tr!("Delete {title}", title)
                on_click=move || {
                    if let Some(source) = source.get_untracked() {
                        ask(source);
                    }
                }
            />
            {can_sync.then(|| view! { <Freshness id=id title=title source=source handles=handles /> })}
        </li>
    }
}

/// Progress or the last report, and what can be done.
#[component]
fn Freshness(id: Uuid, title: String, source: Memo<Option<Source>>, handles: Handles) -> impl IntoView {
    let session = use_session();
    let toasts = use_toasts();
    let busy = RwSignal::new(false);
    let looking = RwSignal::new(false);
    let kb = handles.kb;
    let sync = Memo::new(move |_| source.get().and_then(|source| source.sync));
    let report = Memo::new(move |_| source.get().and_then(|source| source.last_report));
    let underway = move || sync.get().is_some();
    let send = move |call: Call<Source>| {
        busy.set(true);
        spawn_local(async move {
            if let Err(error) = session.send(&call).await {
                toasts.fail(&error);
            }
            handles.sources.refresh();
            busy.set(false);
        });
    };
    let progress = move || {
        let pages = Signal::derive(move || sync.get().map(|sync| sync.pages).unwrap_or_default());
        let running =
            Signal::derive(move || sync.get().is_some_and(|sync| sync.status == CrawlStatus::Running));
        view! { <CrawlProgress pages=pages running=running /> }
    };
    view! {
        <div class="flex basis-full flex-col gap-2 ps-8">
            <Show when=underway fallback=move || view! { <Report report=report /> }>
                {progress()}
            </Show>
            <div class="flex flex-wrap items-center gap-2">
                <Show
                    when=underway
                    fallback=move || {
                        view! {
                            <Button
                                small=true
                                icon=icon::ROTATE_CCW
                                busy=busy
                                on_click=move || send(client::kb_sources::sync(kb, id))
                            >
                                {tr!("Sync now")}
                            </Button>
                        }
                    }
                >
                    <Button
                        small=true
                        icon=icon::SQUARE
                        busy=busy
                        on_click=move || send(client::kb_sources::cancel(kb, id))
                    >
                        {tr!("Stop")}
                    </Button>
                </Show>
                <Button small=true icon=icon::LAYERS on_click=move || looking.set(true)>
                    {tr!("Show pages")}
                </Button>
                <Schedule id=id source=source handles=handles />
            </div>
        </div>
        <PagesDialog
            open=looking
            title=tr!("Pages of {title}", title)
            list=move |states, cursor| client::kb_sources::pages(kb, id, states, cursor)
        />
    }
}

#[component]
fn Schedule(id: Uuid, source: Memo<Option<Source>>, handles: Handles) -> impl IntoView {
    let session = use_session();
    let toasts = use_toasts();
    let control = unique_id("schedule");
    let chosen = Memo::new(move |_| source.get().and_then(|source| source.sync_every_hours));
    let change = move |key: String| {
        let request = UpdateSourceRequest {
            sync_every_hours: key.parse().ok(),
        };
        spawn_local(async move {
            let saved = session
                .send(&client::kb_sources::update(handles.kb, id, &request))
                .await;
            match saved {
                Ok(_) => toasts.say(tr!("The schedule was changed.")),
                Err(error) => toasts.fail(&error),
            }
            handles.sources.refresh();
        });
    };
    let key = |hours: Option<i32>| hours.map(|hours| hours.to_string()).unwrap_or_default();
    // One that was set through the API is shown, too.
    let options = move || {
        let mut options: Vec<_> = SCHEDULES
            .iter()
            .map(|(hours, name)| (*hours, crate::i18n::text(name).to_owned()))
            .collect();
        if let Some(hours) = chosen.get()
            && !options.iter().any(|(known, _)| *known == Some(hours))
        {
            options.push((Some(hours), tr!("Every {n} hour" | "Every {n} hours" % hours)));
        }
        options
    };
    view! {
        <label for=control.clone() class="sr-only">
            {tr!("Fetch again")}
        </label>
        <select
            id=control
            class="select select-sm w-auto"
            on:change=move |event| change(event_target_value(&event))
        >
            {move || {
                options()
                    .into_iter()
                    .map(|(hours, name)| {
                        view! {
                            <option value=key(hours) selected=move || chosen.get() == hours>
                                {name}
                            </option>
                        }
                    })
                    .collect_view()
            }}
        </select>
    }
}

/// What the last sync did, in a line.
#[component]
fn Report(report: Memo<Option<SyncReport>>) -> impl IntoView {
    move || {
        let Some(report) = report.get() else {
            return view! { <p class="muted text-xs">{tr!("Not fetched again yet.")}</p> }.into_any();
        };
        let words = words(&report);
        let at = report.finished_at;
        let is_good = report.status == CrawlStatus::Done;
        let reasons: Vec<String> = report
            .reasons
            .iter()
            .map(|reason| format!("{}: {}", served(reason.reason.words()), reason.count))
            .collect();
        view! {
            <div class="text-xs">
                <p class:muted=is_good>
                    {words} " · " <Ago at=Signal::derive(move || at) />
                </p>
                {(!reasons.is_empty())
                    .then(|| {
                        view! {
                            <details class="mt-1">
                                <summary class="cursor-pointer">{tr!("Pages left out")}</summary>
                                <ul class="muted ms-4 list-disc">
                                    {reasons.into_iter().map(|reason| view! { <li>{reason}</li> }).collect_view()}
                                </ul>
                            </details>
                        }
                    })}
            </div>
        }
        .into_any()
    }
}

fn words(report: &SyncReport) -> String {
    if let Some(error) = &report.error {
        return tr!("{} Nothing was removed.", served(&error.message));
    }
    let parts = [
        (report.added, tr!("{n} new" | "{n} new" % report.added)),
        (
            report.changed,
            tr!("{n} changed" | "{n} changed" % report.changed),
        ),
        (
            report.removed,
            tr!("{n} removed" | "{n} removed" % report.removed),
        ),
        (report.failed, tr!("{n} failed" | "{n} failed" % report.failed)),
        (
            report.kept,
            tr!("{n} not seen, kept" | "{n} not seen, kept" % report.kept),
        ),
    ];
    let parts: Vec<String> = parts
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(_, words)| words)
        .collect();
    let changes = if parts.is_empty() {
        tr!("Nothing changed").to_owned()
    } else {
        parts.join(", ")
    };
    let whole = if report.status == CrawlStatus::Cancelled {
        tr!("Stopped. ")
    } else {
        ""
    };
    tr!(
        "{whole}{changes}, {unchanged} as before",
        whole,
        changes,
        unchanged = report.unchanged
    )
}
