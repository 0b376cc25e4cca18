//! `/api/v1/providers`: connections to model providers.

use std::sync::Arc;

use api_types::providers::{Provider, ProviderCheck, SaveProviderRequest};
use axum::extract::State;
use axum::http::StatusCode;
use domain::{Services, providers};
use uuid::Uuid;

use crate::extract::{Caller, Json, Path};
use crate::problem::Result;

/// The workspace's providers.
#[utoipa::path(get, path = "/api/v1/providers", tag = "providers", responses((status = 200, body = [Provider])),
    security(("bearer" = [])))]
pub async fn list(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
) -> Result<Json<Vec<Provider>>> {
    Ok(Json(providers::list(&services, &scope).await?))
}

/// Connect a provider.
#[utoipa::path(post, path = "/api/v1/providers", tag = "providers", request_body = SaveProviderRequest,
    responses((status = 201, body = Provider)), security(("bearer" = [])))]
pub async fn create(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Json(request): Json<SaveProviderRequest>,
) -> Result<(StatusCode, Json<Provider>)> {
    Ok((
        StatusCode::CREATED,
        Json(providers::create(&services, &scope, request).await?),
    ))
}

/// Change a provider.
#[utoipa::path(put, path = "/api/v1/providers/{provider_id}", tag = "providers",
    params(("provider_id" = Uuid, Path)), request_body = SaveProviderRequest,
    responses((status = 200, body = Provider)), security(("bearer" = [])))]
pub async fn update(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path(provider_id): Path<Uuid>,
    Json(request): Json<SaveProviderRequest>,
) -> Result<Json<Provider>> {
    Ok(Json(
        providers::update(&services, &scope, provider_id, request).await?,
    ))
}

/// Disconnect a provider that no live bot uses.
#[utoipa::path(delete, path = "/api/v1/providers/{provider_id}", tag = "providers",
    params(("provider_id" = Uuid, Path)), responses((status = 204)), security(("bearer" = [])))]
pub async fn delete(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path(provider_id): Path<Uuid>,
) -> Result<StatusCode> {
    providers::delete(&services, &scope, provider_id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ask the provider's first model for one word.
#[utoipa::path(post, path = "/api/v1/providers/{provider_id}/check", tag = "providers",
    params(("provider_id" = Uuid, Path)), responses((status = 200, body = ProviderCheck)), security(("bearer" = [])))]
pub async fn check(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path(provider_id): Path<Uuid>,
) -> Result<Json<ProviderCheck>> {
    Ok(Json(
        providers::check_connection(&services, &scope, provider_id).await?,
    ))
}
