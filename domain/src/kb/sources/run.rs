//! Working on a crawl for a while.

use std::collections::HashMap;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use api_types::ErrorCode;
use api_types::connections::Remote;
use api_types::kb::{DocumentError, KnowledgeBaseContent, SourceKind};
use api_types::live::Topic;
use api_types::sources::{CrawlStatus, Website};
use sqlx::types::Json;
use tokio::time::{Instant, MissedTickBehavior, interval};
use uuid::Uuid;

use super::apply;
use super::finish;
use super::origin::Origin;
use super::walk::Walk;
use crate::Services;
use crate::db::TenantTx;
use crate::kb::crawl::{Earlier, Fingerprint, Known, RobotsFiles, Sitemaps, Step, Visit};
use crate::kb::documents::by_name;
use crate::outbound::Validators;
use crate::{Error, Result, Scope, drafts};

/// How often a worker looks whether the crawl was stopped.
const LOOK: Duration = Duration::from_millis(500);
/// Begun so often without getting a page further, a crawl is given up.
const MAX_ATTEMPTS: i32 = 5;

/// The run of a crawl that a job works on.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) id: Uuid,
    pub(super) run: Uuid,
    /// Where the documents belong; none while it is part of a draft.
    pub(super) knowledge_base_id: Option<Uuid>,
    pub(super) origin: Origin,
    pub(super) obey_robots: bool,
    seeded: bool,
    /// With a sitemap: those that are left to be read.
    sitemaps: Option<Sitemaps>,
    robots: RobotsFiles,
}

/// Answers after which pause there is more to do; `None` if there is nothing left.
pub(super) async fn run(
    services: &Services,
    scope: &Scope,
    crawl_id: Uuid,
    run: Uuid,
) -> Result<Option<Duration>> {
    let Some(mut work) = claim(services, scope, crawl_id, run).await? else {
        return Ok(None);
    };
    let robots = std::mem::take(&mut work.robots);
    let (known, earlier) = load(services, scope, &work).await?;
    let mut crawler = match Walk::new(services, scope, &work, robots, known, earlier).await {
        Ok(walk) => walk,
        Err(Error::Refused(refusal)) => {
            let error = DocumentError {
                code: refusal.code,
                message: refusal.detail,
            };
            end(services, scope, &work, CrawlStatus::Failed, Some(&error)).await?;
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    let turn = (Instant::now() + services.turn, crawler.stopping());
    if !work.seeded {
        let sitemaps = work.sitemaps.take();
        let seeds = match watch(services, scope, &work, Some(&turn), crawler.seed(sitemaps)).await? {
            None => return Ok(None),
            Some(Err(error)) => {
                end(services, scope, &work, CrawlStatus::Failed, Some(&error)).await?;
                return Ok(None);
            }
            Some(Ok(seeds)) => seeds,
        };
        if !apply::seed(services, scope, &work, &seeds).await? {
            return Ok(None);
        }
        if seeds.rest.is_some() {
            return Ok(Some(Duration::ZERO));
        }
    }
    let mut last = None;
    // One page at least, however long the servers take to say what may be read: else nothing would ever be done.
    let mut is_begun = false;
    loop {
        let turn = is_begun.then_some(&turn);
        // One page is stored while the next are fetched.
        let (stored, step) = tokio::join!(
            store(services, scope, &work, last.take()),
            watch(services, scope, &work, turn, crawler.next())
        );
        let stored = match stored {
            // What was taken so far stays; the rest does not fit into the plan.
            Err(Error::Refused(refusal)) if refusal.code == ErrorCode::QuotaExceeded => {
                let error = DocumentError {
                    code: refusal.code,
                    message: refusal.detail,
                };
                end(services, scope, &work, CrawlStatus::Failed, Some(&error)).await?;
                return Ok(None);
            }
            stored => stored?,
        };
        let (true, Some(step)) = (stored, step?) else {
            return Ok(None);
        };
        match step {
            Step::Visited(visit) => {
                last = Some(visit);
                is_begun = true;
            }
            Step::Pause(pause) => {
                apply::robots(services, scope, &work, crawler.robots()).await?;
                return Ok(Some(pause));
            }
            Step::Finished { limit_reached } => {
                finish::complete(services, scope, &work, limit_reached).await?;
                return Ok(None);
            }
            Step::Failed(error) => {
                end(services, scope, &work, CrawlStatus::Failed, Some(&error)).await?;
                return Ok(None);
            }
        }
    }
}

/// Stores what became of a page. False if this run is not wanted any more.
async fn store(services: &Services, scope: &Scope, run: &Run, visit: Option<Box<Visit>>) -> Result<bool> {
    match visit {
        Some(visit) => apply::visit(services, scope, run, &visit).await,
        None => Ok(true),
    }
}

/// Waits for `work`, but not when the crawl is stopped meanwhile. After the deadline, the crawler is
/// asked to stop.
async fn watch<T>(
    services: &Services,
    scope: &Scope,
    run: &Run,
    turn: Option<&(Instant, Arc<AtomicBool>)>,
    work: impl Future<Output = T>,
) -> Result<Option<T>> {
    let mut work = pin!(work);
    let mut looks = interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    looks.reset();
    loop {
        if let Some((deadline, stopping)) = turn
            && Instant::now() >= *deadline
        {
            stopping.store(true, Ordering::Relaxed);
        }
        tokio::select! {
            done = &mut work => return Ok(Some(done)),
            _ = looks.tick() => if !is_wanted(services, scope, run).await? {
                return Ok(None);
            },
        }
    }
}

async fn is_wanted(services: &Services, scope: &Scope, run: &Run) -> Result<bool> {
    let mut tx = services.db.tenant(scope).await?;
    let found = sqlx::query_scalar!(
        "select 1 from crawls where workspace_id = $1 and id = $2 and run = $3 and status = 'running'",
        scope.workspace_id(),
        run.id,
        run.run
    )
    .fetch_optional(&mut *tx)
    .await?;
    Ok(found.is_some())
}

async fn end(
    services: &Services,
    scope: &Scope,
    run: &Run,
    status: CrawlStatus,
    error: Option<&DocumentError>,
) -> Result<()> {
    let mut tx = services.db.tenant(scope).await?;
    if apply::lock(&mut tx, scope, run).await? {
        finish::end(&mut tx, scope, run.id, status, error).await?;
    }
    tx.commit().await
}

/// Looks at the crawl and counts the attempt; `None` if there is nothing to do.
async fn claim(services: &Services, scope: &Scope, crawl_id: Uuid, run: Uuid) -> Result<Option<Run>> {
    let mut tx = services.db.tenant(scope).await?;
    let row = sqlx::query!(
        r#"select c.draft_id, c.website as "website: Json<Website>", c.remote as "remote: Json<Remote>", c.attempts, c.seeded,
               c.sitemaps as "sitemaps: Json<Sitemaps>", c.robots as "robots: Json<RobotsFiles>", s.knowledge_base_id as "knowledge_base_id?", s.kind as "kind?"
           from crawls c
           left join sources s on s.workspace_id = c.workspace_id and s.id = c.source_id
           where c.workspace_id = $1 and c.id = $2 and c.run = $3 and c.status in ('queued', 'running')
           for update of c"#,
        scope.workspace_id(),
        crawl_id,
        run
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(row) = row else { return Ok(None) };
    if let Some(draft_id) = row.draft_id
        && !drafts::exists::<KnowledgeBaseContent>(&services.drafts, scope, draft_id).await?
    {
        drop(tx);
        super::discard(services, scope, draft_id, crawl_id).await?;
        return Ok(None);
    }
    if row.attempts >= MAX_ATTEMPTS {
        finish::end(&mut tx, scope, crawl_id, CrawlStatus::Failed, Some(&given_up())).await?;
        tx.commit().await?;
        return Ok(None);
    }
    sqlx::query!(
        "update crawls set status = 'running', attempts = attempts + 1, started_at = coalesce(started_at, now()),
             updated_at = now()
         where workspace_id = $1 and id = $2",
        scope.workspace_id(),
        crawl_id
    )
    .execute(&mut *tx)
    .await?;
    tx.tell(Topic::Crawl, crawl_id);
    tx.commit().await?;
    Ok(Some(Run {
        id: crawl_id,
        run,
        knowledge_base_id: row.knowledge_base_id,
        origin: Origin::of(row.website, row.remote)?,
        // A single page was chosen by a person, who may read it, too.
        obey_robots: row.kind.as_deref() != Some(SourceKind::Url.as_str()),
        seeded: row.seeded,
        sitemaps: row.sitemaps.map(|sitemaps| sitemaps.0),
        robots: row.robots.0,
    }))
}

fn given_up() -> DocumentError {
    DocumentError {
        code: ErrorCode::Internal,
        message: format!(
            "Fetching this site was interrupted {MAX_ATTEMPTS} times in a row, so it was set aside. Try again."
        ),
    }
}

/// The pages found so far, and what is known from earlier crawls.
async fn load(
    services: &Services,
    scope: &Scope,
    run: &Run,
) -> Result<(Vec<Known>, HashMap<String, Earlier>)> {
    let mut tx = services.db.tenant(scope).await?;
    let known = known(&mut tx, scope, run.id).await?;
    let rows = sqlx::query!(
        r#"select external_key as "external_key!", content_hash, text_hash, sketch, etag, last_modified, storage_key
           from documents
           where workspace_id = $1 and source_id = $2 and external_key is not null"#,
        scope.workspace_id(),
        run.id
    )
    .fetch_all(&mut *tx)
    .await?;
    let earlier = rows.into_iter().map(|row| {
        let hash = |bytes: Option<Vec<u8>>| bytes.and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
        let content = hash(row.content_hash);
        let fingerprint = match (content, hash(row.text_hash), row.sketch) {
            (Some(content), Some(words), Some(sketch)) => Some(Fingerprint {
                content,
                words,
                sketch,
            }),
            _ => None,
        };
        let earlier = Earlier {
            validators: Validators {
                etag: row.etag,
                last_modified: row.last_modified,
            },
            content,
            fingerprint,
            storage_key: row.storage_key,
        };
        (row.external_key, earlier)
    });
    Ok((known, earlier.collect()))
}

async fn known(tx: &mut TenantTx, scope: &Scope, crawl_id: Uuid) -> Result<Vec<Known>> {
    let rows = sqlx::query!(
        "select id, url, depth, hops, attempts, not_before, state, reason, text_hash, sketch, links_read from crawl_pages
         where workspace_id = $1 and crawl_id = $2
         order by position, url",
        scope.workspace_id(),
        crawl_id
    )
    .fetch_all(&mut **tx)
    .await?;
    let small = |number: i16| u8::try_from(number).unwrap_or(u8::MAX);
    let pages = rows.into_iter().map(|row| {
        Ok(Known {
            id: row.id,
            url: row.url,
            depth: small(row.depth),
            hops: small(row.hops),
            attempts: small(row.attempts),
            not_before: row.not_before,
            state: by_name(&row.state)?,
            reason: row.reason.as_deref().map(by_name).transpose()?,
            words: row.text_hash.and_then(|hash| hash.try_into().ok()),
            sketch: row.sketch,
            links_read: row.links_read,
        })
    });
    pages.collect()
}
