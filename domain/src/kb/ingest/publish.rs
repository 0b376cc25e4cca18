//! Making a version the one that bots answer from.

use std::collections::BTreeSet;

use api_types::kb::Chunk;
use api_types::live::Topic;
use retrieval::words::{Language, language_of, main_language};

use super::Stop;
use super::claim::Work;
use crate::Services;
use crate::db::retried;
use crate::embeddings::{self, Model, Space};
use crate::kb::bases;
use crate::kb::chunks::carry_over;
use crate::kb::edits;
use crate::vectors::passage_text;
use crate::{Result, Scope};
use uuid::Uuid;

/// Takes over what people changed, uploads the vectors, then switches to the new version in one transaction, then
/// removes the old vectors. What people change meanwhile is taken over, too.
pub(super) async fn publish(
    services: &Services,
    scope: &Scope,
    work: &Work,
    chunks: &[Chunk],
    model: Option<&Model>,
) -> Result<(), Stop> {
    let space = model.map_or(Space::BUILT_IN, Model::space);
    loop {
        let revision = carry_over(services, scope, work.id, work.version).await?;
        let revision = revision.ok_or(Stop::Gone)?;
        if let Some(model) = model {
            edits::embed_missing(services, scope, work.id, work.version, model).await?;
        }
        services
            .vectors
            .upsert_document(scope, space, work.knowledge_base_id, work.id, work.version)
            .await?;
        let switched = retried(|| switch(services, scope, work, chunks, space, revision)).await?;
        if switched.ok_or(Stop::Gone)? {
            break;
        }
    }
    Ok(collect_old(services, scope, work.id, work.version).await?)
}

/// False if chunks of the live version were changed since `revision`; `None` if this version is not wanted any more.
/// Fails if another model took over meanwhile: its vectors are made when the job is run again.
async fn switch(
    services: &Services,
    scope: &Scope,
    work: &Work,
    chunks: &[Chunk],
    space: Space,
    revision: i32,
) -> Result<Option<bool>> {
    let languages = languages(work, chunks);
    let total = i32::try_from(chunks.len()).unwrap_or(i32::MAX);
    let mut tx = services.db.tenant(scope).await?;
    if !embeddings::is_live(&mut tx, scope, space.model_id).await? {
        return Err(embeddings::replaced());
    }
    let current = sqlx::query_scalar!(
        "select revision from documents where workspace_id = $1 and id = $2 and version = $3 for update",
        scope.workspace_id(),
        work.id,
        work.version
    )
    .fetch_optional(&mut *tx)
    .await?;
    match current {
        None => return Ok(None),
        Some(current) if current != revision => return Ok(Some(false)),
        Some(_) => {}
    }
    sqlx::query!(
        "update documents
         set status = 'indexed', live_version = version, attempts = 0, chunk_count = $3, chunks_done = $3,
             languages = $4, error_code = null, error_message = null, updated_at = now()
         where workspace_id = $1 and id = $2",
        scope.workspace_id(),
        work.id,
        total,
        &languages
    )
    .execute(&mut *tx)
    .await?;
    // Older versions, and what an earlier attempt cut differently (another release of the parser, say).
    sqlx::query!(
        "delete from chunks where workspace_id = $1 and document_id = $2 and (version <> $3 or position >= $4)",
        scope.workspace_id(),
        work.id,
        work.version,
        total
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "delete from scans where workspace_id = $1 and document_id = $2",
        scope.workspace_id(),
        work.id
    )
    .execute(&mut *tx)
    .await?;
    bases::index_changed(&mut tx, scope, work.knowledge_base_id).await?;
    tx.tell(Topic::KnowledgeBase, work.knowledge_base_id);
    tx.commit().await?;
    Ok(Some(true))
}

/// The languages of a document's chunks as the index tells them, that of most of the text first.
fn languages(work: &Work, chunks: &[Chunk]) -> Vec<String> {
    let passage = |chunk: &Chunk| passage_text(&work.title, &chunk.heading_path, "", &chunk.text);
    let passages: Vec<String> = chunks.iter().map(passage).collect();
    let passages: Vec<&str> = passages.iter().map(String::as_str).collect();
    let main = main_language(&passages);
    let others: BTreeSet<Language> = passages
        .iter()
        .map(|passage| language_of(passage, main))
        .collect();
    let others = others.into_iter().filter(|language| *language != main);
    std::iter::once(main)
        .chain(others)
        .map(|language| language.code().to_owned())
        .collect()
}

/// Removes the vectors of every version but this one.
pub(super) async fn collect_old(
    services: &Services,
    scope: &Scope,
    document_id: Uuid,
    version: i32,
) -> Result<()> {
    services.vectors.keep_version(scope, document_id, version).await
}

/// Removes the vectors of a version that nobody wants any more.
pub(super) async fn remove_vectors(
    services: &Services,
    scope: &Scope,
    document_id: Uuid,
    version: i32,
) -> Result<()> {
    services.vectors.remove_version(scope, document_id, version).await
}
