//! Streams that can be picked up again: every event is also kept in Redis for a few minutes.
//!
//! `chat:<bot>:<session>:<message>` is a Redis stream whose entry `n-1` is event `n`. While the answer is written its
//! key lives for seconds only, renewed by the writer: should the writer's process die, whoever follows learns it soon.
//! Without Redis an answer still streams; it only can't be resumed.

use std::time::Duration;

use api_types::ErrorCode;
use api_types::chat::ChatEvent;
use api_types::visitors::Visitor;
use redis::AsyncCommands;
use redis::streams::StreamRangeReply;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_stream::wrappers::UnboundedReceiverStream;
use uuid::Uuid;

use super::{Events, NumberedEvent, session};
use crate::bots::LiveBot;
use crate::redis::Redis;
use crate::{Error, Result, Services};

/// How long a stream can be resumed after its last event, in seconds.
const KEPT_SECONDS: i64 = 300;
/// How long the stream of a writer that gave no sign of life is kept, in seconds.
const ALIVE_SECONDS: i64 = 20;
/// How often a writer gives one.
const RENEW: Duration = Duration::from_secs(5);
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

/// Writes the events of one answer, without ever holding the answer up.
pub(super) struct Log {
    sender: mpsc::UnboundedSender<Entry>,
}

/// What the writer of a log is told.
enum Entry {
    Event(NumberedEvent),
    /// The conversation was deleted meanwhile: nothing of the answer may be left.
    Discard,
}

impl Log {
    pub fn begin(services: &Services, bot_id: Uuid, session_id: Uuid, message_id: Uuid) -> Self {
        let (sender, receiver) = mpsc::unbounded_channel();
        let key = key(bot_id, session_id, message_id);
        let writing = write(services.redis.clone(), key, receiver);
        services.under_way.spawn(writing);
        Self { sender }
    }

    pub fn append(&self, event: NumberedEvent) {
        // The writer ends early only when Redis is away.
        let _ = self.sender.send(Entry::Event(event));
    }

    pub fn discard(&self) {
        let _ = self.sender.send(Entry::Discard);
    }
}

async fn write(redis: Redis, key: String, mut receiver: mpsc::UnboundedReceiver<Entry>) {
    let mut entries: Vec<Entry> = Vec::new();
    let mut renewal = tokio::time::interval_at(Instant::now() + RENEW, RENEW);
    loop {
        let received = tokio::select! {
            received = receiver.recv_many(&mut entries, 64) => Some(received),
            _ = renewal.tick() => None,
        };
        if received == Some(0) {
            return;
        }
        let mut is_over = false;
        let mut pipe = redis::pipe();
        for entry in entries.drain(..) {
            let Entry::Event(event) = entry else {
                return discard(&redis, &key).await;
            };
            is_over |= event.event.is_last();
            let Ok(json) = serde_json::to_string(&event.event) else {
                return;
            };
            pipe.xadd(&key, format!("{}-1", event.n), &[("event", json)])
                .ignore();
        }
        let kept = if is_over { KEPT_SECONDS } else { ALIVE_SECONDS };
        pipe.expire(&key, kept).ignore();
        let written: Result<(), _> = pipe.query_async(&mut redis.commands()).await;
        if let Err(error) = written {
            tracing::warn!(%error, "an answer can't be resumed: Redis is away");
            return;
        }
        if is_over {
            return;
        }
    }
}

async fn discard(redis: &Redis, key: &str) {
    let deleted: Result<(), _> = redis.commands().del(key).await;
    if let Err(error) = deleted {
        tracing::warn!(%error, "what is left of an answer to a deleted conversation expires by itself");
    }
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
    let (sender, receiver) = mpsc::unbounded_channel();
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
    Ok(UnboundedReceiverStream::new(receiver))
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
                let _ = sender.send(NumberedEvent {
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
            if sender.send(NumberedEvent { n, event }).is_err() || last {
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

fn key(bot_id: Uuid, session_id: Uuid, message_id: Uuid) -> String {
    format!("chat:{bot_id}:{session_id}:{message_id}")
}
