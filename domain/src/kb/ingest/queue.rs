//! Enqueueing the ingestion of documents.

use uuid::Uuid;

use crate::db::TenantTx;
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
    let backlog = sqlx::query_scalar!(
        r#"select count(*) as "count!" from documents
           where workspace_id = $1 and status not in ('indexed', 'failed') and id <> all($2)"#,
        scope.workspace_id(),
        &ids
    )
    .fetch_one(&mut **tx)
    .await?;
    let jobs = documents
        .iter()
        .map(|(document_id, version)| Job::IngestDocument {
            workspace_id: scope.workspace_id(),
            document_id: *document_id,
            version: *version,
        });
    jobs::enqueue_in_turn(tx, usize::try_from(backlog).unwrap_or_default(), jobs).await
}
