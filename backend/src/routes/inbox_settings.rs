//! `/api/v1/inbox/office-hours`, `/api/v1/inbox/notifications` and `/api/v1/canned-replies`.

use std::sync::Arc;

use api_types::inbox::{CannedReply, InboxNotifications, OfficeHours, SaveCannedReplyRequest};
use axum::extract::State;
use axum::http::StatusCode;
use domain::{Services, inbox};
use uuid::Uuid;

use crate::extract::{Caller, Json, Path, SignedIn};
use crate::problem::Result;

/// When people answer.
#[utoipa::path(get, path = "/api/v1/inbox/office-hours", tag = "inbox",
    responses((status = 200, body = OfficeHours)), security(("bearer" = [])))]
pub async fn office_hours(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
) -> Result<Json<OfficeHours>> {
    Ok(Json(inbox::office_hours(&services.db, &scope).await?))
}

/// Change when people answer. For admins.
#[utoipa::path(put, path = "/api/v1/inbox/office-hours", tag = "inbox", request_body = OfficeHours,
    responses((status = 200, body = OfficeHours)), security(("bearer" = [])))]
pub async fn save_office_hours(
    State(services): State<Arc<Services>>,
    caller: SignedIn,
    Json(hours): Json<OfficeHours>,
) -> Result<Json<OfficeHours>> {
    Ok(Json(
        inbox::save_office_hours(&services, &caller.scope, &hours).await?,
    ))
}

/// What you are told of in this workspace.
#[utoipa::path(get, path = "/api/v1/inbox/notifications", tag = "inbox",
    responses((status = 200, body = InboxNotifications)), security(("bearer" = [])))]
pub async fn notifications(
    State(services): State<Arc<Services>>,
    caller: SignedIn,
) -> Result<Json<InboxNotifications>> {
    Ok(Json(
        inbox::notifications(&services.db, &caller.scope, caller.user_id).await?,
    ))
}

/// Change what you are told of in this workspace.
#[utoipa::path(put, path = "/api/v1/inbox/notifications", tag = "inbox", request_body = InboxNotifications,
    responses((status = 200, body = InboxNotifications)), security(("bearer" = [])))]
pub async fn save_notifications(
    State(services): State<Arc<Services>>,
    caller: SignedIn,
    Json(wanted): Json<InboxNotifications>,
) -> Result<Json<InboxNotifications>> {
    Ok(Json(
        inbox::save_notifications(&services.db, &caller.scope, caller.user_id, wanted).await?,
    ))
}

/// Answers that are written once.
#[utoipa::path(get, path = "/api/v1/canned-replies", tag = "inbox",
    responses((status = 200, body = [CannedReply])), security(("bearer" = [])))]
pub async fn canned_replies(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
) -> Result<Json<Vec<CannedReply>>> {
    Ok(Json(inbox::canned_replies(&services.db, &scope).await?))
}

/// Write one.
#[utoipa::path(post, path = "/api/v1/canned-replies", tag = "inbox", request_body = SaveCannedReplyRequest,
    responses((status = 201, body = CannedReply)), security(("bearer" = [])))]
pub async fn create_canned_reply(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Json(request): Json<SaveCannedReplyRequest>,
) -> Result<(StatusCode, Json<CannedReply>)> {
    let created = inbox::create_canned_reply(&services.db, &scope, &request).await?;
    Ok((StatusCode::CREATED, Json(created)))
}

/// Change one.
#[utoipa::path(put, path = "/api/v1/canned-replies/{canned_reply_id}", tag = "inbox",
    params(("canned_reply_id" = Uuid, Path)), request_body = SaveCannedReplyRequest,
    responses((status = 200, body = CannedReply)), security(("bearer" = [])))]
pub async fn save_canned_reply(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path(canned_reply_id): Path<Uuid>,
    Json(request): Json<SaveCannedReplyRequest>,
) -> Result<Json<CannedReply>> {
    Ok(Json(
        inbox::save_canned_reply(&services.db, &scope, canned_reply_id, &request).await?,
    ))
}

/// Delete one.
#[utoipa::path(delete, path = "/api/v1/canned-replies/{canned_reply_id}", tag = "inbox",
    params(("canned_reply_id" = Uuid, Path)), responses((status = 204)), security(("bearer" = [])))]
pub async fn delete_canned_reply(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path(canned_reply_id): Path<Uuid>,
) -> Result<StatusCode> {
    inbox::delete_canned_reply(&services.db, &scope, canned_reply_id).await?;
    Ok(StatusCode::NO_CONTENT)
}
