//! What a document was cut into, and what can be changed about it.

use api_types::client;
use api_types::kb::{Document, StoredChunk};
use leptos::prelude::*;
use uuid::Uuid;

use super::chunk_editor::EditableChunk;
use super::document_form::DocumentForm;
use super::rechunk::Rechunk;
use crate::ui::dialog::Dialog;
use crate::ui::load::{load, loaded, rows};

/// Opens when a document is chosen.
#[component]
pub fn ChunksDialog(
    /// The knowledge base's id.
    id: Uuid,
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
            .map(|document| format!("Chunks of {}", document.title))
            .unwrap_or_default()
    };
    let content = move || {
        let document = reading.get()?;
        let document_id = document.id;
        let chunks = load(move || client::kb::chunks(id, document_id));
        let chunks = loaded(chunks, rows, move |chunks| {
            view! { <Chunks id=id document=document.clone() chunks=chunks.get_untracked() /> }
        });
        Some(chunks)
    };
    view! {
        <Dialog open=open title=Signal::derive(title) wide=true>
            {content}
        </Dialog>
    }
}

#[component]
fn Chunks(id: Uuid, document: Document, chunks: Vec<StoredChunk>) -> impl IntoView {
    let document_id = document.id;
    let before = chunks.iter().map(|chunk| chunk.chunk.clone()).collect::<Vec<_>>();
    let row = move |chunk| view! { <EditableChunk id=id document_id=document_id chunk=chunk /> };
    view! {
        <div class="mb-4 flex flex-col gap-2">
            <Fold title="Tags and importance">
                <DocumentForm id=id document=document.clone() />
            </Fold>
            <Fold title="Try other settings">
                <Rechunk id=id document_id=document_id before=before.clone() />
            </Fold>
        </div>
        <ol class="flex flex-col gap-3">{chunks.into_iter().map(row).collect_view()}</ol>
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
