//! Websites in drafts.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

use api_types::ErrorCode;
use api_types::sources::{CrawlMode, CrawlStatus, PageReason, PageState, Website};
use domain::kb::{documents, drafts};

use super::fixture::{PROGRAM, Worker, draft, ended, lexical, links, number, pages, paths};
use super::site::Site;
use crate::support::{Harness, until};

const ARTICLES: usize = 2_000;

#[tokio::test(flavor = "multi_thread")]
async fn a_site_of_two_thousand_pages_is_taken_and_no_trap_entered() {
    let site = Site::start(ARTICLES, true).await;
    let harness = lexical(&site).await;
    let worker = Worker::start(&harness);
    let began = Instant::now();
    let (draft, source) = draft(&harness, links(&site)).await;
    let crawl = ended(&harness, draft, source).await;
    println!("crawled in {:?}: {crawl:?}", began.elapsed());
    assert_eq!((crawl.status, crawl.error), (CrawlStatus::Done, None));

    let pages = pages(&harness, draft, source).await;
    // The print version of the third is found first, and has the same text.
    let mut expected: BTreeSet<String> = (0..ARTICLES)
        .filter(|n| *n != 3)
        .map(|n| format!("/article/{n}"))
        .collect();
    expected.extend((0..ARTICLES / 100).map(|n| format!("/section/{n}")));
    let special = [
        "/",
        "/busy",
        "/calendar",
        "/cycle/a",
        "/cycle/b",
        "/from-hidden",
        "/guide.pdf",
        "/list",
        "/loop/",
        "/moved-here",
        "/nofollow",
        "/print/3",
        "/private/open",
    ];
    expected.extend(special.map(str::to_owned));
    let taken: BTreeSet<String> = paths(&site, &pages, PageState::Added).into_iter().collect();
    let missing: Vec<_> = expected.difference(&taken).collect();
    let surplus: Vec<_> = taken.difference(&expected).collect();
    assert!(
        missing.is_empty() && surplus.is_empty(),
        "missing {missing:?}, surplus {surplus:?}"
    );

    let reason = |path: &str| {
        let page = pages.iter().find(|page| page.url == site.url(path));
        let page = page.unwrap_or_else(|| panic!("{path} was not found"));
        (page.state, page.reason)
    };
    for (path, why) in [
        ("/loop/loop/", PageReason::Duplicate),
        ("/loop/loop/loop/", PageReason::Endless),
        ("/calendar?month=2097-01", PageReason::Endless),
        ("/days/1890/3", PageReason::Endless),
        ("/article/3", PageReason::Duplicate),
        ("/list?order=0", PageReason::Duplicate),
        ("/list?order=199", PageReason::Endless),
        ("/article/7?variant=b", PageReason::Canonical),
        ("/hidden", PageReason::Noindex),
        ("/private/secret", PageReason::Robots),
        ("/redirect/a", PageReason::Redirect),
        ("/redirect/b", PageReason::Redirect),
        ("/to-private", PageReason::OtherSite),
        ("/to-elsewhere", PageReason::OtherSite),
        ("/old", PageReason::Redirect),
        ("/moved", PageReason::Redirect),
        ("/big", PageReason::TooLarge),
        ("/empty", PageReason::Unreadable),
        ("/data.bin", PageReason::Unsupported),
    ] {
        assert_eq!(reason(path), (PageState::Skipped, Some(why)), "{path}");
    }
    for (path, why) in [
        ("/broken", PageReason::SlowDown),
        ("/teapot", PageReason::HttpStatus),
        ("/slow", PageReason::Network),
    ] {
        assert_eq!(reason(path), (PageState::Failed, Some(why)), "{path}");
    }
    assert_eq!(reason("/missing").0, PageState::Gone);

    // Nothing was asked for twice but what was to be tried again, and nothing that was not to be asked for.
    let asked = site.asked();
    let again: Vec<_> = asked.iter().filter(|(_, times)| **times > 1).collect();
    assert_eq!(again.len(), 3, "{again:?}");
    assert_eq!((asked["/busy"], asked["/broken"], asked["/slow"]), (2, 3, 3));
    for never in [
        "/private/secret",
        "/picture.png",
        "/script.js",
        "/from-nofollow",
        "/list?order=150",
    ] {
        assert!(!asked.contains_key(never), "{never}");
    }

    // The pages can be looked at before anything is made of them.
    let preview = drafts::preview_chunks(&harness.services, &harness.scope, draft, Some(source), None, 5)
        .await
        .unwrap();
    assert_eq!(preview.sources.len(), 3);
    assert!(
        preview.sources[0].chunks[0]
            .text
            .contains("Welcome to the stations")
    );
    worker.stop().await;

    let out = pages
        .iter()
        .find(|page| page.url == site.url("/article/1999"))
        .unwrap();
    drafts::remove_page(&harness.services, &harness.scope, draft, source, out.id)
        .await
        .unwrap();
    let began = Instant::now();
    let done = drafts::finalize(&harness.services, &harness.scope, draft)
        .await
        .unwrap();
    println!("finalized in {:?}", began.elapsed());
    let made = documents::list(&harness.services.db, &harness.scope, done.knowledge_base_id)
        .await
        .unwrap();
    assert_eq!(made.len(), expected.len() - 1);
    assert!(
        made.iter()
            .all(|document| document.source_id == source && document.id != out.id)
    );
    let jobs = "select count(*) from apalis.jobs where convert_from(job, 'UTF8') like '%ingest_document%'";
    assert_eq!(number(&harness, jobs).await, i64::try_from(made.len()).unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_are_kept() {
    let site = Site::start(500, false).await;
    let harness = lexical(&site).await;
    let worker = Worker::start(&harness);
    let few = Website {
        max_pages: 50,
        ..links(&site)
    };
    let (id, source) = draft(&harness, few).await;
    let crawl = ended(&harness, id, source).await;
    assert_eq!((crawl.status, crawl.pages.added), (CrawlStatus::Done, 50));
    assert_eq!(site.request_count(), 50);
    let pages_of_few = pages(&harness, id, source).await;
    assert!(
        pages_of_few
            .iter()
            .any(|page| page.reason == Some(PageReason::PageLimit))
    );

    let shallow = Website {
        max_depth: 1,
        ..links(&site)
    };
    let (id, source) = draft(&harness, shallow).await;
    ended(&harness, id, source).await;
    let taken = paths(&site, &pages(&harness, id, source).await, PageState::Added);
    assert_eq!(
        taken,
        [
            "/",
            "/section/0",
            "/section/1",
            "/section/2",
            "/section/3",
            "/section/4"
        ]
    );

    let parts = Website {
        include: vec!["/section/*".into(), "/article/3*".into()],
        exclude: vec!["/section/4".into(), "/article/39*".into()],
        ..links(&site)
    };
    let (id, source) = draft(&harness, parts).await;
    ended(&harness, id, source).await;
    let taken = paths(&site, &pages(&harness, id, source).await, PageState::Added);
    // 3, 30–38, 300–389, and four sections; the start page is read for its links only.
    assert_eq!(taken.len(), 1 + 9 + 90 + 4, "{taken:?}");
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sitemaps_and_lists_name_the_pages() {
    let site = Site::start(40, true).await;
    let harness = lexical(&site).await;
    let worker = Worker::start(&harness);
    let sitemap = Website {
        mode: CrawlMode::Sitemap,
        urls: vec![site.url("/sitemap.xml")],
        ..Website::default()
    };
    let (id, source) = draft(&harness, sitemap).await;
    let crawl = ended(&harness, id, source).await;
    assert_eq!(
        (crawl.status, crawl.pages.added, crawl.pages.found),
        (CrawlStatus::Done, 40, 40)
    );

    let urls = [
        "/article/3",
        "/article/3?utm_source=x",
        "/hidden",
        "/private/secret",
        "/missing",
    ];
    let list = Website {
        mode: CrawlMode::List,
        urls: urls.map(|path| site.url(path)).into(),
        ..Website::default()
    };
    let (id, source) = draft(&harness, list).await;
    ended(&harness, id, source).await;
    let found = pages(&harness, id, source).await;
    assert_eq!(paths(&site, &found, PageState::Added), ["/article/3", "/hidden"]);
    assert_eq!(paths(&site, &found, PageState::Skipped), ["/private/secret"]);
    assert_eq!(paths(&site, &found, PageState::Gone), ["/missing"]);

    // A page that is no sitemap, and a site that does not answer, say so.
    for (url, code) in [
        (site.url("/article/1"), ErrorCode::CorruptDocument),
        (site.url("/teapot"), ErrorCode::FetchFailed),
    ] {
        let wrong = Website {
            mode: CrawlMode::Sitemap,
            urls: vec![url],
            ..Website::default()
        };
        let (id, source) = draft(&harness, wrong).await;
        let crawl = ended(&harness, id, source).await;
        assert_eq!(crawl.status, CrawlStatus::Failed);
        assert_eq!(crawl.error.unwrap().code, code);
        let refused = drafts::finalize(&harness.services, &harness.scope, id)
            .await
            .unwrap_err();
        assert_eq!(refused.code(), ErrorCode::DraftInvalid);
    }
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_robots_files_of_many_servers_take_no_more_than_a_few_megabytes() {
    const SERVERS: usize = 12;
    let mut sites = Vec::new();
    for _ in 0..SERVERS {
        let site = Site::start(1, false).await;
        // Nearly as large as may be; and one rule, which counts wherever it is kept.
        let padding = "# Nothing to see here.\n".repeat(20_000);
        site.change(|state| state.robots = format!("User-agent: *\nDisallow: /private\n{padding}"));
        sites.push(site);
    }
    let too_large = Site::start(1, false).await;
    too_large.change(|state| state.robots = "User-agent: *\nAllow: /\n".repeat(40_000));
    // Cut short in its turn, so that the files are handed to the next job.
    sites[SERVERS - 1].change(|state| state.pause = Duration::from_secs(2));
    let harness = Harness::with(Path::new(PROGRAM), |config| {
        config.outbound_allow = sites.iter().map(|site| site.place.clone()).collect();
        config.outbound_allow.push(too_large.place.clone());
        config.crawl_delay_ms = 0;
        config.crawl_timeout_seconds = 10;
        config.models_dir = Some("/nowhere".into());
        config.worker_turn_seconds = 1;
    })
    .await;
    let urls = |path: &str| sites.iter().map(|site| site.url(path)).collect::<Vec<_>>();
    let website = Website {
        mode: CrawlMode::List,
        urls: [
            urls("/"),
            urls("/private/open"),
            urls("/article/0"),
            vec![too_large.url("/")],
        ]
        .concat(),
        ..Website::default()
    };
    let (id, source) = draft(&harness, website).await;
    let worker = Worker::start(&harness);
    ended(&harness, id, source).await;
    let kept = "select octet_length(robots::text)::bigint from crawls";
    let kept = number(&harness, kept).await;
    assert!((1_000_000..5_000_000).contains(&kept), "{kept} bytes are kept");
    let pages = pages(&harness, id, source).await;
    for page in &pages {
        let is_refused = page.url.contains("/private") || page.url.starts_with(&too_large.url(""));
        let expected = is_refused.then_some(PageReason::Robots);
        assert_eq!(
            page.reason.filter(|reason| *reason != PageReason::Duplicate),
            expected,
            "{page:?}"
        );
    }
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_sitemaps_are_read_in_turns_each_once() {
    let site = Site::start(12, false).await;
    site.change(|state| state.pause = Duration::from_millis(250));
    let harness = Harness::with(Path::new(PROGRAM), |config| {
        config.outbound_allow = vec![site.place.clone()];
        config.crawl_delay_ms = 0;
        config.models_dir = Some("/nowhere".into());
        config.worker_turn_seconds = 1;
    })
    .await;
    let website = Website {
        mode: CrawlMode::Sitemap,
        urls: vec![site.url("/sitemap-many.xml")],
        ..Website::default()
    };
    let (id, source) = draft(&harness, website).await;
    let worker = Worker::start(&harness);
    until("a job has left sitemaps to another", async || {
        let left = number(
            &harness,
            "select count(*) from crawls where not seeded and jsonb_array_length(sitemaps -> 'waiting') between 1 and 11",
        );
        (left.await == 1).then_some(())
    })
    .await;
    let crawl = ended(&harness, id, source).await;
    assert_eq!((crawl.pages.added, crawl.pages.failed), (12, 0));
    let asked = site.asked();
    assert!(asked.values().all(|times| *times == 1), "{asked:?}");
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crawl_stops_within_two_seconds() {
    let site = Site::start(500, false).await;
    site.change(|state| state.pause = Duration::from_millis(100));
    let harness = lexical(&site).await;
    let (services, scope) = (&harness.services, &harness.scope);
    let worker = Worker::start(&harness);
    let (id, source) = draft(&harness, links(&site)).await;
    until("some pages are there", async || {
        let crawl = drafts::crawl(services, scope, id, source).await.unwrap();
        (crawl.pages.added >= 20).then_some(())
    })
    .await;
    // Not while it is being fetched.
    let refused = drafts::finalize(services, scope, id).await.unwrap_err();
    assert_eq!(refused.code(), ErrorCode::DraftInvalid);

    let crawl = drafts::cancel_crawl(services, scope, id, source).await.unwrap();
    assert_eq!(crawl.status, CrawlStatus::Cancelled);
    tokio::time::sleep(Duration::from_secs(2)).await;
    let asked = site.request_count();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(site.request_count(), asked, "requests went on");
    let after = drafts::crawl(services, scope, id, source).await.unwrap();
    assert_eq!(after.pages.added, crawl.pages.added);

    // What there is can be used, and it can be begun again.
    site.change(|state| state.pause = Duration::ZERO);
    drafts::restart_crawl(services, scope, id, source).await.unwrap();
    assert_eq!(ended(&harness, id, source).await.pages.added, 506);
    worker.stop().await;
    let folder = harness
        .config
        .files_dir()
        .join("pages")
        .join(scope.workspace_id().to_string())
        .join(source.to_string());
    let files = || std::fs::read_dir(&folder).map_or(0, Iterator::count);
    assert_eq!(files(), 506, "files of the first run are left");

    // Thrown away with the draft.
    drafts::delete(services, scope, id).await.unwrap();
    assert_eq!(number(&harness, "select count(*) from crawl_pages").await, 0);
    assert_eq!(files(), 0, "files are left");
}
