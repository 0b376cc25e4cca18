//! `/api/v1/chatbots/draft`: a chatbot before it is deployed.

use std::sync::Arc;

use api_types::bots::{ChatbotContent, DeployRequest, Deployed, PromptPreview};
use api_types::drafts::{CreateDraftRequest, Draft, DraftSummary, SaveChatbotDraftRequest, TestDraftRequest};
use api_types::tenancy::Role;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::{Services, bots, chat, drafts};
use uuid::Uuid;

use crate::extract::{Caller, Json, Path};
use crate::problem::Result;
use crate::sse;

/// Begin a draft: a new chatbot, or an edit of a deployed one.
#[utoipa::path(post, path = "/api/v1/chatbots/draft", tag = "chatbot drafts", request_body = CreateDraftRequest,
    responses((status = 201, body = Draft<ChatbotContent>)), security(("bearer" = [])))]
pub async fn create(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Json(request): Json<CreateDraftRequest>,
) -> Result<(StatusCode, Json<Draft<ChatbotContent>>)> {
    scope.require(Role::Editor)?;
    let content = match request.from {
        Some(bot_id) => bots::get(&services, &scope, bot_id).await?.content,
        None => ChatbotContent::default(),
    };
    let draft = drafts::create(&services.drafts, &scope, content, request.from).await?;
    Ok((StatusCode::CREATED, Json(draft)))
}

/// The workspace's chatbot drafts, last saved first.
#[utoipa::path(get, path = "/api/v1/chatbots/draft", tag = "chatbot drafts",
    responses((status = 200, body = [DraftSummary])), security(("bearer" = [])))]
pub async fn list(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
) -> Result<Json<Vec<DraftSummary>>> {
    Ok(Json(
        drafts::list::<ChatbotContent>(&services.drafts, &scope).await?,
    ))
}

/// Read a draft.
#[utoipa::path(get, path = "/api/v1/chatbots/draft/{draft_id}", tag = "chatbot drafts",
    params(("draft_id" = Uuid, Path)), responses((status = 200, body = Draft<ChatbotContent>)),
    security(("bearer" = [])))]
pub async fn get(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path(draft_id): Path<Uuid>,
) -> Result<Json<Draft<ChatbotContent>>> {
    Ok(Json(drafts::get(&services.drafts, &scope, draft_id).await?))
}

/// Save a draft on top of the version that was read; 409 with `current` when it was saved in between.
#[utoipa::path(put, path = "/api/v1/chatbots/draft/{draft_id}", tag = "chatbot drafts",
    params(("draft_id" = Uuid, Path)), request_body = SaveChatbotDraftRequest,
    responses((status = 200, body = Draft<ChatbotContent>)),
    security(("bearer" = [])))]
pub async fn save(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path(draft_id): Path<Uuid>,
    Json(request): Json<SaveChatbotDraftRequest>,
) -> Result<Json<Draft<ChatbotContent>>> {
    scope.require(Role::Editor)?;
    Ok(Json(
        drafts::save(
            &services.drafts,
            &scope,
            draft_id,
            request.version,
            request.content,
        )
        .await?,
    ))
}

/// Abandon a draft.
#[utoipa::path(delete, path = "/api/v1/chatbots/draft/{draft_id}", tag = "chatbot drafts",
    params(("draft_id" = Uuid, Path)), responses((status = 204)), security(("bearer" = [])))]
pub async fn delete(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path(draft_id): Path<Uuid>,
) -> Result<StatusCode> {
    scope.require(Role::Editor)?;
    drafts::delete::<ChatbotContent>(&services.drafts, &scope, draft_id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Take one turn with the draft as last saved; streamed as `chat` is, nothing is stored.
#[utoipa::path(post, path = "/api/v1/chatbots/draft/{draft_id}/test", tag = "chatbot drafts",
    params(("draft_id" = Uuid, Path)), request_body = TestDraftRequest,
    responses((status = 200, content_type = "text/event-stream", body = api_types::chat::ChatEvent)),
    security(("bearer" = [])))]
pub async fn test(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path(draft_id): Path<Uuid>,
    Json(request): Json<TestDraftRequest>,
) -> Result<Response> {
    scope.require(Role::Editor)?;
    let events = chat::test_draft(services, scope, draft_id, request).await?;
    Ok(sse::stream(events, None))
}

/// The prompt that a model would be given.
#[utoipa::path(get, path = "/api/v1/chatbots/draft/{draft_id}/prompt", tag = "chatbot drafts",
    params(("draft_id" = Uuid, Path)), responses((status = 200, body = PromptPreview)), security(("bearer" = [])))]
pub async fn prompt(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path(draft_id): Path<Uuid>,
) -> Result<Json<PromptPreview>> {
    let draft = drafts::get::<ChatbotContent>(&services.drafts, &scope, draft_id).await?;
    Ok(Json(chat::preview(&draft.content)))
}

/// Make the draft live. Repeating it is safe. The body may be left out; 409 `tests_required` with `current` when the
/// bot's tests have not passed on exactly this content.
#[utoipa::path(post, path = "/api/v1/chatbots/draft/{draft_id}/deploy", tag = "chatbot drafts",
    params(("draft_id" = Uuid, Path)), request_body = Option<DeployRequest>,
    responses((status = 200, body = Deployed)),
    security(("bearer" = [])))]
pub async fn deploy(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path(draft_id): Path<Uuid>,
    request: Option<Json<DeployRequest>>,
) -> Result<Json<Deployed>> {
    let request = request.map(|Json(request)| request).unwrap_or_default();
    Ok(Json(bots::deploy(&services, &scope, draft_id, &request).await?))
}
