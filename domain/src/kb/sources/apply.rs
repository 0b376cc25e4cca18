//! Storing what a crawl found: its own rows, and the documents of the source they belong to.

use api_types::live::Topic;
use api_types::sources::{PageReason, PageState};
use api_types::usage::Quota;
use sqlx::types::Json;
use uuid::Uuid;

use super::run::Run;
use crate::Services;
use crate::db::{TenantTx, retried};
use crate::kb::crawl::{Fingerprint, Found, Outcome, RobotsFiles, Seeds, Taken, Visit};
use crate::kb::ingest;
use crate::outbound::Validators;
use crate::storage::Storage;
use crate::{Error, Result, Scope, quotas};

/// Locks the crawl; false if this run is not wanted any more. Progress starts the count of attempts anew.
pub(super) async fn lock(tx: &mut TenantTx, scope: &Scope, run: &Run) -> Result<bool> {
    let updated = sqlx::query!(
        "update crawls set attempts = 0, updated_at = now()
         where workspace_id = $1 and id = $2 and run = $3 and status = 'running'",
        scope.workspace_id(),
        run.id,
        run.run
    )
    .execute(&mut **tx)
    .await?;
    tx.tell(Topic::Crawl, run.id);
    if let Some(knowledge_base_id) = run.knowledge_base_id {
        tx.tell(Topic::KnowledgeBase, knowledge_base_id);
    }
    Ok(updated.rows_affected() > 0)
}

/// Stores addresses that the crawl begins with. False if this run is not wanted any more.
pub(super) async fn seed(services: &Services, scope: &Scope, run: &Run, seeds: &Seeds) -> Result<bool> {
    let mut tx = services.db.tenant(scope).await?;
    if !lock(&mut tx, scope, run).await? {
        return Ok(false);
    }
    insert(&mut tx, scope, run.id, &seeds.found).await?;
    sqlx::query!(
        "update crawls set seeded = $3, sitemaps = $4 where workspace_id = $1 and id = $2",
        scope.workspace_id(),
        run.id,
        seeds.rest.is_none(),
        seeds.rest.as_ref().map(Json) as _
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(true)
}

/// Keeps what the servers' robots.txt say for the next job. This one has ended well, so it does not count as an attempt.
pub(super) async fn robots(services: &Services, scope: &Scope, run: &Run, files: &RobotsFiles) -> Result<()> {
    let mut tx = services.db.tenant(scope).await?;
    sqlx::query!(
        "update crawls set robots = $4, attempts = 0, updated_at = now()
         where workspace_id = $1 and id = $2 and run = $3",
        scope.workspace_id(),
        run.id,
        run.run,
        Json(files) as _
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await
}

/// Stores what became of a page, and what it led to. False if this run is not wanted any more.
pub(super) async fn visit(services: &Services, scope: &Scope, run: &Run, visit: &Visit) -> Result<bool> {
    match &visit.outcome {
        Outcome::Taken(taken) => take(services, scope, run, visit, taken).await,
        _ => retried(|| settled(services, scope, run, visit)).await,
    }
}

/// Stores what became of a page that brought no new text.
async fn settled(services: &Services, scope: &Scope, run: &Run, visit: &Visit) -> Result<bool> {
    let mut tx = services.db.tenant(scope).await?;
    if !lock(&mut tx, scope, run).await? {
        return Ok(false);
    }
    insert(&mut tx, scope, run.id, &visit.found).await?;
    match &visit.outcome {
        Outcome::Later { attempts, pause } => {
            sqlx::query!(
                "update crawl_pages set attempts = $3, not_before = now() + make_interval(secs => $4)
                 where workspace_id = $1 and id = $2",
                scope.workspace_id(),
                visit.id,
                i16::from(*attempts),
                pause.as_secs_f64()
            )
            .execute(&mut *tx)
            .await?;
        }
        Outcome::Unchanged {
            validators,
            fingerprint,
        } => {
            settle(&mut tx, scope, visit.id, PageState::Unchanged, None, None).await?;
            revalidate(&mut tx, scope, run.id, &visit.url, validators).await?;
            if let Some(fingerprint) = fingerprint {
                keep_fingerprint(&mut tx, scope, run.id, visit, fingerprint).await?;
            }
        }
        Outcome::Skipped(reason, detail) => {
            settle(
                &mut tx,
                scope,
                visit.id,
                PageState::Skipped,
                Some(*reason),
                detail.as_deref(),
            )
            .await?;
        }
        Outcome::Failed(reason, detail) => {
            settle(
                &mut tx,
                scope,
                visit.id,
                PageState::Failed,
                Some(*reason),
                Some(detail),
            )
            .await?;
        }
        Outcome::LeftOut => links_read(&mut tx, scope, visit.id).await?,
        Outcome::Gone(detail) => {
            settle(&mut tx, scope, visit.id, PageState::Gone, None, Some(detail)).await?;
        }
        Outcome::Taken(_) => {}
    }
    tx.commit().await?;
    Ok(true)
}

async fn settle(
    tx: &mut TenantTx,
    scope: &Scope,
    page_id: Uuid,
    state: PageState,
    reason: Option<PageReason>,
    detail: Option<&str>,
) -> Result<()> {
    // Postgres keeps no NUL characters, and what a server says may be long.
    let detail = detail.map(|detail| detail.replace('\0', "").chars().take(2_048).collect::<String>());
    sqlx::query!(
        "update crawl_pages set state = $3, reason = $4, detail = $5, not_before = null
         where workspace_id = $1 and id = $2 and state = 'waiting'",
        scope.workspace_id(),
        page_id,
        state.as_str(),
        reason.map(PageReason::as_str),
        detail
    )
    .execute(&mut **tx)
    .await?;
    // One that was left out while it was being fetched was read all the same.
    if state != PageState::Failed {
        links_read(tx, scope, page_id).await?;
    }
    Ok(())
}

/// Keeps what the server said of a page that did not change. The document itself is left alone.
async fn revalidate(
    tx: &mut TenantTx,
    scope: &Scope,
    source_id: Uuid,
    url: &str,
    validators: &Validators,
) -> Result<()> {
    sqlx::query!(
        "update documents set etag = $4, last_modified = $5
         where workspace_id = $1 and source_id = $2 and external_key = $3
           and (etag is distinct from $4 or last_modified is distinct from $5)",
        scope.workspace_id(),
        source_id,
        url,
        validators.etag,
        validators.last_modified
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Keeps what an unchanged page says, so that a later job, or sync, knows others that say the same.
async fn keep_fingerprint(
    tx: &mut TenantTx,
    scope: &Scope,
    source_id: Uuid,
    visit: &Visit,
    fingerprint: &Fingerprint,
) -> Result<()> {
    sqlx::query!(
        "update crawl_pages set text_hash = $3, sketch = $4 where workspace_id = $1 and id = $2",
        scope.workspace_id(),
        visit.id,
        &fingerprint.words[..],
        fingerprint.sketch
    )
    .execute(&mut **tx)
    .await?;
    // Documents from before this was kept have none.
    sqlx::query!(
        "update documents set text_hash = $4, sketch = $5
         where workspace_id = $1 and source_id = $2 and external_key = $3 and text_hash is distinct from $4",
        scope.workspace_id(),
        source_id,
        visit.url,
        &fingerprint.words[..],
        fingerprint.sketch
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Notes that a page which was left out by hand was read for its links.
async fn links_read(tx: &mut TenantTx, scope: &Scope, page_id: Uuid) -> Result<()> {
    sqlx::query!(
        "update crawl_pages set links_read = true, not_before = null
         where workspace_id = $1 and id = $2 and state = 'removed'",
        scope.workspace_id(),
        page_id
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Adds the addresses that were found, and notes which pages were left out by hand and are to be read for their links.
async fn insert(tx: &mut TenantTx, scope: &Scope, crawl_id: Uuid, found: &[Found]) -> Result<()> {
    if found.is_empty() {
        return Ok(());
    }
    let number = |n: usize| i32::try_from(n).unwrap_or(i32::MAX);
    let skipped = |found: &Found| found.skipped.map(|reason| reason.as_str().to_owned());
    sqlx::query!(
        "insert into crawl_pages (workspace_id, crawl_id, id, url, position, depth, hops, reason, state)
         select $1, $2, f.id, f.url, f.position, f.depth, f.hops, f.reason,
             case when f.reason is null then 'waiting' else 'skipped' end
         from unnest($3::uuid[], $4::text[], $5::int[], $6::smallint[], $7::smallint[], $8::text[])
             as f(id, url, position, depth, hops, reason)
         on conflict (workspace_id, crawl_id, url) do update
         set links_read = false, depth = excluded.depth
         where crawl_pages.state = 'removed' and crawl_pages.links_read is null",
        scope.workspace_id(),
        crawl_id,
        &found.iter().map(|found| found.id).collect::<Vec<_>>(),
        &found.iter().map(|found| found.url.clone()).collect::<Vec<_>>(),
        &found
            .iter()
            .map(|found| number(found.position))
            .collect::<Vec<_>>(),
        &found
            .iter()
            .map(|found| i16::from(found.depth))
            .collect::<Vec<_>>(),
        &found
            .iter()
            .map(|found| i16::from(found.hops))
            .collect::<Vec<_>>(),
        &found.iter().map(skipped).collect::<Vec<_>>() as &[Option<String>]
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Stores a page with new text: its bytes first, then everything else in one transaction.
async fn take(services: &Services, scope: &Scope, run: &Run, visit: &Visit, taken: &Taken) -> Result<bool> {
    // Never the key of the version before, which is read until this one is live.
    let key = Storage::page_key(scope.workspace_id(), run.id, Uuid::now_v7());
    services.storage.put(&key, taken.bytes.clone()).await?;
    let page = NewPage {
        id: visit.id,
        url: &visit.url,
        key: &key,
        taken,
    };
    let stored = retried(|| page.store(services, scope, run, &visit.found)).await;
    if let Err(Error::Refused(_)) = stored {
        services.storage.delete(&key).await?;
    }
    let superfluous = match stored? {
        Stored::Taken => return Ok(true),
        Stored::Replaced(old_key) => {
            services.storage.delete(&old_key).await?;
            return Ok(true);
        }
        superfluous => superfluous,
    };
    services.storage.delete(&key).await?;
    Ok(matches!(superfluous, Stored::LeftOut))
}

/// What became of a page that was to be taken.
enum Stored {
    Taken,
    /// In place of a version that lay there.
    Replaced(String),
    /// It was left out, or its document deleted, meanwhile.
    LeftOut,
    /// This run is not wanted any more.
    Unwanted,
}

/// Whether a page still waits: it may have been left out, or its document deleted, while it was being fetched.
async fn still_waits(tx: &mut TenantTx, scope: &Scope, page_id: Uuid) -> Result<bool> {
    let state = sqlx::query_scalar!(
        "select state from crawl_pages where workspace_id = $1 and id = $2 for update",
        scope.workspace_id(),
        page_id
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(state.is_some_and(|state| state == PageState::Waiting.as_str()))
}

/// A page whose bytes are stored.
struct NewPage<'a> {
    id: Uuid,
    url: &'a str,
    key: &'a str,
    taken: &'a Taken,
}

impl NewPage<'_> {
    /// Where people see it.
    fn link(&self) -> &str {
        self.taken.link.as_deref().unwrap_or(self.url)
    }

    async fn store(&self, services: &Services, scope: &Scope, run: &Run, found: &[Found]) -> Result<Stored> {
        let mut tx = services.db.tenant(scope).await?;
        if !lock(&mut tx, scope, run).await? {
            return Ok(Stored::Unwanted);
        }
        insert(&mut tx, scope, run.id, found).await?;
        if !still_waits(&mut tx, scope, self.id).await? {
            links_read(&mut tx, scope, self.id).await?;
            tx.commit().await?;
            return Ok(Stored::LeftOut);
        }
        let mut replaced = None;
        if let Some(knowledge_base_id) = run.knowledge_base_id {
            replaced = self.update_document(&mut tx, scope, run.id).await?;
            if replaced.is_none() {
                self.insert_document(&mut tx, scope, run.id, knowledge_base_id)
                    .await?;
            }
        }
        self.settle(&mut tx, scope, replaced.is_some()).await?;
        quotas::add_page(&mut tx, &services.plans).await?;
        if run.knowledge_base_id.is_some() && replaced.is_none() {
            let added = [(Quota::Documents, 1), (Quota::Storage, self.size())];
            quotas::check(&mut tx, &services.plans, &added).await?;
        }
        tx.commit().await?;
        Ok(replaced.map_or(Stored::Taken, Stored::Replaced))
    }

    fn size(&self) -> i64 {
        i64::try_from(self.taken.bytes.len()).unwrap_or(i64::MAX)
    }

    /// Has a new version made of the document of this page. Answers where the bytes of the one before lie; `None` if
    /// there is no such document.
    async fn update_document(
        &self,
        tx: &mut TenantTx,
        scope: &Scope,
        source_id: Uuid,
    ) -> Result<Option<String>> {
        let row = sqlx::query!(
            "update documents d
             set version = d.version + 1, status = 'queued', error_code = null, error_message = null, attempts = 0,
                 chunks_done = 0, title = $4, media_type = $5, size = $6, storage_key = $7, content_hash = $8,
                 etag = $9, last_modified = $10, text_hash = $11, sketch = $12, url = $13, updated_at = now()
             from (select id, storage_key from documents
                   where workspace_id = $1 and source_id = $2 and external_key = $3 for update) as before
             where d.workspace_id = $1 and d.id = before.id
             returning d.id, d.version, before.storage_key",
            scope.workspace_id(),
            source_id,
            self.url,
            self.taken.title,
            self.taken.media_type,
            self.size(),
            self.key,
            &self.taken.fingerprint.content[..],
            self.taken.validators.etag,
            self.taken.validators.last_modified,
            &self.taken.fingerprint.words[..],
            self.taken.fingerprint.sketch,
            self.link()
        )
        .fetch_optional(&mut **tx)
        .await?;
        let Some(row) = row else { return Ok(None) };
        ingest::enqueue(tx, scope, &[(row.id, row.version)]).await?;
        Ok(Some(row.storage_key))
    }

    async fn insert_document(
        &self,
        tx: &mut TenantTx,
        scope: &Scope,
        source_id: Uuid,
        knowledge_base_id: Uuid,
    ) -> Result<()> {
        let version = sqlx::query_scalar!(
            "insert into documents (workspace_id, id, knowledge_base_id, source_id, external_key, kind, title,
                 media_type, size, url, storage_key, content_hash, etag, last_modified, text_hash, sketch)
             values ($1, $2, $3, $4, $5, 'url', $6, $7, $8, $15, $9, $10, $11, $12, $13, $14)
             returning version",
            scope.workspace_id(),
            self.id,
            knowledge_base_id,
            source_id,
            self.url,
            self.taken.title,
            self.taken.media_type,
            self.size(),
            self.key,
            &self.taken.fingerprint.content[..],
            self.taken.validators.etag,
            self.taken.validators.last_modified,
            &self.taken.fingerprint.words[..],
            self.taken.fingerprint.sketch,
            self.link()
        )
        .fetch_one(&mut **tx)
        .await?;
        ingest::enqueue(tx, scope, &[(self.id, version)]).await
    }

    async fn settle(&self, tx: &mut TenantTx, scope: &Scope, is_change: bool) -> Result<()> {
        let state = if is_change {
            PageState::Changed
        } else {
            PageState::Added
        };
        sqlx::query!(
            "update crawl_pages
             set state = $3, title = $4, media_type = $5, size = $6, storage_key = $7, content_hash = $8,
                 text_hash = $9, sketch = $10, etag = $11, last_modified = $12, link = $13, not_before = null
             where workspace_id = $1 and id = $2",
            scope.workspace_id(),
            self.id,
            state.as_str(),
            self.taken.title,
            self.taken.media_type,
            self.size(),
            self.key,
            &self.taken.fingerprint.content[..],
            &self.taken.fingerprint.words[..],
            self.taken.fingerprint.sketch,
            self.taken.validators.etag,
            self.taken.validators.last_modified,
            self.taken.link
        )
        .execute(&mut **tx)
        .await?;
        Ok(())
    }
}
