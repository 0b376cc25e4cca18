//! Enqueueing the work on runs, also of those that lost their job.

use std::time::Duration;

use uuid::Uuid;

use crate::db::{Db, TenantTx};
use crate::jobs::{self, Job, QUEUE};
use crate::{Result, Scope};

/// Enqueues a job for a run, or for the rest of it, that has begun or is about to.
pub(super) async fn enqueue(tx: &mut TenantTx, scope: &Scope, run_id: Uuid) -> Result<()> {
    let others = sqlx::query_scalar!(
        r#"select count(*) as "count!" from test_runs
           where workspace_id = $1 and id <> $2 and status in ('queued', 'running')"#,
        scope.workspace_id(),
        run_id
    )
    .fetch_one(&mut **tx)
    .await?;
    let others = usize::try_from(others).unwrap_or_default();
    jobs::enqueue_turn(tx, &job(scope, run_id), others, Duration::ZERO).await
}

/// Enqueues a job for every run, of any workspace, that is not over and has none. Returns how many.
///
/// That happens when a job was killed for good, or removed by hand. The minute of grace keeps it away from runs that are
/// being asked for.
pub async fn enqueue_lost(db: &Db) -> Result<usize> {
    // One process at a time: two would enqueue the same run twice.
    let Some(mut tx) = db.alone("enqueue_lost_runs").await? else {
        return Ok(0);
    };
    let lost = sqlx::query!(
        "with underway as (
             select (convert_from(job, 'UTF8')::jsonb ->> 'run_id')::uuid as run_id
             from apalis.jobs
             where job_type = $1
               and (status in ('Pending', 'Queued', 'Running') or (status = 'Failed' and attempts < max_attempts))
               and convert_from(job, 'UTF8')::jsonb ->> 'job' = 'run_tests'
         )
         select r.workspace_id, r.id
         from test_runs r
         where r.status in ('queued', 'running') and r.created_at < now() - interval '1 minute'
           and not exists (select from underway u where u.run_id = r.id)
         limit 1000",
        QUEUE
    )
    .fetch_all(&mut *tx)
    .await?;
    for run in &lost {
        let scope = Scope::worker(run.workspace_id);
        jobs::enqueue(&mut tx, &job(&scope, run.id)).await?;
    }
    tx.commit().await?;
    Ok(lost.len())
}

const fn job(scope: &Scope, run_id: Uuid) -> Job {
    Job::RunTests {
        workspace_id: scope.workspace_id(),
        run_id,
    }
}
