//! Crawls as rows: beginning, stopping, reading.

use std::time::Duration;

use api_types::audit::AuditAction;
use api_types::connections::Remote;
use api_types::kb::DocumentError;
use api_types::live::Topic;
use api_types::sources::{Crawl, CrawlStatus, Source, Website};
use api_types::tenancy::Role;
use serde_json::json;
use sqlx::types::Json;
use uuid::Uuid;

use super::finish;
use super::origin::Origin;
use super::pages::counts;
use super::rows::{not_fetched, require};
use crate::db::{Db, TenantTx};
use crate::jobs::{self, Job};
use crate::kb::documents::by_name;
use crate::{Result, Scope, audit};

/// Fetches a source again, now. One that is being fetched already goes on as it is.
pub async fn sync(db: &Db, scope: &Scope, knowledge_base_id: Uuid, source_id: Uuid) -> Result<Source> {
    scope.require(Role::Editor)?;
    let mut tx = db.tenant(scope).await?;
    let source = require(&mut tx, scope, knowledge_base_id, source_id).await?;
    if !source.can_sync() {
        return Err(not_fetched());
    }
    let origin = Origin::of(source.website.map(Json), source.remote.map(Json))?;
    if begin_sync(&mut tx, scope, source_id, &origin).await? {
        let action = AuditAction::SourceSync;
        audit::record(&mut tx, scope, action, source_id, &source.title, json!({}));
    }
    let source = require(&mut tx, scope, knowledge_base_id, source_id).await?;
    tx.commit().await?;
    Ok(source)
}

/// Begins a new run over the pages of a source, unless one is on its way. Answers whether it did.
pub(super) async fn begin_sync(
    tx: &mut TenantTx,
    scope: &Scope,
    source_id: Uuid,
    origin: &Origin,
) -> Result<bool> {
    let run = Uuid::now_v7();
    let begun = sqlx::query!(
        "insert into crawls (workspace_id, id, source_id, run, website, remote) values ($1, $2, $2, $3, $4, $5)
         on conflict (workspace_id, id) do update
         set run = excluded.run, website = excluded.website, remote = excluded.remote, status = 'queued', error_code = null,
             error_message = null, attempts = 0, seeded = false, sitemaps = null, robots = '{}', started_at = null,
             finished_at = null, updated_at = now()
         where crawls.status not in ('queued', 'running')",
        scope.workspace_id(),
        source_id,
        run,
        origin.website() as _,
        origin.remote() as _
    )
    .execute(&mut **tx)
    .await?;
    if begun.rows_affected() == 0 {
        return Ok(false);
    }
    forget_pages(tx, scope, source_id).await?;
    enqueue(tx, scope, source_id, run, Duration::ZERO).await?;
    tx.tell(Topic::Crawl, source_id);
    Ok(true)
}

/// Forgets the pages of an earlier run, but not what was left out by hand. Answers where the bytes of those that it took
/// lie; they belong to documents, unless it is the crawl of a draft.
pub(super) async fn forget_pages(tx: &mut TenantTx, scope: &Scope, crawl_id: Uuid) -> Result<Vec<String>> {
    let forgotten = sqlx::query_scalar!(
        "delete from crawl_pages where workspace_id = $1 and crawl_id = $2 and state <> 'removed'
         returning storage_key",
        scope.workspace_id(),
        crawl_id
    )
    .fetch_all(&mut **tx)
    .await?;
    sqlx::query!(
        "update crawl_pages p set position = n.position, links_read = null, attempts = 0, not_before = null
         from (select url, row_number() over (order by position)::int - 1 as position from crawl_pages
               where workspace_id = $1 and crawl_id = $2) n
         where p.workspace_id = $1 and p.crawl_id = $2 and p.url = n.url",
        scope.workspace_id(),
        crawl_id
    )
    .execute(&mut **tx)
    .await?;
    Ok(forgotten.into_iter().flatten().collect())
}

/// Stops a sync. What was taken before stays; nothing is removed.
pub async fn cancel(db: &Db, scope: &Scope, knowledge_base_id: Uuid, source_id: Uuid) -> Result<Source> {
    scope.require(Role::Editor)?;
    let mut tx = db.tenant(scope).await?;
    require(&mut tx, scope, knowledge_base_id, source_id).await?;
    finish::end(&mut tx, scope, source_id, CrawlStatus::Cancelled, None).await?;
    let source = require(&mut tx, scope, knowledge_base_id, source_id).await?;
    let action = AuditAction::SourceCancelSync;
    audit::record(&mut tx, scope, action, source_id, &source.title, json!({}));
    tx.commit().await?;
    Ok(source)
}

pub(super) const fn job(scope: &Scope, crawl_id: Uuid, run: Uuid) -> Job {
    Job::Crawl {
        workspace_id: scope.workspace_id(),
        crawl_id,
        run,
    }
}

/// Has a run, or the rest of it, done after a pause.
pub(super) async fn enqueue(
    tx: &mut TenantTx,
    scope: &Scope,
    crawl_id: Uuid,
    run: Uuid,
    pause: Duration,
) -> Result<()> {
    let others = sqlx::query_scalar!(
        r#"select count(*) as "count!" from crawls
           where workspace_id = $1 and id <> $2 and status in ('queued', 'running')"#,
        scope.workspace_id(),
        crawl_id
    )
    .fetch_one(&mut **tx)
    .await?;
    let others = usize::try_from(others).unwrap_or_default();
    jobs::enqueue_turn(tx, &job(scope, crawl_id, run), others, pause).await
}

/// A crawl with how far it is; `None` if there is none.
pub(super) async fn read(tx: &mut TenantTx, scope: &Scope, crawl_id: Uuid) -> Result<Option<Crawl>> {
    let row = sqlx::query!(
        r#"select website as "website: Json<Website>", remote as "remote: Json<Remote>", status, error_code, error_message, started_at, finished_at
           from crawls where workspace_id = $1 and id = $2"#,
        scope.workspace_id(),
        crawl_id
    )
    .fetch_optional(&mut **tx)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let counts = counts(tx, scope, &[crawl_id]).await?;
    let error = match (row.error_code, row.error_message) {
        (Some(code), Some(message)) => Some(DocumentError {
            code: by_name(&code)?,
            message,
        }),
        _ => None,
    };
    Ok(Some(Crawl {
        website: row.website.map(|website| website.0),
        remote: row.remote.map(|remote| remote.0),
        status: by_name(&row.status)?,
        pages: counts.get(&crawl_id).copied().unwrap_or_default(),
        error,
        started_at: row.started_at,
        finished_at: row.finished_at,
    }))
}
