//! Sources as rows: listing, scheduling, deleting.

use std::collections::HashMap;

use api_types::audit::AuditAction;
use api_types::connections::Remote;
use api_types::kb::SourceKind;
use api_types::live::Topic;
use api_types::sources::{
    CrawlStatus, MAX_SYNC_HOURS, PageCounts, Source, SyncProgress, SyncReport, UpdateSourceRequest, Website,
};
use api_types::tenancy::Role;
use api_types::{ErrorCode, Page};
use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::types::Json;
use uuid::Uuid;

use super::origin::Origin;
use super::pages::counts;
use crate::db::{Db, TenantTx, retried};
use crate::error::violates;
use crate::kb::documents::by_name;
use crate::kb::{bases, documents};
use crate::paging::{self, Slice};
use crate::{Error, Result, Scope, audit};

struct Row {
    id: Uuid,
    kind: String,
    title: String,
    website: Option<Json<Website>>,
    remote: Option<Json<Remote>>,
    documents: i64,
    sync_every_hours: Option<i32>,
    next_sync_at: Option<DateTime<Utc>>,
    crawl_status: Option<String>,
    last_report: Option<Json<SyncReport>>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl Row {
    fn into_source(self, counts: &HashMap<Uuid, PageCounts>) -> Result<Source> {
        let status = self
            .crawl_status
            .as_deref()
            .map(by_name::<CrawlStatus>)
            .transpose()?;
        let sync = status
            .filter(|status| status.in_progress())
            .map(|status| SyncProgress {
                status,
                pages: counts.get(&self.id).copied().unwrap_or_default(),
            });
        Ok(Source {
            id: self.id,
            kind: by_name::<SourceKind>(&self.kind)?,
            title: self.title,
            website: self.website.map(|website| website.0),
            remote: self.remote.map(|remote| remote.0),
            documents: self.documents,
            sync_every_hours: self.sync_every_hours,
            next_sync_at: self.next_sync_at,
            sync,
            last_report: self.last_report.map(|report| report.0),
            created_at: self.created_at,
            updated_at: self.updated_at,
        })
    }
}

/// All sources of a knowledge base, in the order they were added.
pub async fn list(db: &Db, scope: &Scope, knowledge_base_id: Uuid) -> Result<Vec<Source>> {
    let mut tx = db.tenant(scope).await?;
    bases::require(&mut tx, scope, knowledge_base_id).await?;
    select(&mut tx, scope, knowledge_base_id, None, (0, i64::MAX)).await
}

/// A page of them.
pub async fn page(db: &Db, scope: &Scope, knowledge_base_id: Uuid, wanted: &Slice) -> Result<Page<Source>> {
    let (skipped, size) = wanted.bounds()?;
    let mut tx = db.tenant(scope).await?;
    bases::require(&mut tx, scope, knowledge_base_id).await?;
    let bounds = (skipped, paging::asked(size));
    let found = select(&mut tx, scope, knowledge_base_id, None, bounds).await?;
    Ok(paging::slice(found, skipped, size))
}

/// One source.
pub async fn get(db: &Db, scope: &Scope, knowledge_base_id: Uuid, id: Uuid) -> Result<Source> {
    let mut tx = db.tenant(scope).await?;
    require(&mut tx, scope, knowledge_base_id, id).await
}

pub(super) async fn require(
    tx: &mut TenantTx,
    scope: &Scope,
    knowledge_base_id: Uuid,
    id: Uuid,
) -> Result<Source> {
    let found = select(tx, scope, knowledge_base_id, Some(id), (0, 1)).await?;
    found.into_iter().next().ok_or_else(not_found)
}

async fn select(
    tx: &mut TenantTx,
    scope: &Scope,
    knowledge_base_id: Uuid,
    id: Option<Uuid>,
    (skipped, most): (i64, i64),
) -> Result<Vec<Source>> {
    let rows = sqlx::query_as!(
        Row,
        r#"select s.id, s.kind, s.title, s.website as "website: Json<Website>",
               s.remote as "remote: Json<Remote>",
               (select count(*) from documents d where d.workspace_id = s.workspace_id and d.source_id = s.id)
                   as "documents!",
               s.sync_every_hours, s.next_sync_at, c.status as "crawl_status?",
               s.last_report as "last_report: Json<SyncReport>", s.created_at, s.updated_at
           from sources s
           left join crawls c on c.workspace_id = s.workspace_id and c.source_id = s.id
           where s.workspace_id = $1 and s.knowledge_base_id = $2 and ($3::uuid is null or s.id = $3)
           order by s.created_at, s.title, s.id
           offset $4 limit $5"#,
        scope.workspace_id(),
        knowledge_base_id,
        id,
        skipped,
        most
    )
    .fetch_all(&mut **tx)
    .await?;
    let is_underway = |row: &&Row| matches!(row.crawl_status.as_deref(), Some("queued" | "running"));
    let underway: Vec<Uuid> = rows.iter().filter(is_underway).map(|row| row.id).collect();
    let counts = counts(tx, scope, &underway).await?;
    rows.into_iter().map(|row| row.into_source(&counts)).collect()
}

/// A source to be inserted.
#[derive(Debug)]
pub(in crate::kb) struct NewSource<'a> {
    pub(in crate::kb) id: Uuid,
    pub(in crate::kb) kind: SourceKind,
    pub(in crate::kb) title: &'a str,
    pub(in crate::kb) origin: Option<Origin>,
}

/// Adds a source to a knowledge base.
pub(in crate::kb) async fn insert(
    tx: &mut TenantTx,
    scope: &Scope,
    knowledge_base_id: Uuid,
    source: NewSource<'_>,
) -> Result<()> {
    sqlx::query!(
        "insert into sources (workspace_id, id, knowledge_base_id, kind, title, website, remote)
         values ($1, $2, $3, $4, $5, $6, $7)",
        scope.workspace_id(),
        source.id,
        knowledge_base_id,
        source.kind.as_str(),
        source.title,
        source.origin.as_ref().and_then(Origin::website) as _,
        source.origin.as_ref().and_then(Origin::remote) as _
    )
    .execute(&mut **tx)
    .await
    .map_err(connection_gone)?;
    Ok(())
}

fn connection_gone(error: sqlx::Error) -> Error {
    if violates(&error, "sources_connection_in_use") {
        let detail =
            "The connection that a source of this draft was fetched over is gone. Take that source out.";
        return Error::refused(ErrorCode::DraftInvalid, detail);
    }
    error.into()
}

/// Changes how often a source is fetched again.
pub async fn update(
    db: &Db,
    scope: &Scope,
    knowledge_base_id: Uuid,
    id: Uuid,
    request: &UpdateSourceRequest,
) -> Result<Source> {
    scope.require(Role::Editor)?;
    let hours = request.sync_every_hours;
    if hours.is_some_and(|hours| !(1..=MAX_SYNC_HOURS).contains(&hours)) {
        return Err(Error::field("sync_every_hours", "Use 1 to 2,160 hours, or none."));
    }
    let mut tx = db.tenant(scope).await?;
    let source = require(&mut tx, scope, knowledge_base_id, id).await?;
    if hours.is_some() && !source.can_sync() {
        return Err(not_fetched());
    }
    sqlx::query!(
        "update sources set sync_every_hours = $3, next_sync_at = now() + make_interval(hours => $3), updated_at = now()
         where workspace_id = $1 and id = $2",
        scope.workspace_id(),
        id,
        hours
    )
    .execute(&mut *tx)
    .await?;
    let (action, details) = (AuditAction::SourceSchedule, json!({ "sync_every_hours": hours }));
    audit::record(&mut tx, scope, action, id, &source.title, details);
    tx.tell(Topic::KnowledgeBase, knowledge_base_id);
    let source = require(&mut tx, scope, knowledge_base_id, id).await?;
    tx.commit().await?;
    Ok(source)
}

pub(super) fn not_fetched() -> Error {
    Error::field(
        "source_id",
        "Only web pages, websites and what lies in other services can be fetched again. Upload a file or text anew instead.",
    )
}

/// Deletes a source with its documents and their chunks; jobs then remove files and vectors.
pub async fn delete(db: &Db, scope: &Scope, knowledge_base_id: Uuid, id: Uuid) -> Result<()> {
    scope.require(Role::Editor)?;
    retried(|| delete_once(db, scope, knowledge_base_id, id)).await
}

async fn delete_once(db: &Db, scope: &Scope, knowledge_base_id: Uuid, id: Uuid) -> Result<()> {
    let mut tx = db.tenant(scope).await?;
    let source = require(&mut tx, scope, knowledge_base_id, id).await?;
    lock(&mut tx, scope, id).await?;
    let ids = sqlx::query_scalar!(
        "select id from documents where workspace_id = $1 and source_id = $2",
        scope.workspace_id(),
        id
    )
    .fetch_all(&mut *tx)
    .await?;
    documents::remove(&mut tx, scope, knowledge_base_id, &ids).await?;
    sqlx::query!(
        "delete from sources where workspace_id = $1 and id = $2",
        scope.workspace_id(),
        id
    )
    .execute(&mut *tx)
    .await?;
    let details = json!({ "documents": ids.len(), "knowledge_base_id": knowledge_base_id });
    let action = AuditAction::SourceDelete;
    audit::record(&mut tx, scope, action, id, &source.title, details);
    tx.tell(Topic::KnowledgeBase, knowledge_base_id);
    tx.commit().await
}

/// Locks the crawl of a source, before anything else of it: what a worker is storing waits, and then finds out.
pub(in crate::kb) async fn lock(tx: &mut TenantTx, scope: &Scope, id: Uuid) -> Result<()> {
    sqlx::query!(
        "select id from crawls where workspace_id = $1 and id = $2 for update",
        scope.workspace_id(),
        id
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(())
}

/// The title of a source.
pub(super) async fn title(tx: &mut TenantTx, scope: &Scope, id: Uuid) -> Result<String> {
    let title = sqlx::query_scalar!(
        "select title from sources where workspace_id = $1 and id = $2",
        scope.workspace_id(),
        id
    )
    .fetch_optional(&mut **tx)
    .await?;
    title.ok_or_else(not_found)
}

/// Deletes a source that has no document left.
pub(in crate::kb) async fn remove_empty(tx: &mut TenantTx, scope: &Scope, id: Uuid) -> Result<()> {
    sqlx::query!(
        "delete from sources s
         where s.workspace_id = $1 and s.id = $2
           and not exists (select from documents d where d.workspace_id = s.workspace_id and d.source_id = s.id)",
        scope.workspace_id(),
        id
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

fn not_found() -> Error {
    Error::not_found("source")
}
