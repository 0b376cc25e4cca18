//! `/api/v1/auth/sessions`: where a person is signed in.

use std::sync::Arc;

use api_types::auth::SessionInfo;
use axum::extract::State;
use axum::http::StatusCode;
use axum_extra::extract::CookieJar;
use domain::{Services, auth};
use uuid::Uuid;

use super::auth::signed_out;
use crate::extract::{Json, Path, SignedIn};
use crate::problem::Result;

/// Where the person is signed in, last used first.
#[utoipa::path(get, path = "/api/v1/auth/sessions", tag = "auth", responses((status = 200, body = Vec<SessionInfo>)),
    security(("bearer" = [])))]
pub async fn list(State(services): State<Arc<Services>>, caller: SignedIn) -> Result<Json<Vec<SessionInfo>>> {
    Ok(Json(
        auth::list(&services.db, caller.user_id, caller.session_id).await?,
    ))
}

/// End one session. Its access token is refused from now on.
#[utoipa::path(delete, path = "/api/v1/auth/sessions/{session_id}", tag = "auth",
    params(("session_id" = Uuid, Path)), responses((status = 204)), security(("bearer" = [])))]
pub async fn end(
    State(services): State<Arc<Services>>,
    caller: SignedIn,
    Path(session_id): Path<Uuid>,
) -> Result<StatusCode> {
    auth::end(&services.db, caller.user_id, session_id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sign out everywhere, here too.
#[utoipa::path(delete, path = "/api/v1/auth/sessions", tag = "auth", responses((status = 204)),
    security(("bearer" = [])))]
pub async fn end_all(
    State(services): State<Arc<Services>>,
    caller: SignedIn,
    jar: CookieJar,
) -> Result<(CookieJar, StatusCode)> {
    auth::end_everywhere(&services.db, caller.user_id).await?;
    Ok((signed_out(jar), StatusCode::NO_CONTENT))
}
