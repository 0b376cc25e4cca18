//! How far a crawl is, and the pages it found.

use api_types::Page;
use api_types::client::Call;
use api_types::sources::{CrawledPage, PageCounts, PageState};
use leptos::prelude::*;
use uuid::Uuid;

use crate::i18n::served;
use crate::ui::button::IconButton;
use crate::ui::choice::Choice;
use crate::ui::dialog::Dialog;
use crate::ui::icon;
use crate::ui::load::{loaded, rows};
use crate::ui::pages::{Pages, pages, show_more};

/// A bar with what is done of what.
#[component]
pub fn CrawlProgress(
    /// Pages by state.
    #[prop(into)]
    pages: Signal<PageCounts>,
    /// Whether a worker has begun.
    #[prop(into)]
    running: Signal<bool>,
) -> impl IntoView {
    let words = move || {
        let pages = pages.get();
        if !running.get() {
            return tr!("Waiting for a worker").to_owned();
        }
        tr!(
            "{done} of {n} page looked at · {taken}"
                | "{done} of {n} pages looked at · {taken}" % pages.found,
            done = pages.done(),
            taken = taken(pages)
        )
    };
    view! {
        <div class="flex flex-col gap-1">
            <progress
                class="progress progress-primary w-full"
                aria-label=tr!("Pages looked at")
                prop:value=move || pages.get().done().to_string()
                max=move || pages.get().found.max(1).to_string()
            ></progress>
            <p class="text-xs" role="status">{words}</p>
        </div>
    }
}

/// `12 pages taken, 3 left out, 1 failed`.
pub fn taken(pages: PageCounts) -> String {
    let out = pages.skipped + pages.removed;
    let (failed, gone) = (pages.failed, pages.gone);
    let parts = [
        Some(tr!("{n} page taken" | "{n} pages taken" % pages.taken())),
        (out > 0).then(|| tr!("{n} left out" | "{n} left out" % out)),
        (failed > 0).then(|| tr!("{n} failed" | "{n} failed" % failed)),
        (gone > 0).then(|| tr!("{n} gone" | "{n} gone" % gone)),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// Which pages the dialog shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    Taken,
    Out,
}

impl Shown {
    const fn states(self) -> &'static str {
        match self {
            Self::Taken => "added,changed,unchanged",
            Self::Out => "skipped,failed,gone,removed",
        }
    }
}

/// The pages of a crawl, taken or left out with the reason. Its list is read anew each time it opens.
#[component]
pub fn PagesDialog<F>(
    /// Whether it is open.
    open: RwSignal<bool>,
    /// Its heading.
    #[prop(into)]
    title: Signal<String>,
    /// Makes the call for the pages in these states, at a cursor.
    list: F,
    /// Leaves a page out; without it, pages can only be looked at.
    #[prop(optional)]
    remove: Option<Callback<(Uuid, Callback<()>)>>,
) -> impl IntoView
where
    F: Fn(&str, Option<String>) -> Call<Page<CrawledPage>> + Clone + Send + Sync + 'static,
{
    let shown = RwSignal::new(Shown::Taken);
    view! {
        <Dialog open=open title=title wide=true>
            <div class="mb-3">
                <Choice
                    label=tr!("Which pages")
                    chosen=shown
                    options=vec![(Shown::Taken, tr!("Taken")), (Shown::Out, tr!("Left out"))]
                />
            </div>
            {
                let list = list.clone();
                let found = pages(move |cursor| list(shown.get().states(), cursor));
                view! { <PageList found=found remove=remove /> }
            }
        </Dialog>
    }
}

#[component]
fn PageList(found: Pages<CrawledPage>, remove: Option<Callback<(Uuid, Callback<()>)>>) -> impl IntoView {
    let row = move |page: CrawledPage| view! { <PageRow page=page found=found remove=remove /> };
    loaded(found.first, rows, move |first| {
        let is_empty = move || first.with(|page| page.items.is_empty());
        view! {
            <Show when=is_empty>
                <p class="muted py-4">{tr!("None.")}</p>
            </Show>
            <ul class="divide-y divide-base-300" aria-label=tr!("Pages")>
                <For each=move || found.items() key=|page| page.id children=row />
            </ul>
            {show_more(found)}
        }
    })
}

#[component]
fn PageRow(
    page: CrawledPage,
    found: Pages<CrawledPage>,
    remove: Option<Callback<(Uuid, Callback<()>)>>,
) -> impl IntoView {
    let title = page.title.clone().unwrap_or_else(|| page.url.clone());
    let id = page.id;
    let done = Callback::new(move |()| found.first.reload());
    let can_remove = page.state == PageState::Added;
    view! {
        <li class="flex items-center gap-3 py-2" data-testid="page">
            <div class="min-w-0 grow">
                <p class="truncate font-medium" dir="auto" title=title.clone()>
                    {title.clone()}
                </p>
                {page
                    .title
                    .is_some()
                    .then(|| {
                        view! {
                            <p class="muted truncate text-xs" dir="ltr" title=page.url.clone()>
                                {page.url.clone()}
                            </p>
                        }
                    })}
                {why(&page).map(|why| view! { <p class="text-xs">{why}</p> })}
            </div>
            {remove
                .filter(|_| can_remove)
                .map(|remove| {
                    view! {
                        <IconButton
                            icon=icon::X
                            label=tr!("Leave out {title}", title)
                            on_click=move || remove.run((id, done))
                        />
                    }
                })}
        </li>
    }
}

/// Why a page was left out.
fn why(page: &CrawledPage) -> Option<String> {
    let words = match page.state {
        PageState::Skipped | PageState::Failed => served(page.reason?.words()),
        PageState::Gone => tr!("There is no such page any more").to_owned(),
        PageState::Removed => tr!("Left out by hand").to_owned(),
        PageState::Waiting | PageState::Added | PageState::Changed | PageState::Unchanged => return None,
    };
    Some(match &page.detail {
        Some(detail) => format!("{words}: {detail}"),
        None => words,
    })
}
