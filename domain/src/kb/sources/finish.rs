//! The end of a crawl: what is gone goes, and what was done is reported.

use api_types::audit::AuditAction;
use api_types::kb::DocumentError;
use api_types::live::Topic;
use api_types::sources::{CrawlStatus, PageCounts, PageReason, ReasonCount, SyncReport};
use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::types::Json;
use uuid::Uuid;

use super::apply;
use super::pages::counts;
use super::run::Run;
use crate::Services;
use crate::db::{TenantTx, retried};
use crate::kb::documents::{self, by_name};
use crate::{Result, Scope, audit};

/// Ends a crawl that saw all it was to see: documents whose pages are gone are deleted.
pub(super) async fn complete(
    services: &Services,
    scope: &Scope,
    run: &Run,
    limit_reached: bool,
) -> Result<()> {
    retried(|| complete_once(services, scope, run, limit_reached)).await
}

async fn complete_once(services: &Services, scope: &Scope, run: &Run, limit_reached: bool) -> Result<()> {
    let mut tx = services.db.tenant(scope).await?;
    if !apply::lock(&mut tx, scope, run).await? {
        return Ok(());
    }
    sqlx::query!(
        "update crawl_pages set state = 'skipped', reason = 'page_limit'
         where workspace_id = $1 and crawl_id = $2 and state = 'waiting'",
        scope.workspace_id(),
        run.id
    )
    .execute(&mut *tx)
    .await?;
    let removed = match run.knowledge_base_id {
        None => 0,
        Some(knowledge_base_id) => {
            remove_gone(&mut tx, scope, run.id, knowledge_base_id, limit_reached).await?
        }
    };
    close(&mut tx, scope, run.id, CrawlStatus::Done, None, removed).await?;
    tx.commit().await
}

/// Ends a crawl that is on its way, before it saw everything: nothing is deleted.
pub(super) async fn end(
    tx: &mut TenantTx,
    scope: &Scope,
    crawl_id: Uuid,
    status: CrawlStatus,
    error: Option<&DocumentError>,
) -> Result<()> {
    close(tx, scope, crawl_id, status, error, 0).await
}

/// Deletes the documents of pages that are gone. A page that could not be fetched or read is not gone; and one that was
/// not found at all is gone only if the crawl saw all of the site. When it would be most of them, none are deleted but
/// those that a person left out: a site under maintenance, one that asks for a login, or an integration that nothing is
/// shared with any more, looks just the same.
async fn remove_gone(
    tx: &mut TenantTx,
    scope: &Scope,
    source_id: Uuid,
    knowledge_base_id: Uuid,
    limit_reached: bool,
) -> Result<i64> {
    let pages = counts(tx, scope, &[source_id]).await?;
    let failed = pages.get(&source_id).is_some_and(|pages| pages.failed > 0);
    let saw_all = !limit_reached && !failed && followed_all(tx, scope, source_id).await?;
    let documents = sqlx::query!(
        r#"select d.id, coalesce(p.state = 'removed', false) as "left_out!",
               coalesce(p.state in ('gone', 'removed')
                   or (p.state = 'skipped' and p.reason not in ('page_limit', 'unreadable'))
                   or (p.url is null and $3), false) as "gone!"
           from documents d
           left join crawl_pages p on p.workspace_id = d.workspace_id and p.crawl_id = d.source_id
               and p.url = d.external_key
           where d.workspace_id = $1 and d.source_id = $2"#,
        scope.workspace_id(),
        source_id,
        saw_all
    )
    .fetch_all(&mut **tx)
    .await?;
    let missing = documents.iter().filter(|d| d.gone && !d.left_out).count();
    let most = documents.len() > 1 && missing * 2 > documents.len();
    let gone: Vec<Uuid> = documents
        .iter()
        .filter(|d| d.left_out || (d.gone && !most))
        .map(|d| d.id)
        .collect();
    documents::remove(tx, scope, knowledge_base_id, &gone).await?;
    if !gone.is_empty() {
        let title = super::rows::title(tx, scope, source_id).await?;
        let (action, details) = (
            AuditAction::SourceRemoveGonePages,
            json!({ "documents": gone.len() }),
        );
        audit::record(tx, scope, action, source_id, &title, details);
    }
    Ok(i64::try_from(gone.len()).unwrap_or(i64::MAX))
}

/// Whether every page that was left out by hand, and leads to others, was read for its links.
async fn followed_all(tx: &mut TenantTx, scope: &Scope, crawl_id: Uuid) -> Result<bool> {
    let unread = sqlx::query_scalar!(
        "select 1 from crawl_pages
         where workspace_id = $1 and crawl_id = $2 and state = 'removed' and not links_read limit 1",
        scope.workspace_id(),
        crawl_id
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(unread.is_none())
}

async fn close(
    tx: &mut TenantTx,
    scope: &Scope,
    crawl_id: Uuid,
    status: CrawlStatus,
    error: Option<&DocumentError>,
    removed: i64,
) -> Result<()> {
    let code = error.map(|error| serde_json::to_value(error.code)).transpose()?;
    let closed = sqlx::query!(
        r#"update crawls
           set status = $3, error_code = $4, error_message = $5, finished_at = now(), updated_at = now()
           where workspace_id = $1 and id = $2 and status in ('queued', 'running')
           returning source_id, started_at, finished_at as "finished_at!""#,
        scope.workspace_id(),
        crawl_id,
        status.as_str(),
        code.as_ref().and_then(serde_json::Value::as_str),
        error.map(|error| error.message.as_str())
    )
    .fetch_optional(&mut **tx)
    .await?;
    let Some(row) = closed else { return Ok(()) };
    tx.tell(Topic::Crawl, crawl_id);
    let Some(source_id) = row.source_id else {
        return Ok(());
    };
    let end = End {
        status,
        started_at: row.started_at.unwrap_or(row.finished_at),
        finished_at: row.finished_at,
        removed,
        error: error.cloned(),
    };
    report(tx, scope, source_id, end).await
}

struct End {
    status: CrawlStatus,
    started_at: DateTime<Utc>,
    finished_at: DateTime<Utc>,
    removed: i64,
    error: Option<DocumentError>,
}

/// Writes the report on the source.
async fn report(tx: &mut TenantTx, scope: &Scope, source_id: Uuid, end: End) -> Result<()> {
    let pages = counts(tx, scope, &[source_id]).await?;
    let pages: PageCounts = pages.get(&source_id).copied().unwrap_or_default();
    let kept = sqlx::query_scalar!(
        r#"select count(*) as "count!" from documents d
           where d.workspace_id = $1 and d.source_id = $2 and not exists (
               select from crawl_pages p
               where p.workspace_id = d.workspace_id and p.crawl_id = d.source_id and p.url = d.external_key
                 and p.state in ('added', 'changed', 'unchanged', 'failed'))"#,
        scope.workspace_id(),
        source_id
    )
    .fetch_one(&mut **tx)
    .await?;
    let report = SyncReport {
        status: end.status,
        started_at: end.started_at,
        finished_at: end.finished_at,
        added: pages.added,
        changed: pages.changed,
        removed: end.removed,
        unchanged: pages.unchanged,
        failed: pages.failed,
        kept,
        reasons: reasons(tx, scope, source_id).await?,
        error: end.error,
    };
    sqlx::query!(
        "update sources set last_report = $3, updated_at = now() where workspace_id = $1 and id = $2",
        scope.workspace_id(),
        source_id,
        Json(report) as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

async fn reasons(tx: &mut TenantTx, scope: &Scope, crawl_id: Uuid) -> Result<Vec<ReasonCount>> {
    let rows = sqlx::query!(
        r#"select reason as "reason!", count(*) as "count!" from crawl_pages
           where workspace_id = $1 and crawl_id = $2 and reason is not null
           group by reason order by count(*) desc, reason"#,
        scope.workspace_id(),
        crawl_id
    )
    .fetch_all(&mut **tx)
    .await?;
    let reasons = rows.into_iter().map(|row| {
        Ok(ReasonCount {
            reason: by_name::<PageReason>(&row.reason)?,
            count: row.count,
        })
    });
    reasons.collect()
}
