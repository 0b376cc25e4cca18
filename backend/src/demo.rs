//! The demo: a workspace with a bot over Botwright's own documentation, made once.

use std::sync::Arc;
use std::time::Duration;

use api_types::auth::{LoginRequest, SignupRequest};
use api_types::bots::{ChatbotContent, DeployRequest};
use api_types::drafts::CreateDraftRequest;
use api_types::kb::{KnowledgeBaseContent, SaveKbDraftRequest};
use domain::auth::Device;
use domain::kb::drafts::NewFile;
use domain::{Result, Scope, Services, auth, bots, drafts, kb};
use rust_embed::RustEmbed;
use uuid::Uuid;

use crate::AppState;

/// How to sign in to the demo workspace.
pub const EMAIL: &str = "demo@botwright.test";
/// It guards nothing: the demo is for trying things out on one's own machine.
pub const PASSWORD: &str = "botwright-demo";
const BOT: &str = "Botwright guide";
/// How long to wait before trying again when a part is away.
const RETRY: Duration = Duration::from_secs(5);
/// How often to look whether the worker has read the documentation.
const LOOK_AGAIN: Duration = Duration::from_millis(250);

#[derive(RustEmbed)]
#[folder = "../docs"]
struct Docs;

/// Makes the demo unless it is there, and remembers its bot for `/demo`.
pub async fn seed(state: AppState) {
    loop {
        match ensure(&state.services).await {
            Ok(bot_id) => {
                let _ = state.demo_bot.set(bot_id);
                tracing::info!(
                    "demo: {}/demo, sign in as {EMAIL} with {PASSWORD}",
                    state.services.public_url
                );
                return;
            }
            Err(domain::Error::Unavailable { .. }) => tokio::time::sleep(RETRY).await,
            Err(error) => {
                tracing::error!(%error, "the demo could not be made");
                return;
            }
        }
    }
}

async fn ensure(services: &Arc<Services>) -> Result<Uuid> {
    let scope = sign_in(services).await?;
    let existing = bots::list(services, &scope)
        .await?
        .into_iter()
        .find(|bot| bot.name == BOT);
    if let Some(bot) = existing {
        return Ok(bot.id);
    }
    let knowledge_base_id = match kb::bases::list(&services.db, &scope).await?.into_iter().next() {
        Some(existing) => existing.id,
        None => add_docs(services, &scope).await?,
    };
    // The first question must not come before there is something to answer from.
    while kb::bases::get(&services.db, &scope, knowledge_base_id)
        .await?
        .progress
        .in_progress()
    {
        tokio::time::sleep(LOOK_AGAIN).await;
    }
    let content = ChatbotContent {
        name: BOT.to_owned(),
        instructions: "You help people who set up and use Botwright, a self-hosted chatbot builder."
            .to_owned(),
        greeting: "Hi! Ask me anything about Botwright.".to_owned(),
        suggested_questions: vec![
            "How do I embed a bot on my site?".to_owned(),
            "What happens when a document is uploaded?".to_owned(),
            "How are drafts saved?".to_owned(),
        ],
        knowledge_base_ids: vec![knowledge_base_id],
        ..ChatbotContent::default()
    };
    let draft = drafts::create(&services.drafts, &scope, content, None).await?;
    Ok(
        bots::deploy(services, &scope, draft.id, &DeployRequest::default())
            .await?
            .bot_id,
    )
}

async fn sign_in(services: &Services) -> Result<Scope> {
    let db = &services.db;
    let request = SignupRequest {
        email: EMAIL.into(),
        password: PASSWORD.into(),
        name: "Demo".into(),
        invitation: None,
    };
    auth::seed(db, request).await?;
    let request = LoginRequest {
        email: EMAIL.into(),
        password: PASSWORD.into(),
    };
    let session = auth::login(services, &Device::default(), request).await?;
    let (scope, _) = auth::authenticate(services, &session.response.access_token).await?;
    Ok(scope)
}

async fn add_docs(services: &Services, scope: &Scope) -> Result<Uuid> {
    let draft = kb::drafts::create(services, scope, &CreateDraftRequest::default()).await?;
    let request = SaveKbDraftRequest {
        version: draft.version,
        name: "Botwright documentation".to_owned(),
        description: "The pages of docs/ of this version.".to_owned(),
        chunking: KnowledgeBaseContent::default().chunking,
    };
    kb::drafts::save(services, scope, draft.id, request).await?;
    let files = Docs::iter()
        .filter(|name| name.ends_with(".md"))
        .filter_map(|name| {
            Some(NewFile {
                name: name.to_string(),
                bytes: Docs::get(&name)?.data.into_owned(),
            })
        })
        .collect();
    kb::drafts::add_files(services, scope, draft.id, files).await?;
    Ok(kb::drafts::finalize(services, scope, draft.id)
        .await?
        .knowledge_base_id)
}
