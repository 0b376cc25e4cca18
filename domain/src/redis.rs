//! Redis: one multiplexed connection that comes back by itself.

use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};

use crate::Result;

/// The Redis that holds drafts, resumable streams and pub/sub. Cheap to clone.
#[derive(Clone)]
pub struct Redis {
    client: redis::Client,
    manager: ConnectionManager,
}

impl std::fmt::Debug for Redis {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Redis")
    }
}

impl Redis {
    /// Opens the client; connects at the first command, so that a Redis that is away at start is found later.
    pub fn connect(url: &str) -> Result<Self> {
        let client = redis::Client::open(url).map_err(anyhow::Error::from)?;
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(Duration::from_secs(2)))
            .set_response_timeout(Some(Duration::from_secs(2)))
            .set_number_of_retries(2)
            .set_max_delay(Duration::from_millis(500));
        let manager = ConnectionManager::new_lazy_with_config(client.clone(), config)?;
        Ok(Self { client, manager })
    }

    /// A handle to send commands with.
    pub fn commands(&self) -> ConnectionManager {
        self.manager.clone()
    }

    /// Whether Redis answers.
    pub async fn ping(&self) -> Result<()> {
        Ok(redis::cmd("PING").query_async(&mut self.commands()).await?)
    }

    /// A connection of its own that receives published messages.
    pub async fn subscriber(&self) -> Result<redis::aio::PubSub> {
        Ok(self.client.get_async_pubsub().await?)
    }
}
