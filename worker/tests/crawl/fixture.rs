//! A worker that crawls without pauses, and drafts of websites for it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use api_types::drafts::CreateDraftRequest;
use api_types::kb::{AddSourcesRequest, Chunking, NewSource, SaveKbDraftRequest};
use api_types::sources::{Crawl, CrawledPage, PageState, Source, Website};
use domain::kb::drafts;
use domain::kb::sources::{self, PageFilter};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use worker::Settings;

use super::site::Site;
use crate::support::{Harness, until};

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_botwright-worker");

pub struct Worker {
    shutdown: CancellationToken,
    task: JoinHandle<()>,
}

impl Worker {
    pub fn start(harness: &Harness) -> Self {
        let shutdown = CancellationToken::new();
        let settings = Settings {
            concurrency: 2,
            lost_after: Duration::from_secs(15),
        };
        let services = Arc::new(harness.worker_services());
        let task = tokio::spawn(worker::run(services, settings, shutdown.clone()));
        Self { shutdown, task }
    }

    pub async fn stop(self) {
        self.shutdown.cancel();
        self.task.await.unwrap();
    }
}

/// An installation that may reach the site.
pub async fn harness(site: &Site) -> Harness {
    Harness::with(Path::new(PROGRAM), |config| {
        config.outbound_allow = vec![site.place.clone()];
        config.crawl_delay_ms = 0;
        config.crawl_timeout_seconds = 2;
    })
    .await
}

/// The same without an embedding model.
pub async fn lexical(site: &Site) -> Harness {
    Harness::with(Path::new(PROGRAM), |config| {
        config.outbound_allow = vec![site.place.clone()];
        config.crawl_delay_ms = 0;
        config.crawl_timeout_seconds = 2;
        config.models_dir = Some("/nowhere".into());
    })
    .await
}

/// A draft with a website; the ids of both.
pub async fn draft(harness: &Harness, website: Website) -> (Uuid, Uuid) {
    let (services, scope) = (&harness.services, &harness.scope);
    let draft = drafts::create(services, scope, &CreateDraftRequest::default())
        .await
        .unwrap();
    let save = SaveKbDraftRequest {
        version: draft.version,
        name: format!("Base {}", draft.id),
        description: String::new(),
        chunking: Chunking::default(),
    };
    drafts::save(services, scope, draft.id, save).await.unwrap();
    let sources = vec![NewSource::Website { website }];
    let draft = drafts::add_sources(services, scope, draft.id, AddSourcesRequest { sources })
        .await
        .unwrap();
    (draft.id, draft.content.sources[0].id)
}

/// The crawl of a draft, once it has ended.
pub async fn ended(harness: &Harness, draft: Uuid, source: Uuid) -> Crawl {
    until("the crawl has ended", async || {
        // Counting thousands of pages takes the database time that the crawl needs.
        tokio::time::sleep(Duration::from_millis(200)).await;
        let crawl = drafts::crawl(&harness.services, &harness.scope, draft, source)
            .await
            .unwrap();
        (!crawl.status.in_progress()).then_some(crawl)
    })
    .await
}

/// Every page of a draft's crawl.
pub async fn pages(harness: &Harness, draft: Uuid, source: Uuid) -> Vec<CrawledPage> {
    let (mut pages, mut filter) = (Vec::new(), PageFilter::default());
    loop {
        let found = drafts::pages(&harness.services, &harness.scope, draft, source, &filter)
            .await
            .unwrap();
        pages.extend(found.items);
        filter.cursor = found.next_cursor;
        if filter.cursor.is_none() {
            return pages;
        }
    }
}

/// Paths of the pages in a state, sorted.
pub fn paths(site: &Site, pages: &[CrawledPage], state: PageState) -> Vec<String> {
    let origin = site.url("");
    let pages = pages.iter().filter(|page| page.state == state);
    let mut paths: Vec<String> = pages
        .map(|page| page.url.strip_prefix(&origin).unwrap_or(&page.url).to_owned())
        .collect();
    paths.sort();
    paths
}

/// Crawls a website and makes a knowledge base of it; its id and the source's.
pub async fn finalized(harness: &Harness, website: Website) -> (Uuid, Uuid) {
    let (draft, source) = draft(harness, website).await;
    ended(harness, draft, source).await;
    let done = drafts::finalize(&harness.services, &harness.scope, draft)
        .await
        .unwrap();
    (done.knowledge_base_id, source)
}

/// The source, once its sync has ended.
pub async fn synced(harness: &Harness, kb: Uuid, source: Uuid) -> Source {
    until("the sync has ended", async || {
        let source = sources::get(&harness.services.db, &harness.scope, kb, source)
            .await
            .unwrap();
        (source.sync.is_none() && source.last_report.is_some()).then_some(source)
    })
    .await
}

pub async fn number(harness: &Harness, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql)
        .fetch_one(&mut harness.superuser().await)
        .await
        .unwrap()
}

pub async fn execute(harness: &Harness, sql: &'static str) {
    sqlx::query(sql)
        .execute(&mut harness.superuser().await)
        .await
        .unwrap();
}

/// A website of links from the start page.
pub fn links(site: &Site) -> Website {
    Website {
        urls: vec![site.url("/")],
        max_pages: 10_000,
        ..Website::default()
    }
}
