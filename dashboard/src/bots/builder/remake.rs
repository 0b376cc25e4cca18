//! A new draft of content whose own draft is gone.

use api_types::ErrorCode;
use api_types::bots::ChatbotContent;
use api_types::client::{self, ClientError};
use api_types::drafts::{CreateDraftRequest, Draft, SaveChatbotDraftRequest};
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use uuid::Uuid;

use crate::session::{Session, use_session};
use crate::ui::toast::use_toasts;

/// The bot that the draft edits, what it holds, and what to do once the new draft has it.
pub type Remade = (Option<Uuid>, ChatbotContent, Callback<()>);

/// Makes the new draft and opens it in the place of the old one.
pub fn use_remake(busy: RwSignal<bool>) -> Callback<Remade> {
    let session = use_session();
    let toasts = use_toasts();
    let navigate = StoredValue::new_local(use_navigate());
    Callback::new(move |(from, content, done): Remade| {
        busy.set(true);
        spawn_local(async move {
            match remake(session, from, content).await {
                Ok(draft) => {
                    done.run(());
                    toasts.say(tr!("A new draft holds what was on the page."));
                    let options = NavigateOptions {
                        replace: true,
                        ..NavigateOptions::default()
                    };
                    let path = format!("/bots/draft/{}", draft.id);
                    navigate.with_value(|navigate| navigate(&path, options));
                }
                Err(error) => toasts.fail(&error),
            }
            busy.set(false);
        });
    })
}

async fn remake(
    session: Session,
    from: Option<Uuid>,
    content: ChatbotContent,
) -> Result<Draft<ChatbotContent>, ClientError> {
    let draft = match session
        .send(&client::bot_drafts::create(&CreateDraftRequest { from }))
        .await
    {
        // The bot it edited is gone as well: what was typed becomes a new one.
        Err(error) if from.is_some() && error.code() == Some(ErrorCode::NotFound) => {
            session
                .send(&client::bot_drafts::create(&CreateDraftRequest::default()))
                .await?
        }
        created => created?,
    };
    let request = SaveChatbotDraftRequest {
        version: draft.version,
        content,
    };
    session.send(&client::bot_drafts::save(draft.id, &request)).await
}
