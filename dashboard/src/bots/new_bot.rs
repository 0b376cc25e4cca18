//! Beginning a draft: of a new bot, or of one that is deployed.

use api_types::client;
use api_types::drafts::CreateDraftRequest;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use uuid::Uuid;

use crate::session::use_session;
use crate::ui::button::{Button, Variant};
use crate::ui::icon::Glyph;
use crate::ui::toast::use_toasts;

/// A button that makes a draft and opens the builder.
#[component]
pub fn DraftButton(
    /// The deployed bot to edit; a new one when absent.
    #[prop(optional_no_strip)]
    from: Option<Uuid>,
    /// How loud it is.
    #[prop(optional)]
    variant: Variant,
    /// Its icon.
    icon: Glyph,
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
            let call = client::bot_drafts::create(&CreateDraftRequest { from });
            match session.send(&call).await {
                Ok(draft) => {
                    let path = format!("/bots/draft/{}", draft.id);
                    navigate.with_value(|navigate| navigate(&path, NavigateOptions::default()));
                }
                Err(error) => toasts.fail(&error),
            }
            busy.set(false);
        });
    };
    view! {
        <Button variant=variant icon=icon busy=busy on_click=begin>
            {children()}
        </Button>
    }
}
