//! Documents and their chunks as rows: listing, retrying, deleting.

use std::collections::{BTreeSet, HashSet};

use api_types::audit::AuditAction;
use api_types::kb::{
    Document, DocumentError, DocumentStatus, Importance, SaveDocumentRequest, SearchFilter, SourceKind,
};
use api_types::live::Topic;
use api_types::tenancy::Role;
use api_types::validate::{self, Checker};
use api_types::{ErrorCode, Page};
use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;
use serde::de::IntoDeserializer;
use serde::de::value::{Error as NameError, StrDeserializer};
use serde_json::json;
use uuid::Uuid;

use super::{bases, ingest, sources};
use crate::data::BATCH;
use crate::db::{Db, TenantTx, retried};
use crate::jobs::{self, Job};
use crate::paging::{self, Slice};
use crate::{Error, Result, Scope, audit};

struct Row {
    id: Uuid,
    source_id: Uuid,
    kind: String,
    title: String,
    media_type: String,
    size: i64,
    url: Option<String>,
    status: String,
    error_code: Option<String>,
    error_message: Option<String>,
    chunk_count: i32,
    chunks_done: i32,
    languages: Option<Vec<String>>,
    tags: Vec<String>,
    importance: i16,
    original_removed_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl TryFrom<Row> for Document {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        let error = match (row.error_code, row.error_message) {
            (Some(code), Some(message)) => Some(DocumentError {
                code: by_name::<ErrorCode>(&code)?,
                message,
            }),
            _ => None,
        };
        Ok(Self {
            id: row.id,
            source_id: row.source_id,
            kind: by_name::<SourceKind>(&row.kind)?,
            title: row.title,
            media_type: row.media_type,
            size: row.size,
            url: row.url,
            status: by_name::<DocumentStatus>(&row.status)?,
            error,
            chunk_count: row.chunk_count,
            chunks_done: row.chunks_done,
            languages: row.languages.unwrap_or_default(),
            tags: row.tags,
            importance: Importance::from_steps(row.importance),
            original_removed_at: row.original_removed_at,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

/// The value whose serde name is `name`.
pub(crate) fn by_name<T: DeserializeOwned>(name: &str) -> Result<T> {
    let name: StrDeserializer<'_, NameError> = name.into_deserializer();
    Ok(T::deserialize(name).map_err(anyhow::Error::from)?)
}

/// All documents of a knowledge base, in the order they were added.
pub async fn list(db: &Db, scope: &Scope, knowledge_base_id: Uuid) -> Result<Vec<Document>> {
    let mut tx = db.tenant(scope).await?;
    bases::require(&mut tx, scope, knowledge_base_id).await?;
    rows(&mut tx, scope, knowledge_base_id, "%", (0, i64::MAX)).await
}

/// A page of them, or of those whose name has some words.
pub async fn page(db: &Db, scope: &Scope, knowledge_base_id: Uuid, wanted: &Slice) -> Result<Page<Document>> {
    let (skipped, size) = wanted.bounds()?;
    let mut tx = db.tenant(scope).await?;
    bases::require(&mut tx, scope, knowledge_base_id).await?;
    let bounds = (skipped, paging::asked(size));
    let rows = rows(&mut tx, scope, knowledge_base_id, &wanted.pattern(), bounds).await?;
    Ok(paging::slice(rows, skipped, size))
}

async fn rows(
    tx: &mut TenantTx,
    scope: &Scope,
    knowledge_base_id: Uuid,
    pattern: &str,
    (skipped, most): (i64, i64),
) -> Result<Vec<Document>> {
    let rows = sqlx::query_as!(
        Row,
        "select id, source_id, kind, title, media_type, size, url, status, error_code, error_message, chunk_count,
             chunks_done, languages, tags, importance, original_removed_at, created_at, updated_at
         from documents where workspace_id = $1 and knowledge_base_id = $2 and lower(title) like $3
         order by created_at, title, id
         offset $4 limit $5",
        scope.workspace_id(),
        knowledge_base_id,
        pattern,
        skipped,
        most
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter().map(Document::try_from).collect()
}

/// Changes what people say about a document. Searches see it at once.
pub async fn save(
    db: &Db,
    scope: &Scope,
    knowledge_base_id: Uuid,
    id: Uuid,
    request: SaveDocumentRequest,
) -> Result<Document> {
    scope.require(Role::Editor)?;
    let mut check = Checker::default();
    validate::tags(&mut check, "tags", &request.tags);
    check.finish().map_err(Error::validation)?;
    let tags: BTreeSet<String> = request.tags.iter().map(|tag| tag.trim().to_lowercase()).collect();
    let tags: Vec<String> = tags.into_iter().collect();
    let mut tx = db.tenant(scope).await?;
    require(&mut tx, scope, knowledge_base_id, id).await?;
    sqlx::query!(
        "update documents set tags = $3, importance = $4 where workspace_id = $1 and id = $2",
        scope.workspace_id(),
        id,
        &tags,
        request.importance.steps()
    )
    .execute(&mut *tx)
    .await?;
    bases::index_changed(&mut tx, scope, knowledge_base_id).await?;
    let document = select(&mut tx, scope, id).await?;
    let details = json!({ "tags": tags, "importance": request.importance });
    let action = AuditAction::DocumentUpdate;
    audit::record(&mut tx, scope, action, id, &document.title, details);
    tx.tell(Topic::KnowledgeBase, knowledge_base_id);
    tx.commit().await?;
    Ok(document)
}

/// The documents that a filter lets through; `None` if it lets through all.
pub async fn matching(
    db: &Db,
    scope: &Scope,
    knowledge_base_ids: &[Uuid],
    filter: &SearchFilter,
) -> Result<Option<HashSet<Uuid>>> {
    if *filter == SearchFilter::default() {
        return Ok(None);
    }
    let kinds: Vec<String> = filter.kinds.iter().map(|kind| kind.as_str().to_owned()).collect();
    let tags: Vec<String> = filter.tags.iter().map(|tag| tag.trim().to_lowercase()).collect();
    let mut tx = db.tenant(scope).await?;
    let ids = sqlx::query_scalar!(
        "select id from documents
         where workspace_id = $1 and knowledge_base_id = any($2) and live_version is not null
           and (cardinality($3::text[]) = 0 or tags && $3)
           and (cardinality($4::text[]) = 0 or kind = any($4))
           and (cardinality($5::text[]) = 0 or languages && $5)
           and (cardinality($6::uuid[]) = 0 or id = any($6))",
        scope.workspace_id(),
        knowledge_base_ids,
        &tags,
        &kinds,
        &filter.languages,
        &filter.documents
    )
    .fetch_all(&mut *tx)
    .await?;
    Ok(Some(ids.into_iter().collect()))
}

/// Lets a worker try a failed document again, from the beginning.
pub async fn retry(db: &Db, scope: &Scope, knowledge_base_id: Uuid, id: Uuid) -> Result<Document> {
    scope.require(Role::Editor)?;
    let mut tx = db.tenant(scope).await?;
    require(&mut tx, scope, knowledge_base_id, id).await?;
    let row = sqlx::query!(
        "update documents
         set status = 'queued', error_code = null, error_message = null, attempts = 0, chunks_done = 0,
             updated_at = now()
         where workspace_id = $1 and id = $2 and status = 'failed'
         returning version",
        scope.workspace_id(),
        id
    )
    .fetch_optional(&mut *tx)
    .await?;
    let document = select(&mut tx, scope, id).await?;
    // One that did not fail is on its way or done: trying again changes nothing.
    if let Some(row) = row {
        ingest::enqueue(&mut tx, scope, &[(id, row.version)]).await?;
        let details = json!({ "knowledge_base_id": knowledge_base_id });
        let action = AuditAction::DocumentRetry;
        audit::record(&mut tx, scope, action, id, &document.title, details);
        tx.tell(Topic::KnowledgeBase, knowledge_base_id);
    }
    tx.commit().await?;
    Ok(document)
}

/// Lets a worker try every failed document of a knowledge base again. Returns how many.
pub async fn retry_failed(db: &Db, scope: &Scope, knowledge_base_id: Uuid) -> Result<usize> {
    scope.require(Role::Editor)?;
    let mut tx = db.tenant(scope).await?;
    let name = bases::name(&mut tx, scope, knowledge_base_id).await?;
    let rows = sqlx::query!(
        "update documents
         set status = 'queued', error_code = null, error_message = null, attempts = 0, chunks_done = 0,
             updated_at = now()
         where workspace_id = $1 and knowledge_base_id = $2 and status = 'failed'
         returning id, version",
        scope.workspace_id(),
        knowledge_base_id
    )
    .fetch_all(&mut *tx)
    .await?;
    let documents: Vec<(Uuid, i32)> = rows.into_iter().map(|row| (row.id, row.version)).collect();
    ingest::enqueue(&mut tx, scope, &documents).await?;
    if !documents.is_empty() {
        let (action, details) = (
            AuditAction::KnowledgeBaseRetryFailed,
            json!({ "documents": documents.len() }),
        );
        audit::record(&mut tx, scope, action, knowledge_base_id, &name, details);
    }
    tx.commit().await?;
    Ok(documents.len())
}

/// Deletes a document with its chunks and waiting jobs; a job then removes its file and vectors.
///
/// A page of a website stays out at later syncs. Any other source goes with its document.
pub async fn delete(db: &Db, scope: &Scope, knowledge_base_id: Uuid, id: Uuid) -> Result<()> {
    scope.require(Role::Editor)?;
    retried(|| delete_once(db, scope, knowledge_base_id, id)).await
}

async fn delete_once(db: &Db, scope: &Scope, knowledge_base_id: Uuid, id: Uuid) -> Result<()> {
    let mut tx = db.tenant(scope).await?;
    let document = sqlx::query!(
        "select d.title, d.source_id, d.external_key, s.kind
         from documents d join sources s on s.workspace_id = d.workspace_id and s.id = d.source_id
         where d.workspace_id = $1 and d.knowledge_base_id = $2 and d.id = $3",
        scope.workspace_id(),
        knowledge_base_id,
        id
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or_else(not_found)?;
    sources::lock(&mut tx, scope, document.source_id).await?;
    remove(&mut tx, scope, knowledge_base_id, &[id]).await?;
    match document.external_key {
        Some(url) if by_name::<SourceKind>(&document.kind)?.is_crawled() => {
            sources::leave_out(&mut tx, scope, document.source_id, &url).await?;
        }
        _ => sources::remove_empty(&mut tx, scope, document.source_id).await?,
    }
    let details = json!({ "knowledge_base_id": knowledge_base_id });
    let action = AuditAction::DocumentDelete;
    audit::record(&mut tx, scope, action, id, &document.title, details);
    tx.tell(Topic::KnowledgeBase, knowledge_base_id);
    tx.commit().await
}

/// Documents whose files and vectors one job removes.
const CLEAN_UP: usize = 500;

/// Deletes these documents of a knowledge base with their chunks and waiting jobs; jobs then remove their files and
/// vectors.
pub(super) async fn remove(
    tx: &mut TenantTx,
    scope: &Scope,
    knowledge_base_id: Uuid,
    ids: &[Uuid],
) -> Result<()> {
    let deleted = sqlx::query!(
        "delete from documents where workspace_id = $1 and knowledge_base_id = $2 and id = any($3)
         returning id, storage_key",
        scope.workspace_id(),
        knowledge_base_id,
        ids
    )
    .fetch_all(&mut **tx)
    .await?;
    if deleted.is_empty() {
        return Ok(());
    }
    bases::index_changed(tx, scope, knowledge_base_id).await?;
    jobs::cancel_ingestion(tx, scope, ids).await?;
    for part in deleted.chunks(CLEAN_UP) {
        let job = Job::CleanUp {
            workspace_id: scope.workspace_id(),
            knowledge_base_id,
            document_ids: Some(part.iter().map(|row| row.id).collect()),
            storage_keys: part.iter().map(|row| row.storage_key.clone()).collect(),
        };
        jobs::enqueue(tx, &job).await?;
    }
    Ok(())
}

/// Removes a batch of uploaded files that were indexed more than so many days ago; their chunks stay. Answers how many.
pub(crate) async fn remove_originals(tx: &mut TenantTx, scope: &Scope, days: u16) -> Result<u64> {
    let removed = sqlx::query!(
        "update documents set original_removed_at = now()
         where workspace_id = $1 and id in (
             select id from documents
             where workspace_id = $1 and kind = 'file' and original_removed_at is null and status = 'indexed'
               and updated_at < now() - make_interval(days => $2)
             order by updated_at limit $3 for update skip locked)
         returning knowledge_base_id, storage_key",
        scope.workspace_id(),
        i32::from(days),
        BATCH
    )
    .fetch_all(&mut **tx)
    .await?;
    if let Some(first) = removed.first() {
        let job = Job::CleanUp {
            workspace_id: scope.workspace_id(),
            knowledge_base_id: first.knowledge_base_id,
            // The vectors stay.
            document_ids: Some(Vec::new()),
            storage_keys: removed.iter().map(|row| row.storage_key.clone()).collect(),
        };
        jobs::enqueue(tx, &job).await?;
    }
    Ok(removed.len() as u64)
}

/// What somebody is told who wants a document cut otherwise whose file is gone.
pub(super) fn original_removed() -> Error {
    Error::refused(
        ErrorCode::OriginalRemoved,
        "The file of this document was removed after the time that this workspace keeps files. Its chunks stay as they \
         are; upload the file again to have it cut otherwise.",
    )
}

async fn select(tx: &mut TenantTx, scope: &Scope, id: Uuid) -> Result<Document> {
    sqlx::query_as!(
        Row,
        "select id, source_id, kind, title, media_type, size, url, status, error_code, error_message, chunk_count,
             chunks_done, languages, tags, importance, original_removed_at, created_at, updated_at
         from documents where workspace_id = $1 and id = $2",
        scope.workspace_id(),
        id
    )
    .fetch_optional(&mut **tx)
    .await?
    .ok_or_else(not_found)?
    .try_into()
}

/// The title of a document.
pub(super) async fn title(tx: &mut TenantTx, scope: &Scope, id: Uuid) -> Result<String> {
    let title = sqlx::query_scalar!(
        "select title from documents where workspace_id = $1 and id = $2",
        scope.workspace_id(),
        id
    )
    .fetch_optional(&mut **tx)
    .await?;
    title.ok_or_else(not_found)
}

/// Refuses unless the document exists in this knowledge base.
pub(super) async fn require(
    tx: &mut TenantTx,
    scope: &Scope,
    knowledge_base_id: Uuid,
    id: Uuid,
) -> Result<()> {
    let found = sqlx::query_scalar!(
        "select 1 from documents where workspace_id = $1 and knowledge_base_id = $2 and id = $3",
        scope.workspace_id(),
        knowledge_base_id,
        id
    )
    .fetch_optional(&mut **tx)
    .await?;
    found.map(drop).ok_or_else(not_found)
}

fn not_found() -> Error {
    Error::not_found("document")
}
