//! `/metrics`: what an operator's Prometheus reads.

use std::sync::Arc;

use api_types::ErrorCode;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use axum_extra::TypedHeader;
use axum_extra::headers::Authorization;
use axum_extra::headers::authorization::Bearer;
use domain::Services;
use domain::metrics::{self, Asker, PASSED_ON};
use domain::tenancy::Origin;

use crate::AppState;
use crate::problem::{Problem, Result};

/// All metrics, for whoever has the token; without one set, for programs on this machine.
pub async fn metrics(
    State(state): State<AppState>,
    Extension(origin): Extension<Origin>,
    bearer: Option<TypedHeader<Authorization<Bearer>>>,
    headers: HeaderMap,
) -> Result<Response> {
    let asker = Asker {
        bearer: bearer.as_ref().map(|given| given.token()),
        address: origin.address,
        is_passed_on: PASSED_ON.iter().any(|name| headers.contains_key(*name)),
    };
    if !metrics::may_read(state.config.metrics_token.as_ref(), asker) {
        return Err(Problem::refused(ErrorCode::Forbidden, metrics::REFUSAL));
    }
    Ok(text(&state.services).await)
}

async fn text(services: &Arc<Services>) -> Response {
    let headers = [(header::CONTENT_TYPE, metrics::CONTENT_TYPE)];
    (headers, metrics::render(services).await).into_response()
}
