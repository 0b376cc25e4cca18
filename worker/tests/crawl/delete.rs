//! Deleting while a sync is writing.

use domain::kb::{bases, documents, sources};

use super::fixture::{Worker, finalized, lexical, links, number};
use super::site::{Site, article};
use crate::support::{Harness, until};

const ARTICLES: usize = 40;
const ROUNDS: usize = 6;

/// Changes half of the articles, and adds as many.
fn rewrite(site: &Site, round: usize) {
    site.change(|state| {
        state.articles.retain(|n, _| *n < ARTICLES);
        for n in (0..ARTICLES).step_by(2) {
            state.articles.insert(n, format!("{} Round {round}.", article(n)));
        }
        for n in 0..ARTICLES {
            let n = (round + 1) * 100 + n;
            state.articles.insert(n, article(n));
        }
    });
}

/// Pairs of transactions that waited for each other, of which one was broken off.
async fn deadlocks(harness: &Harness) -> i64 {
    number(
        harness,
        "select deadlocks from pg_stat_database where datname = current_database()",
    )
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_knowledge_base_is_deleted_at_any_moment_of_a_sync() {
    let site = Site::start(ARTICLES, false).await;
    let harness = lexical(&site).await;
    let (db, scope) = (&harness.services.db, &harness.scope);
    let worker = Worker::start(&harness);
    for round in 0..ROUNDS {
        let (kb, source) = finalized(&harness, links(&site)).await;
        rewrite(&site, round);
        let asked = site.request_count();
        sources::sync(db, scope, kb, source).await.unwrap();
        until("it fetches", async || {
            (site.request_count() > asked + 12 * round).then_some(())
        })
        .await;
        bases::delete(db, scope, kb).await.unwrap();
        assert!(bases::get(db, scope, kb).await.is_err());
    }
    until("no job is left", async || {
        let open = number(
            &harness,
            "select count(*) from apalis.jobs where status <> 'Done'",
        )
        .await;
        (open == 0).then_some(())
    })
    .await;
    for table in [
        "select count(*) from crawl_pages",
        "select count(*) from crawls",
        "select count(*) from sources",
        "select count(*) from documents",
        "select count(*) from chunks",
    ] {
        assert_eq!(number(&harness, table).await, 0, "{table}");
    }
    assert_eq!(deadlocks(&harness).await, 0);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_and_their_source_are_deleted_during_a_sync() {
    let site = Site::start(ARTICLES, false).await;
    let harness = lexical(&site).await;
    let (db, scope) = (&harness.services.db, &harness.scope);
    let worker = Worker::start(&harness);
    let (kb, source) = finalized(&harness, links(&site)).await;
    rewrite(&site, 0);
    sources::sync(db, scope, kb, source).await.unwrap();
    for document in documents::list(db, scope, kb).await.unwrap() {
        documents::delete(db, scope, kb, document.id).await.unwrap();
    }
    sources::delete(db, scope, kb, source).await.unwrap();
    assert_eq!(documents::list(db, scope, kb).await.unwrap(), []);
    assert_eq!(deadlocks(&harness).await, 0);
    worker.stop().await;
}
