//! `/healthz`, `/readyz` and `/metrics` of a worker that is a program of its own, as a server has them.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use axum_extra::TypedHeader;
use axum_extra::headers::Authorization;
use axum_extra::headers::authorization::Bearer;
use domain::Services;
use domain::health::Health;
use domain::metrics::{self, Asker, PASSED_ON};
use secrecy::SecretString;
use tokio::net::TcpListener;

#[derive(Clone)]
struct Probed {
    services: Arc<Services>,
    /// With which metrics are read from elsewhere.
    token: Option<SecretString>,
}

/// Answers until it is dropped.
pub async fn serve(
    listener: TcpListener,
    services: Arc<Services>,
    token: Option<SecretString>,
) -> std::io::Result<()> {
    let router = Router::new()
        .route("/healthz", get(|| async { "ok" }))
        .route("/readyz", get(readyz))
        .route("/metrics", get(read_metrics))
        .with_state(Probed { services, token });
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).await
}

/// The worker can do jobs: Postgres and Redis answer.
async fn readyz(State(probed): State<Probed>) -> (StatusCode, Json<Health>) {
    let health = Health::of(&probed.services).await;
    let status = if health.is_ready() {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, Json(health))
}

async fn read_metrics(
    State(probed): State<Probed>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    bearer: Option<TypedHeader<Authorization<Bearer>>>,
    headers: HeaderMap,
) -> Response {
    let asker = Asker {
        bearer: bearer.as_ref().map(|given| given.token()),
        address: Some(from.ip()),
        is_passed_on: PASSED_ON.iter().any(|name| headers.contains_key(*name)),
    };
    if !metrics::may_read(probed.token.as_ref(), asker) {
        return (StatusCode::FORBIDDEN, metrics::REFUSAL).into_response();
    }
    let headers = [(header::CONTENT_TYPE, metrics::CONTENT_TYPE)];
    (headers, metrics::render(&probed.services).await).into_response()
}
