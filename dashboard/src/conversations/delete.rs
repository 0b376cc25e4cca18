//! Deleting a conversation for good.

use api_types::client;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use uuid::Uuid;

use crate::session::use_session;
use crate::ui::button::Button;
use crate::ui::dialog::ConfirmDialog;
use crate::ui::icon;
use crate::ui::toast::use_toasts;

/// The button, which asks first.
#[component]
pub fn DeleteConversation(
    /// The conversation.
    id: Uuid,
) -> impl IntoView {
    let session = use_session();
    let toasts = use_toasts();
    let navigate = StoredValue::new_local(use_navigate());
    let asking = RwSignal::new(false);
    let delete = async move || {
        session.send(&client::conversations::delete(id)).await?;
        toasts.say("The conversation was deleted. The receipt is in Settings, under Data.");
        navigate.with_value(|navigate| navigate("/conversations", NavigateOptions::default()));
        Ok(())
    };
    view! {
        <Button icon=icon::TRASH_2 on_click=move || asking.set(true)>
            "Delete this conversation"
        </Button>
        <ConfirmDialog
            open=asking
            title="Delete this conversation?"
            action="Delete conversation"
            on_confirm=delete
        >
            <p>
                "Its messages, searches, ratings and gaps are removed for good, and the visitor can't go on with it. Test cases that were made of it stay. A receipt says what was deleted."
            </p>
        </ConfirmDialog>
    }
}
