//! Telling everybody who looks, on every replica, that something happened: over Redis, and of no use later.
//!
//! Whoever changes something says so to its transaction ([`TenantTx::tell`](crate::db::TenantTx::tell)); once that is committed
//! it is published as `live:<workspace>`, and each server's [`Live`] wakes those who listen. Only ids are told: what is behind
//! them is read by the usual routes, which know who may.

mod conversations;
mod tell;
mod topics;

use std::time::Duration;

use api_types::live::LiveEvent;
use futures::StreamExt;
use serde::{Deserialize, Serialize};
use tokio::sync::{broadcast, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;
use uuid::Uuid;

use conversations::Conversations;
pub use conversations::Signals;
pub use tell::Teller;
pub(crate) use tell::channel;
pub(crate) use topics::topic_of;

use crate::redis::Redis;
use crate::{Result, Scope, Services, drafts};

/// Signals that a slow reader may lag behind before it is told to read everything again.
const CAPACITY: usize = 1_024;
/// How long somebody who begins to listen waits for Redis.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long the server waits at its end until sockets have said good-bye.
const FAREWELL: Duration = Duration::from_secs(2);

/// Something that happened in a workspace.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Signal {
    /// Whose it is: others never see it. None is for all, and says nothing but whether anything can be told.
    pub workspace_id: Option<Uuid>,
    /// What.
    pub event: LiveEvent,
}

/// Everybody in this process who listens. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Live {
    signals: broadcast::Sender<Signal>,
    conversations: Conversations,
    is_listening: watch::Sender<bool>,
    /// Sockets that are open.
    seats: TaskTracker,
    closing: CancellationToken,
}

impl Default for Live {
    fn default() -> Self {
        Self {
            signals: broadcast::Sender::new(CAPACITY),
            conversations: Conversations::default(),
            is_listening: watch::Sender::new(false),
            seats: TaskTracker::new(),
            closing: CancellationToken::new(),
        }
    }
}

impl Live {
    /// Everything from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<Signal> {
        self.signals.subscribe()
    }

    /// What becomes of one conversation from now on.
    pub fn conversation(&self, id: Uuid) -> Signals {
        self.conversations.watch(id)
    }

    /// Counts a socket as open until this is dropped: the end waits for it a little.
    pub fn seat(&self) -> TaskTrackerToken {
        self.seats.token()
    }

    /// Ready once the server goes away.
    pub async fn closing(&self) {
        self.closing.cancelled().await;
    }

    /// Waits a little until what other replicas tell arrives here. Answers whether it does; when not, an event says so later.
    pub async fn settled(&self) -> bool {
        let mut is_listening = self.is_listening.subscribe();
        let listening = is_listening.wait_for(|is_listening| *is_listening);
        let is_settled = tokio::time::timeout(PATIENCE, listening).await.is_ok();
        if !is_settled {
            tracing::debug!("nothing is told live for the moment");
        }
        is_settled
    }

    /// Passes on what replicas tell, until cancelled. Then everybody who listens is told to come back, and waited for a little.
    pub async fn listen(self, redis: Redis, cancel: CancellationToken) {
        let listening = async {
            loop {
                if let Err(error) = self.listen_once(&redis).await {
                    tracing::debug!(%error, "not subscribed to what is told live; trying again");
                }
                if self.is_listening.send_replace(false) {
                    self.pass_on(None, LiveEvent::Away);
                }
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        };
        tokio::select! {
            () = cancel.cancelled() => {}
            () = listening => {}
        }
        self.closing.cancel();
        self.seats.close();
        // Whoever does not take it is cut off.
        let _ = tokio::time::timeout(FAREWELL, self.seats.wait()).await;
    }

    async fn listen_once(&self, redis: &Redis) -> Result<()> {
        let mut subscriber = redis.subscriber().await?;
        subscriber.psubscribe(format!("{}*", tell::CHANNEL)).await?;
        // Redis may be another one than before, or have been away.
        drafts::doubt(redis).await?;
        self.is_listening.send_replace(true);
        // What was told while nobody listened is lost.
        self.pass_on(None, LiveEvent::Ready);
        let mut messages = subscriber.on_message();
        while let Some(message) = messages.next().await {
            let told = message.get_channel_name().strip_prefix(tell::CHANNEL);
            let workspace_id = told.and_then(|id| id.parse::<Uuid>().ok());
            let event = message.get_payload::<String>().ok();
            let event = event.and_then(|json| serde_json::from_str(&json).ok());
            if let (Some(workspace_id), Some(event)) = (workspace_id, event) {
                self.pass_on(Some(workspace_id), event);
            }
        }
        Ok(())
    }

    fn pass_on(&self, workspace_id: Option<Uuid>, event: LiveEvent) {
        let signal = Signal { workspace_id, event };
        self.conversations.pass_on(&signal);
        // Nobody may be listening.
        let _ = self.signals.send(signal);
    }
}

/// Tells the workspace at once, and waits until that is done. Called after the commit; without Redis those who listen find out
/// later.
pub(crate) async fn tell(services: &Services, scope: &Scope, event: &LiveEvent) {
    tell::publish(&services.redis, scope.workspace_id(), event).await;
}

/// Tells the workspace of a conversation that changed, but not those of this process who wait for that conversation.
pub(crate) async fn tell_others(services: &Services, scope: &Scope, conversation_id: Uuid) {
    let conversations = &services.live.conversations;
    conversations.expect_own(conversation_id);
    let event = LiveEvent::conversation(conversation_id);
    if !tell::publish(&services.redis, scope.workspace_id(), &event).await {
        conversations.expect_no_own(conversation_id);
    }
}
