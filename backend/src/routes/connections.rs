//! `/api/v1/connections`: connections to where knowledge lies.

use std::sync::Arc;

use api_types::Page;
use api_types::connections::{Connection, ConnectionCheck, CreateConnectionRequest, RemoteItem};
use axum::extract::State;
use axum::http::StatusCode;
use domain::{Services, connections};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::extract::{Caller, Json, Path, Query};
use crate::problem::Result;

/// What to look for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ItemsQuery {
    /// Words of the title; all when absent.
    #[serde(default)]
    query: String,
    /// `next_cursor` of the answer before.
    cursor: Option<String>,
}

/// The workspace's connections.
#[utoipa::path(get, path = "/api/v1/connections", tag = "connections",
    responses((status = 200, body = [Connection])), security(("bearer" = [])))]
pub async fn list(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
) -> Result<Json<Vec<Connection>>> {
    Ok(Json(connections::list(&services, &scope).await?))
}

/// Connect a service. Its credential is tried first, and kept encrypted.
#[utoipa::path(post, path = "/api/v1/connections", tag = "connections", request_body = CreateConnectionRequest,
    responses((status = 201, body = Connection)),
    security(("bearer" = [])))]
pub async fn create(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Json(request): Json<CreateConnectionRequest>,
) -> Result<(StatusCode, Json<Connection>)> {
    Ok((
        StatusCode::CREATED,
        Json(connections::create(&services, &scope, &request).await?),
    ))
}

/// Forget a connection that no source uses.
#[utoipa::path(delete, path = "/api/v1/connections/{connection_id}", tag = "connections",
    params(("connection_id" = Uuid, Path)), responses((status = 204)),
    security(("bearer" = [])))]
pub async fn delete(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path(connection_id): Path<Uuid>,
) -> Result<StatusCode> {
    connections::delete(&services, &scope, connection_id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Try the credential.
#[utoipa::path(post, path = "/api/v1/connections/{connection_id}/check", tag = "connections",
    params(("connection_id" = Uuid, Path)), responses((status = 200, body = ConnectionCheck)),
    security(("bearer" = [])))]
pub async fn check(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path(connection_id): Path<Uuid>,
) -> Result<Json<ConnectionCheck>> {
    Ok(Json(connections::check(&services, &scope, connection_id).await?))
}

/// Pages and databases that a connection shows.
#[utoipa::path(get, path = "/api/v1/connections/{connection_id}/items", tag = "connections",
    params(("connection_id" = Uuid, Path), ItemsQuery), responses((status = 200, body = Page<RemoteItem>)),
    security(("bearer" = [])))]
pub async fn items(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path(connection_id): Path<Uuid>,
    Query(query): Query<ItemsQuery>,
) -> Result<Json<Page<RemoteItem>>> {
    let cursor = query.cursor.as_deref();
    Ok(Json(
        connections::items(&services, &scope, connection_id, &query.query, cursor).await?,
    ))
}
