//! What each job does, and what becomes of one that fails.

mod kb;
mod test_sets;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::bail;
use apalis::prelude::{AbortError, Attempt, BoxDynError, Data, RetryAfterError, TaskId};
use domain::data::exports;
use domain::jobs::{Job, Outcome, postpone};
use domain::{Services, auth, embeddings, gaps, inbox, mail, metrics, traces, uploads, webhooks};
use futures::FutureExt;
use serde_json::Value;
use tracing::Instrument;

/// Attempts after which a job is given up. They are hours apart by then; documents are given up much earlier, by
/// their own count. Cleaning up never is: what was deleted must go. Nor are test runs and changes of the embedding model:
/// they end by their own count, or when somebody stops them.
const MAX_ATTEMPTS: usize = 50;
/// Longest wait between two attempts.
const MAX_DELAY: Duration = Duration::from_secs(300);
/// How long a job of an unknown kind waits for a newer worker.
const UNKNOWN_DELAY: Duration = Duration::from_secs(60);

/// Runs one job. In the terms of the queue: `Ok` is done, [`RetryAfterError`] is pending again (not before the time
/// set by [`postpone`]), [`AbortError`] is given up.
pub(crate) async fn handle(
    job: Value,
    id: TaskId,
    attempt: Attempt,
    services: Data<Arc<Services>>,
) -> Result<(), BoxDynError> {
    let attempt = attempt.current();
    let caller = job[traces::TRACEPARENT].as_str().map(str::to_owned);
    let job = serde_json::from_value::<Job>(job);
    if attempt > MAX_ATTEMPTS && !job.as_ref().is_ok_and(goes_on) {
        // Only its kind: a job may name an address.
        let kind: &'static str = job.as_ref().map_or("unknown", Into::into);
        tracing::error!(%id, kind, "job given up");
        metrics::job(kind, "given_up", Duration::ZERO);
        return Err(Box::new(AbortError::new("given up")));
    }
    let delay = match job {
        Err(error) => {
            tracing::warn!(%id, %error, "a job of an unknown kind is left to a newer worker");
            UNKNOWN_DELAY
        }
        Ok(job) => match run_counted(&services, job, caller.as_deref()).await {
            Ok(Outcome::Done) => return Ok(()),
            Ok(Outcome::Later(delay)) => delay,
            Err(error) => {
                tracing::warn!(%id, attempt, error = format!("{error:#}"), "job failed; it is tried again");
                retry_delay(attempt)
            }
        },
    };
    if let Err(error) = put_off(&services, &id, delay).await {
        tracing::warn!(%id, error = format!("{error:#}"), "could not put a job off; it is tried again at once");
    }
    Err(Box::new(RetryAfterError::new("put off", delay)))
}

/// Whether a job is tried until it is done.
const fn goes_on(job: &Job) -> bool {
    matches!(
        job,
        Job::CleanUp { .. }
            | Job::RemoveFiles { .. }
            | Job::CollectUpload { .. }
            | Job::ChangeEmbedding { .. }
            | Job::ForgetEmbedding { .. }
            | Job::RunTests { .. }
            | Job::ForgetPerson { .. }
    )
}

/// `caller` is the trace that the job was enqueued in.
async fn run_counted(services: &Services, job: Job, caller: Option<&str>) -> anyhow::Result<Outcome> {
    let kind: &'static str = (&job).into();
    let span = tracing::info_span!(
        "job",
        job = kind,
        workspace_id = job.workspace_id().map(tracing::field::display)
    );
    if let Some(caller) = caller {
        traces::follow(&span, caller);
    }
    let began = Instant::now();
    let outcome = run_caught(services, job).instrument(span).await;
    let word = match &outcome {
        Ok(Outcome::Done) => "done",
        Ok(Outcome::Later(_)) => "later",
        Err(_) => "failed",
    };
    metrics::job(kind, word, began.elapsed());
    outcome
}

/// A panic is a failure like any other. (The queue's own layer for that would leave the job marked as running.)
async fn run_caught(services: &Services, job: Job) -> anyhow::Result<Outcome> {
    match AssertUnwindSafe(run(services, job)).catch_unwind().await {
        Ok(result) => Ok(result?),
        Err(_) => bail!("the job panicked"),
    }
}

async fn run(services: &Services, job: Job) -> domain::Result<Outcome> {
    match job {
        Job::IngestDocument {
            workspace_id,
            document_id,
            version,
        } => kb::ingest_document(services, workspace_id, document_id, version).await,
        Job::IndexDocument {
            workspace_id,
            knowledge_base_id,
            document_id,
        } => kb::index_document(services, workspace_id, knowledge_base_id, document_id).await,
        Job::Crawl {
            workspace_id,
            crawl_id,
            run,
        } => kb::crawl(services, workspace_id, crawl_id, run).await,
        Job::CleanUp {
            workspace_id,
            knowledge_base_id,
            document_ids,
            storage_keys,
        } => {
            kb::clean_up(
                services,
                workspace_id,
                knowledge_base_id,
                document_ids.as_deref(),
                &storage_keys,
            )
            .await
        }
        Job::ChangeEmbedding {
            workspace_id,
            model_id,
        } => embeddings::run_change(services, workspace_id, model_id).await,
        Job::ForgetEmbedding {
            workspace_id,
            model_id,
        } => embeddings::forget(services, workspace_id, model_id).await,
        Job::RunTests { workspace_id, run_id } => test_sets::run(services, workspace_id, run_id).await,
        Job::ExportWorkspace {
            workspace_id,
            export_id,
        } => exports::export_workspace(services, workspace_id, export_id).await,
        Job::ExportPerson { user_id, export_id } => {
            exports::export_person(services, user_id, export_id).await
        }
        Job::ForgetPerson {
            user_id,
            workspace_id,
            organization_ids,
            receipt_id,
        } => {
            auth::forget_person(services, user_id, workspace_id, &organization_ids, receipt_id).await?;
            Ok(Outcome::Done)
        }
        Job::GroupGaps { workspace_id, bot_id } => {
            gaps::group_by_meaning(services, workspace_id, bot_id).await
        }
        Job::DeliverWebhook {
            workspace_id,
            delivery_id,
        } => webhooks::deliver(services, workspace_id, delivery_id).await,
        Job::NotifyWaiting {
            workspace_id,
            conversation_id,
        } => inbox::notify(services, workspace_id, conversation_id).await,
        Job::CollectUpload {
            workspace_id,
            upload_id,
        } => uploads::collect(services, workspace_id, upload_id).await,
        Job::RemoveFiles { storage_keys, .. } => {
            services.storage.delete_all(&storage_keys).await?;
            Ok(Outcome::Done)
        }
        Job::SendMail { mail_id } => mail::send(services, mail_id).await,
        Job::MailReset { email } => auth::mail_reset(services, &email).await.map(|()| Outcome::Done),
    }
}

async fn put_off(services: &Services, id: &TaskId, delay: Duration) -> domain::Result<()> {
    let mut connection = services.db.pool().acquire().await?;
    postpone(&mut connection, &id.to_string(), delay).await
}

/// 2 s, 4 s, 8 s … up to [`MAX_DELAY`].
fn retry_delay(attempt: usize) -> Duration {
    let seconds = 2_u64.saturating_pow(u32::try_from(attempt).unwrap_or(u32::MAX));
    Duration::from_secs(seconds).min(MAX_DELAY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retries_slow_down_to_every_five_minutes() {
        let seconds = [1, 2, 8, 9, MAX_ATTEMPTS].map(|attempt| retry_delay(attempt).as_secs());
        assert_eq!(seconds, [2, 4, 256, 300, 300]);
    }
}
