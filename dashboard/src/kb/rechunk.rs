//! Trying other chunking settings on a document: what there is now, and what would be.

use api_types::client::{self, ClientError};
use api_types::kb::{Chunk, KnowledgeBase, PreviewRequest};
use api_types::validate::{self, Checker};
use leptos::prelude::*;
use leptos::task::spawn_local;
use uuid::Uuid;

use super::chunk::ChunkView;
use super::chunking_fields::ChunkingFields;
use super::cut_anew::CutAnew;
use crate::session::use_session;
use crate::ui::alert::ErrorAlert;
use crate::ui::button::{Button, Submit};
use crate::ui::form::Form;
use crate::ui::load::Load;

/// Settings and their outcome beside the chunks there are.
#[component]
pub fn Rechunk(
    /// The knowledge base.
    base: Load<KnowledgeBase>,
    /// The document's id.
    document_id: Uuid,
    /// Its chunks as they are.
    before: Signal<Vec<Chunk>>,
) -> impl IntoView {
    let session = use_session();
    let now = Memo::new(move |_| base.get().map(|base| (base.id, base.chunking)));
    let (id, current) = now.get_untracked().unwrap_or_default();
    let chunking = RwSignal::new(current);
    let using = RwSignal::new(false);
    let form = Form::new(move || {
        let mut check = Checker::default();
        validate::chunking(&mut check, "chunking", chunking.get());
        check.finish()
    });
    let busy = RwSignal::new(false);
    let after = RwSignal::new(None::<Result<Vec<Chunk>, ClientError>>);
    let try_out = move || {
        if busy.get_untracked() || !form.submit() {
            return;
        }
        busy.set(true);
        spawn_local(async move {
            let request = PreviewRequest {
                chunking: chunking.get_untracked(),
            };
            after.try_set(Some(
                session
                    .send(&client::kb::preview_chunks(id, document_id, &request))
                    .await,
            ));
            busy.try_set(false);
        });
    };
    let error = move || {
        after
            .get()
            .and_then(Result::err)
            .map(|error| crate::i18n::explain(&error))
    };
    let outcome = move || {
        let after = after.get()?.ok()?;
        Some(view! {
            <div class="grid gap-4 md:grid-cols-2">
                {move || view! { <Column title=tr!("Now") chunks=before.get() /> }}
                <Column title=tr!("With these settings") chunks=after />
            </div>
        })
    };
    let is_other = move || now.get().is_some_and(|(_, current)| current != chunking.get());
    view! {
        <form
            class="flex flex-col gap-3"
            novalidate
            on:submit=move |event| {
                event.prevent_default();
                try_out();
            }
        >
            <ChunkingFields
                chunking=chunking
                set=Callback::new(move |changed| chunking.set(changed))
                size_field=form.field("chunking.size")
                overlap_field=form.field("chunking.overlap")
            />
            <div class="flex flex-wrap gap-2">
                <Submit busy=busy>{tr!("Compare")}</Submit>
                <Show when=is_other>
                    <Button on_click=move || {
                        if form.submit() {
                            base.reload();
                            using.set(true);
                        }
                    }>{tr!("Use for the whole knowledge base…")}</Button>
                </Show>
            </div>
            <ErrorAlert message=Signal::derive(error) />
            {outcome}
        </form>
        <CutAnew base=base chunking=chunking open=using />
    }
}

#[component]
fn Column(title: &'static str, chunks: Vec<Chunk>) -> impl IntoView {
    let heading = format!(
        "{title}: {}",
        tr!("{n} chunk" | "{n} chunks" % chunks.len() as i64)
    );
    view! {
        <section class="min-w-0">
            <h3 class="mb-2 font-medium">{heading}</h3>
            <ol class="flex flex-col gap-3">
                {chunks.into_iter().map(|chunk| view! { <ChunkView chunk=chunk /> }).collect_view()}
            </ol>
        </section>
    }
}
