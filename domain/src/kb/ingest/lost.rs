//! Documents that are unfinished although no job is on its way for them.

use uuid::Uuid;

use crate::Result;
use crate::db::Db;
use crate::jobs::{self, Job, QUEUE};

/// Enqueues a job for every document, of any workspace, that needs one and has none. Returns how many.
///
/// That happens when a job was killed for good (a panic), or removed by hand. The minute of grace keeps it away
/// from documents that are being worked on right now.
pub async fn enqueue_lost(db: &Db) -> Result<usize> {
    // One process at a time: two would enqueue the same document twice.
    let Some(mut tx) = db.alone("enqueue_lost").await? else {
        return Ok(0);
    };
    let lost = sqlx::query!(
        r#"with underway as (
               select (convert_from(job, 'UTF8')::jsonb ->> 'document_id')::uuid as document_id,
                      (convert_from(job, 'UTF8')::jsonb ->> 'version')::int as version
               from apalis.jobs
               where job_type = $1
                 and (status in ('Pending', 'Queued', 'Running') or (status = 'Failed' and attempts < max_attempts))
                 and convert_from(job, 'UTF8')::jsonb ->> 'job' = 'ingest_document'
           )
           select d.workspace_id, d.id, d.version
           from documents d
           where d.status not in ('indexed', 'failed') and d.updated_at < now() - interval '1 minute'
             and not exists (select from underway u where u.document_id = d.id and u.version = d.version)
           limit 1000"#,
        QUEUE
    )
    .fetch_all(&mut *tx)
    .await?;
    for document in &lost {
        enqueue(&mut tx, document.workspace_id, document.id, document.version).await?;
    }
    tx.commit().await?;
    Ok(lost.len())
}

async fn enqueue(
    conn: &mut sqlx::PgConnection,
    workspace_id: Uuid,
    document_id: Uuid,
    version: i32,
) -> Result<()> {
    let job = Job::IngestDocument {
        workspace_id,
        document_id,
        version,
    };
    jobs::enqueue(conn, &job).await
}
