//! Google Drive over HTTP: connected, looked through, taken into a draft, and fetched again.

mod limits;

use api_types::ErrorCode;
use api_types::connections::Connection;
use api_types::kb::{ChunkPreview, Document};
use api_types::sources::{CrawlStatus, CrawledPage, PageReason, PageState};
use reqwest::StatusCode;
use serde_json::{Value, json};
use sqlx::{Connection as _, PgConnection};
use uuid::Uuid;

use crate::support::connected::{fetched, finalized, indexed, synced};
use crate::support::fake_google::{ACCOUNT, DOCUMENT, FOLDER, FakeGoogle, SHEET, SLIDES, link};
use crate::support::{Person, TestApp, done, ok, refused};

async fn start(google: &FakeGoogle) -> TestApp {
    let (url, token_url, place) = (google.url(), google.token_url(), google.place.clone());
    TestApp::start_with(move |config| {
        config.worker = true;
        config.google_url = url.parse().unwrap();
        config.google_token_url = token_url.parse().unwrap();
        config.outbound_allow = vec![place];
    })
    .await
}

fn connection(key: &Value) -> Value {
    json!({ "kind": "google", "name": "Our Drive", "credential": key.to_string() })
}

async fn connect(app: &TestApp, person: &Person, google: &FakeGoogle) -> Uuid {
    let made: Connection = ok(app.post(person, "/api/v1/connections", connection(&google.key()))).await;
    made.id
}

fn remote(connection: Uuid, links: &[&str]) -> Value {
    let items = links.iter().map(|link| json!({ "id": link, "kind": "file" }));
    json!({ "connection_id": connection, "subpages": true, "max_pages": 100,
        "items": items.collect::<Vec<_>>() })
}

/// A file of the parsers' tests.
fn corpus(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../domain/tests/fixtures/corpus");
    std::fs::read(format!("{folder}/{name}")).unwrap()
}

async fn pages(app: &TestApp, person: &Person, path: &str) -> Vec<CrawledPage> {
    let found: api_types::Page<CrawledPage> = ok(app.get(person, path)).await;
    assert_eq!(found.next_cursor, None);
    found.items
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_account_is_connected_checked_and_looked_through() {
    let google = FakeGoogle::start().await;
    for name in ["Ada's handbook", "Hours", "Prices"] {
        google.add(name, DOCUMENT, None, b"Text.");
    }
    let app = start(&google).await;
    let ada = app.sign_up().await;
    let message = async |change: &dyn Fn(&mut Value)| {
        let mut key = google.key();
        change(&mut key);
        let made = app.post(&ada, "/api/v1/connections", connection(&key));
        let problem = refused(
            made,
            StatusCode::UNPROCESSABLE_ENTITY,
            ErrorCode::ValidationFailed,
        )
        .await;
        assert_eq!(problem.errors[0].field, "credential");
        problem.errors[0].message.clone()
    };
    // Nothing is sent to a place that a key names.
    let elsewhere = message(&|key| key["token_uri"] = "https://oauth2.example.com/token".into()).await;
    assert!(elsewhere.contains("token_uri must be"), "{elsewhere}");
    let user = message(&|key| key["type"] = "authorized_user".into()).await;
    assert!(user.contains("not the key of a service account"), "{user}");
    let damaged = message(&|key| key["private_key"] = "-----BEGIN PRIVATE KEY-----".into()).await;
    assert!(damaged.contains("private_key can't be read"), "{damaged}");
    assert!(google.account().requests.is_empty());
    let other = message(&|key| key["client_email"] = "other@example.com".into()).await;
    assert!(other.contains("refuses the key of other@example.com"), "{other}");
    assert!(other.contains("account not found"), "{other}");
    let off = "Google Drive API has not been used in project 1 before or it is disabled.";
    google
        .account()
        .refusals
        .push_back((403, "accessNotConfigured", off.to_owned(), None));
    let off = message(&|_| {}).await;
    assert!(
        off.contains("drive.googleapis.com?project=kettle-shop, click Enable"),
        "{off}"
    );

    let id = connect(&app, &ada, &google).await;
    let listed: Value = ok(app.get(&ada, "/api/v1/connections")).await;
    assert_eq!(
        (&listed[0]["kind"], &listed[0]["hint"], &listed[0]["account"]),
        (&json!("google"), &json!("4567"), &json!(ACCOUNT))
    );
    assert!(!listed.to_string().contains("PRIVATE"));
    let mut owner = PgConnection::connect(app.database.url.as_str()).await.unwrap();
    let sealed: Vec<u8> = sqlx::query_scalar("select credential from connections")
        .fetch_one(&mut owner)
        .await
        .unwrap();
    assert!(!String::from_utf8_lossy(&sealed).contains("PRIVATE"));

    let path = format!("/api/v1/connections/{id}");
    let first: Value = ok(app.get(&ada, &format!("{path}/items"))).await;
    assert_eq!(first["items"].as_array().unwrap().len(), 2);
    let cursor = first["next_cursor"].as_str().unwrap();
    let second: Value = ok(app.get(&ada, &format!("{path}/items?cursor={cursor}"))).await;
    assert_eq!(second["items"][0]["title"], "Prices");
    let found: Value = ok(app.get(&ada, &format!("{path}/items?query=ada's"))).await;
    assert_eq!(found["items"][0]["title"], "Ada's handbook");

    let check: Value = ok(app.post(&ada, &format!("{path}/check"), json!({}))).await;
    assert_eq!(
        check,
        json!({ "ok": true, "message": format!("Connected to {ACCOUNT}.") })
    );
    google.account().is_revoked = true;
    google.account().tokens.push("of another process".to_owned());
    let check: Value = ok(app.post(&ada, &format!("{path}/check"), json!({}))).await;
    assert_eq!(check["ok"], false);
    google.account().is_revoked = false;

    // What is not shared is said at once; what is no link, too.
    let draft: Value = ok(app.post(&ada, "/api/v1/kb/draft", json!({}))).await;
    let sources = format!("/api/v1/kb/draft/{}/sources", draft["id"].as_str().unwrap());
    for (kind, link, said) in [
        (
            "google",
            "https://drive.google.com/drive/my-drive",
            "is no link of a file",
        ),
        (
            "google",
            "1notSharedWithAnybody",
            "Share it with knowledge@kettle-shop",
        ),
        (
            "notion",
            "00000000-0000-4000-8000-000000000001",
            "no such connection",
        ),
    ] {
        let mut remote = remote(id, &[link]);
        if kind == "notion" {
            remote["items"][0]["kind"] = "page".into();
        }
        let body = json!({ "sources": [{ "kind": kind, "remote": remote }] });
        let added = app.put(&ada, &sources, body);
        let problem = refused(
            added,
            StatusCode::UNPROCESSABLE_ENTITY,
            ErrorCode::ValidationFailed,
        )
        .await;
        assert!(problem.errors[0].message.contains(said), "{problem:?}");
    }

    // Nobody else sees it.
    let eve = app.sign_up().await;
    let draft: Value = ok(app.post(&eve, "/api/v1/kb/draft", json!({}))).await;
    let sources = format!("/api/v1/kb/draft/{}/sources", draft["id"].as_str().unwrap());
    let foreign =
        json!({ "sources": [{ "kind": "google", "remote": remote(id, &["1notSharedWithAnybody"]) }] });
    let added = app.put(&eve, &sources, foreign);
    refused(
        added,
        StatusCode::UNPROCESSABLE_ENTITY,
        ErrorCode::ValidationFailed,
    )
    .await;
    refused(
        app.delete(&eve, &path),
        StatusCode::NOT_FOUND,
        ErrorCode::NotFound,
    )
    .await;
    done(app.delete(&ada, &path)).await;
}

/// As Google exports it.
const HANDBOOK: &str = "# **Handbook** {#handbook}\n\n\
    Write an e\\-mail to [the shop](mailto:shop@example.com). ![The front][image1]\n\n\
    ## **Care**\n\n1. Fill it.  \n2. Boil it.  \n   * Cold water only\n\n\
    | Model | Watts |\n| :---- | :---- |\n| K2 | 2200 |\n\n\
    [image1]: <data:image/png;base64,iVBORw0KGgo=>\n";
const TIDIED: &str = "# Handbook\n\n\
    Write an e-mail to [the shop](mailto:shop@example.com). The front\n\n\
    ## Care\n\n1. Fill it.\n2. Boil it.\n   * Cold water only\n\n\
    | Model | Watts |\n| :---- | :---- |\n| K2 | 2200 |";

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_is_taken_whole_and_kept_fresh() {
    let google = FakeGoogle::start().await;
    let folder = google.add("Shop", FOLDER, None, b"");
    let inner = google.add("Deeper", FOLDER, Some(&folder), b"");
    let handbook = google.add("Handbook", DOCUMENT, Some(&folder), HANDBOOK.as_bytes());
    let stock = google.add("Stock", SHEET, Some(&folder), &corpus("stock-libreoffice.xlsx"));
    google.add("Menu", SLIDES, Some(&folder), &corpus("menu.pptx"));
    google.add(
        "ferry.pdf",
        "application/pdf",
        Some(&folder),
        &corpus("ferry.pdf"),
    );
    google.add("Photo.png", "image/png", Some(&folder), b"\x89PNG");
    google.add("Survey", "application/vnd.google-apps.form", Some(&folder), b"");
    google.add("Large", DOCUMENT, Some(&inner), &vec![b'a'; 10 * 1024 * 1024 + 1]);
    let film = google.add("film.pdf", "application/pdf", Some(&inner), b"%PDF-");
    google.set(&film, "size", "20971521");
    let secret = google.add("Secret", DOCUMENT, Some(&inner), b"Secret.");
    google.set(&secret, "capabilities", json!({ "canDownload": false }));
    let locked = google.add("Locked", DOCUMENT, Some(&inner), b"Locked.");
    google
        .account()
        .locked
        .insert(locked.clone(), "insufficientFilePermissions");
    let hours = google.add("Hours", DOCUMENT, Some(&inner), b"Open from nine.");
    google.shortcut("Back to the shop", &inner, &folder);
    google.shortcut("Hours again", &folder, &hours);
    google.shortcut("To nowhere", &inner, "1nobodyKnowsThisFile");
    let app = start(&google).await;
    let ada = app.sign_up().await;
    let connection = connect(&app, &ada, &google).await;

    let link_of_folder = format!("{}?usp=sharing", link(&folder, FOLDER));
    let remote = remote(connection, &[&link_of_folder, &folder]);
    let (draft, source, crawl) = fetched(&app, &ada, "google", remote).await;
    assert_eq!((crawl.status, crawl.error), (CrawlStatus::Done, None));
    let chosen = &crawl.remote.unwrap().items;
    assert_eq!((chosen.len(), chosen[0].title.as_str()), (1, "Shop"));
    let found = pages(&app, &ada, &format!("{draft}/sources/{source}/pages")).await;
    let told = |state: PageState, reason: PageReason, words: &str| {
        let is_it = |page: &&CrawledPage| {
            let detail = page.detail.as_deref().unwrap_or_default();
            (page.state, page.reason) == (state, Some(reason)) && detail.contains(words)
        };
        assert_eq!(
            found.iter().filter(is_it).count(),
            1,
            "{reason:?} {words}: {found:#?}"
        );
    };
    told(PageState::Skipped, PageReason::List, "Shop");
    told(PageState::Skipped, PageReason::List, "Deeper");
    told(
        PageState::Skipped,
        PageReason::Unsupported,
        "Photo.png (image/png)",
    );
    told(
        PageState::Skipped,
        PageReason::Unsupported,
        "Survey (a Google Form)",
    );
    told(
        PageState::Skipped,
        PageReason::TooLarge,
        "Large: Google exports at most 10 MB.",
    );
    told(
        PageState::Skipped,
        PageReason::TooLarge,
        "film.pdf: It is larger than 20 MB.",
    );
    told(PageState::Skipped, PageReason::Protected, "Secret");
    told(
        PageState::Failed,
        PageReason::HttpStatus,
        "Locked: Google does not let knowledge@",
    );
    let gone: Vec<_> = found
        .iter()
        .filter(|page| page.state == PageState::Gone)
        .collect();
    assert_eq!(gone.len(), 1, "the shortcut to nowhere: {found:#?}");
    assert_eq!((crawl.pages.added, crawl.pages.found), (5, 14));

    let page = found
        .iter()
        .find(|page| page.title.as_deref() == Some("Handbook"))
        .unwrap();
    assert_eq!(page.url, link(&handbook, DOCUMENT));
    let preview = format!("{draft}/preview-chunks?source_id={source}&page_id={}", page.id);
    let preview: ChunkPreview = ok(app.get(&ada, &preview)).await;
    let whole: Vec<&str> = preview.sources[0]
        .chunks
        .iter()
        .map(|chunk| chunk.text.as_str())
        .collect();
    assert_eq!(whole.join("\n\n"), TIDIED);

    let kb = finalized(&app, &ada, &draft).await;
    let hits = async |query: &str| -> Value {
        let found: Value = ok(app.post(&ada, &format!("{kb}/search"), json!({ "query": query }))).await;
        found["hits"][0].clone()
    };
    let phone = hits("Phone of Edda Marlow").await;
    assert_eq!(
        (&phone["title"], &phone["url"]),
        (&json!("Stock"), &json!(link(&stock, SHEET)))
    );
    assert!(
        phone["chunk"]["text"]
            .as_str()
            .unwrap()
            .contains("+44 20 5550 0123")
    );
    assert_eq!(hits("桜餅").await["title"], "Menu");

    // Nothing changed, nothing is downloaded but what could not be had.
    google.account().locked.clear();
    google.account().files.remove(&locked);
    let before = google.downloads();
    let path = format!("{kb}/sources/{source}");
    let report = synced(&app, &ada, &path).await;
    assert_eq!(
        (report.added, report.changed, report.removed, report.unchanged),
        (0, 0, 0, 5)
    );
    assert_eq!(
        google.downloads() - before,
        1,
        "only what is too large is tried again"
    );

    // One is changed, one renamed, one trashed, one is not shared any more, one comes; one is edited and says the same.
    google.account().files.get_mut(&hours).unwrap().content = b"Open from ten.".to_vec();
    google.set(&hours, "modifiedTime", "2026-01-02T09:30:00.000Z");
    google.set(&stock, "name", "Stock of May");
    google.set(&handbook, "modifiedTime", "2026-01-03T09:30:00.000Z");
    let by_name = |name: &str| {
        let account = google.account();
        let mut files = account.files.iter();
        files
            .find(|(_, file)| file.facts["name"] == name)
            .unwrap()
            .0
            .clone()
    };
    google.set(&by_name("Menu"), "trashed", true);
    let ferry = by_name("ferry.pdf");
    google.account().files.remove(&ferry);
    google.add("Warranty", DOCUMENT, Some(&inner), b"Three years.");
    let before = google.downloads();
    let report = synced(&app, &ada, &path).await;
    assert_eq!(
        (report.added, report.changed, report.removed, report.unchanged),
        (1, 2, 2, 1)
    );
    assert_eq!(google.downloads() - before, 5);
    let mut titles: Vec<String> = indexed(&app, &ada, &kb)
        .await
        .into_iter()
        .map(|document: Document| document.title)
        .collect();
    titles.sort();
    assert_eq!(titles, ["Handbook", "Hours", "Stock of May", "Warranty"]);
    assert_eq!(hits("When is it open?").await["chunk"]["text"], "Open from ten.");

    // Without a key nothing can be said of any file, so nothing goes.
    google.account().is_revoked = true;
    google.account().tokens.push("of another process".to_owned());
    let report = synced(&app, &ada, &path).await;
    assert_eq!((report.status, report.removed), (CrawlStatus::Failed, 0));
    let said = report.error.unwrap().message;
    assert!(said.contains("Make a new key"), "{said}");
    let in_use = app.delete(&ada, &format!("/api/v1/connections/{connection}"));
    refused(in_use, StatusCode::CONFLICT, ErrorCode::InUse).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_is_shared_is_taken() {
    let google = FakeGoogle::start().await;
    let folder = google.add("Shop", FOLDER, None, b"");
    let inner = google.add("Deeper", FOLDER, Some(&folder), b"");
    google.add("Inner", DOCUMENT, Some(&inner), b"Within.");
    google.add("Hours", DOCUMENT, Some(&folder), b"Open from nine.");
    google.add("Prices", DOCUMENT, None, b"All free.");
    let drive = google.add("Team drive", FOLDER, Some("of nobody"), b"");
    google.add("Rota", DOCUMENT, Some(&drive), b"Ada on Mondays.");
    google.account().drives.push(drive);
    let app = start(&google).await;
    let ada = app.sign_up().await;
    let connection = connect(&app, &ada, &google).await;
    let mut remote = json!({ "connection_id": connection, "subpages": true, "max_pages": 100,
        "items": [{ "id": "", "kind": "everything" }] });
    let (_, _, crawl) = fetched(&app, &ada, "google", remote.clone()).await;
    assert_eq!((crawl.status, crawl.pages.added), (CrawlStatus::Done, 4));
    assert_eq!(crawl.remote.unwrap().items[0].title, "Everything that is shared");

    // Without the folders within folders, and no more than wanted.
    remote["subpages"] = false.into();
    let (_, _, crawl) = fetched(&app, &ada, "google", remote.clone()).await;
    assert_eq!((crawl.status, crawl.pages.added), (CrawlStatus::Done, 3));
    remote["max_pages"] = 2.into();
    let (draft, source, crawl) = fetched(&app, &ada, "google", remote).await;
    assert_eq!((crawl.status, crawl.pages.added), (CrawlStatus::Done, 2));
    let found = pages(&app, &ada, &format!("{draft}/sources/{source}/pages")).await;
    assert!(
        found
            .iter()
            .any(|page| page.reason == Some(PageReason::PageLimit))
    );
}
