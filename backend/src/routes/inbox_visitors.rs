//! What visitors do to reach people: ask for one, follow what they say, type and read. Public, as the chat is.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use api_types::inbox::{AskForPersonRequest, AskedForPerson, VisitorEvent, VisitorSignal};
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use domain::inbox::Followed;
use domain::tenancy::Origin;
use domain::{Error, Services, inbox};
use futures::StreamExt;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::chat::channel;
use super::client_address;
use crate::extract::{Json, Path, Query};
use crate::open::{Open, Owner};
use crate::problem::Result;
use crate::sse;
use crate::visit::Visit;

/// Streams of one conversation that are open at the same time: the tabs that it is open in, and those that broke off
/// unnoticed.
const PER_CONVERSATION: usize = 8;
/// Streams to one address: an office may be behind it.
const PER_ADDRESS: usize = 100;

/// How often a comment is sent, so that proxies keep the connection.
const PING: Duration = Duration::from_secs(10);

/// Ask for a person. While nobody is there, the bot's lead form stands in, if it has one.
#[utoipa::path(post, path = "/api/v1/bots/{bot_id}/hand-off", tag = "chat",
    params(("bot_id" = Uuid, Path), ("x-visitor-token" = Option<String>, Header)),
    request_body = AskForPersonRequest, responses((status = 200, body = AskedForPerson)))]
pub async fn ask(
    State(services): State<Arc<Services>>,
    Visit { bot, visitor }: Visit,
    headers: HeaderMap,
    Json(request): Json<AskForPersonRequest>,
) -> Result<Json<AskedForPerson>> {
    let channel = channel(&headers);
    Ok(Json(
        inbox::ask(&services, &bot, &request, channel, visitor.as_ref()).await?,
    ))
}

/// From where to go on.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct LiveQuery {
    /// The number of the last event that is known, as `hand_off.after` says it. `Last-Event-ID` counts more.
    after: Option<i32>,
}

/// Follow a conversation: server-sent events `state`, `message`, `typing` and `read`. What has an `id:` comes once and in
/// order, from any replica, after the `Last-Event-ID`. The stream ends when there is nobody to wait for, and after half an
/// hour. At most 8 of a conversation and 100 to one address are open at the same time; one more is refused with 429.
#[utoipa::path(get, path = "/api/v1/bots/{bot_id}/sessions/{session_id}/live", tag = "chat",
    params(("bot_id" = Uuid, Path), ("session_id" = Uuid, Path), LiveQuery,
        ("last-event-id" = Option<String>, Header), ("x-visitor-token" = Option<String>, Header)),
    responses((status = 200, body = VisitorEvent, content_type = "text/event-stream")))]
pub async fn live(
    State(services): State<Arc<Services>>,
    Visit { bot, visitor }: Visit,
    Path((_, session_id)): Path<(Uuid, Uuid)>,
    Query(query): Query<LiveQuery>,
    Extension(open): Extension<Open>,
    Extension(origin): Extension<Origin>,
    headers: HeaderMap,
) -> Result<Response> {
    let mut owners = vec![(Owner::Conversation(session_id), PER_CONVERSATION)];
    let address = origin.address.map(client_address::network);
    owners.extend(address.map(|address| (Owner::Address(address), PER_ADDRESS)));
    let slot = open.take("live streams", &owners)?;
    let after = match headers.get("last-event-id") {
        None => query.after,
        Some(value) => Some(number(value.to_str().unwrap_or_default())?),
    };
    let events = inbox::follow(services, bot, session_id, after, visitor.as_ref()).await?;
    let events = events.map(move |Followed { n, event }| {
        // Held for as long as the stream is.
        let _slot = &slot;
        let data = serde_json::to_string(&event).unwrap_or_default();
        let sent = Event::default().event(event.name()).data(data);
        Ok::<_, Infallible>(match n {
            Some(n) => sent.id(n.to_string()),
            None => sent,
        })
    });
    let sse = Sse::new(events).keep_alive(KeepAlive::new().interval(PING).text("ping"));
    Ok(sse::unbuffered(sse.into_response()))
}

fn number(text: &str) -> Result<i32> {
    let number = text.trim().parse();
    Ok(number.map_err(|_| {
        Error::refused(
            api_types::ErrorCode::MalformedRequest,
            "Last-Event-ID is not one that this endpoint gave out.",
        )
    })?)
}

/// Say that the visitor types, and what they have seen.
#[utoipa::path(post, path = "/api/v1/bots/{bot_id}/sessions/{session_id}/signals", tag = "chat",
    params(("bot_id" = Uuid, Path), ("session_id" = Uuid, Path), ("x-visitor-token" = Option<String>, Header)),
    request_body = VisitorSignal, responses((status = 204)))]
pub async fn signal(
    State(services): State<Arc<Services>>,
    Visit { bot, visitor }: Visit,
    Path((_, session_id)): Path<(Uuid, Uuid)>,
    Json(request): Json<VisitorSignal>,
) -> Result<StatusCode> {
    inbox::signal(&services, &bot, session_id, &request, visitor.as_ref()).await?;
    Ok(StatusCode::NO_CONTENT)
}
