//! Crawls of sources that are still part of a draft.

use std::time::Duration;

use api_types::kb::KnowledgeBaseContent;
use api_types::live::Topic;
use api_types::sources::{Crawl, CrawlStatus};
use uuid::Uuid;

use super::crawls::{enqueue, forget_pages, read};
use super::finish;
use super::origin::Origin;
use crate::Services;
use crate::db::{Db, TenantTx};
use crate::storage::Storage;
use crate::{Error, Result, Scope, drafts};

/// Begins the crawl of a source in a draft, or begins it anew. One that is on its way goes on. Answers where the bytes of
/// pages lie that an earlier run took: they can be deleted once this is committed.
pub(in crate::kb) async fn begin_in_draft(
    tx: &mut TenantTx,
    scope: &Scope,
    draft_id: Uuid,
    source_id: Uuid,
    origin: &Origin,
) -> Result<Vec<String>> {
    let run = Uuid::now_v7();
    let begun = sqlx::query!(
        "insert into crawls (workspace_id, id, draft_id, run, website, remote) values ($1, $2, $3, $4, $5, $6)
         on conflict (workspace_id, id) do update
         set run = excluded.run, status = 'queued', error_code = null, error_message = null, attempts = 0,
             seeded = false, sitemaps = null, robots = '{}', started_at = null, finished_at = null, updated_at = now()
         where crawls.status not in ('queued', 'running') and crawls.draft_id = excluded.draft_id",
        scope.workspace_id(),
        source_id,
        draft_id,
        run,
        origin.website() as _,
        origin.remote() as _
    )
    .execute(&mut **tx)
    .await?;
    if begun.rows_affected() == 0 {
        return Ok(Vec::new());
    }
    let forgotten = forget_pages(tx, scope, source_id).await?;
    enqueue(tx, scope, source_id, run, Duration::ZERO).await?;
    tx.tell(Topic::Crawl, source_id);
    Ok(forgotten)
}

/// How far the crawl of a source in a draft is.
pub async fn crawl_of_draft(db: &Db, scope: &Scope, draft_id: Uuid, source_id: Uuid) -> Result<Crawl> {
    let mut tx = db.tenant(scope).await?;
    require(&mut tx, scope, draft_id, source_id).await?;
    read(&mut tx, scope, source_id).await?.ok_or_else(not_found)
}

/// Stops a crawl; the pages taken so far stay.
pub(in crate::kb) async fn cancel_in_draft(
    tx: &mut TenantTx,
    scope: &Scope,
    draft_id: Uuid,
    source_id: Uuid,
) -> Result<()> {
    lock_in_draft(tx, scope, draft_id, source_id).await?;
    finish::end(tx, scope, source_id, CrawlStatus::Cancelled, None).await
}

/// Refuses unless the draft has a crawl of this id.
async fn require(tx: &mut TenantTx, scope: &Scope, draft_id: Uuid, source_id: Uuid) -> Result<()> {
    let found = sqlx::query_scalar!(
        "select 1 from crawls where workspace_id = $1 and id = $2 and draft_id = $3",
        scope.workspace_id(),
        source_id,
        draft_id
    )
    .fetch_optional(&mut **tx)
    .await?;
    found.map(drop).ok_or_else(not_found)
}

/// The same, and keeps the crawl from being handed over to a source until the transaction ends.
pub(in crate::kb) async fn lock_in_draft(
    tx: &mut TenantTx,
    scope: &Scope,
    draft_id: Uuid,
    source_id: Uuid,
) -> Result<()> {
    let found = sqlx::query_scalar!(
        "select 1 from crawls where workspace_id = $1 and id = $2 and draft_id = $3 for update",
        scope.workspace_id(),
        source_id,
        draft_id
    )
    .fetch_optional(&mut **tx)
    .await?;
    found.map(drop).ok_or_else(not_found)
}

fn not_found() -> Error {
    Error::not_found("website in this draft")
}

/// Makes documents of the pages that were taken into a draft, and hands the crawl over to the source of the same id,
/// which is there already. Answers the documents with their versions; the error says why it can't be done yet.
pub(in crate::kb) async fn adopt(
    tx: &mut TenantTx,
    scope: &Scope,
    knowledge_base_id: Uuid,
    source_id: Uuid,
) -> Result<Vec<(Uuid, i32)>> {
    let documents = sqlx::query!(
        "insert into documents (workspace_id, id, knowledge_base_id, source_id, external_key, kind, title, media_type,
             size, url, storage_key, content_hash, etag, last_modified, text_hash, sketch)
         select workspace_id, id, $2, crawl_id, url, 'url', title, media_type, size, coalesce(link, url), storage_key,
             content_hash, etag, last_modified, text_hash, sketch
         from crawl_pages where workspace_id = $1 and crawl_id = $3 and state = 'added'
         order by position
         returning id, version",
        scope.workspace_id(),
        knowledge_base_id,
        source_id
    )
    .fetch_all(&mut **tx)
    .await?;
    sqlx::query!(
        "update crawls set draft_id = null, source_id = id, updated_at = now() where workspace_id = $1 and id = $2",
        scope.workspace_id(),
        source_id
    )
    .execute(&mut **tx)
    .await?;
    Ok(documents.into_iter().map(|row| (row.id, row.version)).collect())
}

/// Throws the crawl of a source in a draft away, with its pages.
pub(in crate::kb) async fn discard(
    services: &Services,
    scope: &Scope,
    draft_id: Uuid,
    source_id: Uuid,
) -> Result<()> {
    let mut tx = services.db.tenant(scope).await?;
    let deleted = sqlx::query!(
        "delete from crawls where workspace_id = $1 and id = $2 and draft_id = $3",
        scope.workspace_id(),
        source_id,
        draft_id
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    if deleted.rows_affected() == 0 {
        return Ok(());
    }
    let folder = Storage::pages_folder(scope.workspace_id(), source_id);
    services.storage.delete_folder(&folder).await?;
    Ok(())
}

/// Throws every crawl of a draft away.
pub(in crate::kb) async fn discard_draft(services: &Services, scope: &Scope, draft_id: Uuid) -> Result<()> {
    let mut tx = services.db.tenant(scope).await?;
    let crawls = sqlx::query_scalar!(
        "select id from crawls where workspace_id = $1 and draft_id = $2",
        scope.workspace_id(),
        draft_id
    )
    .fetch_all(&mut *tx)
    .await?;
    drop(tx);
    for source_id in crawls {
        discard(services, scope, draft_id, source_id).await?;
    }
    Ok(())
}

/// Throws the crawls of drafts that are gone away. Returns how many drafts that were.
pub async fn discard_expired(services: &Services) -> Result<usize> {
    let drafts = sqlx::query!(
        r#"select distinct workspace_id, draft_id as "draft_id!" from crawls where draft_id is not null"#
    )
    .fetch_all(services.db.pool())
    .await?;
    let mut discarded = 0;
    for row in drafts {
        let scope = Scope::worker(row.workspace_id);
        if !drafts::exists::<KnowledgeBaseContent>(&services.drafts, &scope, row.draft_id).await? {
            discard_draft(services, &scope, row.draft_id).await?;
            discarded += 1;
        }
    }
    Ok(discarded)
}
