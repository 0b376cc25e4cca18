//! A plan that allows so many pages a month, and so many documents.

use std::collections::BTreeMap;
use std::path::Path;

use api_types::ErrorCode;
use api_types::sources::{CrawlStatus, PageState};
use domain::kb::drafts;
use domain::quotas::Plan;

use super::fixture::{PROGRAM, Worker, draft, ended, execute, links, number, pages, paths};
use super::site::Site;
use crate::support::Harness;

async fn limited(site: &Site, plan: Plan) -> Harness {
    Harness::with(Path::new(PROGRAM), |config| {
        config.outbound_allow = vec![site.place.clone()];
        config.crawl_delay_ms = 0;
        config.crawl_timeout_seconds = 2;
        config.models_dir = Some("/nowhere".into());
        config.default_plan = "small".to_owned();
        config.plans = BTreeMap::from([("small".to_owned(), plan)]);
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crawl_ends_where_the_plan_does_and_keeps_what_it_took() {
    let site = Site::start(30, false).await;
    let plan = Plan {
        pages_per_month: Some(5),
        documents: Some(4),
        ..Plan::default()
    };
    let harness = limited(&site, plan).await;
    let worker = Worker::start(&harness);
    let (first, source) = draft(&harness, links(&site)).await;
    let crawl = ended(&harness, first, source).await;
    assert_eq!(crawl.status, CrawlStatus::Failed);
    let error = crawl.error.unwrap();
    assert_eq!(error.code, ErrorCode::QuotaExceeded);
    assert!(error.message.contains("5 pages a month"), "{}", error.message);
    let taken = paths(&site, &pages(&harness, first, source).await, PageState::Added);
    assert_eq!(taken.len(), 5, "{taken:?}");
    assert_eq!(number(&harness, "select pages from usage_days").await, 5);

    // Five documents are more than four; nothing is made of the draft.
    let refused = drafts::finalize(&harness.services, &harness.scope, first).await;
    assert_eq!(refused.unwrap_err().code(), ErrorCode::QuotaExceeded);
    assert_eq!(number(&harness, "select count(*) from knowledge_bases").await, 0);

    // The next month has pages again.
    execute(
        &harness,
        "update usage_months set month = month - interval '1 month'",
    )
    .await;
    let (second, source) = draft(&harness, links(&site)).await;
    let crawl = ended(&harness, second, source).await;
    assert_eq!(crawl.error.unwrap().code, ErrorCode::QuotaExceeded);
    assert_eq!(number(&harness, "select pages from usage_days").await, 10);
    worker.stop().await;
}
