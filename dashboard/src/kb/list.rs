//! Every knowledge base, and the drafts in progress.

use api_types::client;
use api_types::drafts::DraftSummary;
use api_types::kb::{KnowledgeBase, Progress};
use api_types::live::Topic;
use leptos::prelude::*;
use uuid::Uuid;

use super::new_draft::DraftButton;
use crate::drafts::DraftList;
use crate::live::{follow, follow_while};
use crate::ui::empty::Empty;
use crate::ui::field::SearchBox;
use crate::ui::icon::{self, Icon};
use crate::ui::load::{Load, load, loaded, rows};
use crate::ui::page::PageHead;

/// The page.
#[component]
pub fn KnowledgePage() -> impl IntoView {
    let bases = load(client::kb::list);
    follow_while(
        bases,
        |what, _| what == Topic::KnowledgeBase,
        |bases| bases.iter().any(|base| base.progress.in_progress()),
    );
    let drafts = load(client::kb_drafts::list);
    follow(drafts, |what, _| what == Topic::Draft);
    view! {
        <PageHead title=tr!("Knowledge") subtitle=tr!("What your bots answer from.")>
            <DraftButton>{tr!("New knowledge base")}</DraftButton>
        </PageHead>
        {loaded(
            drafts,
            rows,
            move |found| {
                view! {
                    <Drafts found=found drafts=drafts />
                    {loaded(bases, rows, move |bases| view! { <Bases bases=bases drafts=found /> })}
                }
            },
        )}
    }
}

#[component]
fn Bases(bases: RwSignal<Vec<KnowledgeBase>>, drafts: RwSignal<Vec<DraftSummary>>) -> impl IntoView {
    let words = RwSignal::new(String::new());
    let matching = move || {
        let words = words.get().to_lowercase();
        let mut ids = Vec::new();
        bases.with(|bases| {
            let found = bases
                .iter()
                .filter(|base| base.name.to_lowercase().contains(words.trim()));
            ids.extend(found.map(|base| base.id));
        });
        ids
    };
    let is_empty = move || bases.with(Vec::is_empty);
    view! {
        <Show when=move || is_empty() && drafts.with(Vec::is_empty)>
            <Empty
                icon=icon::BOOK_OPEN
                title=tr!("No knowledge yet")
                text=tr!("Add files, pasted text or web pages. You see how they are cut into chunks before anything is kept.")
            >
                <DraftButton>{tr!("Create a knowledge base")}</DraftButton>
            </Empty>
        </Show>
        <Show when=move || !is_empty()>
            <div class="mb-4">
                <SearchBox label=tr!("Search knowledge") value=words />
            </div>
            <Show when=move || matching().is_empty()>
                <p class="muted py-6 text-center">{tr!("No knowledge base has this name.")}</p>
            </Show>
            <ul class="grid gap-3 sm:grid-cols-2 xl:grid-cols-3" aria-label=tr!("Knowledge bases")>
                <For each=matching key=|id| *id children=move |id| view! { <Card id=id bases=bases /> } />
            </ul>
        </Show>
    }
}

#[component]
fn Card(id: Uuid, bases: RwSignal<Vec<KnowledgeBase>>) -> impl IntoView {
    let base = Memo::new(move |_| bases.with(|bases| bases.iter().find(|base| base.id == id).cloned()));
    let name = move || base.get().map(|base| base.name).unwrap_or_default();
    let description = move || base.get().map(|base| base.description).unwrap_or_default();
    let progress = Memo::new(move |_| base.get().map(|base| base.progress).unwrap_or_default());
    let chunks = move || {
        base.get()
            .map(|base| tr!("{n} chunk" | "{n} chunks" % base.chunk_count))
            .unwrap_or_default()
    };
    let used_by = move || {
        let used_by = base.get().map(|base| base.used_by).unwrap_or_default();
        if used_by.is_empty() {
            tr!("not used yet").to_owned()
        } else {
            tr!("used by {}", used_by.join(", "))
        }
    };
    view! {
        <li class="panel relative flex min-w-0 flex-col gap-2 p-4 hover:border-primary focus-within:border-primary">
            <a
                href=format!("/knowledge/{id}")
                class="truncate font-semibold after:absolute after:inset-0 after:rounded-box"
                title=name
                dir="auto"
            >
                {name}
            </a>
            <p class="muted line-clamp-2 empty:hidden" dir="auto">
                {description}
            </p>
            <p class="muted flex flex-wrap gap-x-3">
                <span>{move || tr!("{n} document" | "{n} documents" % progress.get().total)}</span>
                <span>{chunks}</span>
                <span class="min-w-0 truncate" dir="auto">
                    {used_by}
                </span>
            </p>
            <ProgressLine progress=progress />
        </li>
    }
}

/// How many documents are read, while some are not; and how many failed.
#[component]
pub fn ProgressLine(
    /// Documents by state.
    #[prop(into)]
    progress: Signal<Progress>,
) -> impl IntoView {
    let done = move || progress.get().indexed + progress.get().failed;
    view! {
        <Show when=move || progress.get().in_progress()>
            <div class="flex flex-col gap-1">
                <progress
                    class="progress progress-primary w-full"
                    aria-label=tr!("Documents read")
                    prop:value=move || done().to_string()
                    max=move || progress.get().total.to_string()
                ></progress>
                <p class="text-xs" role="status">
                    {move || tr!("{done} of {n} document read" | "{done} of {n} documents read" % progress.get().total, done = done())}
                </p>
            </div>
        </Show>
        <Show when=move || { progress.get().failed > 0 }>
            <p class="flex items-center gap-1.5 text-xs text-error">
                <Icon glyph=icon::TRIANGLE_ALERT class="size-3.5" />
                {move || tr!("{n} document could not be read" | "{n} documents could not be read" % progress.get().failed)}
            </p>
        </Show>
    }
}

#[component]
fn Drafts(found: RwSignal<Vec<DraftSummary>>, drafts: Load<Vec<DraftSummary>>) -> impl IntoView {
    let remark = |draft: &DraftSummary| draft.from.map(|_| tr!("more sources").to_owned());
    view! {
        <DraftList
            found=found
            drafts=drafts
            base="/knowledge/draft"
            untitled=tr!("Untitled knowledge base")
            remark=remark
            delete=client::kb_drafts::delete
            goes=tr!("goes away with the files and texts added to it. Knowledge bases stay as they are.")
        />
    }
}
