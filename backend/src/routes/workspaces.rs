//! `/api/v1/workspaces`.

use std::sync::Arc;

use api_types::tenancy::{SaveNameRequest, Workspace};
use axum::extract::State;
use axum::http::StatusCode;
use domain::{Services, tenancy};

use crate::extract::{Json, OrganizationMember, SignedIn};
use crate::problem::Result;

/// Every workspace the person may enter.
#[utoipa::path(get, path = "/api/v1/workspaces", tag = "workspaces", responses((status = 200, body = [Workspace])),
    security(("bearer" = [])))]
pub async fn list(State(services): State<Arc<Services>>, caller: SignedIn) -> Result<Json<Vec<Workspace>>> {
    Ok(Json(tenancy::workspaces_of(&services.db, caller.user_id).await?))
}

/// Add a workspace to the organization of the current one.
#[utoipa::path(post, path = "/api/v1/workspaces", tag = "workspaces", request_body = SaveNameRequest,
    responses((status = 201, body = Workspace)), security(("bearer" = [])))]
pub async fn create(
    State(services): State<Arc<Services>>,
    OrganizationMember(scope): OrganizationMember,
    Json(request): Json<SaveNameRequest>,
) -> Result<(StatusCode, Json<Workspace>)> {
    let workspace = tenancy::create_workspace(&services.db, &scope, &request.name).await?;
    Ok((StatusCode::CREATED, Json(workspace)))
}

/// Give the current workspace another name.
#[utoipa::path(put, path = "/api/v1/workspace", tag = "workspaces", request_body = SaveNameRequest,
    responses((status = 200, body = Workspace)), security(("bearer" = [])))]
pub async fn rename(
    State(services): State<Arc<Services>>,
    caller: SignedIn,
    Json(request): Json<SaveNameRequest>,
) -> Result<Json<Workspace>> {
    Ok(Json(
        tenancy::rename_workspace(&services.db, &caller.scope, &request.name).await?,
    ))
}
