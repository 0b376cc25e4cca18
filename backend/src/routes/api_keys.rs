//! `/api/v1/api-keys`.

use std::sync::Arc;

use api_types::api_keys::{ApiKey, CreateApiKeyRequest, CreatedApiKey};
use axum::extract::State;
use axum::http::StatusCode;
use domain::{Services, api_keys};
use uuid::Uuid;

use crate::extract::{Json, Path, SignedIn};
use crate::problem::Result;

/// The workspace's keys.
#[utoipa::path(get, path = "/api/v1/api-keys", tag = "API keys", responses((status = 200, body = [ApiKey])),
    security(("bearer" = [])))]
pub async fn list(State(services): State<Arc<Services>>, caller: SignedIn) -> Result<Json<Vec<ApiKey>>> {
    Ok(Json(api_keys::list(&services.db, &caller.scope).await?))
}

/// Make a key. It is shown this once.
#[utoipa::path(post, path = "/api/v1/api-keys", tag = "API keys", request_body = CreateApiKeyRequest,
    responses((status = 201, body = CreatedApiKey)), security(("bearer" = [])))]
pub async fn create(
    State(services): State<Arc<Services>>,
    caller: SignedIn,
    Json(request): Json<CreateApiKeyRequest>,
) -> Result<(StatusCode, Json<CreatedApiKey>)> {
    let created = api_keys::create(&services.db, &caller.scope, &request).await?;
    Ok((StatusCode::CREATED, Json(created)))
}

/// Delete a key; it stops working at once.
#[utoipa::path(delete, path = "/api/v1/api-keys/{key_id}", tag = "API keys", params(("key_id" = Uuid, Path)),
    responses((status = 204)), security(("bearer" = [])))]
pub async fn delete(
    State(services): State<Arc<Services>>,
    caller: SignedIn,
    Path(key_id): Path<Uuid>,
) -> Result<StatusCode> {
    api_keys::delete(&services.db, &caller.scope, key_id).await?;
    Ok(StatusCode::NO_CONTENT)
}
