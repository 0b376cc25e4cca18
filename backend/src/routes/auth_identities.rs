//! `/api/v1/auth/identities…`: other ways to sign in than the password.

use std::sync::Arc;

use api_types::ErrorCode;
use api_types::auth::{AuthResponse, PasswordRequest};
use api_types::identities::{IdentitySignupRequest, WaysToSignIn};
use axum::extract::State;
use axum::http::StatusCode;
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use domain::config::Config;
use domain::{Services, auth};
use uuid::Uuid;

use super::auth::signed_in;
use super::device::FromDevice;
use crate::AppState;
use crate::extract::{Json, Path, SignedIn};
use crate::problem::{Problem, Result};

/// What came of a sign-in that goes on in the dashboard.
const COOKIE: &str = "botwright_ticket";
const COOKIE_PATH: &str = "/api/v1/auth/identities";

/// Sign in with what this browser proved. With a second factor the answer is the problem `mfa_required`, as of `login`; for
/// somebody without an account it is `sign_up_required`, whose `current` says what is known of them.
#[utoipa::path(post, path = "/api/v1/auth/identities/sign-in", tag = "auth",
    operation_id = "sign_in_with_identity",
    responses((status = 200, body = AuthResponse)))]
pub async fn sign_in(
    State(state): State<AppState>,
    FromDevice(device): FromDevice,
    jar: CookieJar,
) -> Result<(CookieJar, Json<AuthResponse>)> {
    let session = auth::finish(&state.services, &device, &ticket(&jar)?).await?;
    Ok(signed_in(&state, without_ticket(jar), session))
}

/// Make an account for what this browser proved, with an organization and a workspace, and sign in.
#[utoipa::path(post, path = "/api/v1/auth/identities/signup", tag = "auth",
    operation_id = "signup_with_identity", request_body = IdentitySignupRequest,
    responses((status = 200, body = AuthResponse)))]
pub async fn signup(
    State(state): State<AppState>,
    FromDevice(device): FromDevice,
    jar: CookieJar,
    Json(request): Json<IdentitySignupRequest>,
) -> Result<(CookieJar, Json<AuthResponse>)> {
    let ticket = ticket(&jar)?;
    let session = auth::signup_with_identity(&state.services, &device, &ticket, request).await?;
    Ok(signed_in(&state, without_ticket(jar), session))
}

/// How the person can sign in.
#[utoipa::path(get, path = "/api/v1/auth/identities", tag = "auth",
    operation_id = "identities", responses((status = 200, body = WaysToSignIn)),
    security(("bearer" = [])))]
pub async fn list(State(services): State<Arc<Services>>, caller: SignedIn) -> Result<Json<WaysToSignIn>> {
    Ok(Json(auth::identities(&services, caller.user_id).await?))
}

/// Add what this browser proved to one's own account.
#[utoipa::path(post, path = "/api/v1/auth/identities/link", tag = "auth",
    operation_id = "link_identity", responses((status = 204)),
    security(("bearer" = [])))]
pub async fn link(
    State(services): State<Arc<Services>>,
    caller: SignedIn,
    jar: CookieJar,
) -> Result<(CookieJar, StatusCode)> {
    auth::link(&services, caller.user_id, caller.session_id, &ticket(&jar)?).await?;
    Ok((without_ticket(jar), StatusCode::NO_CONTENT))
}

/// Remove a way to sign in; the last one stays. Every other session ends.
#[utoipa::path(post, path = "/api/v1/auth/identities/{identity_id}/remove", tag = "auth",
    operation_id = "remove_identity",
    params(("identity_id" = Uuid, Path)), request_body = PasswordRequest, responses((status = 204)),
    security(("bearer" = [])))]
pub async fn remove(
    State(services): State<Arc<Services>>,
    caller: SignedIn,
    Path(identity_id): Path<Uuid>,
    Json(request): Json<PasswordRequest>,
) -> Result<StatusCode> {
    let SignedIn {
        user_id, session_id, ..
    } = caller;
    auth::remove_identity(&services, user_id, session_id, identity_id, request).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Has the browser keep what came of a sign-in, out of reach for scripts and other sites.
pub(super) fn with_ticket(config: &Config, jar: CookieJar, ticket: String) -> CookieJar {
    let cookie = Cookie::build((COOKIE, ticket))
        .path(COOKIE_PATH)
        .http_only(true)
        .secure(config.is_https())
        .same_site(SameSite::Strict)
        .max_age(time::Duration::minutes(10));
    jar.add(cookie)
}

fn without_ticket(jar: CookieJar) -> CookieJar {
    jar.remove(Cookie::build(COOKIE).path(COOKIE_PATH))
}

fn ticket(jar: &CookieJar) -> Result<String> {
    let ticket = jar.get(COOKIE).map(|cookie| cookie.value().to_owned());
    ticket.ok_or_else(|| {
        Problem::refused(
            ErrorCode::SignInFailed,
            "This browser did not begin to sign in, or it is more than ten minutes ago. Begin again.",
        )
    })
}
