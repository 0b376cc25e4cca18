//! `/api/v1/embedding`: the model that makes the workspace's vectors.

use std::sync::Arc;

use api_types::embeddings::{ChangeEmbeddingRequest, EmbeddingSettings};
use axum::extract::State;
use axum::http::StatusCode;
use domain::{Services, embeddings};

use crate::extract::{Caller, Json};
use crate::problem::Result;

/// Which model is in use, and how far the one is that is to take over.
#[utoipa::path(get, path = "/api/v1/embedding", tag = "embedding",
    responses((status = 200, body = EmbeddingSettings)), security(("bearer" = [])))]
pub async fn get(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
) -> Result<Json<EmbeddingSettings>> {
    Ok(Json(embeddings::get(&services, &scope).await?))
}

/// Choose another model. It is tried first; then everything is embedded with it in the background, while the old one
/// answers.
#[utoipa::path(put, path = "/api/v1/embedding", tag = "embedding", request_body = ChangeEmbeddingRequest,
    responses((status = 202, body = EmbeddingSettings)),
    security(("bearer" = [])))]
pub async fn change(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Json(request): Json<ChangeEmbeddingRequest>,
) -> Result<(StatusCode, Json<EmbeddingSettings>)> {
    let settings = embeddings::change(&services, &scope, request).await?;
    Ok((StatusCode::ACCEPTED, Json(settings)))
}

/// Stay with the model that is in use.
#[utoipa::path(delete, path = "/api/v1/embedding/next", tag = "embedding",
    responses((status = 200, body = EmbeddingSettings)), security(("bearer" = [])))]
pub async fn cancel(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
) -> Result<Json<EmbeddingSettings>> {
    Ok(Json(embeddings::cancel(&services, &scope).await?))
}
