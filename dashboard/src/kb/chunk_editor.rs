//! A chunk of a knowledge base that can be changed.

use std::collections::HashSet;

use api_types::client;
use api_types::kb::{Importance, SaveChunkRequest, StoredChunk};
use api_types::validate;
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use uuid::Uuid;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use super::chunk::ChunkView;
use super::importance::ImportanceField;
use crate::session::use_session;
use crate::ui::button::{Button, Submit};
use crate::ui::field::{Text, TextArea, TextField};
use crate::ui::form::{Form, FormBody};
use crate::ui::icon;
use crate::ui::toast::use_toasts;

/// The chunks whose form holds what was not saved yet; the dialog asks before it closes.
pub type Unsaved = RwSignal<HashSet<Uuid>>;

/// The chunk, and a form in its place while it is edited.
#[component]
pub fn EditableChunk(
    /// The knowledge base's id.
    id: Uuid,
    /// The document's id.
    document_id: Uuid,
    /// The chunk. It is changed in place, so that others see it as it is.
    chunk: RwSignal<StoredChunk>,
    /// Where it is said that something was not saved yet.
    unsaved: Unsaved,
) -> impl IntoView {
    let editing = RwSignal::new(false);
    let shown = move || view! { <Shown chunk=chunk.get() editing=editing /> };
    view! {
        <li data-testid="chunk">
            <Show when=move || editing.get() fallback=shown>
                <Editor id=id document_id=document_id chunk=chunk editing=editing unsaved=unsaved />
            </Show>
        </li>
    }
}

#[component]
fn Shown(chunk: StoredChunk, editing: RwSignal<bool>) -> impl IntoView {
    let marks: Vec<&str> = [
        (!chunk.enabled).then_some(tr!("switched off")),
        chunk.original_text.is_some().then_some(tr!("edited")),
        (chunk.importance == Importance::High).then_some(tr!("important")),
        (chunk.importance == Importance::Low).then_some(tr!("less important")),
    ]
    .into_iter()
    .flatten()
    .collect();
    let words = marks.join(" · ");
    let context = chunk.context.clone();
    let off = !chunk.enabled;
    view! {
        <div>
            <ol class:opacity-60=off>
                <ChunkView chunk=chunk.chunk />
            </ol>
            <div class="mt-1 flex flex-wrap items-center justify-between gap-x-3 gap-y-1">
                <p class="muted text-xs" dir="auto">
                    {words}
                    {(!context.is_empty()).then(|| {
                        let stop = if marks.is_empty() { "" } else { " · " };
                        tr!("{stop}also found by: {context}", stop, context)
                    })}
                </p>
                <Button small=true icon=icon::PENCIL on_click=move || editing.set(true)>
                    {tr!("Edit")}
                </Button>
            </div>
        </div>
    }
}

#[component]
fn Editor(
    id: Uuid,
    document_id: Uuid,
    chunk: RwSignal<StoredChunk>,
    editing: RwSignal<bool>,
    unsaved: Unsaved,
) -> impl IntoView {
    let session = use_session();
    let toasts = use_toasts();
    let before = chunk.get_untracked();
    let original = StoredValue::new(before.original_text.clone());
    let chunk_id = before.chunk.id.unwrap_or_default();
    let request = RwSignal::new(SaveChunkRequest {
        text: before.chunk.text,
        context: before.context,
        importance: Importance::default(),
        enabled: before.enabled,
    });
    let importance = RwSignal::new(before.importance);
    let begun = StoredValue::new((request.get_untracked(), before.importance));
    Effect::new(move |_| {
        let is_changed = begun.with_value(|(begun, begun_importance)| {
            request.with(|now| {
                (&now.text, &now.context, now.enabled) != (&begun.text, &begun.context, begun.enabled)
            }) || importance.get() != *begun_importance
        });
        unsaved.update(|unsaved| {
            if is_changed {
                unsaved.insert(chunk_id);
            } else {
                unsaved.remove(&chunk_id);
            }
        });
    });
    on_cleanup(move || {
        unsaved.try_update(|unsaved| unsaved.remove(&chunk_id));
    });
    let place = NodeRef::<html::Div>::new();
    Effect::new(move |_| focus_text(place));
    let form = Form::new(move || request.with(validate::chunk));
    let error = RwSignal::new(None::<String>);
    let busy = RwSignal::new(false);
    let send = move || {
        if busy.get_untracked() || !form.submit() {
            return;
        }
        busy.set(true);
        request.update(|request| request.importance = importance.get_untracked());
        spawn_local(async move {
            let call =
                request.with_untracked(|request| client::kb::save_chunk(id, document_id, chunk_id, request));
            match session.send(&call).await {
                Ok(saved) => {
                    toasts.say(if saved.enabled {
                        tr!("Saved. Bots answer from it now.")
                    } else {
                        tr!("Saved. It is switched off: bots no longer answer from it.")
                    });
                    chunk.set(saved);
                    editing.set(false);
                }
                Err(problem) => error.set(form.refuse(&problem)),
            }
            busy.try_set(false);
        });
    };
    let text = Text::new(
        move || request.with(|r| r.text.clone()),
        move |text| request.update(|r| r.text = text),
    );
    let context = Text::new(
        move || request.with(|r| r.context.clone()),
        move |text| request.update(|r| r.context = text),
    );
    let restore = move || {
        if let Some(original) = original.get_value() {
            request.update(|r| r.text = original);
        }
    };
    view! {
        <div node_ref=place class="rounded-box border border-primary p-3">
            <FormBody error=error submit=send>
                <TextArea label=tr!("Text") value=text field=form.field("text") rows=8 />
                <TextField
                    label=tr!("Context")
                    value=context
                    field=form.field("context")
                    hint=tr!("Words that people use for this. They are searched, and read with the text.")
                />
                <ImportanceField importance=importance />
                <label class="flex items-center gap-2">
                    <input
                        type="checkbox"
                        class="toggle toggle-sm"
                        prop:checked=move || request.with(|r| r.enabled)
                        on:change=move |event| request.update(|r| r.enabled = event_target_checked(&event))
                    />
                    {tr!("Bots answer from this chunk")}
                </label>
                <div class="flex flex-wrap gap-2">
                    <Submit busy=busy>{tr!("Save")}</Submit>
                    <Button on_click=move || editing.set(false)>{tr!("Cancel")}</Button>
                    {original
                        .with_value(Option::is_some)
                        .then(|| {
                            view! {
                                <Button icon=icon::ROTATE_CCW on_click=restore>
                                    {tr!("Restore the document's text")}
                                </Button>
                            }
                        })}
                </div>
            </FormBody>
        </div>
    }
}

/// Puts the cursor where something is to be changed.
fn focus_text(place: NodeRef<html::Div>) {
    let Some(place) = place.get() else { return };
    let text = place.query_selector("textarea").ok().flatten();
    if let Some(text) = text.and_then(|text| text.dyn_into::<HtmlElement>().ok()) {
        // An element that can't take the focus leaves it where it is.
        let _ = text.focus();
    }
}
