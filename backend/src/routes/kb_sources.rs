//! `/api/v1/kb/{kb_id}/sources`: what the documents came from, fetched again now or on a schedule.

use std::sync::Arc;

use api_types::Page;
use api_types::sources::{CrawledPage, PageState, Source, UpdateSourceRequest};
use axum::extract::State;
use axum::http::StatusCode;
use domain::kb::sources::{self, PageFilter};
use domain::{Error, Services};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::extract::{Caller, Json, Path, Query};
use crate::problem::Result;
use crate::routes::paged::PageQuery;

/// Which pages to list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PagesQuery {
    /// Only pages in these states, such as `skipped,failed`; all when absent.
    state: Option<String>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

impl PagesQuery {
    pub(super) fn filter(self) -> Result<PageFilter> {
        let names = self.state.as_deref().unwrap_or_default().split(',');
        let states = names.filter(|name| !name.is_empty()).map(|name| {
            serde_json::from_value::<PageState>(name.into())
                .map_err(|_| Error::field("state", "Use states such as skipped, failed or added."))
        });
        Ok(PageFilter {
            states: states.collect::<Result<_, _>>()?,
            cursor: self.cursor,
        })
    }
}

/// The sources of a knowledge base, in the order they were added.
#[utoipa::path(get, path = "/api/v1/kb/{kb_id}/sources", tag = "sources",
    params(("kb_id" = Uuid, Path), PageQuery), responses((status = 200, body = Page<Source>)), security(("bearer" = [])))]
pub async fn list(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path(kb_id): Path<Uuid>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<Source>>> {
    Ok(Json(
        sources::page(&services.db, &scope, kb_id, &query.into()).await?,
    ))
}

/// One source.
#[utoipa::path(get, path = "/api/v1/kb/{kb_id}/sources/{source_id}", tag = "sources",
    params(("kb_id" = Uuid, Path), ("source_id" = Uuid, Path)), responses((status = 200, body = Source)),
    security(("bearer" = [])))]
pub async fn get(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path((kb_id, source_id)): Path<(Uuid, Uuid)>,
) -> Result<Json<Source>> {
    Ok(Json(sources::get(&services.db, &scope, kb_id, source_id).await?))
}

/// Change how often a website or web page is fetched again.
#[utoipa::path(put, path = "/api/v1/kb/{kb_id}/sources/{source_id}", tag = "sources",
    params(("kb_id" = Uuid, Path), ("source_id" = Uuid, Path)), request_body = UpdateSourceRequest,
    responses((status = 200, body = Source)), security(("bearer" = [])))]
pub async fn update(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path((kb_id, source_id)): Path<(Uuid, Uuid)>,
    Json(request): Json<UpdateSourceRequest>,
) -> Result<Json<Source>> {
    Ok(Json(
        sources::update(&services.db, &scope, kb_id, source_id, &request).await?,
    ))
}

/// Delete a source with its documents.
#[utoipa::path(delete, path = "/api/v1/kb/{kb_id}/sources/{source_id}", tag = "sources",
    params(("kb_id" = Uuid, Path), ("source_id" = Uuid, Path)), responses((status = 204)),
    security(("bearer" = [])))]
pub async fn delete(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path((kb_id, source_id)): Path<(Uuid, Uuid)>,
) -> Result<StatusCode> {
    sources::delete(&services.db, &scope, kb_id, source_id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Fetch a website or web page again, now. Only what changed is read anew.
#[utoipa::path(post, path = "/api/v1/kb/{kb_id}/sources/{source_id}/sync", tag = "sources",
    params(("kb_id" = Uuid, Path), ("source_id" = Uuid, Path)), responses((status = 202, body = Source)),
    security(("bearer" = [])))]
pub async fn sync(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path((kb_id, source_id)): Path<(Uuid, Uuid)>,
) -> Result<(StatusCode, Json<Source>)> {
    let source = sources::sync(&services.db, &scope, kb_id, source_id).await?;
    Ok((StatusCode::ACCEPTED, Json(source)))
}

/// Stop a sync. What was taken so far stays; nothing is removed.
#[utoipa::path(post, path = "/api/v1/kb/{kb_id}/sources/{source_id}/sync/cancel", tag = "sources",
    params(("kb_id" = Uuid, Path), ("source_id" = Uuid, Path)), responses((status = 200, body = Source)),
    security(("bearer" = [])))]
pub async fn cancel(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path((kb_id, source_id)): Path<(Uuid, Uuid)>,
) -> Result<Json<Source>> {
    Ok(Json(
        sources::cancel(&services.db, &scope, kb_id, source_id).await?,
    ))
}

/// The pages that the last crawl found, and what became of each.
#[utoipa::path(get, path = "/api/v1/kb/{kb_id}/sources/{source_id}/pages", tag = "sources",
    params(("kb_id" = Uuid, Path), ("source_id" = Uuid, Path), PagesQuery),
    responses((status = 200, body = Page<CrawledPage>)), security(("bearer" = [])))]
pub async fn pages(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path((kb_id, source_id)): Path<(Uuid, Uuid)>,
    Query(query): Query<PagesQuery>,
) -> Result<Json<Page<CrawledPage>>> {
    let filter = query.filter()?;
    Ok(Json(
        sources::pages(&services.db, &scope, kb_id, source_id, &filter).await?,
    ))
}
