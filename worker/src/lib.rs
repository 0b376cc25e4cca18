//! Background jobs: taken from the queue, run, and put right after crashes.
//!
//! [`run`] is all of it. It is called by the server, which does its own jobs by default, and by the thin binary
//! `botwright-worker`, of which any number may run.

mod consume;
mod jobs;
pub mod probes;
mod repair;

use std::sync::Arc;
use std::time::Duration;

use domain::Services;
use domain::config::Config;
use tokio_util::sync::CancellationToken;

/// How a worker works.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// Jobs run at once.
    pub concurrency: usize,
    /// A worker that gave no sign of life for this long is taken for dead, and its jobs are given to others. Whole
    /// seconds; the same for all workers.
    pub lost_after: Duration,
}

impl Settings {
    /// What the operator set.
    pub fn new(config: &Config) -> Self {
        Self {
            concurrency: config.worker_concurrency.max(1),
            lost_after: Duration::from_secs(config.worker_lost_after_seconds.max(1)),
        }
    }
}

/// Runs jobs until `shutdown`. Then the jobs at work have a few seconds to end; what is left is given back to the
/// queue at once.
///
/// `services` must be in the database role [`Worker`](domain::db::DbRole::Worker). Nothing that fails inside ends
/// this: a database that is away is waited for.
pub async fn run(services: Arc<Services>, settings: Settings, shutdown: CancellationToken) {
    tokio::join!(
        consume::run(&services, settings, &shutdown),
        repair::run(&services, &shutdown)
    );
    if let Err(error) = services.drafts.flush().await {
        tracing::warn!(%error, "the last changes of drafts have no copy in Postgres");
    }
}
