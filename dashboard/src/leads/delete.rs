//! Deleting a lead for good.

use api_types::client;
use api_types::tenancy::Role;
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
pub fn DeleteLead(
    /// The lead.
    id: Uuid,
) -> impl IntoView {
    let session = use_session();
    let toasts = use_toasts();
    let navigate = StoredValue::new_local(use_navigate());
    let asking = RwSignal::new(false);
    let delete = async move || {
        session.send(&client::leads::delete(id)).await?;
        toasts.say(tr!(
            "The lead was deleted. The receipt is in Settings, under Data."
        ));
        navigate.with_value(|navigate| navigate("/leads", NavigateOptions::default()));
        Ok(())
    };
    view! {
        <Button icon=icon::TRASH_2 needs=Role::Admin on_click=move || asking.set(true)>
            {tr!("Delete this lead")}
        </Button>
        <ConfirmDialog open=asking title=tr!("Delete this lead?") action=tr!("Delete lead") on_confirm=delete>
            <p>
                {tr!("What was left, all notes and what webhooks were told of it are removed for good. Conversations stay: delete them on their own page. A receipt says what was deleted.")}
            </p>
        </ConfirmDialog>
    }
}
