//! `/api/v1/members`: who may enter the workspace.

use std::sync::Arc;

use api_types::tenancy::{ChangeMemberRequest, Member};
use axum::extract::State;
use axum::http::StatusCode;
use domain::Services;
use domain::tenancy::members;
use uuid::Uuid;

use crate::extract::{Json, Path, SignedIn};
use crate::problem::Result;

/// Everybody who may enter the workspace, or is suspended in it: members of its organization, and guests.
#[utoipa::path(get, path = "/api/v1/members", tag = "members", responses((status = 200, body = [Member])),
    security(("bearer" = [])))]
pub async fn list(State(services): State<Arc<Services>>, caller: SignedIn) -> Result<Json<Vec<Member>>> {
    Ok(Json(members::list(&services.db, &caller.scope).await?))
}

/// Change a member's role in this workspace, suspend them or let them in again.
#[utoipa::path(put, path = "/api/v1/members/{user_id}", tag = "members", params(("user_id" = Uuid, Path)),
    request_body = ChangeMemberRequest, responses((status = 200, body = Member)), security(("bearer" = [])))]
pub async fn change(
    State(services): State<Arc<Services>>,
    caller: SignedIn,
    Path(user_id): Path<Uuid>,
    Json(request): Json<ChangeMemberRequest>,
) -> Result<Json<Member>> {
    Ok(Json(
        members::change(&services.db, &caller.scope, user_id, &request).await?,
    ))
}

/// Take a guest out of the workspace; with one's own id, leave it.
#[utoipa::path(delete, path = "/api/v1/members/{user_id}", tag = "members", params(("user_id" = Uuid, Path)),
    responses((status = 204)), security(("bearer" = [])))]
pub async fn remove(
    State(services): State<Arc<Services>>,
    caller: SignedIn,
    Path(user_id): Path<Uuid>,
) -> Result<StatusCode> {
    members::remove(&services.db, &caller.scope, user_id).await?;
    Ok(StatusCode::NO_CONTENT)
}
