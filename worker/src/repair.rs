//! Putting right, now and then, what crashes left behind.

use std::time::Duration;

use domain::jobs::vacuum;
use domain::kb::drafts::sweep_expired;
use domain::kb::ingest::enqueue_lost;
use domain::kb::sources;
use domain::{Services, auth, data, drafts, embeddings, mail, master_key, tenancy, test_sets};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

/// How often work without a job and syncs that are due are looked for.
const EVERY: Duration = Duration::from_secs(15);
/// How many rounds pass between two clean-ups: ten minutes.
const CLEAN_UP_EVERY: u32 = 40;

/// Repairs until `shutdown`. Any number of workers may do so at the same time.
pub(crate) async fn run(services: &Services, shutdown: &CancellationToken) {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut round = 0;
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = shutdown.cancelled() => return,
        }
        if let Err(error) = repair(services, round % CLEAN_UP_EVERY == 0).await {
            tracing::warn!(
                error = format!("{error:#}"),
                "could not look for lost work; trying again soon"
            );
        }
        round += 1;
    }
}

async fn repair(services: &Services, clean_up: bool) -> domain::Result<()> {
    let lost = enqueue_lost(&services.db).await?;
    if lost > 0 {
        tracing::warn!(
            documents = lost,
            "documents had lost their jobs and were enqueued again"
        );
    }
    let lost = sources::enqueue_lost(&services.db).await?;
    if lost > 0 {
        tracing::warn!(
            crawls = lost,
            "crawls had lost their jobs and were enqueued again"
        );
    }
    let lost = test_sets::enqueue_lost(&services.db).await?;
    if lost > 0 {
        tracing::warn!(
            runs = lost,
            "test runs had lost their jobs and were enqueued again"
        );
    }
    let due = sources::enqueue_due(&services.db).await?;
    if due > 0 {
        tracing::info!(sources = due, "began syncs that were due");
    }
    if !clean_up {
        return Ok(());
    }
    let resealed = master_key::reseal(services).await?;
    if resealed > 0 {
        tracing::info!(values = resealed, "sealed with the new secret key");
    }
    let purged = tenancy::purge_due(services).await?;
    if purged > 0 {
        tracing::info!(
            workspaces = purged,
            "removed workspaces that were deleted a week ago"
        );
    }
    let outdated = data::enforce_retention(services).await?;
    if outdated > 0 {
        tracing::info!(rows = outdated, "removed what is older than workspaces keep it");
    }
    let expired = data::exports::sweep(services).await?;
    if expired > 0 {
        tracing::info!(exports = expired, "removed archives whose time was over");
    }
    let swept = sweep_expired(services).await?;
    if swept > 0 {
        tracing::info!(drafts = swept, "removed the files of expired drafts");
    }
    let copies = drafts::collect_copies(&services.db).await?;
    if copies > 0 {
        tracing::info!(copies, "removed the copies of drafts that are gone");
    }
    let discarded = sources::discard_expired(services).await?;
    if discarded > 0 {
        tracing::info!(drafts = discarded, "removed the crawled pages of expired drafts");
    }
    let collected = embeddings::collect_unused(&services.db).await?;
    if collected > 0 {
        tracing::info!(vectors = collected, "removed vectors of texts that are gone");
    }
    let mails = mail::sweep(&services.db).await?;
    if mails > 0 {
        tracing::info!(mails, "removed old mails");
    }
    auth::sweep(&services.db).await?;
    let parts = services.db.make_parts().await?;
    if parts > 0 {
        tracing::info!(parts, "made the parts of tables for the months to come");
    }
    let mut connection = services.db.pool().acquire().await?;
    vacuum(&mut connection).await
}
