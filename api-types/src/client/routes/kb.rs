//! `/kb`

use super::{Call, Page, Uuid, found, query};
use crate::kb::{
    Chunk, Document, KnowledgeBase, PreviewRequest, RestingEdit, Retried, SaveChunkRequest,
    SaveDocumentRequest, SaveKnowledgeBaseRequest, SearchRequest, SearchResponse, StoredChunk,
    SuggestedQuestions,
};

/// Knowledge bases of the workspace.
pub fn list() -> Call<Vec<KnowledgeBase>> {
    Call::get("/kb")
}

/// One knowledge base.
pub fn get(id: Uuid) -> Call<KnowledgeBase> {
    Call::get(format!("/kb/{id}"))
}

/// Deletes a knowledge base with its documents and chunks.
pub fn delete(id: Uuid) -> Call<()> {
    Call::delete(format!("/kb/{id}"))
}

/// Its documents and how far they are.
pub fn documents(id: Uuid, words: &str, cursor: Option<String>) -> Call<Page<Document>> {
    Call::get(format!("/kb/{id}/documents{}", found(words, cursor)))
}

/// As many as there may be in a list to choose from.
pub fn many_documents(id: Uuid) -> Call<Page<Document>> {
    Call::get(format!("/kb/{id}/documents?limit=500"))
}

/// Deletes one document with its chunks.
pub fn delete_document(id: Uuid, document: Uuid) -> Call<()> {
    Call::delete(format!("/kb/{id}/documents/{document}"))
}

/// Lets a worker try a failed document again.
pub fn retry_document(id: Uuid, document: Uuid) -> Call<Document> {
    Call::post(format!("/kb/{id}/documents/{document}/retry"))
}

/// Lets a worker try every failed document again.
pub fn retry_failed(id: Uuid) -> Call<Retried> {
    Call::post(format!("/kb/{id}/documents/retry-failed"))
}

/// The chunks of a document, in order.
pub fn chunks(id: Uuid, document: Uuid, cursor: Option<String>) -> Call<Page<StoredChunk>> {
    let query = query(&[("cursor", cursor)]);
    Call::get(format!("/kb/{id}/documents/{document}/chunks{query}"))
}

/// Changes a chunk.
pub fn save_chunk(id: Uuid, document: Uuid, chunk: Uuid, request: &SaveChunkRequest) -> Call<StoredChunk> {
    Call::put(format!("/kb/{id}/documents/{document}/chunks/{chunk}")).json(request)
}

/// How a document would be cut with other settings.
pub fn preview_chunks(id: Uuid, document: Uuid, request: &PreviewRequest) -> Call<Vec<Chunk>> {
    Call::post(format!("/kb/{id}/documents/{document}/preview-chunks")).json(request)
}

/// Changes what people say about a document.
pub fn save_document(id: Uuid, document: Uuid, request: &SaveDocumentRequest) -> Call<Document> {
    Call::put(format!("/kb/{id}/documents/{document}")).json(request)
}

/// What the retriever finds.
pub fn search(id: Uuid, request: &SearchRequest) -> Call<SearchResponse> {
    Call::post(format!("/kb/{id}/search")).json(request)
}

/// Questions that it has an answer to.
pub fn questions(id: Uuid) -> Call<SuggestedQuestions> {
    Call::get(format!("/kb/{id}/questions"))
}

/// Changes name, description and how documents are cut.
pub fn save(id: Uuid, request: &SaveKnowledgeBaseRequest) -> Call<KnowledgeBase> {
    Call::put(format!("/kb/{id}")).json(request)
}

/// Changes of chunks that rest.
pub fn resting_edits(id: Uuid, document: Uuid) -> Call<Vec<RestingEdit>> {
    Call::get(format!("/kb/{id}/documents/{document}/resting-edits"))
}
