//! How far the crawl of a website in the draft is, and what can be done about it.

use api_types::client::{self, Call};
use api_types::live::Topic;
use api_types::sources::{Crawl, CrawlStatus};
use leptos::prelude::*;
use leptos::task::spawn_local;
use uuid::Uuid;

use super::Wizard;
use crate::i18n::served;
use crate::kb::crawl::{CrawlProgress, PagesDialog, taken};
use crate::live::follow_while;
use crate::session::use_session;
use crate::ui::button::Button;
use crate::ui::icon::{self, Icon};
use crate::ui::load::{Load, load, loaded};
use crate::ui::toast::use_toasts;

/// The progress, shown below the source's name.
#[component]
pub fn WebsiteProgress(wizard: Wizard, source: Uuid, title: String) -> impl IntoView {
    let draft = wizard.draft.id();
    let crawl = load(move || client::kb_drafts::crawl(draft, source));
    let is_it = move |what, id| what == Topic::Crawl && id == source;
    follow_while(crawl, is_it, |crawl: &Crawl| crawl.status.in_progress());
    let skeleton = || view! { <div class="skeleton h-5 w-full"></div> }.into_any();
    let title = StoredValue::new(title);
    view! {
        <div class="basis-full ps-8" data-testid="crawl">
            {loaded(
                crawl,
                skeleton,
                move |found| {
                    view! { <State found=found crawl=crawl draft=draft source=source title=title.get_value() /> }
                },
            )}
        </div>
    }
}

#[component]
fn State(
    found: RwSignal<Crawl>,
    crawl: Load<Crawl>,
    draft: Uuid,
    source: Uuid,
    title: String,
) -> impl IntoView {
    let session = use_session();
    let toasts = use_toasts();
    let busy = RwSignal::new(false);
    let looking = RwSignal::new(false);
    let status = Memo::new(move |_| found.with(|crawl| crawl.status));
    let pages = Memo::new(move |_| found.with(|crawl| crawl.pages));
    let underway = move || status.get().in_progress();
    let send = move |call: Call<Crawl>| {
        busy.set(true);
        spawn_local(async move {
            match session.send(&call).await {
                Ok(now) => crawl.set(now),
                Err(error) => toasts.fail(&error),
            }
            crawl.reload();
            busy.set(false);
        });
    };
    let remove = Callback::new(move |(page, done): (Uuid, Callback<()>)| {
        spawn_local(async move {
            match session
                .send(&client::kb_drafts::remove_page(draft, source, page))
                .await
            {
                Ok(()) => {
                    done.run(());
                    crawl.reload();
                }
                Err(error) => toasts.fail(&error),
            }
        });
    });
    view! {
        <Show when=underway fallback=move || view! { <Result found=found /> }>
            <CrawlProgress
                pages=pages
                running=Signal::derive(move || status.get() == CrawlStatus::Running)
            />
        </Show>
        <div class="mt-2 flex flex-wrap gap-2">
            <Show
                when=underway
                fallback=move || {
                    view! {
                        <Button
                            small=true
                            icon=icon::ROTATE_CCW
                            busy=busy
                            on_click=move || send(client::kb_drafts::restart_crawl(draft, source))
                        >
                            {tr!("Fetch again")}
                        </Button>
                    }
                }
            >
                <Button
                    small=true
                    icon=icon::SQUARE
                    busy=busy
                    on_click=move || send(client::kb_drafts::cancel_crawl(draft, source))
                >
                    {tr!("Stop")}
                </Button>
            </Show>
            <Button
                small=true
                icon=icon::LAYERS
                disabled=Signal::derive(move || pages.get().found == 0)
                on_click=move || looking.set(true)
            >
                {tr!("Show pages")}
            </Button>
        </div>
        <PagesDialog
            open=looking
            title=tr!("Pages of {title}", title)
            list=move |states, cursor| client::kb_drafts::pages(draft, source, states, cursor)
            remove=remove
        />
    }
}

/// What came of a crawl that has ended.
#[component]
fn Result(found: RwSignal<Crawl>) -> impl IntoView {
    move || {
        let crawl = found.get();
        let words = taken(crawl.pages);
        let is_good = crawl.status == CrawlStatus::Done && crawl.pages.taken() > 0;
        if is_good {
            return view! {
                <p class="flex items-center gap-1.5 text-xs text-success">
                    <Icon glyph=icon::CIRCLE_CHECK class="size-3.5" />
                    {words}
                </p>
            }
            .into_any();
        }
        let what = match (crawl.error, crawl.status) {
            (Some(error), _) => served(&error.message),
            (None, CrawlStatus::Cancelled) => tr!("Stopped. {words}; you can use these.", words),
            (None, _) => tr!(
                "{words}. \"Show pages\" says why the others were left out.",
                words
            ),
        };
        view! {
            <p class="flex items-start gap-1.5 text-xs" role="status">
                <Icon glyph=icon::TRIANGLE_ALERT class="size-3.5 mt-0.5 text-warning" />
                {what}
            </p>
        }
        .into_any()
    }
}
