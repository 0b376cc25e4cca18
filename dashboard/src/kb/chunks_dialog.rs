//! What a document was cut into, and what can be changed about it.

use std::collections::HashSet;

use api_types::client;
use api_types::kb::{Document, KnowledgeBase, RestingEdit, StoredChunk};
use leptos::prelude::*;
use uuid::Uuid;

use super::chunk_editor::{EditableChunk, Unsaved};
use super::document_form::DocumentForm;
use super::rechunk::Rechunk;
use crate::ui::dialog::Dialog;
use crate::ui::load::{Load, load, loaded, rows};
use crate::ui::pages::{Pages, pages, show_more};

/// Opens when a document is chosen.
#[component]
pub fn ChunksDialog(
    /// The knowledge base's id.
    id: Uuid,
    /// The knowledge base.
    base: Load<KnowledgeBase>,
    /// The document.
    reading: RwSignal<Option<Document>>,
) -> impl IntoView {
    let open = RwSignal::new(false);
    Effect::new(move |_| {
        if reading.with(Option::is_some) {
            open.set(true);
        }
    });
    Effect::new(move |_| {
        if !open.get() {
            reading.set(None);
        }
    });
    let title = move || {
        reading
            .get()
            .map(|document| tr!("Chunks of {}", document.title))
            .unwrap_or_default()
    };
    let unsaved = Unsaved::default();
    let content = move || {
        let document = reading.get()?;
        let document_id = document.id;
        let chunks = pages(move |cursor| client::kb::chunks(id, document_id, cursor));
        let content = loaded(chunks.first, rows, move |_| {
            view! { <Chunks base=base document=document.clone() chunks=chunks unsaved=unsaved /> }
        });
        Some(content)
    };
    view! {
        <Dialog
            open=open
            title=Signal::derive(title)
            wide=true
            unsaved=Signal::derive(move || !unsaved.with(HashSet::is_empty))
        >
            {content}
        </Dialog>
    }
}

#[component]
fn Chunks(
    base: Load<KnowledgeBase>,
    document: Document,
    chunks: Pages<StoredChunk>,
    unsaved: Unsaved,
) -> impl IntoView {
    let document_id = document.id;
    let Some(id) = untrack(|| base.get()).map(|base| base.id) else {
        return ().into_any();
    };
    // Those of further pages are added; what is typed into one stays.
    let shown = RwSignal::new(Vec::<(Option<Uuid>, RwSignal<StoredChunk>)>::new());
    Effect::new(move |_| {
        let items = chunks.items();
        shown.update(|shown| {
            for chunk in items {
                if !shown.iter().any(|(id, _)| *id == chunk.chunk.id) {
                    shown.push((chunk.chunk.id, RwSignal::new(chunk)));
                }
            }
        });
    });
    let before = Signal::derive(move || {
        let shown = shown.get();
        let chunks = shown.iter();
        chunks
            .map(|(_, chunk)| chunk.with(|chunk| chunk.chunk.clone()))
            .collect::<Vec<_>>()
    });
    let row = move |(_, chunk)| {
        view! { <EditableChunk id=id document_id=document_id chunk=chunk unsaved=unsaved /> }
    };
    view! {
        <div class="mb-4 flex flex-col gap-2">
            <Fold title=tr!("Tags and importance")>
                <DocumentForm id=id document=document.clone() />
            </Fold>
            <Fold title=tr!("Try other settings")>
                <Rechunk base=base document_id=document_id before=before />
            </Fold>
            <Resting id=id document_id=document_id />
        </div>
        <ol class="flex flex-col gap-3">
            <For each=move || shown.get() key=|(id, _)| *id children=row />
        </ol>
        {show_more(chunks)}
    }
    .into_any()
}

/// Changes that rest, so that nobody has to write them again. Nothing when there are none.
#[component]
fn Resting(id: Uuid, document_id: Uuid) -> impl IntoView {
    let resting = load(move || client::kb::resting_edits(id, document_id));
    let edit = |edit: RestingEdit| {
        let marks = [
            (!edit.enabled).then(|| tr!("switched off").to_owned()),
            (!edit.context.is_empty()).then(|| tr!("also found by: {}", edit.context)),
        ];
        let marks: Vec<_> = marks.into_iter().flatten().collect();
        view! {
            <li class="rounded-box border border-base-300 p-3">
                <p class="muted text-xs" dir="auto">
                    {edit.heading_path.join(" › ")}
                </p>
                <p class="whitespace-pre-wrap" dir="auto">
                    {edit.text}
                </p>
                <p class="muted text-xs">{marks.join(" · ")}</p>
            </li>
        }
    };
    move || {
        let edits = resting.get().filter(|edits| !edits.is_empty())?;
        let title = tr!("{n} change at rest" | "{n} changes at rest" % edits.len());
        Some(view! {
            <details class="rounded-box border border-warning/50" data-testid="resting">
                <summary class="cursor-pointer px-3 py-2 font-medium">{title}</summary>
                <div class="flex flex-col gap-3 border-t border-base-300 p-3">
                    <p class="muted">
                        {tr!("The document is not cut here any more, or says something else. They come back when it is cut, or says, what it did before.")}
                    </p>
                    <ul class="flex flex-col gap-3">{edits.into_iter().map(edit).collect_view()}</ul>
                </div>
            </details>
        })
    }
}

/// Something that is opened by who needs it.
#[component]
fn Fold(title: &'static str, children: ChildrenFn) -> impl IntoView {
    let open = RwSignal::new(false);
    view! {
        <details
            class="rounded-box border border-base-300"
            on:toggle=move |_| open.update(|open| *open = !*open)
        >
            <summary class="cursor-pointer px-3 py-2 font-medium">{title}</summary>
            <Show when=move || open.get()>
                <div class="border-t border-base-300 p-3">{children()}</div>
            </Show>
        </details>
    }
}
