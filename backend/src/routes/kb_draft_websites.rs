//! `/api/v1/kb/draft/{draft_id}/sources/{source_id}`: a website in a draft, crawled in the background.

use std::sync::Arc;

use api_types::Page;
use api_types::sources::{Crawl, CrawledPage};
use axum::extract::State;
use axum::http::StatusCode;
use domain::Services;
use domain::kb::drafts;
use uuid::Uuid;

use super::kb_sources::PagesQuery;
use crate::extract::{Caller, Json, Path, Query};
use crate::problem::Result;

/// How far the crawl is.
#[utoipa::path(get, path = "/api/v1/kb/draft/{draft_id}/sources/{source_id}/crawl", tag = "knowledge base drafts",
    params(("draft_id" = Uuid, Path), ("source_id" = Uuid, Path)), responses((status = 200, body = Crawl)),
    security(("bearer" = [])))]
pub async fn crawl(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path((draft_id, source_id)): Path<(Uuid, Uuid)>,
) -> Result<Json<Crawl>> {
    Ok(Json(drafts::crawl(&services, &scope, draft_id, source_id).await?))
}

/// Crawl again from the beginning; a crawl that is on its way goes on.
#[utoipa::path(post, path = "/api/v1/kb/draft/{draft_id}/sources/{source_id}/crawl", tag = "knowledge base drafts",
    params(("draft_id" = Uuid, Path), ("source_id" = Uuid, Path)), responses((status = 202, body = Crawl)),
    security(("bearer" = [])))]
pub async fn restart_crawl(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path((draft_id, source_id)): Path<(Uuid, Uuid)>,
) -> Result<(StatusCode, Json<Crawl>)> {
    let crawl = drafts::restart_crawl(&services, &scope, draft_id, source_id).await?;
    Ok((StatusCode::ACCEPTED, Json(crawl)))
}

/// Stop the crawl; the pages taken so far stay.
#[utoipa::path(post, path = "/api/v1/kb/draft/{draft_id}/sources/{source_id}/crawl/cancel",
    tag = "knowledge base drafts", params(("draft_id" = Uuid, Path), ("source_id" = Uuid, Path)),
    responses((status = 200, body = Crawl)), security(("bearer" = [])))]
pub async fn cancel_crawl(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path((draft_id, source_id)): Path<(Uuid, Uuid)>,
) -> Result<Json<Crawl>> {
    Ok(Json(
        drafts::cancel_crawl(&services, &scope, draft_id, source_id).await?,
    ))
}

/// The pages that the crawl found, and what became of each.
#[utoipa::path(get, path = "/api/v1/kb/draft/{draft_id}/sources/{source_id}/pages", tag = "knowledge base drafts",
    params(("draft_id" = Uuid, Path), ("source_id" = Uuid, Path), PagesQuery),
    responses((status = 200, body = Page<CrawledPage>)), security(("bearer" = [])))]
pub async fn draft_pages(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path((draft_id, source_id)): Path<(Uuid, Uuid)>,
    Query(query): Query<PagesQuery>,
) -> Result<Json<Page<CrawledPage>>> {
    let filter = query.filter()?;
    Ok(Json(
        drafts::pages(&services, &scope, draft_id, source_id, &filter).await?,
    ))
}

/// Leave a page out, now and in later syncs.
#[utoipa::path(delete, path = "/api/v1/kb/draft/{draft_id}/sources/{source_id}/pages/{page_id}",
    tag = "knowledge base drafts",
    params(("draft_id" = Uuid, Path), ("source_id" = Uuid, Path), ("page_id" = Uuid, Path)),
    responses((status = 204)), security(("bearer" = [])))]
pub async fn remove_page(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path((draft_id, source_id, page_id)): Path<(Uuid, Uuid, Uuid)>,
) -> Result<StatusCode> {
    drafts::remove_page(&services, &scope, draft_id, source_id, page_id).await?;
    Ok(StatusCode::NO_CONTENT)
}
