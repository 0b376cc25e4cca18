//! `/api/v1/bots/{bot_id}/visitor-secrets`: with which a bot's site vouches for its visitors.

use std::sync::Arc;

use api_types::visitors::{CreatedVisitorSecret, VisitorSecret};
use axum::extract::State;
use axum::http::StatusCode;
use domain::{Services, visitors};
use uuid::Uuid;

use crate::extract::{Json, Path, SignedIn};
use crate::problem::Result;

/// The bot's secrets.
#[utoipa::path(get, path = "/api/v1/bots/{bot_id}/visitor-secrets", tag = "bots", params(("bot_id" = Uuid, Path)),
    responses((status = 200, body = [VisitorSecret])), security(("bearer" = [])))]
pub async fn list_visitor_secrets(
    State(services): State<Arc<Services>>,
    caller: SignedIn,
    Path(bot_id): Path<Uuid>,
) -> Result<Json<Vec<VisitorSecret>>> {
    Ok(Json(visitors::list(&services, &caller.scope, bot_id).await?))
}

/// Make a secret, of which there are two at most. It is shown this once.
#[utoipa::path(post, path = "/api/v1/bots/{bot_id}/visitor-secrets", tag = "bots", params(("bot_id" = Uuid, Path)),
    responses((status = 201, body = CreatedVisitorSecret)), security(("bearer" = [])))]
pub async fn create_visitor_secret(
    State(services): State<Arc<Services>>,
    caller: SignedIn,
    Path(bot_id): Path<Uuid>,
) -> Result<(StatusCode, Json<CreatedVisitorSecret>)> {
    let created = visitors::create(&services, &caller.scope, bot_id).await?;
    Ok((StatusCode::CREATED, Json(created)))
}

/// Delete a secret; tokens signed with it are refused at once.
#[utoipa::path(delete, path = "/api/v1/bots/{bot_id}/visitor-secrets/{secret_id}", tag = "bots",
    params(("bot_id" = Uuid, Path), ("secret_id" = Uuid, Path)), responses((status = 204)),
    security(("bearer" = [])))]
pub async fn delete_visitor_secret(
    State(services): State<Arc<Services>>,
    caller: SignedIn,
    Path((bot_id, secret_id)): Path<(Uuid, Uuid)>,
) -> Result<StatusCode> {
    visitors::delete(&services, &caller.scope, bot_id, secret_id).await?;
    Ok(StatusCode::NO_CONTENT)
}
