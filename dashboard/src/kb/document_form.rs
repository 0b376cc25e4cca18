//! What people say about a document.

use api_types::client;
use api_types::kb::{Document, Importance, SaveDocumentRequest};
use leptos::prelude::*;
use leptos::task::spawn_local;
use uuid::Uuid;

use super::importance::ImportanceField;
use crate::session::use_session;
use crate::ui::button::Submit;
use crate::ui::field::{Text, TextField};
use crate::ui::form::{Form, FormBody};
use crate::ui::toast::use_toasts;

/// Tags and importance.
#[component]
pub fn DocumentForm(
    /// The knowledge base's id.
    id: Uuid,
    /// The document.
    document: Document,
) -> impl IntoView {
    let session = use_session();
    let toasts = use_toasts();
    let Document {
        id: document_id,
        tags,
        importance,
        languages,
        ..
    } = document;
    let tags = RwSignal::new(tags.join(", "));
    let importance: RwSignal<Importance> = RwSignal::new(importance);
    // What it may hold is checked by the server alone, in one place.
    let form = Form::new(|| Ok(()));
    let error = RwSignal::new(None::<String>);
    let busy = RwSignal::new(false);
    let send = move || {
        if busy.get_untracked() || !form.submit() {
            return;
        }
        busy.set(true);
        let typed = tags.get_untracked();
        let typed = typed.split(',').map(str::trim).filter(|tag| !tag.is_empty());
        let request = SaveDocumentRequest {
            tags: typed.map(str::to_owned).collect(),
            importance: importance.get_untracked(),
        };
        spawn_local(async move {
            match session
                .send(&client::kb::save_document(id, document_id, &request))
                .await
            {
                Ok(saved) => {
                    tags.try_set(saved.tags.join(", "));
                    error.try_set(None);
                    toasts.say(tr!("Saved. Searches see it now."));
                }
                Err(problem) => {
                    error.try_set(form.refuse(&problem));
                }
            }
            busy.try_set(false);
        });
    };
    let languages = languages.join(", ");
    view! {
        <FormBody error=error submit=send>
            <TextField
                label=tr!("Tags")
                value=Text::new(move || tags.get(), move |text| tags.set(text))
                field=form.field("tags")
                hint=tr!("Separated by commas. Searches can ask for documents with a tag.")
            />
            <ImportanceField importance=importance />
            {(!languages.is_empty()).then(|| view! { <p class="muted">{tr!("Written in: ")} {languages}</p> })}
            <div>
                <Submit busy=busy>{tr!("Save")}</Submit>
            </div>
        </FormBody>
    }
}
