//! Building a bot that is deployed: its draft is gone on with, or begun from the version that is live.

use api_types::client::{self, ClientError};
use api_types::drafts::CreateDraftRequest;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_navigate};
use uuid::Uuid;

use super::frame::this_bot;
use crate::drafts::begun;
use crate::session::{Session, use_session};
use crate::ui::load::{Failure, blocks, waiting};

/// Leads to the builder; “back” leads past this page.
#[component]
pub fn BuildPage() -> impl IntoView {
    let this = this_bot();
    this.title(tr!("Build"));
    let session = use_session();
    let navigate = StoredValue::new_local(use_navigate());
    // The part of the form that the address asks for.
    let part = StoredValue::new(use_location().hash.get_untracked());
    let error = RwSignal::new(None::<ClientError>);
    let go = move || {
        error.set(None);
        spawn_local(async move {
            match draft_of(session, this.id).await {
                Ok(draft) => {
                    let part = part.try_get_value().unwrap_or_default();
                    let options = NavigateOptions {
                        replace: true,
                        ..NavigateOptions::default()
                    };
                    // Whoever went elsewhere meanwhile stays there.
                    navigate
                        .try_with_value(|navigate| navigate(&format!("/bots/draft/{draft}{part}"), options));
                }
                Err(problem) => {
                    error.try_set(Some(problem));
                }
            }
        });
    };
    go();
    move || match error.get() {
        Some(error) => view! { <Failure error=error retry=go /> }.into_any(),
        None => waiting(blocks()),
    }
}

async fn draft_of(session: Session, bot: Uuid) -> Result<Uuid, ClientError> {
    if let Some(draft) = begun(session, client::bot_drafts::list, Some(bot)).await? {
        return Ok(draft);
    }
    let request = CreateDraftRequest { from: Some(bot) };
    let draft = session.send(&client::bot_drafts::create(&request)).await?;
    Ok(draft.id)
}
