//! Answers as server-sent events.

use std::convert::Infallible;
use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use domain::chat::{Events, NumberedEvent};
use futures::StreamExt;
use uuid::Uuid;

/// How often a comment is sent, so that proxies keep the connection.
const PING: Duration = Duration::from_secs(10);

/// Whether the client asks for a stream by its `Accept` header.
pub fn accepts_events(headers: &HeaderMap) -> bool {
    let accept = headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    accept
        .split(',')
        .any(|part| part.trim().to_ascii_lowercase().starts_with("text/event-stream"))
}

/// Streams the events of an answer. `message_id` stands in each event's id when it is known beforehand; else it is
/// taken from the `start` event.
pub fn stream(events: Events, message_id: Option<Uuid>) -> Response {
    let mut message_id = message_id.unwrap_or_default();
    let events = events.map(move |NumberedEvent { n, event }| {
        if let api_types::chat::ChatEvent::Start { message_id: id, .. } = &event {
            message_id = *id;
        }
        let data = serde_json::to_string(&event).unwrap_or_default();
        Ok::<_, Infallible>(
            Event::default()
                .id(format!("{message_id}:{n}"))
                .event(event.name())
                .data(data),
        )
    });
    let sse = Sse::new(events).keep_alive(KeepAlive::new().interval(PING).text("ping"));
    unbuffered(sse.into_response())
}

/// Tells proxies to pass every byte on at once.
pub fn unbuffered(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("no-cache, no-transform"),
    );
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}
