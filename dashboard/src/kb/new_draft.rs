//! Beginning a draft: of a new knowledge base, or of more sources for one.

use api_types::client;
use api_types::drafts::CreateDraftRequest;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use uuid::Uuid;

use crate::session::use_session;
use crate::ui::button::{Button, Variant};
use crate::ui::icon;
use crate::ui::toast::use_toasts;

/// A button that makes a draft and opens the wizard.
#[component]
pub fn DraftButton(
    /// The knowledge base to add to; a new one when absent.
    #[prop(optional_no_strip)]
    from: Option<Uuid>,
    /// Its text.
    children: Children,
) -> impl IntoView {
    let session = use_session();
    let toasts = use_toasts();
    let navigate = StoredValue::new_local(use_navigate());
    let busy = RwSignal::new(false);
    let begin = move || {
        busy.set(true);
        spawn_local(async move {
            match session
                .send(&client::kb_drafts::create(&CreateDraftRequest { from }))
                .await
            {
                Ok(draft) => {
                    let path = format!("/knowledge/draft/{}", draft.id);
                    navigate.with_value(|navigate| navigate(&path, NavigateOptions::default()));
                }
                Err(error) => toasts.fail(&error),
            }
            busy.set(false);
        });
    };
    view! {
        <Button variant=Variant::Primary icon=icon::PLUS busy=busy on_click=begin>
            {children()}
        </Button>
    }
}
