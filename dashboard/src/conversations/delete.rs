//! Deleting conversations for good: one on its page, or several that are chosen in the list.

use std::collections::BTreeSet;

use api_types::client;
use api_types::data::{DeleteConversationsRequest, MAX_CONVERSATIONS};
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
        toasts.say(tr!(
            "The conversation was deleted. The receipt is in Settings, under Data."
        ));
        navigate.with_value(|navigate| navigate("/conversations", NavigateOptions::default()));
        Ok(())
    };
    view! {
        <Button icon=icon::TRASH_2 needs=Role::Admin on_click=move || asking.set(true)>
            {tr!("Delete this conversation")}
        </Button>
        <ConfirmDialog
            open=asking
            title=tr!("Delete this conversation?")
            action=tr!("Delete conversation")
            on_confirm=delete
        >
            <p>
                {tr!("Its messages, searches, ratings and gaps are removed for good, and the visitor can't go on with it. Test cases that were made of it stay. A receipt says what was deleted.")}
            </p>
        </ConfirmDialog>
    }
}

/// The conversations that are chosen; none while nobody is choosing.
pub type Chosen = RwSignal<Option<BTreeSet<Uuid>>>;

/// Whether a conversation is chosen. Reactive.
pub fn is_chosen(chosen: Chosen, id: Uuid) -> bool {
    chosen.with(|chosen| chosen.as_ref().is_some_and(|chosen| chosen.contains(&id)))
}

/// Chooses a conversation, or not any more.
pub fn choose(chosen: Chosen, id: Uuid, is_wanted: bool) {
    chosen.update(|chosen| {
        let Some(chosen) = chosen else { return };
        if is_wanted {
            chosen.insert(id);
        } else {
            chosen.remove(&id);
        }
    });
}

/// Begins and ends choosing, and deletes what is chosen, after asking.
#[component]
pub fn DeleteChosen(
    /// What is chosen.
    chosen: Chosen,
    /// What is done then.
    on_deleted: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let session = use_session();
    let toasts = use_toasts();
    let asking = RwSignal::new(false);
    let number = move || chosen.with(|chosen| chosen.as_ref().map_or(0, BTreeSet::len));
    let cannot = Signal::derive(move || number() == 0 || number() > MAX_CONVERSATIONS);
    let words =
        move || tr!("{n} conversation" | "{n} conversations" % i64::try_from(number()).unwrap_or(i64::MAX));
    let delete = async move || {
        let ids = chosen.get_untracked().unwrap_or_default();
        let request = DeleteConversationsRequest {
            conversation_ids: ids.into_iter().collect(),
        };
        session
            .send(&client::conversations::delete_many(&request))
            .await?;
        toasts.say(tr!("They were deleted. The receipt is in Settings, under Data."));
        chosen.set(None);
        on_deleted();
        Ok(())
    };
    view! {
        <Show
            when=move || chosen.with(Option::is_some)
            fallback=move || {
                view! { <Button needs=Role::Admin on_click=move || chosen.set(Some(BTreeSet::new()))>{tr!("Choose")}</Button> }
            }
        >
            <Button icon=icon::TRASH_2 disabled=cannot on_click=move || asking.set(true)>
                {move || tr!("Delete {}", words())}
            </Button>
            <Button on_click=move || chosen.set(None)>{tr!("Cancel")}</Button>
        </Show>
        <ConfirmDialog
            open=asking
            title=tr!("Delete these conversations?")
            action=Signal::derive(move || tr!("Delete {}", words()))
            on_confirm=delete
        >
            <p>
                {tr!("Their messages, searches, ratings and gaps are removed for good. A receipt says what was deleted.")}
            </p>
        </ConfirmDialog>
    }
}
