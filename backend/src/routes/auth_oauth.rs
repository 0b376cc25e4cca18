//! `/api/v1/auth/oauth/…`: to an issuer and back.

use std::sync::Arc;

use api_types::auth::PasswordRequest;
use api_types::identities::{BeginOAuthRequest, Redirect};
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{AppendHeaders, Redirect as SeeOther};
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use domain::auth::{self, Begun, OAuthAnswer};
use domain::{Services, config::Config};

use super::auth_identities::with_ticket;
use crate::AppState;
use crate::extract::{Form, Json, Path, Query, SignedIn};
use crate::problem::Result;

/// Binds what was begun to the browser.
const COOKIE: &str = "botwright_oauth";
const COOKIE_PATH: &str = "/api/v1/auth/oauth";

/// Begin to sign in with an account elsewhere. The answer says where the browser has to go; it comes back to `callback`.
#[utoipa::path(post, path = "/api/v1/auth/oauth/{issuer}", tag = "auth",
    operation_id = "begin_oauth", params(("issuer" = String, Path)),
    request_body = BeginOAuthRequest, responses((status = 200, body = Redirect)))]
pub async fn begin(
    State(state): State<AppState>,
    Path(issuer): Path<String>,
    jar: CookieJar,
    Json(request): Json<BeginOAuthRequest>,
) -> Result<(CookieJar, Json<Redirect>)> {
    let begun = auth::begin(&state.services, &issuer, &request).await?;
    Ok(sent_away(&state.config, jar, begun))
}

/// Begin to add an account elsewhere to one's own.
#[utoipa::path(post, path = "/api/v1/auth/identities/oauth/{issuer}", tag = "auth",
    operation_id = "begin_oauth_link",
    params(("issuer" = String, Path)), request_body = PasswordRequest,
    responses((status = 200, body = Redirect)), security(("bearer" = [])))]
pub async fn begin_link(
    State(state): State<AppState>,
    caller: SignedIn,
    Path(issuer): Path<String>,
    jar: CookieJar,
    Json(request): Json<PasswordRequest>,
) -> Result<(CookieJar, Json<Redirect>)> {
    let SignedIn {
        user_id, session_id, ..
    } = caller;
    let password = request.current_password;
    let begun = auth::begin_link(&state.services, user_id, session_id, &issuer, password).await?;
    Ok(sent_away(&state.config, jar, begun))
}

/// Where issuers send browsers back to. Leads on to a page of the dashboard, whatever came of it.
#[utoipa::path(get, path = "/api/v1/auth/oauth/{issuer}/callback", tag = "auth",
    operation_id = "oauth_callback", params(("issuer" = String, Path)),
    responses((status = 303)))]
pub async fn callback(
    State(state): State<AppState>,
    Path(issuer): Path<String>,
    jar: CookieJar,
    Query(answer): Query<OAuthAnswer>,
) -> Result<Returned> {
    returned(&state, &issuer, jar, answer).await
}

/// The same for issuers that answer with a form.
#[utoipa::path(post, path = "/api/v1/auth/oauth/{issuer}/callback", tag = "auth",
    operation_id = "oauth_callback_form",
    params(("issuer" = String, Path)), responses((status = 303)))]
pub async fn callback_form(
    State(state): State<AppState>,
    Path(issuer): Path<String>,
    jar: CookieJar,
    Form(answer): Form<OAuthAnswer>,
) -> Result<Returned> {
    returned(&state, &issuer, jar, answer).await
}

type Returned = (CookieJar, AppendHeaders<[(HeaderName, HeaderValue); 2]>, SeeOther);

async fn returned(state: &AppState, issuer: &str, jar: CookieJar, answer: OAuthAnswer) -> Result<Returned> {
    let services: &Arc<Services> = &state.services;
    let browser = jar.get(COOKIE).map(|cookie| cookie.value().to_owned());
    let returned = auth::callback(services, issuer, browser.as_deref(), answer).await?;
    let jar = jar.remove(Cookie::build(COOKIE).path(COOKIE_PATH));
    let jar = match returned.ticket {
        Some(ticket) => with_ticket(&state.config, jar, ticket),
        None => jar,
    };
    // The address has a code in it, used up though it is.
    let headers = AppendHeaders([
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    ]);
    Ok((jar, headers, SeeOther::to(&returned.url)))
}

fn sent_away(config: &Config, jar: CookieJar, begun: Begun) -> (CookieJar, Json<Redirect>) {
    // A form of the issuer's brings no other cookies along.
    let same_site = if begun.posts {
        SameSite::None
    } else {
        SameSite::Lax
    };
    let cookie = Cookie::build((COOKIE, begun.browser))
        .path(COOKIE_PATH)
        .http_only(true)
        .secure(config.is_https())
        .same_site(same_site)
        .max_age(time::Duration::minutes(10));
    (jar.add(cookie), Json(Redirect { url: begun.url }))
}
