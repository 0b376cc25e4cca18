//! Syncs that are due, and crawls that lost their job.

use api_types::connections::Remote;
use api_types::sources::Website;
use sqlx::types::Json;
use uuid::Uuid;

use super::crawls::{begin_sync, job};
use super::origin::Origin;
use super::rows;
use crate::db::{Db, retried};
use crate::jobs::{self, QUEUE};
use crate::{Result, Scope};

/// Sources begun in one round.
const MOST: i64 = 100;

/// Begins the sync of every source, of any workspace, whose time has come. Returns how many.
///
/// Any number of workers may do so at the same time: each source is begun once.
pub async fn enqueue_due(db: &Db) -> Result<usize> {
    let due = sqlx::query!(
        "select workspace_id, id from sources where next_sync_at <= now() order by next_sync_at limit $1",
        MOST
    )
    .fetch_all(db.pool())
    .await?;
    let mut begun = 0;
    for source in due {
        begun += usize::from(begin_due(db, source.workspace_id, source.id).await?);
    }
    Ok(begun)
}

/// Begins one, unless another worker is about to, or somebody asked for it a moment ago.
async fn begin_due(db: &Db, workspace_id: Uuid, id: Uuid) -> Result<bool> {
    let scope = Scope::worker(workspace_id);
    retried(|| begin_due_once(db, &scope, id)).await
}

async fn begin_due_once(db: &Db, scope: &Scope, id: Uuid) -> Result<bool> {
    let mut tx = db.tenant(scope).await?;
    rows::lock(&mut tx, scope, id).await?;
    let due = sqlx::query!(
        r#"select website as "website: Json<Website>", remote as "remote: Json<Remote>" from sources
           where workspace_id = $1 and id = $2 and next_sync_at <= now()
           for update skip locked"#,
        scope.workspace_id(),
        id
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(due) = due else { return Ok(false) };
    // Only what can be fetched has a schedule.
    let origin = Origin::of(due.website, due.remote)?;
    let begun = begin_sync(&mut tx, scope, id, &origin).await?;
    sqlx::query!(
        "update sources set next_sync_at = now() + make_interval(hours => sync_every_hours)
         where workspace_id = $1 and id = $2",
        scope.workspace_id(),
        id
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(begun)
}

/// Enqueues a job for every crawl, of any workspace, that needs one and has none. Returns how many.
///
/// The minute of grace keeps it away from crawls that are between two jobs.
pub async fn enqueue_lost(db: &Db) -> Result<usize> {
    // One process at a time: two would enqueue the same crawl twice.
    let Some(mut tx) = db.alone("enqueue_lost_crawls").await? else {
        return Ok(0);
    };
    let lost = sqlx::query!(
        "with underway as (
             select (convert_from(job, 'UTF8')::jsonb ->> 'run')::uuid as run
             from apalis.jobs
             where job_type = $1
               and (status in ('Pending', 'Queued', 'Running') or (status = 'Failed' and attempts < max_attempts))
               and convert_from(job, 'UTF8')::jsonb ->> 'job' = 'crawl'
         )
         select c.workspace_id, c.id, c.run
         from crawls c
         where c.status in ('queued', 'running') and c.updated_at < now() - interval '1 minute'
           and not exists (select from underway u where u.run = c.run)
         limit 1000",
        QUEUE
    )
    .fetch_all(&mut *tx)
    .await?;
    for crawl in &lost {
        let scope = Scope::worker(crawl.workspace_id);
        jobs::enqueue(&mut tx, &job(&scope, crawl.id, crawl.run)).await?;
    }
    tx.commit().await?;
    Ok(lost.len())
}
