//! Background jobs: what they are, and how one is enqueued in the transaction that needs it.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use strum::{IntoStaticStr, VariantNames};
use ulid::Ulid;
use uuid::Uuid;

use crate::{Result, Scope, traces};

/// The queue every worker listens to.
pub const QUEUE: &str = "botwright";

/// A job. It names what to do, never holds contents; each kind is idempotent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr, VariantNames)]
#[serde(tag = "job", rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Job {
    /// Parse, chunk, embed and index one version of a document.
    IngestDocument {
        /// The tenant.
        workspace_id: Uuid,
        /// The document.
        document_id: Uuid,
        /// The version to make.
        version: i32,
    },
    /// Put the live version of a document into the index again, after people changed chunks of it.
    IndexDocument {
        /// The tenant.
        workspace_id: Uuid,
        /// The knowledge base the vectors are filed under.
        knowledge_base_id: Uuid,
        /// The document.
        document_id: Uuid,
    },
    /// Fetch pages of a website for a while, then leave the rest to another job of this kind.
    Crawl {
        /// The tenant.
        workspace_id: Uuid,
        /// The crawl.
        crawl_id: Uuid,
        /// Which run of it: another one makes this job superfluous.
        run: Uuid,
    },
    /// Remove what Postgres can't: files and vectors of documents or a knowledge base that were deleted.
    CleanUp {
        /// The tenant.
        workspace_id: Uuid,
        /// The knowledge base the vectors are filed under.
        knowledge_base_id: Uuid,
        /// The documents; all of the knowledge base when absent.
        document_ids: Option<Vec<Uuid>>,
        /// Files to delete, as storage keys.
        storage_keys: Vec<String>,
    },
    /// Embed everything with the model that is to take over, for a while, then leave the rest to another job.
    ChangeEmbedding {
        /// The tenant.
        workspace_id: Uuid,
        /// The model.
        model_id: Uuid,
    },
    /// Remove the vectors of a model that is no longer in use.
    ForgetEmbedding {
        /// The tenant.
        workspace_id: Uuid,
        /// The model.
        model_id: Uuid,
    },
    /// Put the questions of a test set to a bot.
    RunTests {
        /// The tenant.
        workspace_id: Uuid,
        /// The run.
        run_id: Uuid,
    },
    /// Make an archive of all that is in a workspace.
    ExportWorkspace {
        /// The tenant.
        workspace_id: Uuid,
        /// The archive.
        export_id: Uuid,
    },
    /// Make an archive of what belongs to a person.
    ExportPerson {
        /// The person.
        user_id: Uuid,
        /// The archive.
        export_id: Uuid,
    },
    /// Remove what is left of a person whose account was deleted: their archives, and the organizations that were theirs
    /// alone. Then finish the receipt.
    ForgetPerson {
        /// The person, who has no row any more.
        user_id: Uuid,
        /// The workspace that they were in, where the receipt is.
        workspace_id: Uuid,
        /// The organizations.
        organization_ids: Vec<Uuid>,
        /// The receipt.
        receipt_id: Uuid,
    },
    /// Put questions that a bot had no answer to together by what they mean.
    GroupGaps {
        /// The tenant.
        workspace_id: Uuid,
        /// The bot.
        bot_id: Uuid,
    },
    /// Send an event to a webhook.
    DeliverWebhook {
        /// The tenant.
        workspace_id: Uuid,
        /// The delivery.
        delivery_id: Uuid,
    },
    /// Mail the team that a visitor waits for a person.
    NotifyWaiting {
        /// The tenant.
        workspace_id: Uuid,
        /// The conversation.
        conversation_id: Uuid,
    },
    /// Remove a visitor's file that is in no message a day after it was sent.
    CollectUpload {
        /// The tenant.
        workspace_id: Uuid,
        /// The file.
        upload_id: Uuid,
    },
    /// Remove files of what was deleted.
    RemoveFiles {
        /// The tenant.
        workspace_id: Uuid,
        /// Which, as storage keys.
        storage_keys: Vec<String>,
    },
    /// Send a mail of the outbox.
    SendMail {
        /// The mail.
        mail_id: Uuid,
    },
    /// Mail a link for a new password to whoever has the account of this address. Looked up by the job, so that the
    /// request takes as long when nobody has.
    MailReset {
        /// The address.
        email: String,
    },
}

impl Job {
    /// Whose job it is; `None` for those of persons, and of the whole server.
    pub const fn workspace_id(&self) -> Option<Uuid> {
        match self {
            Self::IngestDocument { workspace_id, .. }
            | Self::IndexDocument { workspace_id, .. }
            | Self::Crawl { workspace_id, .. }
            | Self::CleanUp { workspace_id, .. }
            | Self::ChangeEmbedding { workspace_id, .. }
            | Self::ForgetEmbedding { workspace_id, .. }
            | Self::RunTests { workspace_id, .. }
            | Self::ExportWorkspace { workspace_id, .. }
            | Self::ForgetPerson { workspace_id, .. }
            | Self::GroupGaps { workspace_id, .. }
            | Self::DeliverWebhook { workspace_id, .. }
            | Self::NotifyWaiting { workspace_id, .. }
            | Self::CollectUpload { workspace_id, .. }
            | Self::RemoveFiles { workspace_id, .. } => Some(*workspace_id),
            Self::ExportPerson { .. } | Self::SendMail { .. } | Self::MailReset { .. } => None,
        }
    }
}

/// What became of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing is left to do.
    Done,
    /// To be run again after this time.
    Later(Duration),
}

/// The priority of a job that does not wait in turn.
const FIRST: i32 = 1_000_000;
/// Our own bookkeeping on the rows that jobs are about decides when to give up; the queue's cap is a second line.
const MAX_ATTEMPTS: i32 = 5;
/// Jobs of one workspace that are taken before others have their turn.
const TURN: usize = 20;

/// A job in the queue, with the trace that it belongs to.
#[derive(Serialize)]
struct Queued<'a> {
    #[serde(flatten)]
    job: &'a Job,
    #[serde(skip_serializing_if = "Option::is_none")]
    traceparent: Option<String>,
}

/// A job on its way into the queue.
struct Task {
    job: Vec<u8>,
    priority: i32,
    delay: Duration,
}

impl Task {
    /// The more places behind the first, the later.
    fn new(job: &Job, behind: usize, delay: Duration) -> Result<Self> {
        let behind = i32::try_from(behind).unwrap_or(i32::MAX);
        let queued = Queued {
            job,
            traceparent: traces::traceparent(),
        };
        Ok(Self {
            job: serde_json::to_vec(&queued)?,
            priority: FIRST.saturating_sub(behind).max(0),
            delay,
        })
    }
}

/// Adds a job. It becomes visible to workers when the transaction of `conn` commits.
pub async fn enqueue(conn: &mut PgConnection, job: &Job) -> Result<()> {
    push(conn, vec![Task::new(job, 0, Duration::ZERO)?]).await
}

/// Adds a job that is one turn of something long (see [`Services::turn`](crate::Services)), which nobody takes before
/// `delay` is over. What is short goes first. Among long works, those of a workspace that has many `others` of them on
/// their way wait for those of a workspace that has few.
pub async fn enqueue_turn(conn: &mut PgConnection, job: &Job, others: usize, delay: Duration) -> Result<()> {
    push(conn, vec![Task::new(job, others.saturating_add(1), delay)?]).await
}

/// Adds jobs of a workspace that has `backlog` jobs waiting already. The more wait, the later a job is taken: so ten
/// thousand pages of one workspace do not hold up the single file of another, and two of that size take turns.
pub async fn enqueue_in_turn(
    conn: &mut PgConnection,
    backlog: usize,
    jobs: impl Iterator<Item = Job>,
) -> Result<()> {
    let tasks = jobs
        .enumerate()
        .map(|(i, job)| Task::new(&job, (backlog + i) / TURN, Duration::ZERO));
    push(conn, tasks.collect::<Result<_>>()?).await
}

/// Adds tasks as apalis does, but for when they are due: that goes by the clock of the database, not by ours, which may be
/// minutes ahead.
async fn push(conn: &mut PgConnection, tasks: Vec<Task>) -> Result<()> {
    let ids: Vec<String> = tasks.iter().map(|_| new_id()).collect();
    let delays: Vec<f64> = tasks.iter().map(|task| task.delay.as_secs_f64()).collect();
    let priorities: Vec<i32> = tasks.iter().map(|task| task.priority).collect();
    let jobs: Vec<Vec<u8>> = tasks.into_iter().map(|task| task.job).collect();
    sqlx::query!(
        "insert into apalis.jobs (id, job_type, job, status, attempts, max_attempts, run_at, priority)
         select id, $1, job, 'Pending', 0, $2, now() + make_interval(secs => delay), priority
         from unnest($3::text[], $4::bytea[], $5::float8[], $6::int[]) as task (id, job, delay, priority)",
        QUEUE,
        MAX_ATTEMPTS,
        &ids,
        &jobs,
        &delays,
        &priorities
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A ULID, which the queue takes for ids: written from a UUID of version 7, which begins with the time as well and whose next one is
/// greater.
fn new_id() -> String {
    Ulid::from(Uuid::now_v7().as_u128()).to_string()
}

/// Takes back the ingestion of documents that are being deleted. A job that runs right now finds out by itself, and
/// removes the vectors it made.
pub async fn cancel_ingestion(conn: &mut PgConnection, scope: &Scope, documents: &[Uuid]) -> Result<()> {
    sqlx::query!(
        "delete from apalis.jobs
         where job_type = $1 and status not in ('Queued', 'Running')
           and convert_from(job, 'UTF8')::jsonb ->> 'job' = 'ingest_document'
           and (convert_from(job, 'UTF8')::jsonb ->> 'workspace_id')::uuid = $2
           and (convert_from(job, 'UTF8')::jsonb ->> 'document_id')::uuid = any($3)",
        QUEUE,
        scope.workspace_id(),
        documents
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Puts a job that is running off for a while: once its worker has let go of it, nobody takes it before then.
pub async fn postpone(conn: &mut PgConnection, task_id: &str, delay: Duration) -> Result<()> {
    sqlx::query!(
        "update apalis.jobs set run_at = now() + make_interval(secs => $2) where id = $1",
        task_id,
        delay.as_secs_f64()
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Gives back the jobs that a worker holds, so that others need not wait until it is found dead.
pub async fn release(conn: &mut PgConnection, worker: &str) -> Result<u64> {
    let released = sqlx::query!(
        "update apalis.jobs set status = 'Pending', lock_by = null, lock_at = null
         where job_type = $1 and lock_by = $2 and status in ('Queued', 'Running')",
        QUEUE,
        worker
    )
    .execute(conn)
    .await?;
    Ok(released.rows_affected())
}

/// Removes jobs that ended, and workers last seen, more than a day ago.
pub async fn vacuum(conn: &mut PgConnection) -> Result<()> {
    sqlx::query!(
        "delete from apalis.jobs
         where job_type = $1 and status in ('Done', 'Killed') and done_at < now() - interval '1 day'",
        QUEUE
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "delete from apalis.workers w
         where worker_type = $1 and last_seen < now() - interval '1 day'
           and not exists (select from apalis.jobs j where j.lock_by = w.id)",
        QUEUE
    )
    .execute(conn)
    .await?;
    Ok(())
}
