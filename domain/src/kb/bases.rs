//! Knowledge bases as rows: listing, reading, deleting.

use api_types::audit::AuditAction;
use api_types::kb::{Chunking, KnowledgeBase, Progress, SaveKnowledgeBaseRequest};
use api_types::tenancy::Role;
use api_types::validate::{self, Checker};
use api_types::{ErrorCode, FieldError};
use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::types::Json;
use uuid::Uuid;

use super::ingest;
use crate::db::{Db, TenantTx, retried};
use crate::error::violates;
use crate::jobs::{self, Job};
use crate::{Error, Result, Scope, audit};

struct Row {
    id: Uuid,
    name: String,
    description: String,
    chunking: Json<Chunking>,
    total: i64,
    indexed: i64,
    failed: i64,
    chunk_count: i64,
    edit_count: i64,
    used_by: Vec<String>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// The statement that reads knowledge bases of a workspace, `$1`. Which ones is part of it, so that Postgres can plan it once.
macro_rules! select {
    ($which:literal, $($argument:expr),+) => {
        sqlx::query_as!(
            Row,
            r#"select kb.id, kb.name, kb.description, kb.chunking as "chunking: Json<Chunking>",
                   count(d.id) as "total!",
                   count(d.id) filter (where d.status = 'indexed') as "indexed!",
                   count(d.id) filter (where d.status = 'failed') as "failed!",
                   coalesce(sum(d.chunk_count) filter (where d.live_version is not null), 0)::bigint as "chunk_count!",
                   (select count(*) from chunk_edits e
                    join documents of_edit on of_edit.workspace_id = e.workspace_id and of_edit.id = e.document_id
                    where e.workspace_id = kb.workspace_id and of_edit.knowledge_base_id = kb.id) as "edit_count!",
                   array(select b.name from bot_knowledge_bases u
                         join bots b on b.workspace_id = u.workspace_id and b.id = u.bot_id
                         where u.workspace_id = kb.workspace_id and u.knowledge_base_id = kb.id
                         order by b.name) as "used_by!",
                   kb.created_at, kb.updated_at
               from knowledge_bases kb
               left join documents d on d.workspace_id = kb.workspace_id and d.knowledge_base_id = kb.id
               where kb.workspace_id = $1"# + $which + r#"
               group by kb.workspace_id, kb.id
               order by kb.name"#,
            $($argument),+
        )
    };
}

impl From<Row> for KnowledgeBase {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            name: row.name,
            description: row.description,
            chunking: row.chunking.0,
            progress: Progress {
                total: row.total,
                indexed: row.indexed,
                failed: row.failed,
            },
            chunk_count: row.chunk_count,
            edit_count: row.edit_count,
            used_by: row.used_by,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// The workspace's knowledge bases, by name.
pub async fn list(db: &Db, scope: &Scope) -> Result<Vec<KnowledgeBase>> {
    let mut tx = db.tenant(scope).await?;
    let rows = select!("", scope.workspace_id()).fetch_all(&mut *tx).await?;
    Ok(rows.into_iter().map(KnowledgeBase::from).collect())
}

/// One knowledge base.
pub async fn get(db: &Db, scope: &Scope, id: Uuid) -> Result<KnowledgeBase> {
    let mut tx = db.tenant(scope).await?;
    let row = one(&mut tx, scope, id).await?.ok_or_else(not_found)?;
    Ok(row.into())
}

async fn one(tx: &mut TenantTx, scope: &Scope, id: Uuid) -> Result<Option<Row>> {
    let row = select!(" and kb.id = $2", scope.workspace_id(), id)
        .fetch_optional(&mut **tx)
        .await?;
    Ok(row)
}

/// Changes name, description and how the documents are cut. Another way has every document cut anew, in the background:
/// bots answer from the chunks there are until the new ones are ready.
pub async fn save(
    db: &Db,
    scope: &Scope,
    id: Uuid,
    request: &SaveKnowledgeBaseRequest,
) -> Result<KnowledgeBase> {
    scope.require(Role::Editor)?;
    let mut check = Checker::default();
    check.length("name", &request.name, 1, 80);
    check.length("description", &request.description, 0, 500);
    validate::chunking(&mut check, "chunking", request.chunking);
    check.finish().map_err(Error::validation)?;
    let mut tx = db.tenant(scope).await?;
    lock(&mut tx, scope, id).await?;
    let current = one(&mut tx, scope, id).await?.ok_or_else(not_found)?;
    if current.chunking.0 != request.chunking {
        cut_anew(&mut tx, scope, id).await?;
    }
    sqlx::query!(
        "update knowledge_bases set name = $3, description = $4, chunking = $5, updated_at = now()
         where workspace_id = $1 and id = $2",
        scope.workspace_id(),
        id,
        request.name.trim(),
        request.description.trim(),
        Json(request.chunking) as _
    )
    .execute(&mut *tx)
    .await
    .map_err(|error| name_taken(error, "name"))?;
    let details = json!({ "chunking": request.chunking });
    audit::record(
        &mut tx,
        scope,
        AuditAction::KnowledgeBaseUpdate,
        id,
        request.name.trim(),
        details,
    );
    let saved = one(&mut tx, scope, id).await?.ok_or_else(not_found)?;
    tx.commit().await?;
    Ok(saved.into())
}

async fn cut_anew(tx: &mut TenantTx, scope: &Scope, id: Uuid) -> Result<()> {
    let documents = sqlx::query!(
        "update documents
         set version = version + 1, status = 'queued', error_code = null, error_message = null, attempts = 0,
             chunks_done = 0, updated_at = now()
         where workspace_id = $1 and knowledge_base_id = $2 and original_removed_at is null
         returning id, version",
        scope.workspace_id(),
        id
    )
    .fetch_all(&mut **tx)
    .await?;
    let documents: Vec<(Uuid, i32)> = documents.into_iter().map(|row| (row.id, row.version)).collect();
    ingest::enqueue(tx, scope, &documents).await
}

/// `field` is where the name stands in the request.
pub(super) fn name_taken(error: sqlx::Error, field: &str) -> Error {
    if violates(&error, "knowledge_bases_name_key") {
        let detail = "There is a knowledge base of this name. What you sent was not saved.";
        let errors = vec![FieldError::new(field, "Choose another name.")];
        return Error::refused_fields(ErrorCode::NameTaken, detail, errors);
    }
    error.into()
}

/// Deletes a knowledge base that no bot answers from, with its documents, chunks and waiting jobs; a job then
/// removes its files and vectors.
pub async fn delete(db: &Db, scope: &Scope, id: Uuid) -> Result<()> {
    scope.require(Role::Editor)?;
    retried(|| delete_once(db, scope, id)).await
}

async fn delete_once(db: &Db, scope: &Scope, id: Uuid) -> Result<()> {
    let mut tx = db.tenant(scope).await?;
    // What is being finalized or synced into it waits, and then finds it gone.
    lock(&mut tx, scope, id).await?;
    let found = one(&mut tx, scope, id).await?.ok_or_else(not_found)?;
    if !found.used_by.is_empty() {
        return Err(in_use(&found.used_by));
    }
    let documents = sqlx::query!(
        "delete from documents where workspace_id = $1 and knowledge_base_id = $2 returning id, storage_key",
        scope.workspace_id(),
        id
    )
    .fetch_all(&mut *tx)
    .await?;
    let deleted = sqlx::query!(
        "delete from knowledge_bases where workspace_id = $1 and id = $2",
        scope.workspace_id(),
        id
    )
    .execute(&mut *tx)
    .await;
    match deleted {
        // A bot was deployed on it since the look above.
        Err(e) if violates(&e, "bot_knowledge_bases_in_use") => return Err(in_use(&[])),
        other => other?,
    };
    let (ids, storage_keys): (Vec<Uuid>, Vec<String>) =
        documents.into_iter().map(|d| (d.id, d.storage_key)).unzip();
    jobs::cancel_ingestion(&mut tx, scope, &ids).await?;
    let job = Job::CleanUp {
        workspace_id: scope.workspace_id(),
        knowledge_base_id: id,
        document_ids: None,
        storage_keys,
    };
    jobs::enqueue(&mut tx, &job).await?;
    let (action, details) = (
        AuditAction::KnowledgeBaseDelete,
        json!({ "documents": ids.len() }),
    );
    audit::record(&mut tx, scope, action, id, &found.name, details);
    tx.commit().await
}

/// Locks a knowledge base, after all that is in it: whoever writes one of its documents holds that first.
pub(super) async fn lock(tx: &mut TenantTx, scope: &Scope, id: Uuid) -> Result<()> {
    sqlx::query!(
        "select c.id from crawls c
         join sources s on s.workspace_id = c.workspace_id and s.id = c.source_id
         where c.workspace_id = $1 and s.knowledge_base_id = $2
         order by c.id for update of c",
        scope.workspace_id(),
        id
    )
    .fetch_all(&mut **tx)
    .await?;
    sqlx::query!(
        "select id from documents where workspace_id = $1 and knowledge_base_id = $2 order by id for update",
        scope.workspace_id(),
        id
    )
    .fetch_all(&mut **tx)
    .await?;
    sqlx::query!(
        "select id from knowledge_bases where workspace_id = $1 and id = $2 for update",
        scope.workspace_id(),
        id
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(())
}

/// The name of a knowledge base.
pub(super) async fn name(tx: &mut TenantTx, scope: &Scope, id: Uuid) -> Result<String> {
    let name = sqlx::query_scalar!(
        "select name from knowledge_bases where workspace_id = $1 and id = $2",
        scope.workspace_id(),
        id
    )
    .fetch_optional(&mut **tx)
    .await?;
    name.ok_or_else(not_found)
}

/// Refuses unless the knowledge base exists in this workspace.
pub(super) async fn require(tx: &mut TenantTx, scope: &Scope, id: Uuid) -> Result<()> {
    let found = sqlx::query_scalar!(
        "select 1 from knowledge_bases where workspace_id = $1 and id = $2",
        scope.workspace_id(),
        id
    )
    .fetch_optional(&mut **tx)
    .await?;
    found.map(drop).ok_or_else(not_found)
}

/// Says that something else is found in a knowledge base from now on, or in another order: indexes and whoever remembers what
/// was found look anew.
pub(super) async fn index_changed(tx: &mut TenantTx, scope: &Scope, knowledge_base_id: Uuid) -> Result<()> {
    sqlx::query!(
        "update knowledge_bases set index_version = index_version + 1, updated_at = now()
         where workspace_id = $1 and id = $2",
        scope.workspace_id(),
        knowledge_base_id
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

fn not_found() -> Error {
    Error::not_found("knowledge base")
}

fn in_use(bots: &[String]) -> Error {
    let bots = match bots {
        [] => "A bot that was deployed just now".to_owned(),
        names => names.join(", "),
    };
    Error::refused(
        ErrorCode::InUse,
        format!(
            "In use by: {bots}. Nothing was deleted; take the knowledge base out of these bots, deploy them, \
             and try again."
        ),
    )
}
