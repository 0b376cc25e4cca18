//! `/api/v1/conversations` and `/api/v1/gaps`: what was said, and what could not be answered.

use std::sync::Arc;

use api_types::Page;
use api_types::conversations::{Conversation, ConversationSummary, Gap, MessagePage};
use api_types::data::{DeleteConversationsRequest, DeletionReceipt};
use api_types::retrieval::MessageRetrieval;
use axum::extract::State;
use domain::conversations::Part;
use domain::{Error, Services, conversations};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::extract::{Caller, Json, Path, Query, SignedIn};
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

/// One conversation with its last messages.
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

/// Which messages of a conversation: the last ones, unless one of these is set.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct MessagesQuery {
    /// Those before this message.
    before: Option<Uuid>,
    /// Those after this message.
    after: Option<Uuid>,
    /// This message, with what was said around it.
    around: Option<Uuid>,
}

/// What was said in a conversation, 100 messages at a time.
#[utoipa::path(get, path = "/api/v1/conversations/{conversation_id}/messages", tag = "conversations",
    params(("conversation_id" = Uuid, Path), MessagesQuery), responses((status = 200, body = MessagePage)),
    security(("bearer" = [])))]
pub async fn messages(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path(conversation_id): Path<Uuid>,
    Query(query): Query<MessagesQuery>,
) -> Result<Json<MessagePage>> {
    let part = match (query.before, query.after, query.around) {
        (None, None, None) => Part::Last,
        (Some(id), None, None) => Part::Before(id),
        (None, Some(id), None) => Part::After(id),
        (None, None, Some(id)) => Part::Around(id),
        _ => return Err(Error::field("before", "Set one of before, after and around.").into()),
    };
    Ok(Json(
        conversations::messages(&services, &scope, conversation_id, part).await?,
    ))
}

/// Delete a conversation for good, with everything that hangs on it. For admins.
#[utoipa::path(delete, path = "/api/v1/conversations/{conversation_id}", tag = "conversations",
    params(("conversation_id" = Uuid, Path)), responses((status = 200, body = DeletionReceipt)),
    security(("bearer" = [])))]
pub async fn delete(
    State(services): State<Arc<Services>>,
    caller: SignedIn,
    Path(conversation_id): Path<Uuid>,
) -> Result<Json<DeletionReceipt>> {
    Ok(Json(
        conversations::delete(&services, &caller.scope, &[conversation_id]).await?,
    ))
}

/// Delete conversations for good, all of them or none. For admins.
#[utoipa::path(post, path = "/api/v1/conversations/delete", tag = "conversations",
    request_body = DeleteConversationsRequest, responses((status = 200, body = DeletionReceipt)),
    security(("bearer" = [])))]
pub async fn delete_many(
    State(services): State<Arc<Services>>,
    caller: SignedIn,
    Json(request): Json<DeleteConversationsRequest>,
) -> Result<Json<DeletionReceipt>> {
    Ok(Json(
        conversations::delete(&services, &caller.scope, &request.conversation_ids).await?,
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
