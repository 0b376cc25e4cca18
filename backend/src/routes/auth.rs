//! `/api/v1/auth/…`: sign up, sign in, stay signed in, sign out.

use std::net::SocketAddr;
use std::sync::Arc;

use api_types::ErrorCode;
use api_types::auth::{
    AuthResponse, ContextRequest, LoginRequest, Me, MfaRequest, SaveProfileRequest, SignInOptions,
    SignupRequest, User,
};
use api_types::tenancy::ClosedOrganization;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, StatusCode};
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use domain::auth::{self, Session};
use domain::{Services, tenancy};
use uuid::Uuid;

use super::device::FromDevice;
use super::outbox;
use crate::AppState;
use crate::extract::{Json, Path, SignedIn};
use crate::problem::{Problem, Result};

const COOKIE: &str = "botwright_refresh";
const COOKIE_PATH: &str = "/api/v1/auth";

/// What the pages for signing in offer.
#[utoipa::path(get, path = "/api/v1/auth/options", tag = "auth", responses((status = 200, body = SignInOptions)))]
pub async fn options(
    State(state): State<AppState>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
) -> Json<SignInOptions> {
    let outbox = outbox::is_shown(&state, peer.ip(), &headers);
    Json(SignInOptions {
        outbox,
        issuers: state.services.issuers.offered(),
        wallets: state.services.wallets,
        passkeys: state.services.passkeys.is_some(),
    })
}

/// Make an account with an organization and a workspace, and sign in.
#[utoipa::path(post, path = "/api/v1/auth/signup", tag = "auth", request_body = SignupRequest,
    responses((status = 200, body = AuthResponse)))]
pub async fn signup(
    State(state): State<AppState>,
    FromDevice(device): FromDevice,
    jar: CookieJar,
    Json(request): Json<SignupRequest>,
) -> Result<(CookieJar, Json<AuthResponse>)> {
    let session = auth::signup(&state.services, &device, request).await?;
    Ok(signed_in(&state, jar, session))
}

/// Sign in with e-mail address and password. With a second factor the answer is the problem `mfa_required`, whose `current`
/// holds a challenge for `/auth/mfa`.
#[utoipa::path(post, path = "/api/v1/auth/login", tag = "auth", request_body = LoginRequest,
    responses((status = 200, body = AuthResponse)))]
pub async fn login(
    State(state): State<AppState>,
    FromDevice(device): FromDevice,
    jar: CookieJar,
    Json(request): Json<LoginRequest>,
) -> Result<(CookieJar, Json<AuthResponse>)> {
    let session = auth::login(&state.services, &device, request).await?;
    Ok(signed_in(&state, jar, session))
}

/// The second step of signing in: a code for the challenge that `login` answered.
#[utoipa::path(post, path = "/api/v1/auth/mfa", tag = "auth", request_body = MfaRequest,
    responses((status = 200, body = AuthResponse)))]
pub async fn mfa(
    State(state): State<AppState>,
    FromDevice(device): FromDevice,
    jar: CookieJar,
    Json(request): Json<MfaRequest>,
) -> Result<(CookieJar, Json<AuthResponse>)> {
    let session = auth::answer(&state.services, &device, &request).await?;
    Ok(signed_in(&state, jar, session))
}

/// Exchange the refresh cookie for a new access token and a new cookie.
#[utoipa::path(post, path = "/api/v1/auth/refresh", tag = "auth", responses((status = 200, body = AuthResponse)))]
pub async fn refresh(
    State(state): State<AppState>,
    FromDevice(device): FromDevice,
    jar: CookieJar,
) -> Result<(CookieJar, Json<AuthResponse>)> {
    let token = jar.get(COOKIE).map(|cookie| cookie.value().to_owned());
    let token = token
        .ok_or_else(|| Problem::refused(ErrorCode::Unauthorized, "You are signed out. Sign in again."))?;
    let session = auth::refresh(&state.services.db, &state.services.secrets, &device, &token).await?;
    Ok(signed_in(&state, jar, session))
}

/// End the session.
#[utoipa::path(post, path = "/api/v1/auth/logout", tag = "auth", responses((status = 204)))]
pub async fn logout(State(state): State<AppState>, jar: CookieJar) -> Result<(CookieJar, StatusCode)> {
    if let Some(cookie) = jar.get(COOKIE) {
        auth::revoke(&state.services.db, cookie.value()).await?;
    }
    Ok((signed_out(jar), StatusCode::NO_CONTENT))
}

/// Who is signed in, and where they could go.
#[utoipa::path(get, path = "/api/v1/auth/me", tag = "auth", responses((status = 200, body = Me)),
    security(("bearer" = [])))]
pub async fn me(State(services): State<Arc<Services>>, caller: SignedIn) -> Result<Json<Me>> {
    Ok(Json(auth::me(&services.db, &caller.scope, caller.user_id).await?))
}

/// Save how the person wants to be called.
#[utoipa::path(put, path = "/api/v1/auth/me", tag = "auth", request_body = SaveProfileRequest,
    responses((status = 200, body = User)), security(("bearer" = [])))]
pub async fn save_profile(
    State(services): State<Arc<Services>>,
    caller: SignedIn,
    Json(request): Json<SaveProfileRequest>,
) -> Result<Json<User>> {
    Ok(Json(
        auth::save_profile(&services.db, caller.user_id, &request).await?,
    ))
}

/// Continue in another workspace.
#[utoipa::path(post, path = "/api/v1/auth/context", tag = "auth", request_body = ContextRequest,
    responses((status = 200, body = AuthResponse)), security(("bearer" = [])))]
pub async fn context(
    State(services): State<Arc<Services>>,
    caller: SignedIn,
    Json(request): Json<ContextRequest>,
) -> Result<Json<AuthResponse>> {
    let SignedIn {
        user_id, session_id, ..
    } = caller;
    let (db, secrets) = (&services.db, &services.secrets);
    Ok(Json(
        auth::switch_workspace(db, secrets, user_id, session_id, request.workspace_id).await?,
    ))
}

/// Organizations of one's own that were deleted and can still be restored.
#[utoipa::path(get, path = "/api/v1/auth/closed-organizations", tag = "auth",
    responses((status = 200, body = [ClosedOrganization])), security(("bearer" = [])))]
pub async fn closed_organizations(
    State(services): State<Arc<Services>>,
    caller: SignedIn,
) -> Result<Json<Vec<ClosedOrganization>>> {
    Ok(Json(
        tenancy::closed_organizations(&services.db, caller.user_id).await?,
    ))
}

/// Open a deleted organization of one's own again.
#[utoipa::path(post, path = "/api/v1/auth/closed-organizations/{organization_id}/restore", tag = "auth",
    params(("organization_id" = Uuid, Path)), responses((status = 204)), security(("bearer" = [])))]
pub async fn restore_organization(
    State(services): State<Arc<Services>>,
    caller: SignedIn,
    Path(organization_id): Path<Uuid>,
) -> Result<StatusCode> {
    tenancy::restore_organization(&services.db, caller.user_id, organization_id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Hands a session to the browser.
pub(super) fn signed_in(
    state: &AppState,
    jar: CookieJar,
    session: Session,
) -> (CookieJar, Json<AuthResponse>) {
    let cookie = Cookie::build((COOKIE, session.refresh_token))
        .path(COOKIE_PATH)
        .http_only(true)
        .secure(state.config.is_https())
        .same_site(SameSite::Strict)
        .max_age(time::Duration::days(auth::REFRESH_DAYS.into()));
    (jar.add(cookie), Json(session.response))
}

/// Has the browser forget the refresh token.
pub(super) fn signed_out(jar: CookieJar) -> CookieJar {
    jar.remove(Cookie::build(COOKIE).path(COOKIE_PATH))
}
