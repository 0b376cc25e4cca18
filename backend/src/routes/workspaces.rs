//! `/api/v1/workspaces`.

use std::sync::Arc;

use api_types::tenancy::{CreateWorkspaceRequest, Workspace};
use axum::extract::State;
use axum::http::StatusCode;
use domain::{Services, tenancy};

use crate::extract::{Json, SignedIn};
use crate::problem::Result;

/// Every workspace the person is a member of.
#[utoipa::path(get, path = "/api/v1/workspaces", tag = "workspaces", responses((status = 200, body = [Workspace])),
    security(("bearer" = [])))]
pub async fn list(State(services): State<Arc<Services>>, caller: SignedIn) -> Result<Json<Vec<Workspace>>> {
    Ok(Json(tenancy::workspaces_of(&services.db, caller.user_id).await?))
}

/// Add a workspace to the organization of the current one.
#[utoipa::path(post, path = "/api/v1/workspaces", tag = "workspaces", request_body = CreateWorkspaceRequest,
    responses((status = 201, body = Workspace)), security(("bearer" = [])))]
pub async fn create(
    State(services): State<Arc<Services>>,
    caller: SignedIn,
    Json(request): Json<CreateWorkspaceRequest>,
) -> Result<(StatusCode, Json<Workspace>)> {
    let workspace = tenancy::create_workspace(&services.db, &caller.scope, &request.name).await?;
    Ok((StatusCode::CREATED, Json(workspace)))
}
