//! Enqueueing the ingestion of documents.

use std::time::Duration;

use uuid::Uuid;

use crate::db::{Db, TenantTx};
use crate::jobs::{self, Job};
use crate::{Result, Scope};

/// Enqueues a job for each of these documents, given with the version to make. They wait behind what the workspace
/// has on its way already.
pub(in crate::kb) async fn enqueue(
    tx: &mut TenantTx,
    scope: &Scope,
    documents: &[(Uuid, i32)],
) -> Result<()> {
    let ids: Vec<Uuid> = documents.iter().map(|(id, _)| *id).collect();
    let backlog = backlog(tx, scope, &ids).await?;
    let jobs = documents
        .iter()
        .map(|(document_id, version)| Job::IngestDocument {
            workspace_id: scope.workspace_id(),
            document_id: *document_id,
            version: *version,
        });
    jobs::enqueue_in_turn(tx, backlog, jobs).await
}

/// Has the rest of the work on a document done after a pause. This job has ended well, so it does not count as an attempt.
pub(super) async fn enqueue_rest(
    db: &Db,
    scope: &Scope,
    document_id: Uuid,
    version: i32,
    pause: Duration,
) -> Result<()> {
    let mut tx = db.tenant(scope).await?;
    let updated = sqlx::query!(
        "update documents set attempts = 0, updated_at = now()
         where workspace_id = $1 and id = $2 and version = $3",
        scope.workspace_id(),
        document_id,
        version
    )
    .execute(&mut *tx)
    .await?;
    if updated.rows_affected() == 0 {
        return Ok(());
    }
    let others = backlog(&mut tx, scope, &[document_id]).await?;
    let job = Job::IngestDocument {
        workspace_id: scope.workspace_id(),
        document_id,
        version,
    };
    jobs::enqueue_turn(&mut tx, &job, others, pause).await?;
    tx.commit().await
}

/// Documents of the workspace that are on their way, beside these.
async fn backlog(tx: &mut TenantTx, scope: &Scope, ids: &[Uuid]) -> Result<usize> {
    let backlog = sqlx::query_scalar!(
        r#"select count(*) as "count!" from documents
           where workspace_id = $1 and status not in ('indexed', 'failed') and id <> all($2)"#,
        scope.workspace_id(),
        ids
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(usize::try_from(backlog).unwrap_or_default())
}
