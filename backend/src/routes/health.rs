//! `/healthz` and `/readyz`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::Services;
use domain::health::Health;

/// The process is up.
pub async fn healthz() -> &'static str {
    "ok"
}

/// The process can serve: Postgres and Redis answer.
pub async fn readyz(State(services): State<Arc<Services>>) -> (StatusCode, Json<Health>) {
    let health = Health::of(&services).await;
    let status = if health.is_ready() {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, Json(health))
}
