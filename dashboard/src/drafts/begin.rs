//! Beginning a draft.

use api_types::client::Call;
use api_types::drafts::{CreateDraftRequest, Draft};
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::session::use_session;
use crate::ui::button::{Button, Variant};
use crate::ui::icon::Glyph;
use crate::ui::toast::use_toasts;

/// A button that makes a draft and opens its page.
#[component]
pub fn BeginDraft<T: DeserializeOwned + 'static>(
    /// Makes it.
    create: fn(&CreateDraftRequest) -> Call<Draft<T>>,
    /// The page of a draft, without its id.
    base: &'static str,
    /// What it begins from; nothing when absent.
    from: Option<Uuid>,
    /// How loud the button is.
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
            match session.send(&create(&CreateDraftRequest { from })).await {
                Ok(draft) => {
                    let path = format!("{base}/{}", draft.id);
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
