//! Whether the parts that everything stands on answer, as probes ask.

use std::time::Duration;

use serde::Serialize;

use crate::Services;

/// How long a part may take to answer.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Which parts answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Health {
    /// Postgres.
    pub postgres: bool,
    /// Redis.
    pub redis: bool,
}

impl Health {
    /// Asks all of them at the same time.
    pub async fn of(services: &Services) -> Self {
        let postgres = tokio::time::timeout(TIMEOUT, services.db.ping());
        let redis = tokio::time::timeout(TIMEOUT, services.redis.ping());
        let (postgres, redis) = tokio::join!(postgres, redis);
        Self {
            postgres: matches!(postgres, Ok(Ok(()))),
            redis: matches!(redis, Ok(Ok(()))),
        }
    }

    /// Whether the process can do its work.
    pub const fn is_ready(self) -> bool {
        self.postgres && self.redis
    }
}
