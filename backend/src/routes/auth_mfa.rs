//! `/api/v1/auth/mfa…`: the second factor of the person who is signed in.

use std::sync::Arc;

use api_types::auth::{EnableMfaRequest, MfaSetup, MfaStatus, PasswordRequest, RecoveryCodes};
use axum::extract::State;
use axum::http::StatusCode;
use domain::{Services, auth};

use crate::extract::{Json, SignedIn};
use crate::problem::Result;

/// Whether signing in asks for a code.
#[utoipa::path(get, path = "/api/v1/auth/mfa", tag = "auth", responses((status = 200, body = MfaStatus)),
    security(("bearer" = [])))]
pub async fn status(State(services): State<Arc<Services>>, caller: SignedIn) -> Result<Json<MfaStatus>> {
    Ok(Json(auth::status(&services, caller.user_id).await?))
}

/// Make a secret for an authenticator app. Nothing is asked for until `enable`.
#[utoipa::path(post, path = "/api/v1/auth/mfa/setup", tag = "auth", request_body = PasswordRequest,
    responses((status = 200, body = MfaSetup)), security(("bearer" = [])))]
pub async fn setup(
    State(services): State<Arc<Services>>,
    caller: SignedIn,
    Json(request): Json<PasswordRequest>,
) -> Result<Json<MfaSetup>> {
    Ok(Json(
        auth::setup(&services, caller.user_id, caller.session_id, request).await?,
    ))
}

/// Turn the second factor on, by a first code of the app.
#[utoipa::path(post, path = "/api/v1/auth/mfa/enable", tag = "auth", request_body = EnableMfaRequest,
    responses((status = 200, body = RecoveryCodes)), security(("bearer" = [])))]
pub async fn enable(
    State(services): State<Arc<Services>>,
    caller: SignedIn,
    Json(request): Json<EnableMfaRequest>,
) -> Result<Json<RecoveryCodes>> {
    Ok(Json(auth::enable(&services, caller.user_id, &request).await?))
}

/// Turn the second factor off.
#[utoipa::path(post, path = "/api/v1/auth/mfa/disable", tag = "auth", request_body = PasswordRequest,
    responses((status = 204)), security(("bearer" = [])))]
pub async fn disable(
    State(services): State<Arc<Services>>,
    caller: SignedIn,
    Json(request): Json<PasswordRequest>,
) -> Result<StatusCode> {
    auth::disable(&services, caller.user_id, caller.session_id, request).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Replace the recovery codes; the old ones no longer work.
#[utoipa::path(post, path = "/api/v1/auth/mfa/recovery-codes", tag = "auth", request_body = PasswordRequest,
    responses((status = 200, body = RecoveryCodes)), security(("bearer" = [])))]
pub async fn recovery_codes(
    State(services): State<Arc<Services>>,
    caller: SignedIn,
    Json(request): Json<PasswordRequest>,
) -> Result<Json<RecoveryCodes>> {
    Ok(Json(
        auth::new_recovery_codes(&services, caller.user_id, caller.session_id, request).await?,
    ))
}
