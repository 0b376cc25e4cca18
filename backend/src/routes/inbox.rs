//! `/api/v1/inbox`: conversations that people answer.

use std::sync::Arc;

use api_types::Page;
use api_types::inbox::{
    AssignRequest, ConversationState, InboxConversation, InboxCounts, InboxItem, InboxNoteRequest,
    ReplyRequest, TakeRequest,
};
use axum::extract::State;
use axum::http::StatusCode;
use domain::inbox::Filter;
use domain::{Error, Services, inbox};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::extract::{Caller, Json, Path, Query, SignedIn};
use crate::problem::Result;

/// Which conversations.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct InboxQuery {
    /// Only in these states, with commas between them: `bot`, `waiting`, `human`, `closed`.
    state: Option<String>,
    /// Only those of `me`, of `nobody`, or of the member with this id.
    assignee: Option<String>,
    /// Only those of this bot.
    bot_id: Option<Uuid>,
    /// Only in which this was said, or whose visitor is called so.
    q: Option<String>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

impl InboxQuery {
    fn filter(self) -> Result<Filter> {
        let names = self.state.as_deref().unwrap_or_default().split(',');
        let states = names.map(str::trim).filter(|name| !name.is_empty()).map(|name| {
            let message = "Use bot, waiting, human and closed, with commas between them.";
            ConversationState::from_name(name).ok_or_else(|| Error::field("state", message))
        });
        Ok(Filter {
            states: states.collect::<domain::Result<_>>()?,
            assignee: self.assignee.as_deref().map(str::parse).transpose()?,
            bot_id: self.bot_id,
            search: self.q,
        })
    }
}

/// Conversations, the last active first.
#[utoipa::path(get, path = "/api/v1/inbox", tag = "inbox", params(InboxQuery),
    responses((status = 200, body = Page<InboxItem>)), security(("bearer" = [])))]
pub async fn list(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Query(mut query): Query<InboxQuery>,
) -> Result<Json<Page<InboxItem>>> {
    let cursor = query.cursor.take();
    let filter = query.filter()?;
    Ok(Json(
        inbox::list(&services, &scope, &filter, cursor.as_deref()).await?,
    ))
}

/// How many conversations wait, and how many are yours.
#[utoipa::path(get, path = "/api/v1/inbox/counts", tag = "inbox",
    responses((status = 200, body = InboxCounts)), security(("bearer" = [])))]
pub async fn counts(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
) -> Result<Json<InboxCounts>> {
    Ok(Json(inbox::counts(&services, &scope).await?))
}

/// One conversation with messages, notes and what became of it.
#[utoipa::path(get, path = "/api/v1/inbox/{conversation_id}", tag = "inbox",
    params(("conversation_id" = Uuid, Path)), responses((status = 200, body = InboxConversation)),
    security(("bearer" = [])))]
pub async fn get(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path(conversation_id): Path<Uuid>,
) -> Result<Json<InboxConversation>> {
    Ok(Json(inbox::get(&services, &scope, conversation_id).await?))
}

/// Take a conversation over from the bot, or from a colleague who is named. While somebody else has it, it is refused with
/// `already_taken`; `current` says who.
#[utoipa::path(post, path = "/api/v1/inbox/{conversation_id}/take", tag = "inbox",
    params(("conversation_id" = Uuid, Path)), request_body = TakeRequest,
    responses((status = 200, body = InboxConversation)), security(("bearer" = [])))]
pub async fn take(
    State(services): State<Arc<Services>>,
    caller: SignedIn,
    Path(conversation_id): Path<Uuid>,
    Json(request): Json<TakeRequest>,
) -> Result<Json<InboxConversation>> {
    Ok(Json(
        inbox::take(&services, &caller.scope, conversation_id, request.from).await?,
    ))
}

/// Give a conversation to a member who may answer, or to nobody.
#[utoipa::path(post, path = "/api/v1/inbox/{conversation_id}/assign", tag = "inbox",
    params(("conversation_id" = Uuid, Path)), request_body = AssignRequest,
    responses((status = 200, body = InboxConversation)), security(("bearer" = [])))]
pub async fn assign(
    State(services): State<Arc<Services>>,
    caller: SignedIn,
    Path(conversation_id): Path<Uuid>,
    Json(request): Json<AssignRequest>,
) -> Result<Json<InboxConversation>> {
    Ok(Json(
        inbox::assign(&services, &caller.scope, conversation_id, request.user_id).await?,
    ))
}

/// Let the bot answer again.
#[utoipa::path(post, path = "/api/v1/inbox/{conversation_id}/give-back", tag = "inbox",
    params(("conversation_id" = Uuid, Path)), responses((status = 200, body = InboxConversation)),
    security(("bearer" = [])))]
pub async fn give_back(
    State(services): State<Arc<Services>>,
    caller: SignedIn,
    Path(conversation_id): Path<Uuid>,
) -> Result<Json<InboxConversation>> {
    Ok(Json(
        inbox::give_back(&services, &caller.scope, conversation_id).await?,
    ))
}

/// Close a conversation. Should the visitor write again, the bot answers.
#[utoipa::path(post, path = "/api/v1/inbox/{conversation_id}/close", tag = "inbox",
    params(("conversation_id" = Uuid, Path)), responses((status = 200, body = InboxConversation)),
    security(("bearer" = [])))]
pub async fn close(
    State(services): State<Arc<Services>>,
    caller: SignedIn,
    Path(conversation_id): Path<Uuid>,
) -> Result<Json<InboxConversation>> {
    Ok(Json(
        inbox::close(&services, &caller.scope, conversation_id).await?,
    ))
}

/// Answer the visitor. Whoever answers has the conversation; while somebody else has it, it is refused with `already_taken`.
#[utoipa::path(post, path = "/api/v1/inbox/{conversation_id}/replies", tag = "inbox",
    params(("conversation_id" = Uuid, Path)), request_body = ReplyRequest,
    responses((status = 200, body = InboxConversation)), security(("bearer" = [])))]
pub async fn reply(
    State(services): State<Arc<Services>>,
    caller: SignedIn,
    Path(conversation_id): Path<Uuid>,
    Json(request): Json<ReplyRequest>,
) -> Result<Json<InboxConversation>> {
    Ok(Json(
        inbox::reply(&services, &caller.scope, conversation_id, &request).await?,
    ))
}

/// Show the visitor that you are typing; for a few seconds.
#[utoipa::path(post, path = "/api/v1/inbox/{conversation_id}/typing", tag = "inbox",
    params(("conversation_id" = Uuid, Path)), responses((status = 204)), security(("bearer" = [])))]
pub async fn typing(
    State(services): State<Arc<Services>>,
    caller: SignedIn,
    Path(conversation_id): Path<Uuid>,
) -> Result<StatusCode> {
    inbox::typing(&services, &caller.scope, conversation_id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Say that everything in the conversation was read.
#[utoipa::path(post, path = "/api/v1/inbox/{conversation_id}/read", tag = "inbox",
    params(("conversation_id" = Uuid, Path)), responses((status = 204)), security(("bearer" = [])))]
pub async fn read(
    State(services): State<Arc<Services>>,
    caller: SignedIn,
    Path(conversation_id): Path<Uuid>,
) -> Result<StatusCode> {
    inbox::mark_read(&services, &caller.scope, conversation_id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Write a note, which the visitor does not see.
#[utoipa::path(post, path = "/api/v1/inbox/{conversation_id}/notes", tag = "inbox",
    params(("conversation_id" = Uuid, Path)), request_body = InboxNoteRequest,
    responses((status = 200, body = InboxConversation)), security(("bearer" = [])))]
pub async fn add_note(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path(conversation_id): Path<Uuid>,
    Json(request): Json<InboxNoteRequest>,
) -> Result<Json<InboxConversation>> {
    Ok(Json(
        inbox::add_note(&services, &scope, conversation_id, &request.content).await?,
    ))
}

/// Delete a note.
#[utoipa::path(delete, path = "/api/v1/inbox/{conversation_id}/notes/{note_id}", tag = "inbox",
    params(("conversation_id" = Uuid, Path), ("note_id" = Uuid, Path)), responses((status = 204)),
    security(("bearer" = [])))]
pub async fn delete_note(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path((conversation_id, note_id)): Path<(Uuid, Uuid)>,
) -> Result<StatusCode> {
    inbox::delete_note(&services, &scope, conversation_id, note_id).await?;
    Ok(StatusCode::NO_CONTENT)
}
