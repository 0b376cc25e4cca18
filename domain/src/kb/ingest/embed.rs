//! Chunks to rows, with a vector each where there is an embedder.

use std::collections::HashMap;

use api_types::kb::{Chunk, DocumentStatus};
use uuid::Uuid;

use super::Stop;
use super::claim::Work;
use crate::Services;
use crate::db::{TenantTx, retried};
use crate::kb::embed::{ContentHash, Embedder, content_hash};
use crate::{Result, Scope, vectors};

/// Chunks that are embedded and stored at once: enough for all cores, few enough that progress is seen, and that
/// little is lost when the worker is killed.
const BATCH: usize = 16;

/// A chunk ready to be stored.
struct Row<'a> {
    chunk: &'a Chunk,
    hash: ContentHash,
    embedding: Option<Vec<u8>>,
}

/// Stores a row for every chunk of this version. Text that was embedded before in this workspace, by this very
/// version before a crash or by any other document, is not embedded again.
pub(super) async fn embed(
    services: &Services,
    scope: &Scope,
    work: &Work,
    chunks: &[Chunk],
) -> Result<(), Stop> {
    let mut done = 0;
    work.embedding_begins(services, scope, chunks.len()).await?;
    for batch in chunks.chunks(BATCH) {
        let (rows, progress) = rows(services, scope, work, batch).await?;
        done += rows.len();
        if !retried(|| store(services, scope, work, &rows, done, progress)).await? {
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
        Ok(tx.commit().await?)
    }
}

/// The rows of a batch, and whether anything had to be embedded for them.
async fn rows<'a>(
    services: &Services,
    scope: &Scope,
    work: &Work,
    batch: &'a [Chunk],
) -> Result<(Vec<Row<'a>>, bool)> {
    let Some(embedder) = services.embedder.as_deref() else {
        let rows = batch.iter().map(|chunk| Row {
            chunk,
            hash: content_hash("", &passage_text(work, chunk)),
            embedding: None,
        });
        return Ok((rows.collect(), false));
    };
    let texts: Vec<String> = batch.iter().map(|chunk| passage_text(work, chunk)).collect();
    let hashes: Vec<ContentHash> = texts
        .iter()
        .map(|text| content_hash(embedder.model_id(), text))
        .collect();
    let mut known = stored(services, scope, &hashes).await?;
    let missing: HashMap<ContentHash, String> = hashes
        .iter()
        .copied()
        .zip(texts)
        .filter(|(hash, _)| !known.contains_key(hash))
        .collect();
    let progress = !missing.is_empty();
    known.extend(embed_new(embedder, missing).await?);
    let rows = batch.iter().zip(hashes).map(|(chunk, hash)| Row {
        chunk,
        hash,
        embedding: known.get(&hash).cloned(),
    });
    Ok((rows.collect(), progress))
}

async fn embed_new(
    embedder: &Embedder,
    texts: HashMap<ContentHash, String>,
) -> Result<HashMap<ContentHash, Vec<u8>>> {
    let (hashes, texts): (Vec<ContentHash>, Vec<String>) = texts.into_iter().unzip();
    let embedded = embedder.embed_passages(texts).await?;
    Ok(hashes
        .into_iter()
        .zip(embedded.iter().map(|vector| vectors::to_bytes(vector)))
        .collect())
}

/// Embeddings of the same texts by the same model, anywhere in the workspace.
async fn stored(
    services: &Services,
    scope: &Scope,
    hashes: &[ContentHash],
) -> Result<HashMap<ContentHash, Vec<u8>>> {
    let hashes: Vec<Vec<u8>> = hashes.iter().map(|hash| hash.to_vec()).collect();
    let mut tx = services.db.tenant(scope).await?;
    let rows = sqlx::query!(
        r#"select distinct on (content_hash) content_hash, embedding as "embedding!"
           from chunks
           where workspace_id = $1 and content_hash = any($2) and embedding is not null"#,
        scope.workspace_id(),
        &hashes
    )
    .fetch_all(&mut *tx)
    .await?;
    Ok(rows
        .into_iter()
        .filter_map(|row| Some((row.content_hash.try_into().ok()?, row.embedding)))
        .collect())
}

/// False if this version is not wanted any more.
async fn store(
    services: &Services,
    scope: &Scope,
    work: &Work,
    rows: &[Row<'_>],
    done: usize,
    progress: bool,
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
        progress
    )
    .execute(&mut *tx)
    .await?;
    if updated.rows_affected() == 0 {
        return Ok(false);
    }
    for row in rows {
        upsert(&mut tx, scope, work, row).await?;
    }
    tx.commit().await?;
    Ok(true)
}

async fn upsert(tx: &mut TenantTx, scope: &Scope, work: &Work, row: &Row<'_>) -> Result<()> {
    let chunk = row.chunk;
    sqlx::query!(
        "insert into chunks (workspace_id, id, knowledge_base_id, document_id, version, position, text,
             heading_path, page, tokens, content_hash, embedding)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
         on conflict (workspace_id, id) do update
         set text = excluded.text, heading_path = excluded.heading_path, page = excluded.page,
             tokens = excluded.tokens, content_hash = excluded.content_hash, embedding = excluded.embedding,
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
        &row.hash[..],
        row.embedding.as_deref()
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// What the embedder reads: the same as search does.
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
