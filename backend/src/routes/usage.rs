//! `/api/v1/usage`: what is used of what the plan allows.

use std::sync::Arc;

use api_types::usage::Usage;
use axum::extract::State;
use domain::{Services, quotas};

use crate::extract::{Json, SignedIn};
use crate::problem::Result;

/// What the organization has of what its plan allows, and what the workspace used in the last 30 days. For admins.
#[utoipa::path(get, path = "/api/v1/usage", tag = "data", responses((status = 200, body = Usage)),
    security(("bearer" = [])))]
pub async fn get(State(services): State<Arc<Services>>, caller: SignedIn) -> Result<Json<Usage>> {
    Ok(Json(quotas::usage(&services, &caller.scope).await?))
}
