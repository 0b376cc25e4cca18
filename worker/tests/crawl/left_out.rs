//! Pages that were left out by hand, and what only they lead to.

use domain::kb::{documents, drafts, sources};
use uuid::Uuid;

use super::fixture::{Worker, draft, ended, finalized, lexical, links, pages, synced};
use super::site::{Site, article};
use crate::support::{Harness, until};

/// Articles of the first section, and of the second, which is left out.
const FIRST: usize = 30;
const SECOND: usize = 10;

/// The titles of a knowledge base's documents after another sync, sorted, and how many documents that removed.
async fn after_sync(harness: &Harness, kb: Uuid, source: Uuid) -> (Vec<String>, i64) {
    let (db, scope) = (&harness.services.db, &harness.scope);
    sources::sync(db, scope, kb, source).await.unwrap();
    let report = synced(harness, kb, source).await.last_report.unwrap();
    let documents = documents::list(db, scope, kb).await.unwrap();
    let mut titles: Vec<String> = documents.into_iter().map(|document| document.title).collect();
    titles.sort();
    (titles, report.removed)
}

async fn site() -> Site {
    let site = Site::start(FIRST, false).await;
    site.change(|state| {
        for n in 100..100 + SECOND {
            state.articles.insert(n, article(n));
        }
    });
    site
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_a_left_out_page_leads_to_stays() {
    let site = site().await;
    let harness = lexical(&site).await;
    let (db, scope) = (&harness.services.db, &harness.scope);
    let worker = Worker::start(&harness);
    let (kb, source) = finalized(&harness, links(&site)).await;
    let listed = documents::list(db, scope, kb).await.unwrap();
    let section = listed.iter().find(|document| document.title == "Section 1");
    documents::delete(db, scope, kb, section.unwrap().id)
        .await
        .unwrap();

    // The start page, one section, and the articles of both. Twice, since a sync forgets the pages of the one before.
    for _ in 0..2 {
        let (titles, removed) = after_sync(&harness, kb, source).await;
        assert_eq!((titles.len(), removed), (2 + FIRST + SECOND, 0));
        assert!(!titles.contains(&"Section 1".to_owned()));
    }
    assert_eq!(site.asked()["/section/1"], 3, "once in each run");

    // What is new there is found, what is gone there goes.
    site.change(|state| {
        state.articles.remove(&100);
        state.articles.insert(190, article(190));
    });
    let (titles, removed) = after_sync(&harness, kb, source).await;
    assert_eq!((titles.len(), removed), (2 + FIRST + SECOND, 1));
    assert!(titles.contains(&"Station 190".to_owned()));

    // When it can't be read, nobody knows what it leads to.
    site.change(|state| state.broken_path = Some("/section/1"));
    let (titles, removed) = after_sync(&harness, kb, source).await;
    assert_eq!((titles.len(), removed), (2 + FIRST + SECOND, 0));

    // Once nothing leads there any more, it leads nowhere itself.
    site.change(|state| {
        state.broken_path = None;
        state.articles.retain(|n, _| *n < 100);
    });
    let (titles, removed) = after_sync(&harness, kb, source).await;
    assert_eq!(
        (titles.len(), removed),
        (2 + FIRST, i64::try_from(SECOND).unwrap())
    );
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_left_out_while_it_waits_is_read_for_its_links() {
    let site = site().await;
    site.change(|state| state.pause = std::time::Duration::from_millis(300));
    let harness = lexical(&site).await;
    let (services, scope) = (&harness.services, &harness.scope);
    let (id, source) = draft(&harness, links(&site)).await;
    // The worker holds the crawl up at the articles of the first section; the second was found by then.
    site.change(|state| state.broken_path = Some("/section/1"));
    let worker = Worker::start(&harness);
    let section = until("the section is found", async || {
        let pages = pages(&harness, id, source).await;
        pages.into_iter().find(|page| page.url.ends_with("/section/1"))
    })
    .await;
    drafts::remove_page(services, scope, id, source, section.id)
        .await
        .unwrap();
    site.change(|state| state.broken_path = None);
    let crawl = ended(&harness, id, source).await;
    let taken = i64::try_from(2 + FIRST + SECOND).unwrap();
    assert_eq!((crawl.pages.added, crawl.pages.removed), (taken, 1));
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_deleted_while_its_page_is_fetched_does_not_come_back() {
    let site = Site::start(5, false).await;
    let harness = lexical(&site).await;
    let (db, scope) = (&harness.services.db, &harness.scope);
    let worker = Worker::start(&harness);
    let (kb, source) = finalized(&harness, links(&site)).await;
    let listed = documents::list(db, scope, kb).await.unwrap();
    let station = listed.iter().find(|document| document.title == "Station 2");
    site.change(|state| {
        state
            .articles
            .insert(2, format!("{} It was rebuilt.", article(2)));
        state.pause = std::time::Duration::from_secs(1);
    });
    sources::sync(db, scope, kb, source).await.unwrap();
    // Asked for, and not answered yet.
    until("the page is asked for", async || {
        (site.asked()["/article/2"] == 2).then_some(())
    })
    .await;
    documents::delete(db, scope, kb, station.unwrap().id)
        .await
        .unwrap();
    synced(&harness, kb, source).await;
    site.change(|state| state.pause = std::time::Duration::ZERO);
    let (titles, _) = after_sync(&harness, kb, source).await;
    assert_eq!(titles.len(), listed.len() - 1);
    assert!(!titles.contains(&"Station 2".to_owned()), "{titles:?}");
    worker.stop().await;
}
