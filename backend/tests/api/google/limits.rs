//! What Google and we limit, and how long tokens are good.

use std::time::Duration;

use api_types::sources::{CrawlStatus, PageReason};

use super::{connect, remote, start};
use crate::support::connected::{fetched, finalized, synced};
use crate::support::fake_google::{DOCUMENT, FOLDER, FakeGoogle, LONG_AGO};

#[tokio::test(flavor = "multi_thread")]
async fn limits_are_waited_for_and_tokens_renewed() {
    let google = FakeGoogle::start().await;
    let hours = google.add("Hours", DOCUMENT, None, b"Open from nine.");
    let app = start(&google).await;
    let ada = app.sign_up().await;
    let connection = connect(&app, &ada, &google).await;
    let (draft, source, crawl) = fetched(&app, &ada, "google", remote(connection, &[&hours])).await;
    assert_eq!((crawl.status, crawl.pages.added), (CrawlStatus::Done, 1));
    // One for the server, one for the worker; each is used as long as it is good.
    let requests = google
        .account()
        .requests
        .iter()
        .filter(|request| request.0 != "/token")
        .count();
    assert_eq!((google.account().tokens.len(), requests), (2, 4));
    let kb = finalized(&app, &ada, &draft).await;

    {
        let mut account = google.account();
        account.requests.clear();
        account
            .tokens
            .push("the worker's is not taken any more".to_owned());
        account.refusals.extend([
            (
                403,
                "userRateLimitExceeded",
                "User Rate Limit Exceeded".to_owned(),
                None,
            ),
            (503, "backendError", "Backend Error".to_owned(), None),
        ]);
    }
    let path = format!("{kb}/sources/{source}");
    let report = synced(&app, &ada, &path).await;
    assert_eq!((report.status, report.unchanged), (CrawlStatus::Done, 1));
    {
        let mut account = google.account();
        let asked: Vec<u16> = account.requests.iter().map(|request| request.2).collect();
        assert_eq!(asked, [401, 200, 403, 503, 200], "a token is asked for once anew");
        let waited = |i: usize| account.requests[i + 1].3 - account.requests[i].3;
        assert!(waited(2) >= Duration::from_secs(2), "{:?}", waited(2));
        assert!(waited(3) >= Duration::from_secs(4), "{:?}", waited(3));
        account.requests.clear();
        account
            .refusals
            .push_back((429, "rateLimitExceeded", "Too many.".to_owned(), Some(3)));
    }
    assert_eq!(synced(&app, &ada, &path).await.unchanged, 1);
    {
        let account = google.account();
        let waited = account.requests[1].3 - account.requests[0].3;
        assert!(waited >= Duration::from_secs(3), "{waited:?}");
    }

    // What was changed a moment ago may change again without another time of change.
    google.set(&hours, "modifiedTime", chrono::Utc::now().to_rfc3339());
    let before = google.downloads();
    for _ in 0..2 {
        assert_eq!(synced(&app, &ada, &path).await.unchanged, 1);
    }
    assert_eq!(google.downloads() - before, 2);
    google.set(&hours, "modifiedTime", LONG_AGO);

    // Tokens that are about to expire are not used.
    google.account().expires_in = 60;
    google.account().tokens.push("gone".to_owned());
    let before = google.account().tokens.len();
    for _ in 0..2 {
        assert_eq!(synced(&app, &ada, &path).await.unchanged, 1);
    }
    assert!(google.account().tokens.len() >= before + 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_of_too_many_files_says_so_and_loses_none() {
    let google = FakeGoogle::start().await;
    let folder = google.add("Shop", FOLDER, None, b"");
    // Parts of two files, of which twenty are asked for.
    for i in 0..45 {
        google.add(&format!("Page {i:02}"), DOCUMENT, Some(&folder), b"Text.");
    }
    let app = start(&google).await;
    let ada = app.sign_up().await;
    let connection = connect(&app, &ada, &google).await;
    let (draft, source, crawl) = fetched(&app, &ada, "google", remote(connection, &[&folder])).await;
    assert_eq!((crawl.pages.added, crawl.pages.failed), (40, 1));
    let kb = finalized(&app, &ada, &draft).await;
    google.add("A first page", DOCUMENT, Some(&folder), b"Text.");
    let report = synced(&app, &ada, &format!("{kb}/sources/{source}")).await;
    assert_eq!(
        (report.added, report.unchanged, report.removed, report.kept),
        (1, 39, 0, 1)
    );
    assert_eq!(report.reasons[0].reason, PageReason::PageLimit);
}
