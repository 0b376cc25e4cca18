//! `/healthz` and `/readyz`.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::AppState;

/// How long a part may take to answer.
const TIMEOUT: Duration = Duration::from_secs(2);

/// The process is up.
pub async fn healthz() -> &'static str {
    "ok"
}

/// The process can serve: Postgres and Redis answer, and it was not told to stop.
pub async fn readyz(State(state): State<AppState>) -> (StatusCode, Json<Value>) {
    if state.leaving.is_cancelled() {
        return (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "stopping": true })));
    }
    let services = &state.services;
    let postgres = tokio::time::timeout(TIMEOUT, services.db.ping());
    let redis = tokio::time::timeout(TIMEOUT, services.redis.ping());
    let (postgres, redis) = tokio::join!(postgres, redis);
    let (postgres, redis) = (matches!(postgres, Ok(Ok(_))), matches!(redis, Ok(Ok(_))));
    let status = if postgres && redis {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, Json(json!({ "postgres": postgres, "redis": redis })))
}
