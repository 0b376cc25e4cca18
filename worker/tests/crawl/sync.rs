//! Keeping a knowledge base fresh.

use api_types::kb::NewSource;
use api_types::sources::{CrawlStatus, PageReason, Source, UpdateSourceRequest};
use domain::kb::{bases, documents, drafts, sources};
use uuid::Uuid;

use super::fixture::{Worker, execute, finalized, harness, lexical, links, number, synced};
use super::site::{Site, article};
use crate::support::{Harness, until};

const ARTICLES: usize = 60;
/// A vector that no model makes: whatever has it was not embedded again.
const MARK: &str = "update embeddings set vector = decode(repeat('0000003f', 384), 'hex')";
const EMBEDDED: &str =
    "select count(*) from embeddings where vector <> decode(repeat('0000003f', 384), 'hex')";

async fn settled(harness: &Harness, kb: Uuid) {
    until("every document is indexed", async || {
        let base = bases::get(&harness.services.db, &harness.scope, kb)
            .await
            .unwrap();
        assert_eq!(base.progress.failed, 0);
        (!base.progress.in_progress()).then_some(())
    })
    .await;
}

async fn sync(harness: &Harness, kb: Uuid, source: Uuid) -> Source {
    sources::sync(&harness.services.db, &harness.scope, kb, source)
        .await
        .unwrap();
    let source = synced(harness, kb, source).await;
    settled(harness, kb).await;
    source
}

fn counts(source: &Source) -> (i64, i64, i64, i64) {
    let report = source.last_report.as_ref().unwrap();
    (report.added, report.changed, report.removed, report.unchanged)
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_changed_is_read_anew() {
    let site = Site::start(ARTICLES, false).await;
    site.change(|state| state.etags = true);
    let harness = harness(&site).await;
    let (db, scope) = (&harness.services.db, &harness.scope);
    let worker = Worker::start(&harness);
    let (kb, source) = finalized(&harness, links(&site)).await;
    settled(&harness, kb).await;
    let pages = i64::try_from(ARTICLES).unwrap() + 2;
    assert_eq!(sources::list(db, scope, kb).await.unwrap()[0].documents, pages);
    execute(&harness, MARK).await;

    // Nothing changed but tokens and counters on each page.
    let before = number(&harness, "select index_version from knowledge_bases").await;
    let same = sync(&harness, kb, source).await;
    assert_eq!(counts(&same), (0, 0, 0, pages));
    assert_eq!(site.answered(304), ARTICLES);
    assert_eq!(number(&harness, EMBEDDED).await, 0);
    assert_eq!(
        number(&harness, "select index_version from knowledge_bases").await,
        before
    );

    // Ten pages change, five go, three come.
    site.change(|state| {
        for n in 0..10 {
            state
                .articles
                .insert(n, format!("{} It was rebuilt in {}.", article(n), 1900 + n));
        }
        for n in 50..55 {
            state.articles.remove(&n);
        }
        for n in 90..93 {
            state.articles.insert(n, article(n));
        }
    });
    let old = documents::list(db, scope, kb).await.unwrap();
    let changed = sync(&harness, kb, source).await;
    assert_eq!(counts(&changed), (3, 10, 5, pages - 15));
    assert_eq!(number(&harness, EMBEDDED).await, 13);
    assert_eq!(
        number(&harness, "select count(*) from documents where version = 2").await,
        10
    );
    let new = documents::list(db, scope, kb).await.unwrap();
    assert_eq!(new.len(), old.len() - 2);
    let kept = new
        .iter()
        .filter(|document| old.iter().any(|other| other.id == document.id));
    assert_eq!(kept.count(), old.len() - 5);
    until("no job is left", async || {
        let open = number(
            &harness,
            "select count(*) from apalis.jobs where status <> 'Done'",
        )
        .await;
        (open == 0).then_some(())
    })
    .await;
    let folder = harness
        .config
        .files_dir()
        .join("pages")
        .join(scope.workspace_id().to_string());
    let files = std::fs::read_dir(folder.join(source.to_string()))
        .unwrap()
        .count();
    assert_eq!(files, new.len(), "one file a page");

    // A page whose document was deleted by hand stays out.
    let deleted = new
        .iter()
        .find(|document| document.title == "Station 20")
        .unwrap();
    documents::delete(db, scope, kb, deleted.id).await.unwrap();
    let third = sync(&harness, kb, source).await;
    assert_eq!(counts(&third), (0, 0, 0, i64::try_from(new.len()).unwrap() - 1));

    sources::delete(db, scope, kb, source).await.unwrap();
    assert_eq!(documents::list(db, scope, kb).await.unwrap(), []);
    for table in [
        "select count(*) from crawl_pages",
        "select count(*) from crawls",
        "select count(*) from chunks",
    ] {
        assert_eq!(number(&harness, table).await, 0, "{table}");
    }
    until("the files are gone", async || {
        let left = std::fs::read_dir(folder.join(source.to_string())).map_or(0, Iterator::count);
        (left == 0).then_some(())
    })
    .await;
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn copies_of_unchanged_pages_are_known_as_such() {
    for etags in [false, true] {
        let site = Site::start(5, false).await;
        site.change(|state| state.etags = etags);
        let harness = lexical(&site).await;
        let worker = Worker::start(&harness);
        let (kb, source) = finalized(&harness, links(&site)).await;
        settled(&harness, kb).await;
        // Found after the page whose text it has.
        site.change(|state| _ = state.articles.insert(9, article(3)));
        for _ in 0..2 {
            let report = sync(&harness, kb, source).await.last_report.unwrap();
            assert_eq!((report.added, report.unchanged), (0, 7), "etags: {etags}");
            let duplicates = report
                .reasons
                .iter()
                .find(|reason| reason.reason == PageReason::Duplicate);
            assert_eq!(duplicates.unwrap().count, 1);
        }
        assert_eq!(site.answered(304), if etags { 10 } else { 0 });
        // The next job of the same run knows them from here.
        let unknown = "select count(*) from crawl_pages where state = 'unchanged' and (text_hash is null or sketch is null)";
        assert_eq!(number(&harness, unknown).await, 0);
        worker.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_removed_by_a_sync_that_did_not_see_all() {
    let site = Site::start(150, false).await;
    let harness = lexical(&site).await;
    let (db, scope) = (&harness.services.db, &harness.scope);
    let worker = Worker::start(&harness);
    let (kb, source) = finalized(&harness, links(&site)).await;
    settled(&harness, kb).await;
    let all = documents::list(db, scope, kb).await.unwrap().len();

    // The whole site is away.
    site.change(|state| state.broken = Some(500));
    let failed = sync(&harness, kb, source).await;
    let report = failed.last_report.unwrap();
    assert_eq!(report.status, CrawlStatus::Failed);
    assert!(report.error.unwrap().message.contains("500"));
    assert_eq!(documents::list(db, scope, kb).await.unwrap().len(), all);

    // The site is stopped half way.
    site.change(|state| {
        state.broken = None;
        state.pause = std::time::Duration::from_millis(200);
    });
    let asked = site.request_count();
    sources::sync(db, scope, kb, source).await.unwrap();
    until("it fetches", async || {
        (site.request_count() > asked + 10).then_some(())
    })
    .await;
    let cancelled = sources::cancel(db, scope, kb, source).await.unwrap();
    assert_eq!(cancelled.last_report.unwrap().status, CrawlStatus::Cancelled);
    assert_eq!(documents::list(db, scope, kb).await.unwrap().len(), all);

    // One page that is gone and one that fails: only the first is removed, and no page that was not found.
    site.change(|state| {
        state.pause = std::time::Duration::ZERO;
        state.articles.remove(&7);
    });
    execute(
        &harness,
        "update sources set website = jsonb_set(website, '{max_pages}', '20')",
    )
    .await;
    let limited = sync(&harness, kb, source).await.last_report.unwrap();
    assert_eq!((limited.status, limited.removed), (CrawlStatus::Done, 0));
    assert!(
        limited
            .reasons
            .iter()
            .any(|reason| reason.reason == PageReason::PageLimit)
    );
    assert!(limited.kept > 0);
    execute(
        &harness,
        "update sources set website = jsonb_set(website, '{max_pages}', '1000')",
    )
    .await;
    let whole = sync(&harness, kb, source).await.last_report.unwrap();
    assert_eq!((whole.removed, whole.kept), (1, 0));

    // Only the start page is left, as on a site that is back soon.
    site.change(|state| state.articles.clear());
    let soon = sync(&harness, kb, source).await.last_report.unwrap();
    assert_eq!((soon.status, soon.removed), (CrawlStatus::Done, 0));
    assert!(soon.kept > 100, "{soon:?}");
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_due_source_is_begun_once_however_many_workers_look() {
    let site = Site::start(3, false).await;
    let harness = lexical(&site).await;
    let (db, scope) = (&harness.services.db, &harness.scope);
    let worker = Worker::start(&harness);
    let (kb, source) = finalized(&harness, links(&site)).await;
    settled(&harness, kb).await;
    worker.stop().await;

    let every = |hours| UpdateSourceRequest {
        sync_every_hours: hours,
    };
    let planned = sources::update(db, scope, kb, source, &every(Some(24)))
        .await
        .unwrap();
    assert!(planned.next_sync_at.is_some());
    assert_eq!(
        sources::enqueue_due(&harness.worker_services().db).await.unwrap(),
        0
    );

    execute(
        &harness,
        "update sources set next_sync_at = now() - interval '1 minute'",
    )
    .await;
    let services: Vec<_> = (0..8).map(|_| harness.worker_services()).collect();
    let looks = services.iter().map(|services| sources::enqueue_due(&services.db));
    let begun: usize = futures::future::join_all(looks)
        .await
        .into_iter()
        .map(Result::unwrap)
        .sum();
    assert_eq!(begun, 1);
    let jobs = "select count(*) from apalis.jobs where status = 'Pending' and convert_from(job, 'UTF8') like '%crawl_id%'";
    assert_eq!(number(&harness, jobs).await, 1);
    let source_now = sources::get(db, scope, kb, source).await.unwrap();
    assert!(source_now.next_sync_at.unwrap() > chrono::Utc::now() + chrono::Duration::hours(23));
    assert_eq!(source_now.sync.unwrap().status, CrawlStatus::Queued);

    // A worker whose job was lost finds the crawl again.
    execute(&harness, "delete from apalis.jobs").await;
    execute(
        &harness,
        "update crawls set updated_at = now() - interval '2 minutes'",
    )
    .await;
    assert_eq!(sources::enqueue_lost(&services[0].db).await.unwrap(), 1);
    assert_eq!(sources::enqueue_lost(&services[0].db).await.unwrap(), 0);

    let by_hand = sources::update(db, scope, kb, source, &every(None))
        .await
        .unwrap();
    assert_eq!((by_hand.sync_every_hours, by_hand.next_sync_at), (None, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_single_page_is_fetched_again_and_text_is_not() {
    let site = Site::start(3, false).await;
    let harness = lexical(&site).await;
    let (services, scope) = (&harness.services, &harness.scope);
    let db = &services.db;
    let worker = Worker::start(&harness);
    let draft = drafts::create(services, scope, &Default::default())
        .await
        .unwrap();
    let save = api_types::kb::SaveKbDraftRequest {
        version: draft.version,
        name: "Pages".to_owned(),
        description: String::new(),
        chunking: api_types::kb::Chunking::default(),
    };
    drafts::save(services, scope, draft.id, save).await.unwrap();
    let new = vec![
        NewSource::Url {
            url: site.url("/article/1?utm_source=mail&gclid=7#history"),
        },
        NewSource::Text {
            title: "Note".to_owned(),
            text: "Clocks are repaired in Lisbon.".to_owned(),
        },
    ];
    let request = api_types::kb::AddSourcesRequest { sources: new };
    let draft = drafts::add_sources(services, scope, draft.id, request)
        .await
        .unwrap();
    let (page, note) = (draft.content.sources[0].id, draft.content.sources[1].id);
    let kb = drafts::finalize(services, scope, draft.id)
        .await
        .unwrap()
        .knowledge_base_id;
    settled(&harness, kb).await;

    // Written as a crawl writes it, else a sync would take it for another page.
    let urls = documents::list(db, scope, kb).await.unwrap();
    let urls: Vec<_> = urls.into_iter().filter_map(|document| document.url).collect();
    assert_eq!(urls, [site.url("/article/1")]);
    assert!(sources::sync(db, scope, kb, note).await.is_err());
    assert_eq!(counts(&sync(&harness, kb, page).await), (0, 0, 0, 1));
    site.change(|state| _ = state.articles.insert(1, "The station was closed.".to_owned()));
    assert_eq!(counts(&sync(&harness, kb, page).await), (0, 1, 0, 0));
    let documents = documents::list(db, scope, kb).await.unwrap();
    assert_eq!(documents.len(), 2);
    site.change(|state| _ = state.articles.remove(&1));
    assert_eq!(counts(&sync(&harness, kb, page).await), (0, 0, 1, 0));
    assert_eq!(documents::list(db, scope, kb).await.unwrap().len(), 1);

    // A source of one document goes with it.
    documents::delete(db, scope, kb, note).await.unwrap();
    let left = sources::list(db, scope, kb).await.unwrap();
    assert_eq!(left.iter().map(|source| source.id).collect::<Vec<_>>(), [page]);
    worker.stop().await;
}
