//! Streams that can be picked up again: every event is also kept in Redis for a few minutes (see [`super::logs`]).
//!
//! `chat:<bot>:<session>:<message>` is a Redis stream whose entry `n-1` is event `n`. While the answer is written its
//! key lives for seconds only, renewed by the writer: should the writer's process die, whoever follows learns it soon.
//! Without Redis an answer still streams; it only can't be resumed.

use std::time::Duration;

use api_types::ErrorCode;
use api_types::chat::ChatEvent;
use api_types::visitors::Visitor;
use futures::channel::mpsc;
use redis::AsyncCommands;
use redis::streams::StreamRangeReply;
use uuid::Uuid;

use super::{Events, NumberedEvent, session};
use crate::bots::LiveBot;
use crate::redis::Redis;
use crate::{Error, Result, Services};

/// How often a resumed stream looks for more.
const POLL: Duration = Duration::from_millis(100);

/// Where a client broke off: the `Last-Event-ID` header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// The answer.
    pub message_id: Uuid,
    /// The last event that arrived.
    pub n: u64,
}

impl std::str::FromStr for Position {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let parsed = text.trim().split_once(':').and_then(|(id, n)| {
            Some(Self {
                message_id: id.parse().ok()?,
                n: n.parse().ok()?,
            })
        });
        parsed.ok_or_else(|| {
            Error::refused(
                ErrorCode::MalformedRequest,
                "Last-Event-ID is not one that this endpoint gave out.",
            )
        })
    }
}

/// Which answer a stream is of.
pub(crate) struct Stream {
    pub bot_id: Uuid,
    pub session_id: Uuid,
    pub message_id: Uuid,
}

/// Deletes what is still kept of these answers. Answers how many streams there were.
pub(crate) async fn forget(redis: &Redis, streams: &[Stream]) -> Result<u64> {
    if streams.is_empty() {
        return Ok(0);
    }
    let keys: Vec<_> = streams
        .iter()
        .map(|stream| key(stream.bot_id, stream.session_id, stream.message_id))
        .collect();
    Ok(redis.commands().del(keys).await?)
}

/// The events after `position`: those that are kept, then those that come.
pub async fn resume(
    services: &Services,
    bot: &LiveBot,
    session_id: Uuid,
    position: Position,
    visitor: Option<&Visitor>,
) -> Result<Events> {
    let mut tx = services.db.tenant(&bot.scope).await?;
    let is_theirs = session::is_theirs(&mut tx, bot, session_id, visitor).await?;
    tx.commit().await?;
    let key = key(bot.id, session_id, position.message_id);
    let redis = services.redis.clone();
    if !is_theirs || !redis.commands().exists(&key).await? {
        let detail = "This answer can't be resumed any more; read the conversation again instead.";
        return Err(Error::refused(ErrorCode::NotFound, detail));
    }
    let (sender, receiver) = mpsc::unbounded();
    let under_way = services.under_way.clone();
    tokio::spawn(async move {
        let followed = tokio::select! {
            followed = follow(&redis, &key, position.n, &sender) => followed,
            // Its client resumes it anew, at another server.
            _ = under_way.cut() => return,
        };
        if let Err(error) = followed {
            tracing::info!(%error, "a resumed answer broke off");
        }
    });
    Ok(receiver)
}

async fn follow(
    redis: &Redis,
    key: &str,
    mut n: u64,
    sender: &mpsc::UnboundedSender<NumberedEvent>,
) -> Result<()> {
    while !sender.is_closed() {
        let reply: StreamRangeReply = redis.commands().xrange(key, format!("{}-0", n + 1), "+").await?;
        if reply.ids.is_empty() {
            if !redis.commands().exists(key).await? {
                let _ = sender.unbounded_send(NumberedEvent {
                    n: n + 1,
                    event: broken_off(),
                });
                return Ok(());
            }
            tokio::time::sleep(POLL).await;
            continue;
        }
        for entry in reply.ids {
            let Some(json) = entry.get::<String>("event") else {
                continue;
            };
            let event: ChatEvent = serde_json::from_str(&json)?;
            n += 1;
            let last = event.is_last();
            if sender.unbounded_send(NumberedEvent { n, event }).is_err() || last {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// What a client is told whose answer nobody writes any more.
fn broken_off() -> ChatEvent {
    ChatEvent::Error {
        code: ErrorCode::ServiceUnavailable,
        message: "The answer broke off. Please ask again.".to_owned(),
        retryable: true,
    }
}

pub(super) fn key(bot_id: Uuid, session_id: Uuid, message_id: Uuid) -> String {
    format!("chat:{bot_id}:{session_id}:{message_id}")
}
