//! Scans on the web.

use api_types::ErrorCode;
use api_types::kb::{AddSourcesRequest, NewSource};
use api_types::sources::PageState;
use domain::kb::{documents, drafts, ocr, sources};

use super::fixture::{Worker, draft, ended, finalized, lexical, links, number, pages, paths, synced};
use super::site::Site;
use crate::support::until;

/// Whether text recognition is installed; says so if it is not.
async fn reads_scans() -> bool {
    let reads = ocr::languages().await.is_some();
    if !reads {
        println!("not run: {}", ocr::INSTALL);
    }
    reads
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scan_that_is_added_by_its_address_is_recognised_and_kept_fresh() {
    let site = Site::start(3, false).await;
    let harness = lexical(&site).await;
    let (services, scope) = (&harness.services, &harness.scope);
    let (id, website) = draft(&harness, links(&site)).await;
    drafts::remove_source(services, scope, id, website).await.unwrap();
    let url = site.url("/ferry-scan.pdf");
    let sources = vec![NewSource::Url { url: url.clone() }];
    let added = drafts::add_sources(services, scope, id, AddSourcesRequest { sources })
        .await
        .unwrap();
    let source = added.content.sources[0].clone();
    assert_eq!(
        (source.title, source.media_type.as_str()),
        (url, "application/pdf")
    );
    let preview = drafts::preview_chunks(services, scope, id, None, None, 5)
        .await
        .unwrap();
    let error = preview.sources[0].error.as_ref().map(|error| error.code);
    if !reads_scans().await {
        assert_eq!(error, Some(ErrorCode::NeedsOcr));
        return;
    }
    assert!(preview.sources[0].is_scan);
    assert_eq!(error, None);
    let kb = drafts::finalize(services, scope, id)
        .await
        .unwrap()
        .knowledge_base_id;
    let worker = Worker::start(&harness);
    let recognised = "select count(*) from chunks where text like '%green cabinet behind the ticket office%'";
    until("the scan is read", async || {
        (number(&harness, recognised).await > 0).then_some(())
    })
    .await;

    sources::sync(&services.db, scope, kb, source.id).await.unwrap();
    let report = synced(&harness, kb, source.id).await.last_report.unwrap();
    assert_eq!((report.unchanged, report.changed, report.removed), (1, 0, 0));
    site.change(|state| state.scan = "scanned.pdf");
    sources::sync(&services.db, scope, kb, source.id).await.unwrap();
    until("the other scan is read", async || {
        let source = sources::get(&services.db, scope, kb, source.id).await.unwrap();
        (source.last_report?.changed == 1 && number(&harness, recognised).await == 0).then_some(())
    })
    .await;
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scan_that_a_website_links_to_is_recognised() {
    if !reads_scans().await {
        return;
    }
    let site = Site::start(3, false).await;
    site.change(|state| {
        _ = state
            .articles
            .insert(1, "<a href=\"/ferry-scan.pdf\">The handbook</a>".to_owned());
    });
    let harness = lexical(&site).await;
    let worker = Worker::start(&harness);
    let (id, source) = draft(&harness, links(&site)).await;
    ended(&harness, id, source).await;
    let pages = pages(&harness, id, source).await;
    assert!(
        paths(&site, &pages, PageState::Added).contains(&"/ferry-scan.pdf".to_owned()),
        "{pages:?}"
    );
    let (kb, _) = finalized(&harness, links(&site)).await;
    until("it is read", async || {
        let documents = documents::list(&harness.services.db, &harness.scope, kb)
            .await
            .unwrap();
        let scan = documents
            .into_iter()
            .find(|document| document.media_type == "application/pdf");
        scan.filter(|scan| scan.chunk_count > 0)
    })
    .await;
    worker.stop().await;
}
