//! Websites in a draft: crawled in the background, looked through, trimmed.

use api_types::Page;
use api_types::connections::{ConnectionKind, Remote};
use api_types::drafts::Draft;
use api_types::kb::{DraftSource, KnowledgeBaseContent};
use api_types::sources::{Crawl, CrawledPage, Website};
use api_types::tenancy::Role;
use api_types::validate::Checker;
use sqlx::types::Json;
use uuid::Uuid;

use super::{get, get_open};
use crate::Services;
use crate::kb::sources::{self, Origin, PageFilter};
use crate::{Error, Result, Scope, connections};

/// Refuses settings that can't be crawled.
pub(super) fn check(services: &Services, website: &Website) -> Result<Website> {
    let mut check = Checker::default();
    website.check(&mut check, "website");
    check.finish().map_err(Error::validation)?;
    for url in &website.urls {
        services.outbound.check_url(url)?;
    }
    Ok(website.clone())
}

/// Refuses what can't be taken over a connection of this kind; fills in what the service knows better.
pub(super) async fn check_remote(
    services: &Services,
    scope: &Scope,
    kind: ConnectionKind,
    mut remote: Remote,
) -> Result<Remote> {
    let mut check = Checker::default();
    remote.check(kind, &mut check, "remote");
    check.finish().map_err(Error::validation)?;
    let mut tx = services.db.tenant(scope).await?;
    connections::require(&mut tx, scope, remote.connection_id, kind).await?;
    drop(tx);
    connections::look_up(services, scope, &mut remote).await?;
    Ok(remote)
}

/// Has a website fetched in the background.
pub(super) async fn begin(
    services: &Services,
    scope: &Scope,
    draft_id: Uuid,
    source_id: Uuid,
    origin: &Origin,
) -> Result<()> {
    let mut tx = services.db.tenant(scope).await?;
    let forgotten = sources::begin_in_draft(&mut tx, scope, draft_id, source_id, origin).await?;
    tx.commit().await?;
    for key in forgotten {
        services.storage.delete(&key).await?;
    }
    Ok(())
}

/// How far the crawl of a website is.
pub async fn crawl(services: &Services, scope: &Scope, draft_id: Uuid, source_id: Uuid) -> Result<Crawl> {
    require(&get(services, scope, draft_id).await?, source_id)?;
    sources::crawl_of_draft(&services.db, scope, draft_id, source_id).await
}

/// Crawls a website again from the beginning. Pages left out by hand stay out.
pub async fn restart_crawl(
    services: &Services,
    scope: &Scope,
    draft_id: Uuid,
    source_id: Uuid,
) -> Result<Crawl> {
    scope.require(Role::Editor)?;
    require(&get_open(services, scope, draft_id).await?, source_id)?;
    let crawl = sources::crawl_of_draft(&services.db, scope, draft_id, source_id).await?;
    let origin = Origin::of(crawl.website.map(Json), crawl.remote.map(Json))?;
    begin(services, scope, draft_id, source_id, &origin).await?;
    sources::crawl_of_draft(&services.db, scope, draft_id, source_id).await
}

/// Stops the crawl of a website; the pages taken so far stay.
pub async fn cancel_crawl(
    services: &Services,
    scope: &Scope,
    draft_id: Uuid,
    source_id: Uuid,
) -> Result<Crawl> {
    scope.require(Role::Editor)?;
    require(&get_open(services, scope, draft_id).await?, source_id)?;
    let mut tx = services.db.tenant(scope).await?;
    sources::cancel_in_draft(&mut tx, scope, draft_id, source_id).await?;
    tx.commit().await?;
    sources::crawl_of_draft(&services.db, scope, draft_id, source_id).await
}

/// The pages that a crawl found.
pub async fn pages(
    services: &Services,
    scope: &Scope,
    draft_id: Uuid,
    source_id: Uuid,
    filter: &PageFilter,
) -> Result<Page<CrawledPage>> {
    require(&get(services, scope, draft_id).await?, source_id)?;
    let mut tx = services.db.tenant(scope).await?;
    sources::pages_of_crawl(&mut tx, scope, source_id, filter).await
}

/// Leaves a page out, now and in later syncs.
pub async fn remove_page(
    services: &Services,
    scope: &Scope,
    draft_id: Uuid,
    source_id: Uuid,
    page_id: Uuid,
) -> Result<()> {
    scope.require(Role::Editor)?;
    require(&get_open(services, scope, draft_id).await?, source_id)?;
    let mut tx = services.db.tenant(scope).await?;
    sources::lock_in_draft(&mut tx, scope, draft_id, source_id).await?;
    let storage_key = sources::remove_page(&mut tx, scope, source_id, page_id).await?;
    tx.commit().await?;
    match storage_key {
        Some(key) => services.storage.delete(&key).await,
        None => Ok(()),
    }
}

fn require(draft: &Draft<KnowledgeBaseContent>, source_id: Uuid) -> Result<&DraftSource> {
    let mut sources = draft.content.sources.iter();
    sources
        .find(|source| source.id == source_id && source.kind.is_crawled())
        .ok_or_else(|| Error::not_found("website in this draft"))
}
