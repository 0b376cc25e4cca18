//! Chunks as rows: reading them, and what people change about them.
//!
//! Changes are made in place, to the version that bots answer from, and carried over to the next version wherever the
//! document still says the same.

use api_types::Page;
use api_types::audit::AuditAction;
use api_types::kb::{Chunk, Importance, SaveChunkRequest, StoredChunk};
use api_types::live::Topic;
use api_types::tenancy::Role;
use api_types::validate;
use serde_json::json;
use uuid::Uuid;

use super::edits::{self, Edit};
use super::lock::WorkLock;
use super::{bases, documents, embed, ingest};
use crate::Services;
use crate::db::{Db, TenantTx};
use crate::embeddings::{self, ContentHash, Model, Space, content_hash};
use crate::jobs::{self, Job, Outcome};
use crate::paging::{self, Slice};
use crate::{Error, Result, Scope, audit};

struct Row {
    id: Uuid,
    position: i32,
    text: String,
    original_text: Option<String>,
    heading_path: Vec<String>,
    page: Option<i32>,
    tokens: i32,
    context: String,
    importance: i16,
    enabled: bool,
}

impl From<Row> for StoredChunk {
    fn from(row: Row) -> Self {
        Self {
            chunk: Chunk {
                id: Some(row.id),
                position: row.position,
                text: row.text,
                heading_path: row.heading_path,
                page: row.page,
                tokens: row.tokens,
            },
            original_text: row.original_text,
            context: row.context,
            importance: Importance::from_steps(row.importance),
            enabled: row.enabled,
        }
    }
}

/// All chunks of the version that bots answer from, in the order of the text.
pub async fn list(
    db: &Db,
    scope: &Scope,
    knowledge_base_id: Uuid,
    document_id: Uuid,
) -> Result<Vec<StoredChunk>> {
    let mut tx = db.tenant(scope).await?;
    documents::require(&mut tx, scope, knowledge_base_id, document_id).await?;
    let rows = select(&mut tx, scope, document_id, None, (0, i64::MAX)).await?;
    Ok(rows.into_iter().map(StoredChunk::from).collect())
}

/// A page of them.
pub async fn page(
    db: &Db,
    scope: &Scope,
    knowledge_base_id: Uuid,
    document_id: Uuid,
    wanted: &Slice,
) -> Result<Page<StoredChunk>> {
    let (skipped, size) = wanted.bounds()?;
    let mut tx = db.tenant(scope).await?;
    documents::require(&mut tx, scope, knowledge_base_id, document_id).await?;
    let bounds = (skipped, paging::asked(size));
    let rows = select(&mut tx, scope, document_id, None, bounds).await?;
    let chunks = rows.into_iter().map(StoredChunk::from).collect();
    Ok(paging::slice(chunks, skipped, size))
}

async fn select(
    tx: &mut TenantTx,
    scope: &Scope,
    document_id: Uuid,
    chunk_id: Option<Uuid>,
    (skipped, most): (i64, i64),
) -> Result<Vec<Row>> {
    let rows = sqlx::query_as!(
        Row,
        "select c.id, c.position, c.text, c.original_text, c.heading_path, c.page, c.tokens, c.context, c.importance,
             c.enabled
         from chunks c
         join documents d on d.workspace_id = c.workspace_id and d.id = c.document_id
              and d.live_version = c.version
         where c.workspace_id = $1 and c.document_id = $2 and ($3::uuid is null or c.id = $3)
         order by c.position
         offset $4 limit $5",
        scope.workspace_id(),
        document_id,
        chunk_id,
        skipped,
        most
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// Changes a chunk. Bots answer from the change with their next answer; where vectors are kept in Qdrant, they follow
/// shortly after.
pub async fn save(
    services: &Services,
    scope: &Scope,
    knowledge_base_id: Uuid,
    document_id: Uuid,
    chunk_id: Uuid,
    request: &SaveChunkRequest,
) -> Result<StoredChunk> {
    scope.require(Role::Editor)?;
    validate::chunk(request).map_err(Error::validation)?;
    let mut tx = services.db.tenant(scope).await?;
    documents::require(&mut tx, scope, knowledge_base_id, document_id).await?;
    let title = documents::title(&mut tx, scope, document_id).await?;
    let current = find(&mut tx, scope, document_id, chunk_id).await?;
    drop(tx);

    let passage =
        crate::vectors::passage_text(&title, &current.heading_path, &request.context, &request.text);
    let hash = content_hash(&passage);
    let model = embeddings::live(services, scope).await?;
    let space = model.as_ref().map_or(Space::BUILT_IN, Model::space);
    let embedded = embed_new(services, scope, model.as_ref(), hash, passage).await?;
    let tokens = embed::count_tokens(services.embedder.clone(), request.text.clone()).await?;
    let original = current.original_text.unwrap_or(current.text);
    let edit = Edit {
        document_id,
        original_text: &original,
        heading_path: &current.heading_path,
        text: &request.text,
        context: &request.context,
        importance: request.importance,
        enabled: request.enabled,
        tokens,
        content_hash: &hash,
    };

    let mut tx = services.db.tenant(scope).await?;
    if !embeddings::is_live(&mut tx, scope, space.model_id).await? {
        return Err(embeddings::replaced());
    }
    embeddings::put(&mut tx, scope, space.model_id, &embedded).await?;
    // First, because it locks the document: a new version of it can't be published meanwhile, and carries this over.
    changed(&mut tx, scope, knowledge_base_id, document_id).await?;
    let updated = sqlx::query!(
        "update chunks c
         set text = $4, original_text = nullif($5, $4), context = $6, importance = $7, enabled = $8, tokens = $9,
             content_hash = $10
         from documents d
         where c.workspace_id = $1 and c.document_id = $2 and c.id = $3
           and d.workspace_id = $1 and d.id = $2 and d.live_version = c.version",
        scope.workspace_id(),
        document_id,
        chunk_id,
        request.text,
        &original,
        request.context,
        request.importance.steps(),
        request.enabled,
        tokens,
        &hash[..]
    )
    .execute(&mut *tx)
    .await?;
    if updated.rows_affected() == 0 {
        return Err(not_found());
    }
    edits::remember(&mut tx, scope, &edit).await?;
    let details =
        json!({ "document_id": document_id, "position": current.position, "enabled": request.enabled });
    audit::record(
        &mut tx,
        scope,
        AuditAction::ChunkUpdate,
        chunk_id,
        &title,
        details,
    );
    let saved = find(&mut tx, scope, document_id, chunk_id).await?;
    tx.commit().await?;
    Ok(saved.into())
}

/// The vector of a passage that has none yet.
async fn embed_new(
    services: &Services,
    scope: &Scope,
    model: Option<&Model>,
    hash: ContentHash,
    passage: String,
) -> Result<Vec<(ContentHash, Vec<f32>)>> {
    let Some(model) = model else {
        return Ok(Vec::new());
    };
    let known = embeddings::known(&services.db, scope, model.space().model_id, &[hash]).await?;
    if known.contains(&hash) {
        return Ok(Vec::new());
    }
    let vectors = model.embed_passages(vec![passage]).await?;
    Ok(vectors.into_iter().map(|vector| (hash, vector)).collect())
}

async fn find(tx: &mut TenantTx, scope: &Scope, document_id: Uuid, chunk_id: Uuid) -> Result<Row> {
    let rows = select(tx, scope, document_id, Some(chunk_id), (0, 1)).await?;
    rows.into_iter().next().ok_or_else(not_found)
}

/// Tells every index that chunks of the live version of a document are not what they were.
async fn changed(tx: &mut TenantTx, scope: &Scope, knowledge_base_id: Uuid, document_id: Uuid) -> Result<()> {
    sqlx::query!(
        "update documents set revision = revision + 1 where workspace_id = $1 and id = $2",
        scope.workspace_id(),
        document_id
    )
    .execute(&mut **tx)
    .await?;
    bases::index_changed(tx, scope, knowledge_base_id).await?;
    let job = Job::IndexDocument {
        workspace_id: scope.workspace_id(),
        knowledge_base_id,
        document_id,
    };
    tx.tell(Topic::KnowledgeBase, knowledge_base_id);
    jobs::enqueue(tx, &job).await
}

/// Puts the live version of a document into the index again, without what is switched off: a job. Never beside another
/// on the same document, nor beside its ingestion: what was read first could be written last.
pub async fn index(
    services: &Services,
    workspace_id: Uuid,
    knowledge_base_id: Uuid,
    document_id: Uuid,
) -> Result<Outcome> {
    let lock = WorkLock::try_acquire(&services.db, &ingest::lock_name(document_id)).await?;
    let Some(lock) = lock else {
        return Ok(Outcome::Later(ingest::LOCKED_DELAY));
    };
    let indexed = index_locked(services, workspace_id, knowledge_base_id, document_id).await;
    lock.release().await;
    indexed.map(|()| Outcome::Done)
}

async fn index_locked(
    services: &Services,
    workspace_id: Uuid,
    knowledge_base_id: Uuid,
    document_id: Uuid,
) -> Result<()> {
    let scope = Scope::worker(workspace_id);
    let mut tx = services.db.tenant(&scope).await?;
    let rows = sqlx::query!(
        "select c.id, c.version, c.enabled
         from chunks c
         join documents d on d.workspace_id = c.workspace_id and d.id = c.document_id and d.live_version = c.version
         where c.workspace_id = $1 and c.document_id = $2",
        workspace_id,
        document_id
    )
    .fetch_all(&mut *tx)
    .await?;
    drop(tx);
    let Some(version) = rows.first().map(|row| row.version) else {
        return Ok(());
    };
    let off: Vec<Uuid> = rows.iter().filter(|row| !row.enabled).map(|row| row.id).collect();
    services.vectors.remove_chunks(&scope, &off).await?;
    let space = embeddings::live_space(&services.db, &scope).await?;
    services
        .vectors
        .upsert_document(&scope, space, knowledge_base_id, document_id, version)
        .await
}

/// Gives the chunks of a new version what people changed about those places before, where the document says the same.
/// Answers the document's revision that this is true of; `None` if the document is gone.
pub(super) async fn carry_over(
    services: &Services,
    scope: &Scope,
    document_id: Uuid,
    version: i32,
) -> Result<Option<i32>> {
    let mut tx = services.db.tenant(scope).await?;
    let revision = sqlx::query_scalar!(
        "select revision from documents where workspace_id = $1 and id = $2 for no key update",
        scope.workspace_id(),
        document_id
    )
    .fetch_optional(&mut *tx)
    .await?;
    edits::apply(&mut tx, scope, document_id, version).await?;
    tx.commit().await?;
    Ok(revision)
}

fn not_found() -> Error {
    Error::not_found("chunk")
}
