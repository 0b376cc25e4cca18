//! `/api/v1/auth/exports…` and `/api/v1/auth/account/delete`: what belongs to a person, taken along or removed.

use std::sync::Arc;

use api_types::auth::PasswordRequest;
use api_types::data::{DeletionReceipt, Export};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum_extra::extract::CookieJar;
use domain::data::exports::own;
use domain::{Services, auth};
use uuid::Uuid;

use super::auth::signed_out;
use super::data::zip;
use crate::extract::{Json, Path, SignedIn};
use crate::problem::Result;

/// Archives of one's own data, the newest first.
#[utoipa::path(get, path = "/api/v1/auth/exports", tag = "auth", responses((status = 200, body = [Export])),
    security(("bearer" = [])))]
pub async fn exports(State(services): State<Arc<Services>>, caller: SignedIn) -> Result<Json<Vec<Export>>> {
    Ok(Json(own::list(&services, caller.user_id).await?))
}

/// Have an archive of one's own data made, in the background. It is kept for 7 days.
#[utoipa::path(post, path = "/api/v1/auth/exports", tag = "auth",
    responses((status = 202, body = Export)), security(("bearer" = [])))]
pub async fn start_export(
    State(services): State<Arc<Services>>,
    caller: SignedIn,
) -> Result<(StatusCode, Json<Export>)> {
    let export = own::start(&services, caller.user_id).await?;
    Ok((StatusCode::ACCEPTED, Json(export)))
}

/// The file of an archive of one's own.
#[utoipa::path(get, path = "/api/v1/auth/exports/{export_id}/file", tag = "auth",
    params(("export_id" = Uuid, Path)),
    responses((status = 200, content_type = "application/zip", body = Vec<u8>)), security(("bearer" = [])))]
pub async fn export_file(
    State(services): State<Arc<Services>>,
    caller: SignedIn,
    Path(export_id): Path<Uuid>,
) -> Result<Response> {
    let file = own::download(&services, caller.user_id, export_id).await?;
    Ok(zip(file, "my-data.zip"))
}

/// Remove an archive of one's own; one that is being made is given up.
#[utoipa::path(delete, path = "/api/v1/auth/exports/{export_id}", tag = "auth", params(("export_id" = Uuid, Path)),
    responses((status = 204)), security(("bearer" = [])))]
pub async fn delete_export(
    State(services): State<Arc<Services>>,
    caller: SignedIn,
    Path(export_id): Path<Uuid>,
) -> Result<StatusCode> {
    own::remove(&services, caller.user_id, export_id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Delete one's account, for good. Organizations that nobody else belongs to go with it; where others would be left without
/// an owner, nothing is deleted. The receipt can be read later by its id, at `/api/v1/receipts/{receipt_id}`.
#[utoipa::path(post, path = "/api/v1/auth/account/delete", tag = "auth", request_body = PasswordRequest,
    responses((status = 200, body = DeletionReceipt)),
    security(("bearer" = [])))]
pub async fn delete_account(
    State(services): State<Arc<Services>>,
    caller: SignedIn,
    jar: CookieJar,
    Json(request): Json<PasswordRequest>,
) -> Result<(CookieJar, Json<DeletionReceipt>)> {
    let receipt = auth::delete_account(
        &services,
        &caller.scope,
        caller.user_id,
        caller.session_id,
        request,
    )
    .await?;
    Ok((signed_out(jar), Json(receipt)))
}
