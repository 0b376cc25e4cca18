//! Telling everybody who looks, on every replica, that something happened: over Redis, and of no use later.

use std::time::Duration;

use api_types::inbox::InboxEvent;
use futures::StreamExt;
use redis::AsyncCommands;
use serde::{Deserialize, Serialize};
use tokio::sync::{broadcast, watch};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::redis::Redis;
use crate::{Result, Scope, Services};

/// Channels are `inbox:<workspace>`.
const CHANNEL: &str = "inbox:";
/// Signals that a slow reader may lag behind before it is told to read everything again.
const CAPACITY: usize = 1_024;
/// How long somebody who begins to listen waits for Redis.
const PATIENCE: Duration = Duration::from_secs(2);

/// Something that happened in a workspace.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Signal {
    /// Whose it is: others never see it. None is for all, and says nothing but [`InboxEvent::Ready`].
    pub workspace_id: Option<Uuid>,
    /// What.
    pub event: InboxEvent,
}

/// Everybody in this process who listens. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Live {
    signals: broadcast::Sender<Signal>,
    is_listening: watch::Sender<bool>,
}

impl Default for Live {
    fn default() -> Self {
        Self {
            signals: broadcast::Sender::new(CAPACITY),
            is_listening: watch::Sender::new(false),
        }
    }
}

impl Live {
    /// Everything from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<Signal> {
        self.signals.subscribe()
    }

    /// Waits a little until what other replicas tell arrives here. When it does not, an event says so later.
    pub async fn settled(&self) {
        let mut is_listening = self.is_listening.subscribe();
        let listening = is_listening.wait_for(|is_listening| *is_listening);
        if tokio::time::timeout(PATIENCE, listening).await.is_err() {
            tracing::debug!("nothing is told live for the moment");
        }
    }

    /// Passes on what replicas tell, until cancelled.
    pub async fn listen(self, redis: Redis, cancel: CancellationToken) {
        let listening = async {
            loop {
                if let Err(error) = self.listen_once(&redis).await {
                    tracing::debug!(%error, "not subscribed to the inbox; trying again");
                }
                self.is_listening.send_replace(false);
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        };
        tokio::select! {
            () = cancel.cancelled() => {}
            () = listening => {}
        }
    }

    async fn listen_once(&self, redis: &Redis) -> Result<()> {
        let mut subscriber = redis.subscriber().await?;
        subscriber.psubscribe(format!("{CHANNEL}*")).await?;
        self.is_listening.send_replace(true);
        // What was told while nobody listened is lost.
        self.pass_on(Signal {
            workspace_id: None,
            event: InboxEvent::Ready,
        });
        let mut messages = subscriber.on_message();
        while let Some(message) = messages.next().await {
            let told = message.get_channel_name().strip_prefix(CHANNEL);
            let workspace_id = told.and_then(|id| id.parse::<Uuid>().ok());
            let event = message.get_payload::<String>().ok();
            let event = event.and_then(|json| serde_json::from_str(&json).ok());
            if let (Some(workspace_id), Some(event)) = (workspace_id, event) {
                self.pass_on(Signal {
                    workspace_id: Some(workspace_id),
                    event,
                });
            }
        }
        Ok(())
    }

    fn pass_on(&self, signal: Signal) {
        // Nobody may be listening.
        let _ = self.signals.send(signal);
    }
}

/// Tells the workspace. Called after the commit; without Redis those who listen find out later.
pub(super) async fn tell(services: &Services, scope: &Scope, event: &InboxEvent) {
    let channel = format!("{CHANNEL}{}", scope.workspace_id());
    let Ok(json) = serde_json::to_string(event) else {
        return;
    };
    let published: Result<(), _> = services.redis.commands().publish(channel, json).await;
    if let Err(error) = published {
        tracing::warn!(%error, "nobody is told live: Redis is away");
    }
}

/// Tells the workspace that something about a conversation changed.
pub(crate) async fn changed(services: &Services, scope: &Scope, conversation_id: Uuid) {
    tell(services, scope, &InboxEvent::Changed { conversation_id }).await;
}
