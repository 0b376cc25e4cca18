//! The documents of a knowledge base and how far each is.

use api_types::client;
use api_types::kb::{Document, DocumentStatus, KnowledgeBase};
use api_types::tenancy::Role;
use leptos::prelude::*;
use leptos::task::spawn_local;
use uuid::Uuid;

use super::chunks_dialog::ChunksDialog;
use super::source_icon::source_icon;
use crate::i18n::served;
use crate::session::use_session;
use crate::ui::button::{Button, IconButton};
use crate::ui::dialog::ConfirmDialog;
use crate::ui::field::SearchBox;
use crate::ui::format::bytes;
use crate::ui::icon::{self, Icon};
use crate::ui::load::{Load, loaded, rows};
use crate::ui::page::Section;
use crate::ui::pages::{Pages, show_more};
use crate::ui::toast::use_toasts;

/// Documents from which on there is a search for them.
const MANY: i64 = 8;

/// The section.
#[component]
pub fn Documents(
    /// The knowledge base's id.
    id: Uuid,
    /// Its documents, a page at a time: a website may have thousands.
    documents: Pages<Document>,
    /// Words in their names that are looked for.
    words: RwSignal<String>,
    /// The knowledge base, which changes with its documents.
    base: Load<KnowledgeBase>,
) -> impl IntoView {
    let deleting = RwSignal::new(None::<Document>);
    let asking = RwSignal::new(false);
    let session = use_session();
    let title = move || deleting.get().map(|document| document.title).unwrap_or_default();
    let delete = async move || {
        let Some(document) = deleting.get_untracked() else {
            return Ok(());
        };
        session
            .send(&client::kb::delete_document(id, document.id))
            .await?;
        documents.refresh();
        base.reload();
        Ok(())
    };
    let reload = move || {
        documents.refresh();
        base.reload();
    };
    let ask = move |document: Document| {
        deleting.set(Some(document));
        asking.set(true);
    };
    let actions = view! { <RetryFailed id=id base=base reload=reload /> }.into_any();
    let reading = RwSignal::new(None::<Document>);
    view! {
        <Section title=tr!("Documents") actions=actions>
            <Show when=move || { base.get().is_some_and(|base| base.progress.total > MANY) }>
                <div class="mb-3">
                    <SearchBox label=tr!("Search documents") value=words />
                </div>
            </Show>
            {loaded(
                documents.first,
                rows,
                move |_| {
                    view! {
                        <List id=id documents=documents words=words reload=reload ask=ask reading=reading />
                    }
                },
            )}
        </Section>
        <ChunksDialog id=id base=base reading=reading />
        <ConfirmDialog open=asking title=tr!("Delete this document?") action=tr!("Delete document") on_confirm=delete>
            <p>
                <strong>{title}</strong>
                {tr!(" goes with its chunks. Bots stop answering from it at once. This can't be undone.")}
            </p>
        </ConfirmDialog>
    }
}

/// Tries every document again that could not be read, where there are several.
#[component]
fn RetryFailed(
    id: Uuid,
    base: Load<KnowledgeBase>,
    reload: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let session = use_session();
    let toasts = use_toasts();
    let busy = RwSignal::new(false);
    let failed = Memo::new(move |_| base.get().map_or(0, |base| base.progress.failed));
    let retry = move || {
        busy.set(true);
        spawn_local(async move {
            match session.send(&client::kb::retry_failed(id)).await {
                Ok(_) => reload(),
                Err(error) => toasts.fail(&error),
            }
            busy.set(false);
        });
    };
    view! {
        <Show when=move || { failed.get() > 1 }>
            <Button small=true icon=icon::ROTATE_CCW busy=busy needs=Role::Editor on_click=retry>
                {move || tr!("Retry all {} that failed", failed.get())}
            </Button>
        </Show>
    }
}

#[component]
fn List(
    id: Uuid,
    documents: Pages<Document>,
    words: RwSignal<String>,
    reload: impl Fn() + Copy + Send + Sync + 'static,
    ask: impl Fn(Document) + Copy + Send + Sync + 'static,
    reading: RwSignal<Option<Document>>,
) -> impl IntoView {
    let found = Memo::new(move |_| documents.items());
    let ids = move || found.with(|found| found.iter().map(|document| document.id).collect::<Vec<_>>());
    let row = move |document_id: Uuid| {
        let document = Memo::new(move |_| {
            found.with(|found| found.iter().find(|document| document.id == document_id).cloned())
        });
        move || {
            // The row goes away together with its document.
            document.get().map(|document| {
                view! { <Row id=id document=document reload=reload ask=ask reading=reading /> }
            })
        }
    };
    view! {
        <Show when=move || found.with(Vec::is_empty)>
            <p class="muted py-4">
                {move || {
                    if words.with(|words| words.trim().is_empty()) {
                        tr!("No documents. Add sources to give bots something to answer from.")
                    } else {
                        tr!("No document has this name.")
                    }
                }}
            </p>
        </Show>
        <ul class="-my-3 divide-y divide-base-300" aria-label=tr!("Documents")>
            <For each=ids key=|id| *id children=row />
        </ul>
        {show_more(documents)}
    }
}

#[component]
fn Row(
    id: Uuid,
    document: Document,
    reload: impl Fn() + Copy + Send + Sync + 'static,
    ask: impl Fn(Document) + Copy + Send + Sync + 'static,
    reading: RwSignal<Option<Document>>,
) -> impl IntoView {
    let session = use_session();
    let toasts = use_toasts();
    let busy = RwSignal::new(false);
    let document_id = document.id;
    let retry = move || {
        busy.set(true);
        spawn_local(async move {
            match session.send(&client::kb::retry_document(id, document_id)).await {
                Ok(_) => reload(),
                Err(error) => toasts.fail(&error),
            }
            busy.set(false);
        });
    };
    let failed = document.status == DocumentStatus::Failed;
    let to_delete = document.clone();
    let to_read = document.clone();
    let size = bytes(u64::try_from(document.size).unwrap_or_default());
    let size = match document.original_removed_at {
        Some(_) => tr!("{size}, file removed after its time", size),
        None => size,
    };
    let address = document.url.clone().unwrap_or(size);
    view! {
        <li class="flex flex-wrap items-center gap-x-3 gap-y-2 py-3" data-testid="document">
            <Icon glyph=source_icon(document.kind) class="size-5 muted" />
            <div class="min-w-0 grow basis-48">
                <p class="truncate font-medium" dir="auto" title=document.title.clone()>
                    {document.title.clone()}
                </p>
                <p class="muted truncate text-xs">{address}</p>
            </div>
            <Status document=document.clone() />
            <div class="flex items-center">
                {failed
                    .then(|| {
                        view! {
                            <Button small=true icon=icon::ROTATE_CCW busy=busy needs=Role::Editor on_click=retry>
                                {tr!("Retry")}
                            </Button>
                        }
                    })}
                <IconButton
                    icon=icon::LAYERS
                    label=tr!("Show the chunks of {}", document.title)
                    disabled=document.chunk_count == 0
                    on_click=move || reading.set(Some(to_read.clone()))
                />
                <IconButton
                    icon=icon::TRASH_2
                    label=tr!("Delete {}", document.title)
                    on_click=move || ask(to_delete.clone())
                />
            </div>
            {document
                .error
                .map(|error| view! { <p class="basis-full ps-8 text-error">{served(&error.message)}</p> })}
        </li>
    }
}

#[component]
fn Status(document: Document) -> impl IntoView {
    let words = match document.status {
        DocumentStatus::Queued => tr!("Waiting").to_owned(),
        DocumentStatus::Parsing => tr!("Reading").to_owned(),
        DocumentStatus::Chunking => tr!("Cutting into chunks").to_owned(),
        DocumentStatus::Embedding => {
            tr!(
                "Embedding {done} of {n} chunk" | "Embedding {done} of {n} chunks" % document.chunk_count,
                done = document.chunks_done
            )
        }
        DocumentStatus::Indexing => tr!("Adding to the index").to_owned(),
        DocumentStatus::Indexed => tr!("Ready · {n} chunk" | "Ready · {n} chunks" % document.chunk_count),
        DocumentStatus::Failed => tr!("Could not be read").to_owned(),
    };
    match document.status {
        DocumentStatus::Indexed => view! {
            <span class="inline-flex items-center gap-1.5 text-xs text-success">
                <Icon glyph=icon::CIRCLE_CHECK class="size-3.5" />
                {words}
            </span>
        }
        .into_any(),
        DocumentStatus::Failed => {
            view! { <span class="text-xs font-medium text-error">{words}</span> }.into_any()
        }
        _ => view! {
            <span class="inline-flex items-center gap-2 text-xs">
                <span class="loading loading-spinner loading-xs text-primary" aria-hidden="true"></span>
                {words}
            </span>
        }
        .into_any(),
    }
}
