//! Who sends a request, and what is in it.

use std::sync::Arc;

use api_types::ErrorCode;
use axum::body::{Body, Bytes};
use axum::extract::{FromRef, FromRequest, FromRequestParts, MatchedPath, OptionalFromRequest, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use domain::tenancy::{OrganizationScope, Origin};
use domain::{Scope, Services, api_keys, auth, log};
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::key_scopes;
use crate::problem::{Problem, Rejected};
use crate::rate_limit;

/// A JSON body; what can't be read is refused with a problem.
#[derive(Debug, FromRequest)]
#[from_request(via(axum::Json), rejection(Rejected))]
pub struct Json<T>(pub T);

impl<T: serde::Serialize> axum::response::IntoResponse for Json<T> {
    fn into_response(self) -> axum::response::Response {
        axum::Json(self.0).into_response()
    }
}

/// A body that may be left out.
impl<T: DeserializeOwned, S: Send + Sync> OptionalFromRequest<S> for Json<T> {
    type Rejection = Rejected;

    async fn from_request(request: Request, state: &S) -> Result<Option<Self>, Rejected> {
        let (parts, body) = request.into_parts();
        let bytes = Bytes::from_request(Request::from_parts(parts.clone(), body), state).await?;
        if bytes.is_empty() {
            return Ok(None);
        }
        let request = Request::from_parts(parts, Body::from(bytes));
        Ok(Some(
            <Self as FromRequest<S>>::from_request(request, state).await?,
        ))
    }
}

/// A form as a browser sends it.
#[derive(Debug, FromRequest)]
#[from_request(via(axum::Form), rejection(Rejected))]
pub struct Form<T>(pub T);

/// Path parameters.
#[derive(Debug, FromRequestParts)]
#[from_request(via(axum::extract::Path), rejection(Rejected))]
pub struct Path<T>(pub T);

/// Query parameters.
#[derive(Debug, FromRequestParts)]
#[from_request(via(axum::extract::Query), rejection(Rejected))]
pub struct Query<T>(pub T);

/// Whoever may act in a workspace: a signed-in member, or a program with an API key.
#[derive(Debug, Clone, Copy)]
pub struct Caller(pub Scope);

/// A signed-in person, with the session they signed in with.
#[derive(Debug, Clone, Copy)]
pub struct SignedIn {
    /// The right to act in the workspace of the token.
    pub scope: Scope,
    /// Who it is.
    pub user_id: Uuid,
    /// The session.
    pub session_id: Uuid,
}

/// A signed-in person who belongs to the organization of the workspace they are in.
#[derive(Debug, Clone, Copy)]
pub struct OrganizationMember(pub OrganizationScope);

impl<S: Send + Sync> FromRequestParts<S> for OrganizationMember
where
    Arc<Services>: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let services = Arc::<Services>::from_ref(state);
        let caller = SignedIn::from_request_parts(parts, state).await?;
        Ok(Self(OrganizationScope::of(&services.db, &caller.scope).await?))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Caller
where
    Arc<Services>: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let services = Arc::<Services>::from_ref(state);
        let token = bearer(&parts.headers)?;
        let scope = if token.starts_with(api_keys::PREFIX) {
            of_key(&services, parts, token).await?
        } else {
            auth::authenticate(&services, token).await?.0
        };
        count_call(&services, parts, &scope).await?;
        Ok(Self(scope.from_origin(origin(parts))))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for SignedIn
where
    Arc<Services>: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let services = Arc::<Services>::from_ref(state);
        let token = bearer(&parts.headers)?;
        if token.starts_with(api_keys::PREFIX) {
            // It says why a key won't do.
            of_key(&services, parts, token).await?;
            return Err(unauthorized());
        }
        let (scope, session_id) = auth::authenticate(&services, token).await?;
        let user_id = scope.user_id().ok_or_else(unauthorized)?;
        count_call(&services, parts, &scope).await?;
        Ok(Self {
            scope: scope.from_origin(origin(parts)),
            user_id,
            session_id,
        })
    }
}

/// Counts a request of a person or a program, and refuses one too many.
async fn count_call(services: &Services, parts: &Parts, scope: &Scope) -> Result<(), Problem> {
    log::about("workspace_id", scope.workspace_id());
    tracing::Span::current().record("actor", if scope.user_id().is_some() { "user" } else { "key" });
    let standing = services.limits.take_call(&services.redis, scope).await;
    rate_limit::apply(&parts.extensions, standing)
}

/// The scope of a program, if its key may be used on the route of this request.
async fn of_key(services: &Services, parts: &Parts, key: &str) -> Result<Scope, Problem> {
    let presented = api_keys::authenticate(&services.db, key).await?;
    let path = parts.extensions.get::<MatchedPath>();
    let needed = path.and_then(|path| key_scopes::needed(&parts.method, path.as_str()));
    Ok(presented.allow(needed)?)
}

/// Where the request came from, as the edge told.
fn origin(parts: &Parts) -> Origin {
    parts.extensions.get().copied().unwrap_or_default()
}

/// The token of `Authorization: Bearer …`.
pub fn bearer(headers: &HeaderMap) -> Result<&str, Problem> {
    let value = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let (scheme, token) = value.split_once(' ').unwrap_or_default();
    if !scheme.eq_ignore_ascii_case("bearer") || token.trim().is_empty() {
        return Err(unauthorized());
    }
    Ok(token.trim())
}

fn unauthorized() -> Problem {
    Problem::refused(
        ErrorCode::Unauthorized,
        "Send `Authorization: Bearer <token>`; sign in to get one.",
    )
}
