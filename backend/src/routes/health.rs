//! `/healthz` and `/readyz`.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::Services;
use serde_json::{Value, json};

/// How long a part may take to answer.
const TIMEOUT: Duration = Duration::from_secs(2);

/// The process is up.
pub async fn healthz() -> &'static str {
    "ok"
}

/// The process can serve: Postgres and Redis answer.
pub async fn readyz(State(services): State<Arc<Services>>) -> (StatusCode, Json<Value>) {
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
