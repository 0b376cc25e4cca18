//! `/api/v1/auth/passkeys…`: passkeys are made and asked.

use std::sync::Arc;

use api_types::auth::PasswordRequest;
use api_types::identities::{AddPasskeyRequest, PasskeyAnswer, PasskeyChallenge};
use axum::extract::State;
use axum::http::StatusCode;
use axum_extra::extract::CookieJar;
use domain::{Services, auth};

use super::auth_identities::with_ticket;
use crate::AppState;
use crate::extract::{Json, SignedIn};
use crate::problem::Result;

/// Get what to ask a passkey with. It is good once, for five minutes.
#[utoipa::path(post, path = "/api/v1/auth/passkeys/challenge", tag = "auth", operation_id = "passkey_challenge",
    responses((status = 200, body = PasskeyChallenge)))]
pub async fn challenge(State(services): State<Arc<Services>>) -> Result<Json<PasskeyChallenge>> {
    Ok(Json(auth::passkey_challenge(&services).await?))
}

/// Send what the passkey answered. This browser then signs in; no second factor is asked for.
#[utoipa::path(post, path = "/api/v1/auth/passkeys/verify", tag = "auth", operation_id = "verify_passkey",
    request_body = PasskeyAnswer, responses((status = 204)))]
pub async fn verify(
    State(state): State<AppState>,
    jar: CookieJar,
    Json(request): Json<PasskeyAnswer>,
) -> Result<(CookieJar, StatusCode)> {
    let ticket = auth::verify_passkey(&state.services, request).await?;
    Ok((with_ticket(&state.config, jar, ticket), StatusCode::NO_CONTENT))
}

/// Get what to make a passkey for one's own account with.
#[utoipa::path(post, path = "/api/v1/auth/identities/passkeys/challenge", tag = "auth",
    operation_id = "passkey_registration", request_body = PasswordRequest,
    responses((status = 200, body = PasskeyChallenge)), security(("bearer" = [])))]
pub async fn registration(
    State(services): State<Arc<Services>>,
    caller: SignedIn,
    Json(request): Json<PasswordRequest>,
) -> Result<Json<PasskeyChallenge>> {
    let SignedIn {
        user_id, session_id, ..
    } = caller;
    let password = request.current_password;
    Ok(Json(
        auth::passkey_registration(&services, user_id, session_id, password).await?,
    ))
}

/// Add the passkey that was made to one's own account.
#[utoipa::path(post, path = "/api/v1/auth/identities/passkeys", tag = "auth", operation_id = "add_passkey",
    request_body = AddPasskeyRequest, responses((status = 204)), security(("bearer" = [])))]
pub async fn add(
    State(services): State<Arc<Services>>,
    caller: SignedIn,
    Json(request): Json<AddPasskeyRequest>,
) -> Result<StatusCode> {
    auth::add_passkey(&services, caller.user_id, caller.session_id, request).await?;
    Ok(StatusCode::NO_CONTENT)
}
