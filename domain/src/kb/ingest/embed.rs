//! Chunks to rows, with a vector each where there is a model.

use std::collections::HashMap;

use api_types::kb::{Chunk, DocumentStatus};
use api_types::live::Topic;
use uuid::Uuid;

use super::Stop;
use super::claim::Work;
use crate::Services;
use crate::db::{TenantTx, retried};
use crate::embeddings::{self, ContentHash, Model, content_hash, known};
use crate::{Result, Scope, vectors};

/// Chunks stored at once where no model embeds them.
const BATCH: usize = 64;

/// A chunk ready to be stored.
struct Row<'a> {
    chunk: &'a Chunk,
    hash: ContentHash,
}

/// Vectors of texts that had none.
type Embedded = Vec<(ContentHash, Vec<f32>)>;

/// Stores a row for every chunk of this version, and a vector of `model` for every text that has none. Text that was
/// embedded before in this workspace, by this very version before a crash or by any other document, is not embedded
/// again.
pub(super) async fn embed(
    services: &Services,
    scope: &Scope,
    work: &Work,
    chunks: &[Chunk],
    model: Option<&Model>,
) -> Result<(), Stop> {
    let mut done = 0;
    work.embedding_begins(services, scope, chunks.len()).await?;
    for batch in chunks.chunks(model.map_or(BATCH, Model::batch)) {
        let rows = batch.iter().map(|chunk| Row {
            chunk,
            hash: content_hash(&passage_text(work, chunk)),
        });
        let rows: Vec<Row<'_>> = rows.collect();
        let embedded = match model {
            Some(model) => embed_new(services, scope, work, &rows, model).await?,
            None => Vec::new(),
        };
        done += rows.len();
        let model_id = model.map(|model| model.space().model_id);
        if !retried(|| store(services, scope, work, &rows, done, model_id, &embedded)).await? {
            return Err(Stop::Gone);
        }
    }
    Ok(())
}

impl Work {
    async fn embedding_begins(&self, services: &Services, scope: &Scope, total: usize) -> Result<(), Stop> {
        let mut tx = services.db.tenant(scope).await?;
        let updated = sqlx::query!(
            "update documents set status = $4, chunk_count = $5, chunks_done = 0, updated_at = now()
             where workspace_id = $1 and id = $2 and version = $3",
            scope.workspace_id(),
            self.id,
            self.version,
            DocumentStatus::Embedding.as_str(),
            count(total)
        )
        .execute(&mut *tx)
        .await?;
        if updated.rows_affected() == 0 {
            return Err(Stop::Gone);
        }
        tx.tell(Topic::KnowledgeBase, self.knowledge_base_id);
        Ok(tx.commit().await?)
    }
}

async fn embed_new(
    services: &Services,
    scope: &Scope,
    work: &Work,
    rows: &[Row<'_>],
    model: &Model,
) -> Result<Embedded> {
    let hashes: Vec<ContentHash> = rows.iter().map(|row| row.hash).collect();
    let known = known(&services.db, scope, model.space().model_id, &hashes).await?;
    let missing: HashMap<ContentHash, String> = rows
        .iter()
        .filter(|row| !known.contains(&row.hash))
        .map(|row| (row.hash, passage_text(work, row.chunk)))
        .collect();
    if missing.is_empty() {
        return Ok(Vec::new());
    }
    let (hashes, texts): (Vec<ContentHash>, Vec<String>) = missing.into_iter().unzip();
    let vectors = model.embed_for(services, scope, texts).await?;
    Ok(hashes.into_iter().zip(vectors).collect())
}

/// False if this version is not wanted any more.
async fn store(
    services: &Services,
    scope: &Scope,
    work: &Work,
    rows: &[Row<'_>],
    done: usize,
    model_id: Option<Uuid>,
    embedded: &Embedded,
) -> Result<bool> {
    let mut tx = services.db.tenant(scope).await?;
    // First, because it locks the document: it can't be deleted, nor superseded, until the rows are in.
    let updated = sqlx::query!(
        "update documents
         set chunks_done = $4, attempts = case when $5 then 0 else attempts end, updated_at = now()
         where workspace_id = $1 and id = $2 and version = $3",
        scope.workspace_id(),
        work.id,
        work.version,
        count(done),
        !embedded.is_empty()
    )
    .execute(&mut *tx)
    .await?;
    if updated.rows_affected() == 0 {
        return Ok(false);
    }
    for row in rows {
        upsert(&mut tx, scope, work, row).await?;
    }
    if let Some(model_id) = model_id {
        embeddings::put(&mut tx, scope, model_id, embedded).await?;
    }
    tx.tell(Topic::KnowledgeBase, work.knowledge_base_id);
    tx.commit().await?;
    Ok(true)
}

async fn upsert(tx: &mut TenantTx, scope: &Scope, work: &Work, row: &Row<'_>) -> Result<()> {
    let chunk = row.chunk;
    sqlx::query!(
        "insert into chunks (workspace_id, id, knowledge_base_id, document_id, version, position, text,
             heading_path, page, tokens, content_hash)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
         on conflict (workspace_id, id) do update
         set text = excluded.text, heading_path = excluded.heading_path, page = excluded.page,
             tokens = excluded.tokens, content_hash = excluded.content_hash,
             original_text = null, context = '', importance = 0, enabled = true",
        scope.workspace_id(),
        chunk_id(work.id, work.version, chunk.position),
        work.knowledge_base_id,
        work.id,
        work.version,
        chunk.position,
        chunk.text,
        &chunk.heading_path,
        chunk.page,
        chunk.tokens,
        &row.hash[..]
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// What the model reads: the same as search does.
fn passage_text(work: &Work, chunk: &Chunk) -> String {
    vectors::passage_text(&work.title, &chunk.heading_path, "", &chunk.text)
}

/// The same for the same place in the same version, so that a replay overwrites.
fn chunk_id(document_id: Uuid, version: i32, position: i32) -> Uuid {
    Uuid::new_v5(&document_id, format!("{version}:{position}").as_bytes())
}

fn count(n: usize) -> i32 {
    i32::try_from(n).unwrap_or(i32::MAX)
}
