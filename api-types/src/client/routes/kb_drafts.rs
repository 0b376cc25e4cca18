//! `/kb/draft`

use super::{BASE, Call, Page, Uuid, query};
use crate::drafts::{CreateDraftRequest, Draft, DraftSummary};
use crate::kb::{AddSourcesRequest, ChunkPreview, Finalized, KnowledgeBaseContent, SaveKbDraftRequest};
use crate::pairs::{Pair, SaveDraftPairsRequest};
use crate::sources::{Crawl, CrawledPage};

/// Begins a draft.
pub fn create(request: &CreateDraftRequest) -> Call<Draft<KnowledgeBaseContent>> {
    Call::post("/kb/draft").json(request)
}

/// Drafts of the workspace, last saved first.
pub fn list() -> Call<Vec<DraftSummary>> {
    Call::get("/kb/draft")
}

/// One draft.
pub fn get(id: Uuid) -> Call<Draft<KnowledgeBaseContent>> {
    Call::get(format!("/kb/draft/{id}"))
}

/// Saves everything but the sources, on top of the version that was read.
pub fn save(id: Uuid, request: &SaveKbDraftRequest) -> Call<Draft<KnowledgeBaseContent>> {
    Call::put(format!("/kb/draft/{id}")).json(request)
}

/// Throws a draft away, with its files.
pub fn delete(id: Uuid) -> Call<()> {
    Call::delete(format!("/kb/draft/{id}"))
}

/// Where files go, as a `PUT` of `multipart/form-data` with parts named `file`.
pub fn sources_url(id: Uuid) -> String {
    format!("{BASE}/kb/draft/{id}/sources")
}

/// Where a CSV file of questions and answers goes, as a `POST` of `multipart/form-data` with a part named `file`.
pub fn import_pairs_url(id: Uuid) -> String {
    format!("{BASE}/kb/draft/{id}/pairs/import")
}

/// Adds text, web pages, websites, and questions with their answers.
pub fn add_sources(id: Uuid, request: &AddSourcesRequest) -> Call<Draft<KnowledgeBaseContent>> {
    Call::put(format!("/kb/draft/{id}/sources")).json(request)
}

/// The questions and answers of a source.
pub fn pairs(id: Uuid, source: Uuid) -> Call<Vec<Pair>> {
    Call::get(format!("/kb/draft/{id}/sources/{source}/pairs"))
}

/// Replaces all questions and answers of a source, which gets another id.
pub fn save_pairs(
    id: Uuid,
    source: Uuid,
    request: &SaveDraftPairsRequest,
) -> Call<Draft<KnowledgeBaseContent>> {
    Call::put(format!("/kb/draft/{id}/sources/{source}/pairs")).json(request)
}

/// Takes a source out again.
pub fn remove_source(id: Uuid, source: Uuid) -> Call<Draft<KnowledgeBaseContent>> {
    Call::delete(format!("/kb/draft/{id}/sources/{source}"))
}

/// How far the crawl of a website is.
pub fn crawl(id: Uuid, source: Uuid) -> Call<Crawl> {
    Call::get(format!("/kb/draft/{id}/sources/{source}/crawl"))
}

/// Crawls a website again.
pub fn restart_crawl(id: Uuid, source: Uuid) -> Call<Crawl> {
    Call::post(format!("/kb/draft/{id}/sources/{source}/crawl"))
}

/// Stops the crawl of a website.
pub fn cancel_crawl(id: Uuid, source: Uuid) -> Call<Crawl> {
    Call::post(format!("/kb/draft/{id}/sources/{source}/crawl/cancel"))
}

/// Pages of a website in these states, such as `skipped,failed`.
pub fn pages(id: Uuid, source: Uuid, states: &str, cursor: Option<String>) -> Call<Page<CrawledPage>> {
    let query = query(&[("state", Some(states.to_owned())), ("cursor", cursor)]);
    Call::get(format!("/kb/draft/{id}/sources/{source}/pages{query}"))
}

/// Leaves a page of a website out.
pub fn remove_page(id: Uuid, source: Uuid, page: Uuid) -> Call<()> {
    Call::delete(format!("/kb/draft/{id}/sources/{source}/pages/{page}"))
}

/// How the sources would be chunked: the first `limit` chunks of one source, or of each.
pub fn preview(id: Uuid, source: Option<Uuid>, limit: usize) -> Call<ChunkPreview> {
    let source = source.map(|id| id.to_string());
    let query = query(&[("source_id", source), ("limit", Some(limit.to_string()))]);
    Call::get(format!("/kb/draft/{id}/preview-chunks{query}"))
}

/// Makes the draft a knowledge base.
pub fn finalize(id: Uuid) -> Call<Finalized> {
    Call::post(format!("/kb/draft/{id}/finalize"))
}
