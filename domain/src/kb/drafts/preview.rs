//! What the chunks of a draft would look like. Nothing is written to the database.

use api_types::drafts::Draft;
use api_types::kb::{Chunk, ChunkPreview, DocumentError, DraftSource, KnowledgeBaseContent, SourcePreview};
use futures::{StreamExt, TryStreamExt};
use uuid::Uuid;

use crate::Services;
use crate::kb::parse::ParsedDocument;
use crate::kb::read;
use crate::storage::Storage;
use crate::{Error, Result, Scope};

/// Most chunks shown of one source.
const MAX_LIMIT: usize = 50;
/// Sources parsed at once.
const PARSERS: usize = 2;

/// The first `limit` chunks of one source, or of each when `source_id` is absent, cut as the draft says.
pub async fn preview_chunks(
    services: &Services,
    scope: &Scope,
    draft_id: Uuid,
    source_id: Option<Uuid>,
    limit: usize,
) -> Result<ChunkPreview> {
    let draft = super::get(services, scope, draft_id).await?;
    let limit = limit.clamp(1, MAX_LIMIT);
    let wanted: Vec<DraftSource> = draft
        .content
        .sources
        .iter()
        .filter(|source| source_id.is_none_or(|id| id == source.id))
        .cloned()
        .collect();
    if let (Some(_), []) = (source_id, wanted.as_slice()) {
        return Err(Error::not_found("source in this draft"));
    }
    let sources = futures::stream::iter(wanted)
        .map(|source| preview(services, scope, &draft, source, limit))
        .buffered(PARSERS)
        .try_collect()
        .await?;
    Ok(ChunkPreview { sources })
}

async fn preview(
    services: &Services,
    scope: &Scope,
    draft: &Draft<KnowledgeBaseContent>,
    source: DraftSource,
    limit: usize,
) -> Result<SourcePreview> {
    let parsed = match parsed(services, scope, draft.id, &source).await? {
        Ok(parsed) => parsed,
        Err(error) => {
            return Ok(SourcePreview {
                source_id: source.id,
                chunk_count: 0,
                chunks: Vec::new(),
                error: Some(error),
            });
        }
    };
    let chunks = read::cut(services, parsed, draft.content.chunking).await?;
    Ok(SourcePreview {
        source_id: source.id,
        chunk_count: chunks.len(),
        chunks: chunks.into_iter().take(limit).collect::<Vec<Chunk>>(),
        error: None,
    })
}

type Parsed = Result<ParsedDocument, DocumentError>;

/// What the parser makes of a source; kept beside it, so that only the first look takes its time.
async fn parsed(services: &Services, scope: &Scope, draft_id: Uuid, source: &DraftSource) -> Result<Parsed> {
    let key = Storage::parsed_key(scope.workspace_id(), draft_id, source.id);
    let kept = services.storage.get(&key).await?;
    // What another release kept may not be readable; then it is parsed anew.
    if let Some(parsed) = kept.and_then(|json| serde_json::from_slice(&json).ok()) {
        return Ok(parsed);
    }
    let key = Storage::draft_key(scope.workspace_id(), draft_id, source.id);
    let bytes = services
        .storage
        .get(&key)
        .await?
        .ok_or_else(|| Error::not_found("source in this draft"))?;
    let parsed = read::parse(services, &source.media_type, bytes).await?;
    keep(services, scope, draft_id, source.id, &parsed).await?;
    Ok(parsed)
}

/// Keeps what the parser made of a source.
pub(super) async fn keep(
    services: &Services,
    scope: &Scope,
    draft_id: Uuid,
    source_id: Uuid,
    parsed: &Parsed,
) -> Result<()> {
    let key = Storage::parsed_key(scope.workspace_id(), draft_id, source_id);
    services.storage.put(&key, serde_json::to_vec(parsed)?).await
}
