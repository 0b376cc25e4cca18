//! Publishing, and not too often.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use api_types::live::{LiveEvent, Topic};
use redis::AsyncCommands;
use tokio::time::Instant;
use uuid::Uuid;

use crate::redis::Redis;

/// Channels are `live:<workspace>`.
pub(super) const CHANNEL: &str = "live:";
/// Least time between two events of the same: what is read once shows both.
const GAP: Duration = Duration::from_millis(500);
/// Things remembered before those are forgotten that nothing was told of lately.
const REMEMBERED: usize = 1_024;

/// The channel of a workspace.
pub(crate) fn channel(workspace_id: Uuid) -> String {
    format!("{CHANNEL}{workspace_id}")
}

/// Publishes one event. Nothing depends on it: a failure is only logged. Answers whether it went well.
pub(super) async fn publish(redis: &Redis, workspace_id: Uuid, event: &LiveEvent) -> bool {
    let Ok(json) = serde_json::to_string(event) else {
        return false;
    };
    let published: Result<(), _> = redis.commands().publish(channel(workspace_id), json).await;
    if let Err(error) = &published {
        tracing::warn!(%error, "nobody is told live: Redis is away");
    }
    published.is_ok()
}

type Key = (Uuid, Topic, Uuid);

/// What was told last of one thing.
struct Told {
    at: Instant,
    /// Whether another one is on its way.
    is_pending: bool,
}

/// Tells workspaces what changed: the first time at once, and then at most once in half a second for each thing, the last
/// change always. Cheap to clone.
#[derive(Clone)]
pub struct Teller {
    redis: Redis,
    told: Arc<Mutex<HashMap<Key, Told>>>,
}

impl std::fmt::Debug for Teller {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Teller")
    }
}

impl Teller {
    /// Publishes over this Redis.
    pub fn new(redis: Redis) -> Self {
        Self {
            redis,
            told: Arc::default(),
        }
    }

    /// Tells that something changed. Nobody waits for it.
    pub(crate) fn changed(&self, workspace_id: Uuid, what: Topic, id: Uuid) {
        let key = (workspace_id, what, id);
        let Some(wait) = self.turn(key, Instant::now()) else {
            return;
        };
        let this = self.clone();
        tokio::spawn(async move {
            if !wait.is_zero() {
                tokio::time::sleep(wait).await;
                this.remember(key, Instant::now());
            }
            publish(&this.redis, workspace_id, &LiveEvent::Changed { what, id }).await;
        });
    }

    /// How long to wait before this is told; `None` when it will be anyway.
    fn turn(&self, key: Key, now: Instant) -> Option<Duration> {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.len() >= REMEMBERED {
            told.retain(|_, told| told.is_pending || now.duration_since(told.at) < GAP);
        }
        match told.get_mut(&key) {
            Some(told) if told.is_pending => None,
            Some(told) if now.duration_since(told.at) < GAP => {
                told.is_pending = true;
                Some(GAP - now.duration_since(told.at))
            }
            _ => {
                told.insert(
                    key,
                    Told {
                        at: now,
                        is_pending: false,
                    },
                );
                Some(Duration::ZERO)
            }
        }
    }

    /// The one that was on its way is told now: what changes from here on needs another one.
    fn remember(&self, key: Key, now: Instant) {
        let told = Told {
            at: now,
            is_pending: false,
        };
        self.told
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(key, told);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_first_and_the_last_change_are_told_and_few_in_between() {
        let teller = Teller::new(Redis::connect("redis://127.0.0.1:1").unwrap());
        let key = (Uuid::nil(), Topic::KnowledgeBase, Uuid::nil());
        let other = (Uuid::nil(), Topic::KnowledgeBase, Uuid::max());
        let start = Instant::now();
        let after = |milliseconds| start + Duration::from_millis(milliseconds);
        assert_eq!(teller.turn(key, start), Some(Duration::ZERO));
        assert_eq!(teller.turn(key, after(100)), Some(Duration::from_millis(400)));
        assert_eq!(teller.turn(key, after(200)), None, "it is on its way");
        assert_eq!(
            teller.turn(other, after(200)),
            Some(Duration::ZERO),
            "another thing"
        );
        teller.remember(key, after(500));
        assert_eq!(
            teller.turn(key, after(500)),
            Some(GAP),
            "what comes after it is not lost"
        );
        teller.remember(key, after(1_000));
        assert_eq!(teller.turn(key, after(1_500)), Some(Duration::ZERO));
    }
}
