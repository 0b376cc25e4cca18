//! The edge: request ids, limits, panics, headers, and answers for what no route takes.

use std::future::ready;
use std::sync::Arc;
use std::time::Duration;

use api_types::ErrorCode;
use axum::Router;
use axum::body::{Body, HttpBody};
use axum::extract::{MatchedPath, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode, Uri, Version, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use domain::tenancy::Origin;
use domain::{Services, metrics, traces};
use tokio_util::sync::CancellationToken;
use tower::{ServiceExt, service_fn};
use tower_governor::GovernorError;
use tower_governor::GovernorLayer;
use tower_governor::governor::GovernorConfigBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::Compression;
use tower_http::cors::{AllowOrigin, Any, CorsLayer};
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::TimeoutBody;
use tracing::Instrument;
use tracing::field::Empty;
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

use super::client_address::ClientAddress;
use crate::problem::Problem;
use crate::rate_limit;
use crate::{AppState, Pulse};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

const MINUTE: Duration = Duration::from_secs(60);
/// How long a client may take for the next piece of its request's body.
const BODY_PIECE: Duration = Duration::from_secs(30);

tokio::task_local! {
    static CURRENT: String;
}

/// The id of the request that is being served, if one is.
pub fn request_id() -> Option<String> {
    CURRENT.try_with(Clone::clone).ok()
}

/// What every request passes through, outermost last.
pub(super) fn wrap<S: Clone + Send + Sync + 'static>(
    address: &ClientAddress,
    standing: Standing,
    is_https: bool,
    router: Router<S>,
) -> Router<S> {
    let header = |name: HeaderName, value: &'static str| {
        SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
    };
    let edge = Edge {
        address: address.clone(),
        standing,
    };
    let router = if is_https {
        router.layer(header(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000"))
    } else {
        router
    };
    router
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn(compress))
        .layer(header(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(header(header::REFERRER_POLICY, "strict-origin-when-cross-origin"))
        .layer(header(
            HeaderName::from_static("permissions-policy"),
            "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
        ))
        .layer(middleware::from_fn_with_state(edge, trace))
}

/// Routes that one address may call only so often. Called within the runtime, as it starts a task.
pub(super) fn limited(
    address: &ClientAddress,
    per_minute: u32,
    routes: OpenApiRouter<AppState>,
) -> OpenApiRouter<AppState> {
    let config = GovernorConfigBuilder::default()
        .period(MINUTE / per_minute.max(1))
        .burst_size(per_minute.max(1))
        .key_extractor(address.clone())
        .finish();
    let Some(config) = config else { return routes };
    // The limiter itself keeps each address for ever. The task ends with the router, whose limiter it only borrows.
    let limiter = Arc::downgrade(config.limiter());
    tokio::spawn(async move {
        let mut minutes = tokio::time::interval(MINUTE);
        loop {
            minutes.tick().await;
            let Some(limiter) = limiter.upgrade() else { return };
            limiter.retain_recent();
        }
    });
    routes.layer(GovernorLayer::new(config).error_handler(too_many))
}

/// Opens routes of visitors to pages of the sites that may show the bot, without credentials.
pub(super) fn cors(services: &Arc<Services>) -> CorsLayer {
    let services = services.clone();
    let is_allowed = move |origin: HeaderValue, parts: &Parts| {
        let bot_id = bot_of(parts.uri.path());
        async move {
            let Some(bot_id) = bot_id else { return true };
            match services.live_bots.get(&services.db, bot_id).await {
                Ok(bot) => bot.sites.allow(origin.to_str().unwrap_or_default()),
                // There is nothing to see but the reason.
                Err(_) => true,
            }
        }
    };
    CorsLayer::new()
        .allow_origin(AllowOrigin::async_predicate(is_allowed))
        .allow_methods(Any)
        .allow_headers(Any)
        .expose_headers(rate_limit::exposed())
        .max_age(MINUTE)
}

/// The bot of `/api/v1/bots/{bot_id}/…`.
fn bot_of(path: &str) -> Option<Uuid> {
    path.strip_prefix("/api/v1/bots/")?
        .split('/')
        .next()?
        .parse()
        .ok()
}

/// Compresses what is answered, but for server-sent events. Those are not even wrapped: what might compress them would take six
/// kilobytes for each stream that is open.
async fn compress(request: Request, next: Next) -> Response {
    let mut asked = Request::new(());
    if let Some(encodings) = request.headers().get(header::ACCEPT_ENCODING) {
        asked
            .headers_mut()
            .insert(header::ACCEPT_ENCODING, encodings.clone());
    }
    let response = next.run(request).await;
    if is_event_stream(&response) {
        return response;
    }
    let mut response = Some(response);
    let answered = service_fn(move |_| ready(response.take().ok_or("asked twice")));
    match Compression::new(answered).oneshot(asked).await {
        Ok(response) => response.map(Body::new),
        Err(error) => Problem(domain::Error::Internal(anyhow::anyhow!(error))).into_response(),
    }
}

fn is_event_stream(response: &Response) -> bool {
    let kind = response.headers().get(header::CONTENT_TYPE);
    kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"))
}

/// The route exists, but not for this method.
pub(super) async fn method_not_allowed() -> Problem {
    Problem::refused(
        ErrorCode::MethodNotAllowed,
        "This route does not take this method; `allow` lists those it takes.",
    )
}

/// No such route.
pub(super) fn not_found(uri: &Uri) -> Response {
    Problem::refused(
        ErrorCode::RouteNotFound,
        format!("There is no route {}.", uri.path()),
    )
    .into_response()
}

/// What every request is told of the server.
#[derive(Clone)]
pub(super) struct Standing {
    /// Whether it was told to stop.
    pub leaving: CancellationToken,
    /// Whether Postgres answers.
    pub pulse: Pulse,
}

/// What the edge knows.
#[derive(Clone)]
struct Edge {
    address: ClientAddress,
    standing: Standing,
}

/// Answers a request, in time also while Postgres hangs.
async fn answer(pulse: &Pulse, request: Request, next: Next) -> Response {
    tokio::select! {
        response = next.run(request) => response,
        () = pulse.given_up() => {
            let detail = "The database does not answer. What you asked for may still be done when it does: look before you try again.";
            Problem::refused(ErrorCode::ServiceUnavailable, detail).into_response()
        }
    }
}

async fn trace(State(edge): State<Edge>, mut request: Request, next: Next) -> Response {
    if !request.body().is_end_stream() {
        request = request.map(|body| Body::new(TimeoutBody::new(BODY_PIECE, body)));
    }
    let version = request.version();
    let request_id = Uuid::now_v7();
    let id = request_id.to_string();
    let client = edge.address.of(&request);
    request.extensions_mut().insert(Origin {
        address: client,
        request_id: Some(request_id),
    });
    let standing = rate_limit::Slot::default();
    request.extensions_mut().insert(standing.clone());
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.as_ref().map_or("other", MatchedPath::as_str);
    // The path itself may hold what only its reader should have; what its ids are, the fields say.
    let span = tracing::info_span!("request", request_id = id, %method, route, workspace_id = Empty, bot_id = Empty,
        session_id = Empty, actor = Empty);
    if let Some(caller) = request
        .headers()
        .get(traces::TRACEPARENT)
        .and_then(|value| value.to_str().ok())
    {
        traces::follow(&span, caller);
    }
    let began = std::time::Instant::now();
    let mut response = CURRENT
        .scope(id.clone(), answer(&edge.standing.pulse, request, next))
        .instrument(span.clone())
        .await;
    let (status, took) = (response.status(), began.elapsed());
    metrics::http(method.as_str(), route, status.as_u16(), took);
    traces::answered(&span, status.as_u16());
    let millis = took.as_millis();
    if is_quiet(route) {
        span.in_scope(|| tracing::debug!(status = status.as_u16(), millis, "served"));
    } else {
        span.in_scope(|| tracing::info!(status = status.as_u16(), millis, "served"));
    }
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    standing.tell(response.headers_mut());
    let is_upgrade = response.status() == StatusCode::SWITCHING_PROTOCOLS;
    if edge.standing.leaving.is_cancelled() && version < Version::HTTP_2 && !is_upgrade {
        // Its client opens the next connection at another server, before this one goes away.
        let close = HeaderValue::from_static("close");
        response.headers_mut().insert(header::CONNECTION, close);
    }
    response
}

/// Routes that are asked all the time, by machines or for every page.
fn is_quiet(route: &str) -> bool {
    matches!(route, "/healthz" | "/readyz" | "/metrics" | "other")
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that the layer calls")]
fn too_many(error: GovernorError) -> Response {
    let GovernorError::TooManyRequests { wait_time, .. } = error else {
        let detail = "The address of this request could not be told.";
        return Problem::refused(ErrorCode::MalformedRequest, detail).into_response();
    };
    let wait = wait_time.max(1);
    let detail = format!("Too many requests from this address. Try again in {wait} seconds.");
    let mut response = Problem::refused(ErrorCode::RateLimited, detail).into_response();
    response
        .headers_mut()
        .insert(header::RETRY_AFTER, HeaderValue::from(wait));
    response
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that the layer calls")]
fn panicked(panic: Box<dyn std::any::Any + Send>) -> Response {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("a panic without a message");
    Problem(domain::Error::Internal(anyhow::anyhow!("panicked: {text}"))).into_response()
}

#[cfg(test)]
mod tests {
    use axum::routing::get;

    use super::*;

    async fn encoding(path: &str) -> Option<String> {
        let words = || "words and words, ".repeat(100);
        let router: Router = Router::new()
            .route("/page", get(move || async move { words() }))
            .route(
                "/events",
                get(move || async move { ([(header::CONTENT_TYPE, "text/event-stream")], words()) }),
            )
            .layer(middleware::from_fn(compress));
        let asked = Request::get(path).header(header::ACCEPT_ENCODING, "gzip");
        let response = router.oneshot(asked.body(Body::empty()).unwrap()).await.unwrap();
        let encoding = response.headers().get(header::CONTENT_ENCODING)?;
        Some(encoding.to_str().unwrap().to_owned())
    }

    #[tokio::test]
    async fn everything_but_events_is_compressed() {
        assert_eq!(encoding("/page").await.as_deref(), Some("gzip"));
        assert_eq!(encoding("/events").await, None);
    }
}
