//! Enqueueing the work on runs.

use std::time::Duration;

use uuid::Uuid;

use crate::db::TenantTx;
use crate::jobs::{self, Job};
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

const fn job(scope: &Scope, run_id: Uuid) -> Job {
    Job::RunTests {
        workspace_id: scope.workspace_id(),
        run_id,
    }
}
