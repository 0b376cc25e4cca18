//! The loop that takes jobs from the queue.
//!
//! What is particular about apalis-postgres 1.0.0, and how it is met here:
//! - an error of the database ends its worker for good: a new one is made, under a new name;
//! - it neither beats nor acknowledges while it holds tasks that were fetched but not begun: one is fetched at a time;
//! - a failed task is taken again at once, and a task that lost its worker is taken again however often: when to
//!   take it again, and when to give up, is decided in [`jobs`](crate::jobs);
//! - its layer that catches panics leaves the job marked as running: panics are caught in [`jobs`](crate::jobs);
//! - arguments that can't be decoded end the worker: they are taken as plain JSON, and decoded by us.

use std::sync::Arc;
use std::time::{Duration, Instant};

use apalis::prelude::{IntervalStrategy, PollWith, WorkerBuilder, WorkerBuilderExt, WorkerContext};
use apalis_postgres::{Config, PostgresStorage};
use domain::Services;
use domain::jobs::{QUEUE, release};
use futures::StreamExt;
use serde_json::Value;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{Settings, jobs};

/// How often an idle worker looks for jobs, and a busy one writes down which are done.
const POLL: Duration = Duration::from_millis(500);
/// Missed heartbeats after which a worker is taken for dead.
const MISSED_HEARTBEATS: u32 = 5;
/// How long jobs may go on after a shutdown was asked for. Shorter than it takes for others to think us dead.
const GRACE: Duration = Duration::from_secs(5);
/// Longest wait before another worker is made.
const MAX_PAUSE: Duration = Duration::from_secs(15);

/// Runs jobs until `shutdown`.
pub(crate) async fn run(services: &Arc<Services>, settings: Settings, shutdown: &CancellationToken) {
    let mut pause = Duration::from_secs(1);
    while !shutdown.is_cancelled() {
        let began = Instant::now();
        consume(services, settings, shutdown).await;
        if began.elapsed() > Duration::from_secs(60) {
            pause = Duration::from_secs(1);
        }
        tokio::select! {
            () = sleep(pause) => pause = (pause * 2).min(MAX_PAUSE),
            () = shutdown.cancelled() => {}
        }
    }
}

/// Runs jobs until `shutdown` or trouble with the database.
async fn consume(services: &Arc<Services>, settings: Settings, shutdown: &CancellationToken) {
    // Never the name of an earlier process: its jobs would be taken for ours, and never be given to anybody.
    let name = format!("worker-{}", Uuid::now_v7());
    let config = Config::default()
        .queue(QUEUE)
        .batch_size(1)
        .lock_tasks(false)
        .heartbeat_interval(settings.lost_after / MISSED_HEARTBEATS)
        .missed_heartbeats(MISSED_HEARTBEATS as usize);
    let storage = PostgresStorage::<Value>::new(services.db.pool()).with_config(config);
    let context = WorkerContext::new(&name);
    let worker = WorkerBuilder::new(context.clone())
        .backend(PollWith::new(storage, IntervalStrategy::new(POLL)))
        .data(Arc::clone(services))
        .concurrency(settings.concurrency)
        .build(jobs::handle);
    let mut events = std::pin::pin!(worker.stream());
    tracing::info!(worker = name, jobs = settings.concurrency, "worker started");
    let deadline = async {
        shutdown.cancelled().await;
        if let Err(error) = context.stop() {
            tracing::debug!(%error, "the worker had not begun");
        }
        sleep(GRACE).await;
    };
    let mut deadline = std::pin::pin!(deadline);
    loop {
        tokio::select! {
            event = events.next() => match event {
                Some(Ok(_)) => {}
                Some(Err(error)) => {
                    tracing::warn!(worker = name, %error, "the queue is out of reach; jobs are taken up again soon");
                    break;
                }
                None => break,
            },
            () = &mut deadline => break,
        }
    }
    give_back(services, &name).await;
}

/// Gives back what this worker still holds. When that fails, others wait until it is taken for dead.
async fn give_back(services: &Services, name: &str) {
    let released = async {
        let mut connection = services.db.pool().acquire().await?;
        release(&mut connection, name).await
    };
    match released.await {
        Ok(0) => {}
        Ok(jobs) => tracing::info!(worker = name, jobs, "gave jobs back to the queue"),
        Err(error) => tracing::debug!(worker = name, %error, "could not give jobs back to the queue"),
    }
}
