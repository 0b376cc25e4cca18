//! Beginning a draft.

use api_types::client::{Call, ClientError};
use api_types::drafts::{CreateDraftRequest, Draft, DraftSummary};
use api_types::tenancy::Role;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::session::{Session, use_session};
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
    /// Finds a draft of the same that was begun before, which is gone on with.
    #[prop(optional_no_strip)]
    list: Option<fn() -> Call<Vec<DraftSummary>>>,
    /// How loud the button is.
    variant: Variant,
    /// Whether it is smaller.
    #[prop(optional)]
    small: bool,
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
            let known = match list {
                Some(list) => begun(session, list, from).await,
                None => Ok(None),
            };
            let draft = match known {
                Ok(None) => session
                    .send(&create(&CreateDraftRequest { from }))
                    .await
                    .map(|draft| draft.id),
                Ok(Some(draft)) => {
                    toasts.say(tr!("You go on with the draft that was begun before."));
                    Ok(draft)
                }
                Err(error) => Err(error),
            };
            match draft {
                Ok(draft) => {
                    let path = format!("{base}/{draft}");
                    navigate.with_value(|navigate| navigate(&path, NavigateOptions::default()));
                }
                Err(error) => toasts.fail(&error),
            }
            busy.set(false);
        });
    };
    view! {
        <Button variant=variant small=small icon=icon busy=busy needs=Role::Editor on_click=begin>
            {children()}
        </Button>
    }
}

/// The draft of something that was saved last.
pub async fn begun(
    session: Session,
    list: fn() -> Call<Vec<DraftSummary>>,
    from: Option<Uuid>,
) -> Result<Option<Uuid>, ClientError> {
    if from.is_none() {
        return Ok(None);
    }
    let drafts = session.send(&list()).await?;
    Ok(drafts
        .into_iter()
        .find(|draft| draft.from == from)
        .map(|draft| draft.id))
}
