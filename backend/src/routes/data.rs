//! `/api/v1/data/…`: what the workspace keeps, and archives of it. `/api/v1/receipts`: what was deleted.

use std::sync::Arc;

use api_types::data::{DataPolicy, DeletionReceipt, Export};
use axum::body::Body;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::data::exports::{self, Download};
use domain::{Services, data};
use futures::TryStreamExt;
use uuid::Uuid;

use crate::extract::{Json, Path, SignedIn};
use crate::problem::Result;

/// What the workspace keeps, for how long, and whether visitors' addresses and numbers are taken out.
#[utoipa::path(get, path = "/api/v1/data/policy", tag = "data", responses((status = 200, body = DataPolicy)),
    security(("bearer" = [])))]
pub async fn policy(State(services): State<Arc<Services>>, caller: SignedIn) -> Result<Json<DataPolicy>> {
    Ok(Json(data::policy(&services, &caller.scope).await?))
}

/// Change that. What is too old by then is removed within minutes, and can't be brought back. For admins.
#[utoipa::path(put, path = "/api/v1/data/policy", tag = "data", request_body = DataPolicy,
    responses((status = 200, body = DataPolicy)), security(("bearer" = [])))]
pub async fn save_policy(
    State(services): State<Arc<Services>>,
    caller: SignedIn,
    Json(policy): Json<DataPolicy>,
) -> Result<Json<DataPolicy>> {
    Ok(Json(data::save_policy(&services, &caller.scope, &policy).await?))
}

/// Archives of the workspace's data, the newest first. For admins.
#[utoipa::path(get, path = "/api/v1/data/exports", tag = "data", responses((status = 200, body = [Export])),
    security(("bearer" = [])))]
pub async fn exports(State(services): State<Arc<Services>>, caller: SignedIn) -> Result<Json<Vec<Export>>> {
    Ok(Json(exports::list(&services, &caller.scope).await?))
}

/// Have an archive of all of the workspace's data made, in the background. It is kept for 7 days. For admins.
#[utoipa::path(post, path = "/api/v1/data/exports", tag = "data",
    responses((status = 202, body = Export)), security(("bearer" = [])))]
pub async fn start_export(
    State(services): State<Arc<Services>>,
    caller: SignedIn,
) -> Result<(StatusCode, Json<Export>)> {
    let export = exports::start(&services, &caller.scope).await?;
    Ok((StatusCode::ACCEPTED, Json(export)))
}

/// The file of an archive. For admins; that it was taken is written down.
#[utoipa::path(get, path = "/api/v1/data/exports/{export_id}/file", tag = "data",
    params(("export_id" = Uuid, Path)),
    responses((status = 200, content_type = "application/zip", body = Vec<u8>)), security(("bearer" = [])))]
pub async fn export_file(
    State(services): State<Arc<Services>>,
    caller: SignedIn,
    Path(export_id): Path<Uuid>,
) -> Result<Response> {
    let file = exports::download(&services, &caller.scope, export_id).await?;
    Ok(zip(file, "workspace.zip"))
}

/// Remove an archive; one that is being made is given up. For admins.
#[utoipa::path(delete, path = "/api/v1/data/exports/{export_id}", tag = "data", params(("export_id" = Uuid, Path)),
    responses((status = 204)), security(("bearer" = [])))]
pub async fn delete_export(
    State(services): State<Arc<Services>>,
    caller: SignedIn,
    Path(export_id): Path<Uuid>,
) -> Result<StatusCode> {
    exports::remove(&services, &caller.scope, export_id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Receipts for deletions: of the workspace for its admins, of the organization for its owners, and of what one asked for
/// oneself.
#[utoipa::path(get, path = "/api/v1/receipts", tag = "data", responses((status = 200, body = [DeletionReceipt])),
    security(("bearer" = [])))]
pub async fn receipts(
    State(services): State<Arc<Services>>,
    caller: SignedIn,
) -> Result<Json<Vec<DeletionReceipt>>> {
    Ok(Json(
        data::receipts(&services.db, &caller.scope, caller.user_id).await?,
    ))
}

/// A receipt. Whoever was given its id may read it, also without an account; it holds counts and ids only.
#[utoipa::path(get, path = "/api/v1/receipts/{receipt_id}", tag = "data", params(("receipt_id" = Uuid, Path)),
    responses((status = 200, body = DeletionReceipt)))]
pub async fn receipt(
    State(services): State<Arc<Services>>,
    Path(receipt_id): Path<Uuid>,
) -> Result<Json<DeletionReceipt>> {
    Ok(Json(data::presented_receipt(&services.db, receipt_id).await?))
}

/// An archive to be saved, never to be shown by the browser.
pub(super) fn zip(file: Download, name: &'static str) -> Response {
    let bytes = file
        .bytes
        .inspect_err(|error| tracing::error!(%error, "a download of an export broke off"));
    let headers = [
        (header::CONTENT_TYPE, "application/zip".to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ),
        (header::CONTENT_LENGTH, file.size.to_string()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    (headers, Body::from_stream(bytes)).into_response()
}
