//! What is kept of answers under way, so that a client that lost its connection can have the rest (see [`super::resume`]).
//!
//! One task writes for all of them: thousands of answers would be as many tasks, timers and round trips to Redis. What is told
//! while it waits for Redis goes there together.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};
use uuid::Uuid;

use super::NumberedEvent;
use super::resume::key;
use crate::redis::Redis;
use crate::{Result, Services};

/// How long a stream can be resumed after its last event, in seconds.
const KEPT_SECONDS: i64 = 300;
/// How long the stream of a writer that gave no sign of life is kept, in seconds.
const ALIVE_SECONDS: i64 = 20;
/// How often a writer gives one.
const RENEW: Duration = Duration::from_secs(5);
/// Most entries of one round trip.
const MOST: usize = 512;

/// The answers of this process that can be resumed. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Logs(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    /// There is something to write.
    told: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// Answers that are not at their end yet, by their keys.
    open: HashSet<Arc<str>>,
    waiting: VecDeque<Entry>,
    has_writer: bool,
}

#[derive(Debug)]
struct Entry {
    key: Arc<str>,
    what: What,
}

#[derive(Debug)]
enum What {
    Event(NumberedEvent),
    /// The conversation was deleted meanwhile: nothing of the answer may be left.
    Discard,
}

/// What goes to Redis in one round trip.
#[derive(Debug, Default)]
struct Batch {
    entries: Vec<Entry>,
    /// Answers that are still written, whether anything is new or not.
    renewed: Vec<Arc<str>>,
}

/// Keeps the events of one answer, without ever holding the answer up.
pub(super) struct Log {
    key: Arc<str>,
    logs: Logs,
}

impl Log {
    pub(super) fn begin(services: &Services, bot_id: Uuid, session_id: Uuid, message_id: Uuid) -> Self {
        let logs = services.logs.clone();
        let key: Arc<str> = key(bot_id, session_id, message_id).into();
        let mut state = logs.lock();
        state.open.insert(Arc::clone(&key));
        let is_first = !std::mem::replace(&mut state.has_writer, true);
        drop(state);
        if is_first {
            services
                .under_way
                .spawn(write(logs.clone(), services.redis.clone()));
        }
        Self { key, logs }
    }

    pub(super) fn append(&self, event: NumberedEvent) {
        let mut state = self.logs.lock();
        // Closed early when Redis is away, or the conversation is gone.
        if !state.open.contains(&self.key) {
            return;
        }
        if event.event.is_last() {
            state.open.remove(&self.key);
        }
        state.tell(&self.key, What::Event(event));
        self.logs.0.told.notify_one();
    }

    pub(super) fn discard(&self) {
        let mut state = self.logs.lock();
        state.open.remove(&self.key);
        state.waiting.retain(|entry| entry.key != self.key);
        state.tell(&self.key, What::Discard);
        self.logs.0.told.notify_one();
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        if self.logs.lock().open.remove(&self.key) {
            self.logs.0.told.notify_one();
        }
    }
}

impl State {
    fn tell(&mut self, key: &Arc<str>, what: What) {
        self.waiting.push_back(Entry {
            key: Arc::clone(key),
            what,
        });
    }
}

impl Logs {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is to be written; `None`, and nobody writes any more, when no answer is under way.
    fn take(&self, is_renewed: bool) -> Option<Batch> {
        let mut state = self.lock();
        if state.open.is_empty() && state.waiting.is_empty() {
            state.has_writer = false;
            return None;
        }
        let count = state.waiting.len().min(MOST);
        Some(Batch {
            entries: state.waiting.drain(..count).collect(),
            renewed: match is_renewed {
                true => state.open.iter().cloned().collect(),
                false => Vec::new(),
            },
        })
    }

    /// None of those under way can be resumed: part of them is lost.
    fn give_up(&self) {
        let mut state = self.lock();
        state.open.clear();
        state.waiting.clear();
    }
}

async fn write(logs: Logs, redis: Redis) {
    let mut renewal = Instant::now() + RENEW;
    loop {
        let is_renewed = Instant::now() >= renewal;
        let Some(batch) = logs.take(is_renewed) else {
            return;
        };
        if is_renewed {
            renewal = Instant::now() + RENEW;
        }
        if batch.entries.is_empty() && batch.renewed.is_empty() {
            // Either is a reason to look again.
            let _ = timeout_at(renewal, logs.0.told.notified()).await;
            continue;
        }
        if let Err(error) = store(&redis, batch).await {
            tracing::warn!(%error, "answers under way can't be resumed: Redis is away");
            logs.give_up();
        }
    }
}

async fn store(redis: &Redis, batch: Batch) -> Result<()> {
    let mut pipe = redis::pipe();
    let renewed = batch.renewed.into_iter().map(|key| (key, ALIVE_SECONDS));
    let mut kept: HashMap<Arc<str>, i64> = renewed.collect();
    for Entry { key, what } in batch.entries {
        let What::Event(event) = what else {
            pipe.del(&*key).ignore();
            kept.remove(&key);
            continue;
        };
        let json = serde_json::to_string(&event.event)?;
        pipe.xadd(&*key, format!("{}-1", event.n), &[("event", json)])
            .ignore();
        let seconds = if event.event.is_last() {
            KEPT_SECONDS
        } else {
            ALIVE_SECONDS
        };
        kept.insert(key, seconds);
    }
    for (key, seconds) in kept {
        pipe.expire(&*key, seconds).ignore();
    }
    Ok(pipe.query_async(&mut redis.commands()).await?)
}
