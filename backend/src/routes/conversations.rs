//! `/api/v1/conversations` and `/api/v1/gaps`: what was said, and what could not be answered.

use std::sync::Arc;

use api_types::Page;
use api_types::conversations::{Conversation, ConversationSummary, Gap};
use api_types::retrieval::MessageRetrieval;
use axum::extract::State;
use domain::{Services, conversations};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::extract::{Caller, Json, Path, Query};
use crate::problem::Result;

/// Which rows of a list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// Only those of this bot.
    bot_id: Option<Uuid>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Conversations, the last active first.
#[utoipa::path(get, path = "/api/v1/conversations", tag = "conversations", params(ListQuery),
    responses((status = 200, body = Page<ConversationSummary>)), security(("bearer" = [])))]
pub async fn list(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Query(query): Query<ListQuery>,
) -> Result<Json<Page<ConversationSummary>>> {
    Ok(Json(
        conversations::list(&services, &scope, query.bot_id, query.cursor.as_deref()).await?,
    ))
}

/// One conversation with its messages.
#[utoipa::path(get, path = "/api/v1/conversations/{conversation_id}", tag = "conversations",
    params(("conversation_id" = Uuid, Path)), responses((status = 200, body = Conversation)),
    security(("bearer" = [])))]
pub async fn get(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path(conversation_id): Path<Uuid>,
) -> Result<Json<Conversation>> {
    Ok(Json(
        conversations::get(&services, &scope, conversation_id).await?,
    ))
}

/// Why an answer is what it is: every passage that was considered, and what became of it.
#[utoipa::path(get, path = "/api/v1/conversations/{conversation_id}/messages/{message_id}/retrieval",
    tag = "conversations", params(("conversation_id" = Uuid, Path), ("message_id" = Uuid, Path)),
    responses((status = 200, body = MessageRetrieval)), security(("bearer" = [])))]
pub async fn retrieval(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path((conversation_id, message_id)): Path<(Uuid, Uuid)>,
) -> Result<Json<MessageRetrieval>> {
    Ok(Json(
        conversations::retrieval(&services, &scope, conversation_id, message_id).await?,
    ))
}

/// Questions without an answer, newest first.
#[utoipa::path(get, path = "/api/v1/gaps", tag = "conversations", params(ListQuery),
    responses((status = 200, body = Page<Gap>)), security(("bearer" = [])))]
pub async fn gaps(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Query(query): Query<ListQuery>,
) -> Result<Json<Page<Gap>>> {
    Ok(Json(
        conversations::gaps(&services, &scope, query.bot_id, query.cursor.as_deref()).await?,
    ))
}
