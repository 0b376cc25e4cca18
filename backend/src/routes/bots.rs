//! `/api/v1/bots`: deployed bots and their versions.

use std::sync::Arc;

use api_types::Page;
use api_types::bots::{Bot, BotSummary, BotVersion, Deployed, RollbackRequest, SetStatusRequest};
use axum::extract::State;
use axum::http::StatusCode;
use domain::{Services, bots};
use uuid::Uuid;

use crate::extract::{Caller, Json, Path, Query};
use crate::problem::Result;
use crate::routes::paged::ListQuery;

/// The workspace's bots by name.
#[utoipa::path(get, path = "/api/v1/bots", tag = "bots", params(ListQuery),
    responses((status = 200, body = Page<BotSummary>)), security(("bearer" = [])))]
pub async fn list(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Query(query): Query<ListQuery>,
) -> Result<Json<Page<BotSummary>>> {
    Ok(Json(bots::page(&services, &scope, &query.into()).await?))
}

/// One bot with its live version.
#[utoipa::path(get, path = "/api/v1/bots/{bot_id}", tag = "bots", params(("bot_id" = Uuid, Path)),
    responses((status = 200, body = Bot)), security(("bearer" = [])))]
pub async fn get(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path(bot_id): Path<Uuid>,
) -> Result<Json<Bot>> {
    Ok(Json(bots::get(&services, &scope, bot_id).await?))
}

/// Delete a bot with its versions, conversations and gaps.
#[utoipa::path(delete, path = "/api/v1/bots/{bot_id}", tag = "bots", params(("bot_id" = Uuid, Path)),
    responses((status = 204)), security(("bearer" = [])))]
pub async fn delete(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path(bot_id): Path<Uuid>,
) -> Result<StatusCode> {
    bots::delete(&services, &scope, bot_id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Take a bot down, or put it up again.
#[utoipa::path(put, path = "/api/v1/bots/{bot_id}/status", tag = "bots", params(("bot_id" = Uuid, Path)),
    request_body = SetStatusRequest, responses((status = 204)), security(("bearer" = [])))]
pub async fn set_status(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path(bot_id): Path<Uuid>,
    Json(request): Json<SetStatusRequest>,
) -> Result<StatusCode> {
    bots::set_status(&services, &scope, bot_id, request.status).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Every deployed version, newest first.
#[utoipa::path(get, path = "/api/v1/bots/{bot_id}/versions", tag = "bots", params(("bot_id" = Uuid, Path)),
    responses((status = 200, body = [BotVersion])), security(("bearer" = [])))]
pub async fn versions(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path(bot_id): Path<Uuid>,
) -> Result<Json<Vec<BotVersion>>> {
    Ok(Json(bots::versions(&services, &scope, bot_id).await?))
}

/// Make an earlier version live again.
#[utoipa::path(post, path = "/api/v1/bots/{bot_id}/rollback", tag = "bots", params(("bot_id" = Uuid, Path)),
    request_body = RollbackRequest, responses((status = 200, body = Deployed)), security(("bearer" = [])))]
pub async fn rollback(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path(bot_id): Path<Uuid>,
    Json(request): Json<RollbackRequest>,
) -> Result<Json<Deployed>> {
    Ok(Json(
        bots::rollback(&services, &scope, bot_id, request.version).await?,
    ))
}
