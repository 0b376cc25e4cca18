//! `/metrics`: what an operator's Prometheus reads. It says how much is going on, so it is not for everybody.

use std::sync::Arc;

use api_types::ErrorCode;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use axum_extra::TypedHeader;
use axum_extra::headers::Authorization;
use axum_extra::headers::authorization::Bearer;
use domain::tenancy::Origin;
use domain::{Services, metrics};
use secrecy::ExposeSecret;
use subtle::ConstantTimeEq;

use crate::AppState;
use crate::problem::{Problem, Result};

/// The media type of Prometheus' text format.
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// All metrics, for whoever has the token; without one set, for programs on this machine.
pub async fn metrics(
    State(state): State<AppState>,
    Extension(origin): Extension<Origin>,
    bearer: Option<TypedHeader<Authorization<Bearer>>>,
    headers: HeaderMap,
) -> Result<Response> {
    let may = match &state.config.metrics_token {
        Some(token) => bearer.is_some_and(|given| {
            let (given, token) = (given.token().as_bytes(), token.expose_secret().as_bytes());
            given.ct_eq(token).into()
        }),
        // What a proxy on this machine passes on comes from anywhere.
        None => !is_passed_on(&headers) && origin.address.is_some_and(|address| address.is_loopback()),
    };
    if !may {
        let detail = "Metrics are for the operator: send BOTWRIGHT_METRICS_TOKEN as a bearer token, or, where none is \
                      set, ask from the server's own machine.";
        return Err(Problem::refused(ErrorCode::Forbidden, detail));
    }
    Ok(text(&state.services).await)
}

async fn text(services: &Arc<Services>) -> Response {
    ([(header::CONTENT_TYPE, TEXT)], metrics::render(services).await).into_response()
}

fn is_passed_on(headers: &HeaderMap) -> bool {
    ["forwarded", "x-forwarded-for", "x-real-ip", "via"]
        .iter()
        .any(|name| headers.contains_key(*name))
}
