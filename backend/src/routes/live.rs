//! `GET /api/v1/live`: the one stream of a workspace, a WebSocket that tells the dashboard that there is something to read.
//!
//! The access token is the first message, never a part of the address. It is checked again every few seconds, as is what
//! stands behind it: the socket ends with the session, the membership or the token, unless a newer token came before.
//!
//! Everybody of the workspace is told the same, whatever their role: an id says nothing, and the routes that read what is behind
//! it ask for the role.

use std::sync::Arc;
use std::time::Duration;

use api_types::ErrorCode;
use api_types::live::{LiveEvent, LiveHello, closed};
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, header};
use axum::response::Response;
use domain::live::Signal;
use domain::metrics::Counted;
use domain::{Error, Scope, Services, auth};
use futures::{SinkExt, StreamExt};
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};
use uuid::Uuid;

use crate::open::{Open, Owner};
use crate::problem::{Problem, Result};
use crate::visit::is_same_origin;

/// Sockets that one person may hold at one server.
const MOST_SOCKETS: usize = 20;
/// How long a client may take to say who it is.
const HELLO: Duration = Duration::from_secs(10);
/// How often the token is checked again, and a sign of life is sent.
const CHECK: Duration = Duration::from_secs(15);
/// How long a client may be silent, which answers each sign of life.
const SILENCE: Duration = Duration::from_secs(45);
/// How long a message may take to be sent.
const SEND: Duration = Duration::from_secs(10);
/// Longest message of a client: a token.
const MAX_MESSAGE: usize = 8 * 1024;

type Sender = futures::stream::SplitSink<WebSocket, Message>;

/// Opens the socket for pages of our own, and for programs, which send no `Origin`.
pub async fn live(
    State(services): State<Arc<Services>>,
    Extension(open): Extension<Open>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Result<Response> {
    let is_ours = headers.get(header::ORIGIN).is_none_or(|origin| {
        origin.to_str().is_ok_and(|origin| origin == services.public_url) || is_same_origin(&headers, origin)
    });
    if !is_ours {
        let detail = "This is for pages of the dashboard.";
        return Err(Problem::refused(ErrorCode::Forbidden, detail));
    }
    let upgrade = upgrade.max_message_size(MAX_MESSAGE).max_frame_size(MAX_MESSAGE);
    Ok(upgrade.on_upgrade(move |socket| run(services, open, socket)))
}

/// Who listens.
struct Listener {
    token: String,
    workspace_id: Uuid,
    user_id: Uuid,
}

async fn run(services: Arc<Services>, open: Open, socket: WebSocket) {
    let (mut sender, mut receiver) = socket.split();
    let first = timeout(HELLO, receiver.next()).await;
    let hello = match first {
        Ok(Some(Ok(Message::Text(text)))) => serde_json::from_str::<LiveHello>(&text).ok(),
        _ => None,
    };
    let Some(hello) = hello else {
        return close(&mut sender, closed::UNCLEAR, "Send {\"token\": …} first.").await;
    };
    // Before it is told that it is told.
    let mut signals = services.live.subscribe();
    let mut listener = match admit(&services, hello.token, None).await {
        Ok(listener) => listener,
        Err(error) => return refuse(&mut sender, &error).await,
    };
    let owner = (Owner::Person(listener.user_id), MOST_SOCKETS);
    let Ok(_slot) = open.take("pages", &[owner]) else {
        let reason = "You have too many pages open; close some.";
        return close(&mut sender, closed::TOO_MANY, reason).await;
    };
    let (_seat, _counted) = (services.live.seat(), Counted::socket());
    let first = if services.live.settled().await {
        LiveEvent::Ready
    } else {
        LiveEvent::Away
    };
    if send(&mut sender, &first).await.is_err() {
        return;
    }
    let mut checks = interval_at(Instant::now() + CHECK, CHECK);
    checks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut heard = Instant::now();
    loop {
        tokio::select! {
            signal = signals.recv() => {
                let event = match signal {
                    Ok(signal) => told(signal, listener.workspace_id),
                    Err(RecvError::Lagged(_)) => Some(LiveEvent::Ready),
                    Err(RecvError::Closed) => return close(&mut sender, closed::AGAIN, "Come back.").await,
                };
                if let Some(event) = event
                    && send(&mut sender, &event).await.is_err()
                {
                    return;
                }
            }
            () = services.live.closing() => return close(&mut sender, closed::AGAIN, "Come back.").await,
            _ = checks.tick() => {
                if heard.elapsed() > SILENCE {
                    return;
                }
                let token = std::mem::take(&mut listener.token);
                match admit(&services, token, Some(&listener)).await {
                    Ok(again) => listener = again,
                    Err(error) => return refuse(&mut sender, &error).await,
                }
                let ping = sender.send(Message::Ping(Vec::new().into()));
                if !matches!(timeout(SEND, ping).await, Ok(Ok(()))) {
                    return;
                }
            }
            message = receiver.next() => {
                heard = Instant::now();
                match message {
                    Some(Ok(Message::Text(text))) => {
                        let Ok(hello) = serde_json::from_str::<LiveHello>(&text) else {
                            return close(&mut sender, closed::UNCLEAR, "Only tokens are understood.").await;
                        };
                        match admit(&services, hello.token, Some(&listener)).await {
                            Ok(again) => listener = again,
                            Err(error) => return refuse(&mut sender, &error).await,
                        }
                    }
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                    Some(Ok(Message::Binary(_) | Message::Close(_)) | Err(_)) | None => return,
                }
            }
        }
    }
}

/// Who sends a token; a newer one must be of the same person in the same workspace.
async fn admit(services: &Services, token: String, before: Option<&Listener>) -> domain::Result<Listener> {
    let (scope, _): (Scope, Uuid) = auth::authenticate(services, &token).await?;
    let (workspace_id, user_id) = (scope.workspace_id(), scope.user_id().unwrap_or_default());
    if before.is_some_and(|before| (before.workspace_id, before.user_id) != (workspace_id, user_id)) {
        let detail = "This token is of somebody else or another workspace.";
        return Err(Error::refused(ErrorCode::Unauthorized, detail));
    }
    Ok(Listener {
        token,
        workspace_id,
        user_id,
    })
}

/// What this workspace is told.
fn told(signal: Signal, workspace_id: Uuid) -> Option<LiveEvent> {
    let is_theirs = signal.workspace_id.is_none_or(|id| id == workspace_id);
    is_theirs.then_some(signal.event)
}

async fn send(sender: &mut Sender, event: &LiveEvent) -> std::result::Result<(), ()> {
    let json = serde_json::to_string(event).map_err(drop)?;
    let sent = timeout(SEND, sender.send(Message::Text(json.into()))).await;
    sent.map_err(drop)?.map_err(drop)
}

async fn refuse(sender: &mut Sender, error: &Error) {
    match error {
        Error::Refused(_) => close(sender, closed::SIGNED_OUT, "Sign in anew.").await,
        error => {
            tracing::debug!(%error, "a live socket is closed");
            close(sender, closed::AGAIN, "Come back.").await;
        }
    }
}

async fn close(sender: &mut Sender, code: u16, reason: &'static str) {
    let frame = CloseFrame {
        code,
        reason: reason.into(),
    };
    // It may be gone already.
    let _ = timeout(SEND, sender.send(Message::Close(Some(frame)))).await;
}
