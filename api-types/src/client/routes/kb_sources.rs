//! `/kb/{kb_id}/sources`

use super::{Call, Page, Uuid, query};
use crate::sources::{CrawledPage, Source, UpdateSourceRequest};

/// Sources of a knowledge base.
pub fn list(kb: Uuid, cursor: Option<String>) -> Call<Page<Source>> {
    Call::get(format!("/kb/{kb}/sources{}", query(&[("cursor", cursor)])))
}

/// Changes how often a source is fetched again.
pub fn update(kb: Uuid, id: Uuid, request: &UpdateSourceRequest) -> Call<Source> {
    Call::put(format!("/kb/{kb}/sources/{id}")).json(request)
}

/// Deletes a source with its documents.
pub fn delete(kb: Uuid, id: Uuid) -> Call<()> {
    Call::delete(format!("/kb/{kb}/sources/{id}"))
}

/// Fetches a source again.
pub fn sync(kb: Uuid, id: Uuid) -> Call<Source> {
    Call::post(format!("/kb/{kb}/sources/{id}/sync"))
}

/// Stops that.
pub fn cancel(kb: Uuid, id: Uuid) -> Call<Source> {
    Call::post(format!("/kb/{kb}/sources/{id}/sync/cancel"))
}

/// Pages of the last crawl in these states, such as `skipped,failed`.
pub fn pages(kb: Uuid, id: Uuid, states: &str, cursor: Option<String>) -> Call<Page<CrawledPage>> {
    let query = query(&[("state", Some(states.to_owned())), ("cursor", cursor)]);
    Call::get(format!("/kb/{kb}/sources/{id}/pages{query}"))
}
