//! Websites over HTTP: crawled into a draft, made a source, fetched again on demand and on a schedule.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use api_types::ErrorCode;
use api_types::kb::Document;
use api_types::sources::{Crawl, CrawlStatus, Source};
use axum::Router;
use axum::extract::State;
use axum::http::Uri;
use axum::response::{Html, IntoResponse, Response};
use reqwest::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Person, TestApp, done, items, ok, refused};

/// A site of three pages, of which the last can be changed; its place.
async fn site(text: Arc<Mutex<String>>) -> String {
    async fn page(State(text): State<Arc<Mutex<String>>>, uri: Uri) -> Response {
        let body = match uri.path() {
            "/" => {
                "<p>Welcome to the shop.</p><a href=/hours>Hours</a><a href=/repairs>Repairs</a>".to_owned()
            }
            "/hours" => "<p>Open from nine to five.</p>".to_owned(),
            "/repairs" => format!("<p>{}</p>", text.lock().unwrap()),
            _ => return StatusCode::NOT_FOUND.into_response(),
        };
        Html(format!(
            "<html><head><title>Shop</title></head><body>{body}</body></html>"
        ))
        .into_response()
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let place = listener.local_addr().unwrap().to_string();
    let app = Router::new().fallback(page).with_state(text);
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    place
}

/// Asks until `check` gives a value.
async fn until<T>(mut check: impl AsyncFnMut() -> Option<T>) -> T {
    loop {
        if let Some(value) = check().await {
            return value;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn synced(app: &TestApp, person: &Person, path: &str) -> Source {
    until(async || {
        let source: Source = ok(app.get(person, path)).await;
        (source.sync.is_none() && source.last_report.is_some()).then_some(source)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_website_becomes_a_source_that_is_kept_fresh() {
    let text = Arc::new(Mutex::new("Bicycles are repaired on Mondays.".to_owned()));
    let place = site(Arc::clone(&text)).await;
    let app = TestApp::start_with(|config| {
        config.worker = true;
        config.outbound_allow = vec![place.clone()];
    })
    .await;
    let ada = app.sign_up().await;
    let draft = app
        .kb_draft(&ada, "Shop", &[("Note", "Clocks are sold here.")])
        .await;
    let path = format!("/api/v1/kb/draft/{}", draft.id);
    let website =
        json!({ "kind": "website", "website": { "urls": [format!("http://{place}/")], "max_pages": 10 } });
    let added: Value = ok(app.put(&ada, &format!("{path}/sources"), json!({ "sources": [website] }))).await;
    let source: Uuid = added["content"]["sources"][1]["id"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    assert_eq!(added["content"]["sources"][1]["kind"], "website");

    let crawl_path = format!("{path}/sources/{source}/crawl");
    let crawl = until(async || {
        let crawl: Crawl = ok(app.get(&ada, &crawl_path)).await;
        (!crawl.status.in_progress()).then_some(crawl)
    })
    .await;
    assert_eq!(
        (crawl.status, crawl.pages.added, crawl.error),
        (CrawlStatus::Done, 3, None)
    );
    let pages: Value = ok(app.get(&ada, &format!("{path}/sources/{source}/pages?state=added"))).await;
    let hours = pages["items"].as_array().unwrap().iter();
    let hours = hours
        .clone()
        .find(|page| page["url"].as_str().unwrap().ends_with("/hours"))
        .unwrap();
    done(app.delete(
        &ada,
        &format!("{path}/sources/{source}/pages/{}", hours["id"].as_str().unwrap()),
    ))
    .await;
    let preview: Value = ok(app.get(&ada, &format!("{path}/preview-chunks?source_id={source}"))).await;
    assert_eq!(preview["sources"].as_array().unwrap().len(), 2, "{preview}");

    let made: Value = ok(app.post(&ada, &format!("{path}/finalize"), json!({}))).await;
    let kb = format!("/api/v1/kb/{}", made["knowledge_base_id"].as_str().unwrap());
    let sources: Vec<Source> = items(app.get(&ada, &format!("{kb}/sources"))).await;
    let of = |id: Uuid| sources.iter().find(|source| source.id == id).unwrap();
    let note = of(draft.content.sources[0].id);
    assert_eq!((note.documents, of(source).documents), (1, 2));

    *text.lock().unwrap() = "Bicycles are repaired on Fridays.".to_owned();
    let source_path = format!("{kb}/sources/{source}");
    let begun: Source = ok(app.post(&ada, &format!("{source_path}/sync"), json!({}))).await;
    assert!(begun.sync.is_some());
    let report = synced(&app, &ada, &source_path).await.last_report.unwrap();
    assert_eq!(
        (report.added, report.changed, report.removed, report.unchanged),
        (0, 1, 0, 1)
    );
    until(async || {
        let found: Value = ok(app.post(&ada, &format!("{kb}/search"), json!({ "query": "bicycles" }))).await;
        found.to_string().contains("Fridays").then_some(())
    })
    .await;

    let every: Source = ok(app.put(&ada, &source_path, json!({ "sync_every_hours": 24 }))).await;
    assert!(every.next_sync_at.is_some());
    for bad in [
        json!({ "sync_every_hours": 0 }),
        json!({ "sync_every_hours": 2161 }),
    ] {
        refused(
            app.put(&ada, &source_path, bad),
            StatusCode::UNPROCESSABLE_ENTITY,
            ErrorCode::ValidationFailed,
        )
        .await;
    }
    // Text can't be fetched again.
    let note = format!("{kb}/sources/{}", note.id);
    for request in [
        app.post(&ada, &format!("{note}/sync"), json!({})),
        app.put(&ada, &note, json!({ "sync_every_hours": 24 })),
    ] {
        refused(
            request,
            StatusCode::UNPROCESSABLE_ENTITY,
            ErrorCode::ValidationFailed,
        )
        .await;
    }
    done(app.delete(&ada, &source_path)).await;
    let left: Vec<Document> = items(app.get(&ada, &format!("{kb}/documents"))).await;
    assert_eq!(
        left.iter()
            .map(|document| document.title.as_str())
            .collect::<Vec<_>>(),
        ["Note"]
    );
}

#[tokio::test]
async fn bad_websites_are_refused_and_the_draft_stays_as_it_was() {
    let app = TestApp::start().await;
    let ada = app.sign_up().await;
    let draft = app
        .kb_draft(&ada, "Shop", &[("Note", "Clocks are sold here.")])
        .await;
    let path = format!("/api/v1/kb/draft/{}/sources", draft.id);
    for (website, field) in [
        (json!({ "urls": ["http://127.0.0.1/"] }), "sources[0]"),
        (json!({ "urls": ["http://redis/"] }), "sources[0]"),
        (json!({ "urls": [] }), "sources[0].website.urls"),
        (
            json!({ "urls": ["https://example.com"], "max_pages": 10_001 }),
            "sources[0].website.max_pages",
        ),
        (
            json!({ "urls": ["https://example.com"], "include": ["docs"] }),
            "sources[0].website.include",
        ),
    ] {
        let body = json!({ "sources": [{ "kind": "website", "website": website }] });
        let refusal = app.put(&ada, &path, body);
        let problem = refused(
            refusal,
            StatusCode::UNPROCESSABLE_ENTITY,
            ErrorCode::ValidationFailed,
        )
        .await;
        assert_eq!(problem.errors[0].field, field, "{problem:?}");
    }
    let after: Value = ok(app.get(&ada, &format!("/api/v1/kb/draft/{}", draft.id))).await;
    assert_eq!(after["content"]["sources"].as_array().unwrap().len(), 1);
    // A source that is no website has no crawl.
    let note = format!("{path}/{}/crawl", draft.content.sources[0].id);
    refused(app.get(&ada, &note), StatusCode::NOT_FOUND, ErrorCode::NotFound).await;
}
