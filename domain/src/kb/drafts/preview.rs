//! What the chunks of a draft would look like. Nothing is written to the database.

use api_types::ErrorCode;
use api_types::drafts::Draft;
use api_types::kb::{
    Chunk, ChunkPreview, DocumentError, DraftSource, KnowledgeBaseContent, PreviewPage, SourcePreview,
};
use futures::{StreamExt, TryStreamExt};
use uuid::Uuid;

use crate::Services;
use crate::kb::parse::ParsedDocument;
use crate::kb::sources::{TakenPage, taken_pages};
use crate::kb::{bases, ocr, read};
use crate::storage::Storage;
use crate::{Error, Result, Scope};

/// Most chunks shown of one source.
const MAX_LIMIT: usize = 50;
/// Pages shown of one website.
const MAX_PAGES: i64 = 3;
/// Sources parsed at once.
const PARSERS: usize = 2;

/// The first `limit` chunks of one source, or of each when `source_id` is absent, cut as the draft says. Of a website,
/// its first pages are shown, or the one that is asked for.
pub async fn preview_chunks(
    services: &Services,
    scope: &Scope,
    draft_id: Uuid,
    source_id: Option<Uuid>,
    page_id: Option<Uuid>,
    limit: usize,
) -> Result<ChunkPreview> {
    let mut draft = super::get(services, scope, draft_id).await?;
    if let Some(id) = draft.from {
        draft.content.chunking = bases::get(&services.db, scope, id).await?.chunking;
    }
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
    let items = items(services, scope, wanted, page_id).await?;
    let sources = futures::stream::iter(items)
        .map(|item| preview(services, scope, &draft, item, limit))
        .buffered(PARSERS)
        .try_collect()
        .await?;
    Ok(ChunkPreview { sources })
}

/// What is parsed on its own: a source, or a page of a website.
enum Item {
    Source(DraftSource),
    Page(Uuid, TakenPage),
}

async fn items(
    services: &Services,
    scope: &Scope,
    sources: Vec<DraftSource>,
    page_id: Option<Uuid>,
) -> Result<Vec<Item>> {
    let most = if sources.len() == 1 { MAX_PAGES } else { 1 };
    let mut items = Vec::new();
    for source in sources {
        if !source.kind.is_crawled() {
            items.push(Item::Source(source));
            continue;
        }
        let mut tx = services.db.tenant(scope).await?;
        let pages = taken_pages(&mut tx, scope, source.id, page_id, most).await?;
        if pages.is_empty() && page_id.is_some() {
            return Err(Error::not_found("page"));
        }
        items.extend(pages.into_iter().map(|page| Item::Page(source.id, page)));
    }
    Ok(items)
}

async fn preview(
    services: &Services,
    scope: &Scope,
    draft: &Draft<KnowledgeBaseContent>,
    item: Item,
    limit: usize,
) -> Result<SourcePreview> {
    let (source_id, page, parsed) = match item {
        Item::Source(source) => (source.id, None, parsed(services, scope, draft.id, &source).await?),
        Item::Page(source_id, page) => {
            let bytes = services.storage.get(&page.storage_key).await?.unwrap_or_default();
            let parsed = read::parse(services, &page.media_type, bytes).await?;
            let page = PreviewPage {
                id: page.id,
                title: page.title,
                url: page.url,
            };
            (source_id, Some(page), parsed)
        }
    };
    let preview = SourcePreview {
        source_id,
        page,
        chunk_count: 0,
        chunks: Vec::new(),
        is_scan: false,
        error: None,
    };
    let parsed = match parsed {
        Ok(parsed) => parsed,
        Err(error) if error.code == ErrorCode::NeedsOcr && ocr::languages().await.is_some() => {
            return Ok(SourcePreview {
                is_scan: true,
                ..preview
            });
        }
        Err(error) => {
            return Ok(SourcePreview {
                error: Some(error),
                ..preview
            });
        }
    };
    let chunks = read::cut(services, parsed, draft.content.chunking).await?;
    Ok(SourcePreview {
        chunk_count: chunks.len(),
        chunks: chunks.into_iter().take(limit).collect::<Vec<Chunk>>(),
        ..preview
    })
}

type Parsed = Result<ParsedDocument, DocumentError>;

/// What the parser makes of a source; kept beside it, so that only the first look takes its time.
async fn parsed(services: &Services, scope: &Scope, draft_id: Uuid, source: &DraftSource) -> Result<Parsed> {
    let key = Storage::parsed_key(scope.workspace_id(), draft_id, source.id);
    let kept = services.storage.get(&key).await?;
    // What another release kept may not be readable; then it is parsed anew.
    if let Some(mut parsed) = kept.and_then(|json| serde_json::from_slice::<Parsed>(&json).ok()) {
        read::tell_of_scan(&mut parsed).await;
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
