//! `/api/v1/kb/draft`: a knowledge base before it is finalized.

use std::sync::Arc;

use api_types::drafts::{CreateDraftRequest, Draft, DraftSummary};
use api_types::kb::{AddSourcesRequest, ChunkPreview, Finalized, KnowledgeBaseContent, SaveKbDraftRequest};
use api_types::pairs::{Pair, SaveDraftPairsRequest};
use api_types::{ErrorCode, validate};
use axum::extract::multipart::{Multipart, MultipartError};
use axum::extract::{FromRequest, Request, State};
use axum::http::{StatusCode, header};
use domain::kb::drafts::{self, NewFile};
use domain::{Error, Services};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::extract::{Caller, Json, Path, Query};
use crate::problem::{Problem, Result};

/// Chunks shown of each source unless the client says otherwise, and at most.
const PREVIEW: (usize, usize) = (20, 50);

/// Which chunks to preview.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PreviewQuery {
    /// Only of this source.
    source_id: Option<Uuid>,
    /// Only of this page, if the source is a website; its first pages when absent.
    page_id: Option<Uuid>,
    /// The first so many of each source, 1 to 50; 20 when absent.
    limit: Option<usize>,
}

/// Files as a browser uploads them.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "only describes the body")]
pub struct UploadForm {
    /// The files.
    #[schema(value_type = Vec<String>, format = Binary)]
    file: Vec<u8>,
}

/// Begin a draft: a new knowledge base, or more sources for an existing one.
#[utoipa::path(post, path = "/api/v1/kb/draft", tag = "knowledge base drafts", request_body = CreateDraftRequest,
    responses((status = 201, body = Draft<KnowledgeBaseContent>)), security(("bearer" = [])))]
pub async fn create(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Json(request): Json<CreateDraftRequest>,
) -> Result<(StatusCode, Json<Draft<KnowledgeBaseContent>>)> {
    Ok((
        StatusCode::CREATED,
        Json(drafts::create(&services, &scope, &request).await?),
    ))
}

/// The workspace's knowledge base drafts, last saved first.
#[utoipa::path(get, path = "/api/v1/kb/draft", tag = "knowledge base drafts",
    responses((status = 200, body = [DraftSummary])), security(("bearer" = [])))]
pub async fn list(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
) -> Result<Json<Vec<DraftSummary>>> {
    Ok(Json(drafts::list(&services, &scope).await?))
}

/// Read a draft.
#[utoipa::path(get, path = "/api/v1/kb/draft/{draft_id}", tag = "knowledge base drafts",
    params(("draft_id" = Uuid, Path)), responses((status = 200, body = Draft<KnowledgeBaseContent>)),
    security(("bearer" = [])))]
pub async fn get(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path(draft_id): Path<Uuid>,
) -> Result<Json<Draft<KnowledgeBaseContent>>> {
    Ok(Json(drafts::get(&services, &scope, draft_id).await?))
}

/// Save name, description and chunking on top of the version that was read.
#[utoipa::path(put, path = "/api/v1/kb/draft/{draft_id}", tag = "knowledge base drafts",
    params(("draft_id" = Uuid, Path)), request_body = SaveKbDraftRequest,
    responses((status = 200, body = Draft<KnowledgeBaseContent>)),
    security(("bearer" = [])))]
pub async fn save(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path(draft_id): Path<Uuid>,
    Json(request): Json<SaveKbDraftRequest>,
) -> Result<Json<Draft<KnowledgeBaseContent>>> {
    Ok(Json(drafts::save(&services, &scope, draft_id, request).await?))
}

/// Abandon a draft with its files.
#[utoipa::path(delete, path = "/api/v1/kb/draft/{draft_id}", tag = "knowledge base drafts",
    params(("draft_id" = Uuid, Path)), responses((status = 204)), security(("bearer" = [])))]
pub async fn delete(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path(draft_id): Path<Uuid>,
) -> Result<StatusCode> {
    drafts::delete(&services, &scope, draft_id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Add sources: text, web pages and websites as JSON, files as `multipart/form-data` parts named `file`. All or none are added.
#[utoipa::path(put, path = "/api/v1/kb/draft/{draft_id}/sources", tag = "knowledge base drafts",
    params(("draft_id" = Uuid, Path)),
    request_body(content((AddSourcesRequest = "application/json"), (UploadForm = "multipart/form-data"))),
    responses((status = 200, body = Draft<KnowledgeBaseContent>)),
    security(("bearer" = [])))]
pub async fn add_sources(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path(draft_id): Path<Uuid>,
    request: Request,
) -> Result<Json<Draft<KnowledgeBaseContent>>> {
    let media_type = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    if media_type.is_some_and(|media_type| media_type.starts_with("multipart/form-data")) {
        let files = files(request).await?;
        return Ok(Json(drafts::add_files(&services, &scope, draft_id, files).await?));
    }
    let body = Json::<AddSourcesRequest>::from_request(request, &()).await;
    let Json(sources) = body.map_err(|rejected| Problem::refused(rejected.0, rejected.1))?;
    Ok(Json(
        drafts::add_sources(&services, &scope, draft_id, sources).await?,
    ))
}

/// Add a CSV file of questions and answers as a source: a `multipart/form-data` part named `file`.
#[utoipa::path(post, path = "/api/v1/kb/draft/{draft_id}/pairs/import", tag = "knowledge base drafts",
    params(("draft_id" = Uuid, Path)), request_body(content((UploadForm = "multipart/form-data"))),
    responses((status = 200, body = Draft<KnowledgeBaseContent>)),
    security(("bearer" = [])))]
pub async fn import_pairs(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path(draft_id): Path<Uuid>,
    request: Request,
) -> Result<Json<Draft<KnowledgeBaseContent>>> {
    let file = one_file(request).await?;
    Ok(Json(
        drafts::import_pairs(&services, &scope, draft_id, file).await?,
    ))
}

/// The questions and answers of a source, in the order they were added.
#[utoipa::path(get, path = "/api/v1/kb/draft/{draft_id}/sources/{source_id}/pairs", tag = "knowledge base drafts",
    params(("draft_id" = Uuid, Path), ("source_id" = Uuid, Path)), responses((status = 200, body = Vec<Pair>)),
    security(("bearer" = [])))]
pub async fn pairs(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path((draft_id, source_id)): Path<(Uuid, Uuid)>,
) -> Result<Json<Vec<Pair>>> {
    Ok(Json(drafts::pairs(&services, &scope, draft_id, source_id).await?))
}

/// Replace all questions and answers of a source. It gets another id, so that nobody who read it before overwrites it.
#[utoipa::path(put, path = "/api/v1/kb/draft/{draft_id}/sources/{source_id}/pairs", tag = "knowledge base drafts",
    params(("draft_id" = Uuid, Path), ("source_id" = Uuid, Path)), request_body = SaveDraftPairsRequest,
    responses((status = 200, body = Draft<KnowledgeBaseContent>)),
    security(("bearer" = [])))]
pub async fn save_pairs(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path((draft_id, source_id)): Path<(Uuid, Uuid)>,
    Json(request): Json<SaveDraftPairsRequest>,
) -> Result<Json<Draft<KnowledgeBaseContent>>> {
    Ok(Json(
        drafts::save_pairs(&services, &scope, draft_id, source_id, &request.pairs).await?,
    ))
}

/// Take a source out again.
#[utoipa::path(delete, path = "/api/v1/kb/draft/{draft_id}/sources/{source_id}", tag = "knowledge base drafts",
    params(("draft_id" = Uuid, Path), ("source_id" = Uuid, Path)),
    responses((status = 200, body = Draft<KnowledgeBaseContent>)), security(("bearer" = [])))]
pub async fn remove_source(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path((draft_id, source_id)): Path<(Uuid, Uuid)>,
) -> Result<Json<Draft<KnowledgeBaseContent>>> {
    Ok(Json(
        drafts::remove_source(&services, &scope, draft_id, source_id).await?,
    ))
}

/// How the sources would be cut, with the real parser; nothing is written.
#[utoipa::path(get, path = "/api/v1/kb/draft/{draft_id}/preview-chunks", tag = "knowledge base drafts",
    params(("draft_id" = Uuid, Path), PreviewQuery), responses((status = 200, body = ChunkPreview)),
    security(("bearer" = [])))]
pub async fn preview_chunks(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path(draft_id): Path<Uuid>,
    Query(query): Query<PreviewQuery>,
) -> Result<Json<ChunkPreview>> {
    let limit = query.limit.unwrap_or(PREVIEW.0).clamp(1, PREVIEW.1);
    Ok(Json(
        drafts::preview_chunks(&services, &scope, draft_id, query.source_id, query.page_id, limit).await?,
    ))
}

/// Make it a knowledge base and have its documents indexed. Repeating it is safe.
#[utoipa::path(post, path = "/api/v1/kb/draft/{draft_id}/finalize", tag = "knowledge base drafts",
    params(("draft_id" = Uuid, Path)),
    responses((status = 200, body = Finalized)),
    security(("bearer" = [])))]
pub async fn finalize(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path(draft_id): Path<Uuid>,
) -> Result<Json<Finalized>> {
    Ok(Json(drafts::finalize(&services, &scope, draft_id).await?))
}

/// The first file of an upload.
pub(super) async fn one_file(request: Request) -> Result<NewFile> {
    let mut files = files(request).await?;
    Ok(files.swap_remove(0))
}

/// The files of an upload, at least one.
async fn files(request: Request) -> Result<Vec<NewFile>> {
    let mut form = Multipart::from_request(request, &())
        .await
        .map_err(|error| Problem::refused(ErrorCode::MalformedRequest, error.body_text()))?;
    let mut files = Vec::new();
    while let Some(part) = form.next_field().await.map_err(unreadable)? {
        if part.name() != Some("file") {
            continue;
        }
        let name = part.file_name().unwrap_or_default().to_owned();
        let bytes = part.bytes().await.map_err(unreadable)?;
        files.push(NewFile {
            name,
            bytes: bytes.to_vec(),
        });
    }
    if files.is_empty() {
        return Err(Error::field("file", "Send at least one file in a part named `file`.").into());
    }
    Ok(files)
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that `map_err` calls")]
fn unreadable(error: MultipartError) -> Problem {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        let megabytes = validate::MAX_FILE_BYTES / 1024 / 1024;
        let detail = format!(
            "The upload is too large: up to {megabytes} MB a file, up to 64 MB at once. Nothing was added."
        );
        return Problem::refused(ErrorCode::PayloadTooLarge, detail);
    }
    Problem::refused(ErrorCode::MalformedRequest, error.body_text())
}
