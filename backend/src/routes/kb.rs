//! `/api/v1/kb`: knowledge bases, their documents, and search.

use std::sync::Arc;

use api_types::Page;
use api_types::kb::{
    Chunk, Document, KnowledgeBase, PreviewRequest, RestingEdit, Retried, SaveChunkRequest,
    SaveDocumentRequest, SaveKnowledgeBaseRequest, SearchRequest, SearchResponse, StoredChunk,
    SuggestedQuestions,
};
use axum::extract::State;
use axum::http::StatusCode;
use domain::Services;
use domain::kb::{bases, chunks, documents, edits, questions};
use uuid::Uuid;

use crate::extract::{Caller, Json, Path, Query};
use crate::problem::Result;
use crate::routes::paged::{ListQuery, PageQuery};

/// The workspace's knowledge bases.
#[utoipa::path(get, path = "/api/v1/kb", tag = "knowledge bases", responses((status = 200, body = [KnowledgeBase])),
    security(("bearer" = [])))]
pub async fn list(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
) -> Result<Json<Vec<KnowledgeBase>>> {
    Ok(Json(bases::list(&services.db, &scope).await?))
}

/// One knowledge base, with how far its documents are.
#[utoipa::path(get, path = "/api/v1/kb/{kb_id}", tag = "knowledge bases", params(("kb_id" = Uuid, Path)),
    responses((status = 200, body = KnowledgeBase)), security(("bearer" = [])))]
pub async fn get(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path(kb_id): Path<Uuid>,
) -> Result<Json<KnowledgeBase>> {
    Ok(Json(bases::get(&services.db, &scope, kb_id).await?))
}

/// Delete a knowledge base with all its documents, unless a live bot answers from it.
#[utoipa::path(delete, path = "/api/v1/kb/{kb_id}", tag = "knowledge bases", params(("kb_id" = Uuid, Path)),
    responses((status = 204)), security(("bearer" = [])))]
pub async fn delete(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path(kb_id): Path<Uuid>,
) -> Result<StatusCode> {
    bases::delete(&services.db, &scope, kb_id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What would be found for a question, and why.
#[utoipa::path(post, path = "/api/v1/kb/{kb_id}/search", tag = "knowledge bases", params(("kb_id" = Uuid, Path)),
    request_body = SearchRequest, responses((status = 200, body = SearchResponse)), security(("bearer" = [])))]
pub async fn search(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path(kb_id): Path<Uuid>,
    Json(request): Json<SearchRequest>,
) -> Result<Json<SearchResponse>> {
    Ok(Json(domain::kb::find(&services, &scope, kb_id, &request).await?))
}

/// Questions to offer to visitors: headings of the documents that find an answer.
#[utoipa::path(get, path = "/api/v1/kb/{kb_id}/questions", tag = "knowledge bases", params(("kb_id" = Uuid, Path)),
    responses((status = 200, body = SuggestedQuestions)), security(("bearer" = [])))]
pub async fn suggested_questions(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path(kb_id): Path<Uuid>,
) -> Result<Json<SuggestedQuestions>> {
    Ok(Json(questions::suggest(&services, &scope, kb_id).await?))
}

/// Change name, description and how documents are cut. Another way has all of them cut anew, in the background.
#[utoipa::path(put, path = "/api/v1/kb/{kb_id}", tag = "knowledge bases", params(("kb_id" = Uuid, Path)),
    request_body = SaveKnowledgeBaseRequest, responses((status = 200, body = KnowledgeBase)),
    security(("bearer" = [])))]
pub async fn save(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path(kb_id): Path<Uuid>,
    Json(request): Json<SaveKnowledgeBaseRequest>,
) -> Result<Json<KnowledgeBase>> {
    Ok(Json(bases::save(&services.db, &scope, kb_id, &request).await?))
}

/// Changes that people made to chunks of a document, and that rest as it is not cut there any more.
#[utoipa::path(get, path = "/api/v1/kb/{kb_id}/documents/{document_id}/resting-edits", tag = "knowledge bases",
    params(("kb_id" = Uuid, Path), ("document_id" = Uuid, Path)), responses((status = 200, body = [RestingEdit])),
    security(("bearer" = [])))]
pub async fn resting_edits(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path((kb_id, document_id)): Path<(Uuid, Uuid)>,
) -> Result<Json<Vec<RestingEdit>>> {
    Ok(Json(
        edits::resting(&services.db, &scope, kb_id, document_id).await?,
    ))
}

/// The documents of a knowledge base, in the order they were added.
#[utoipa::path(get, path = "/api/v1/kb/{kb_id}/documents", tag = "knowledge bases",
    params(("kb_id" = Uuid, Path), ListQuery), responses((status = 200, body = Page<Document>)), security(("bearer" = [])))]
pub async fn documents(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path(kb_id): Path<Uuid>,
    Query(query): Query<ListQuery>,
) -> Result<Json<Page<Document>>> {
    Ok(Json(
        documents::page(&services.db, &scope, kb_id, &query.into()).await?,
    ))
}

/// Delete a document with its chunks, vectors and file.
#[utoipa::path(delete, path = "/api/v1/kb/{kb_id}/documents/{document_id}", tag = "knowledge bases",
    params(("kb_id" = Uuid, Path), ("document_id" = Uuid, Path)), responses((status = 204)),
    security(("bearer" = [])))]
pub async fn delete_document(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path((kb_id, document_id)): Path<(Uuid, Uuid)>,
) -> Result<StatusCode> {
    documents::delete(&services.db, &scope, kb_id, document_id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Try a failed document again.
#[utoipa::path(post, path = "/api/v1/kb/{kb_id}/documents/{document_id}/retry", tag = "knowledge bases",
    params(("kb_id" = Uuid, Path), ("document_id" = Uuid, Path)), responses((status = 200, body = Document)),
    security(("bearer" = [])))]
pub async fn retry_document(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path((kb_id, document_id)): Path<(Uuid, Uuid)>,
) -> Result<Json<Document>> {
    Ok(Json(
        documents::retry(&services.db, &scope, kb_id, document_id).await?,
    ))
}

/// Try every failed document again.
#[utoipa::path(post, path = "/api/v1/kb/{kb_id}/documents/retry-failed", tag = "knowledge bases",
    params(("kb_id" = Uuid, Path)), responses((status = 200, body = Retried)), security(("bearer" = [])))]
pub async fn retry_failed_documents(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path(kb_id): Path<Uuid>,
) -> Result<Json<Retried>> {
    let documents = documents::retry_failed(&services.db, &scope, kb_id).await?;
    Ok(Json(Retried { documents }))
}

/// The chunks of a document's live version, with what people changed about them.
#[utoipa::path(get, path = "/api/v1/kb/{kb_id}/documents/{document_id}/chunks", tag = "knowledge bases",
    params(("kb_id" = Uuid, Path), ("document_id" = Uuid, Path), PageQuery),
    responses((status = 200, body = Page<StoredChunk>)), security(("bearer" = [])))]
pub async fn document_chunks(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path((kb_id, document_id)): Path<(Uuid, Uuid)>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<StoredChunk>>> {
    Ok(Json(
        chunks::page(&services.db, &scope, kb_id, document_id, &query.into()).await?,
    ))
}

/// Change a chunk: its text, words about it, how much it matters, whether bots answer from it.
#[utoipa::path(put, path = "/api/v1/kb/{kb_id}/documents/{document_id}/chunks/{chunk_id}", tag = "knowledge bases",
    params(("kb_id" = Uuid, Path), ("document_id" = Uuid, Path), ("chunk_id" = Uuid, Path)),
    request_body = SaveChunkRequest, responses((status = 200, body = StoredChunk)), security(("bearer" = [])))]
pub async fn save_chunk(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path((kb_id, document_id, chunk_id)): Path<(Uuid, Uuid, Uuid)>,
    Json(request): Json<SaveChunkRequest>,
) -> Result<Json<StoredChunk>> {
    Ok(Json(
        chunks::save(&services, &scope, kb_id, document_id, chunk_id, &request).await?,
    ))
}

/// How a document would be cut with other settings. Nothing is written.
#[utoipa::path(post, path = "/api/v1/kb/{kb_id}/documents/{document_id}/preview-chunks", tag = "knowledge bases",
    params(("kb_id" = Uuid, Path), ("document_id" = Uuid, Path)), request_body = PreviewRequest,
    responses((status = 200, body = [Chunk])), security(("bearer" = [])))]
pub async fn preview_chunks(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path((kb_id, document_id)): Path<(Uuid, Uuid)>,
    Json(request): Json<PreviewRequest>,
) -> Result<Json<Vec<Chunk>>> {
    Ok(Json(
        domain::kb::preview_chunks(&services, &scope, kb_id, document_id, request.chunking).await?,
    ))
}

/// Change how much a document matters, and its tags.
#[utoipa::path(put, path = "/api/v1/kb/{kb_id}/documents/{document_id}", tag = "knowledge bases",
    params(("kb_id" = Uuid, Path), ("document_id" = Uuid, Path)), request_body = SaveDocumentRequest,
    responses((status = 200, body = Document)), security(("bearer" = [])))]
pub async fn save_document(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path((kb_id, document_id)): Path<(Uuid, Uuid)>,
    Json(request): Json<SaveDocumentRequest>,
) -> Result<Json<Document>> {
    Ok(Json(
        documents::save(&services.db, &scope, kb_id, document_id, request).await?,
    ))
}
