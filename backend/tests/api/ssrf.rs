//! Every place where a tenant can set an address, or an address of theirs can lead on, tried with all that leads inward:
//! nobody comes to what listens there.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use api_types::ErrorCode;
use api_types::providers::ProviderCheck;
use api_types::sources::{Crawl, CrawledPage, PageState};
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, Uri, header};
use axum::response::{Html, IntoResponse, Response};
use reqwest::{RequestBuilder, StatusCode, Url};
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use super::chatbot_drafts::deployable;
use crate::support::canary::Canary;
use crate::support::connected::until;
use crate::support::{Person, TestApp, hostile_urls, ok};

const KINDS: [&str; 6] = [
    "openai",
    "cohere_rerank",
    "jina_rerank",
    "tei_rerank",
    "cohere_embed",
    "tei_embed",
];

/// An attacker's own server, which the guard lets through: its pages are what is sent by whom it is asked.
struct Site {
    place: String,
    targets: Arc<Vec<String>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Site {
    async fn start(port: u16) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let place = listener.local_addr().unwrap().to_string();
        // What no header can hold comes to nobody, and what is no ASCII there is read as something else.
        let mut targets = hostile_urls::aimed_at(port);
        targets.retain(|target| target != hostile_urls::RELATIVE);
        targets.retain(|target| target.is_ascii() && HeaderValue::from_bytes(target.as_bytes()).is_ok());
        let targets = Arc::new(targets);
        let asked = Arc::default();
        let state = (Arc::clone(&targets), Arc::clone(&asked));
        let app = Router::new().fallback(answer).with_state(state);
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self {
            place,
            targets,
            asked,
        }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.place)
    }

    /// Targets that lead away from the site, with the path that redirects there, each with one of the five statuses.
    fn redirects(&self) -> impl Iterator<Item = (String, &str)> {
        let base = Url::parse(&self.url("/")).unwrap();
        let leads_away = move |target: &str| {
            let target = base.join(target);
            target.is_ok_and(|target| target.origin() != base.origin())
        };
        let all = self.targets.iter().enumerate();
        all.filter(move |(_, target)| leads_away(target))
            .map(|(n, target)| {
                let status = [301, 302, 303, 307, 308][n % 5];
                (format!("/to/{n}/{status}"), target.as_str())
            })
    }
}

type Shared = (Arc<Vec<String>>, Arc<Mutex<Vec<String>>>);

async fn answer(State((targets, asked)): State<Shared>, uri: Uri) -> Response {
    let path = uri.path();
    asked.lock().unwrap().push(path.to_owned());
    // As one writes them into a page: nothing is resolved or tidied up on the way.
    let escaped = |target: &String| target.replace('&', "&amp;").replace('"', "&quot;");
    let parts: Vec<&str> = path.split('/').collect();
    match parts.as_slice() {
        ["", "to", n, status] => {
            let target = &targets[n.parse::<usize>().unwrap()];
            Response::builder()
                .status(status.parse::<u16>().unwrap())
                .header(
                    header::LOCATION,
                    HeaderValue::from_bytes(target.as_bytes()).unwrap(),
                )
                .body(Body::empty())
                .unwrap()
        }
        ["", "robots.txt"] => {
            let maps = targets.iter().map(|target| format!("Sitemap: {target}\n"));
            format!("User-agent: *\nAllow: /\n{}", maps.collect::<String>()).into_response()
        }
        ["", "sitemap.xml"] => {
            let urls = targets
                .iter()
                .map(|target| format!("<url><loc>{}</loc></url>", escaped(target)));
            xml("urlset", &urls.collect::<String>())
        }
        ["", "index.xml"] => {
            let maps = targets
                .iter()
                .map(|target| format!("<sitemap><loc>{}</loc></sitemap>", escaped(target)));
            xml("sitemapindex", &maps.collect::<String>())
        }
        ["", "links"] => {
            let links = targets.iter().map(|target| {
                let target = escaped(target);
                format!("<a href=\"{target}\">x</a><link rel=canonical href=\"{target}\"><img src=\"{target}\"><iframe src=\"{target}\"></iframe>")
            });
            Html(format!("<p>All the links.</p>{}", links.collect::<String>())).into_response()
        }
        ["", "base", n] => {
            let target = escaped(&targets[n.parse::<usize>().unwrap()]);
            Html(format!(
                "<base href=\"{target}\"><meta http-equiv=refresh content=\"0;url={target}\">
                 <p>Page {n}.</p><a href=/x>x</a>"
            ))
            .into_response()
        }
        _ => Html("<p>Nothing to see.</p>").into_response(),
    }
}

fn xml(root: &str, inside: &str) -> Response {
    let xmlns = "http://www.sitemaps.org/schemas/sitemap/0.9";
    let text = format!("<?xml version=\"1.0\"?><{root} xmlns=\"{xmlns}\">{inside}</{root}>");
    ([(header::CONTENT_TYPE, "application/xml")], text).into_response()
}

async fn fixture() -> (TestApp, Person, Canary, Site) {
    let canary = Canary::start().await;
    canary.assert_counts().await;
    let site = Site::start(canary.port).await;
    let app = TestApp::start_with(|config| {
        config.worker = true;
        config.outbound_allow = vec![site.place.clone()];
    })
    .await;
    let ada = app.sign_up().await;
    (app, ada, canary, site)
}

async fn kb_draft(app: &TestApp, ada: &Person) -> String {
    let draft: Value = ok(app.post(ada, "/api/v1/kb/draft", json!({}))).await;
    format!("/api/v1/kb/draft/{}", draft["id"].as_str().unwrap())
}

fn add(app: &TestApp, ada: &Person, draft: &str, source: &Value) -> RequestBuilder {
    app.put(ada, &format!("{draft}/sources"), json!({ "sources": [source] }))
}

/// What the guard says, and those who look before it whether it is an address of the web at all.
const REFUSALS: [&str; 8] = [
    "is not on the public internet",
    "can't be used, only 80 and 443",
    "Only addresses that begin with http",
    "Take the user name and password out",
    "This is not a web address",
    "The address names no server",
    "The page redirects to another address",
    "Enter ",
];

/// Refused for the address: as one that is forbidden, or, in a body of several fields, at its field.
async fn is_refused(request: RequestBuilder, url: &str) {
    let response = request.send().await.unwrap();
    let problem: api_types::Problem = response.json().await.unwrap();
    match problem.code {
        ErrorCode::UrlForbidden => {}
        ErrorCode::ValidationFailed => {
            let mut errors = problem.errors.iter();
            let is_its = |field: &str| field.contains("url") || field == "sources[0]";
            let error = errors.find(|error| is_its(&error.field)).expect(url);
            let is_known = REFUSALS.iter().any(|refusal| error.message.contains(refusal));
            assert!(is_known, "{url:?}: {}", error.message);
        }
        other => panic!("{url:?}: {other:?} {}", problem.detail),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_source_and_no_provider_is_made_of_an_address_that_leads_inward() {
    let (app, ada, canary, _site) = fixture().await;
    let draft = kb_draft(&app, &ada).await;
    let provider = json!({ "name": "Good", "base_url": "https://api.example.com/v1", "default_model": "m" });
    let provider: Value = ok(app.post(&ada, "/api/v1/providers", provider)).await;
    let provider = provider["id"].as_str().unwrap();
    let bot = deployable("Helper", provider.parse().unwrap());
    let doctor = format!("/api/v1/bots/{}/embed-check", app.deploy(&ada, &bot).await);
    let provider = format!("/api/v1/providers/{provider}");
    for (n, url) in hostile_urls::aimed_at(canary.port).iter().enumerate() {
        let page = json!({ "kind": "url", "url": url });
        is_refused(add(&app, &ada, &draft, &page), url).await;
        let mode = ["links", "sitemap", "list"][n % 3];
        let website = json!({ "kind": "website", "website": { "mode": mode, "urls": [url] } });
        is_refused(add(&app, &ada, &draft, &website), url).await;
        let body =
            json!({ "name": "P", "kind": KINDS[n % KINDS.len()], "base_url": url, "default_model": "m" });
        is_refused(app.post(&ada, "/api/v1/providers", &body), url).await;
        let body = json!({ "name": "P", "base_url": url, "default_model": "m" });
        is_refused(app.put(&ada, &provider, body), url).await;
        let body = json!({ "url": url });
        is_refused(app.post(&ada, &doctor, &body), url).await;
        is_refused(app.post(&ada, "/api/v1/webhooks", &body), url).await;
    }
    assert_eq!(canary.hits(), 0);
}

/// As they may have been saved when the operator still allowed them, or before there was a guard.
#[tokio::test(flavor = "multi_thread")]
async fn providers_that_were_saved_before_are_refused_when_they_are_used() {
    let (app, ada, canary, _site) = fixture().await;
    let mut owner = PgConnection::connect(app.database.url.as_str()).await.unwrap();
    let mut providers = Vec::new();
    for kind in KINDS {
        let body = json!({ "name": kind, "kind": kind, "base_url": "https://api.example.com", "default_model": "m" });
        let made: Value = ok(app.post(&ada, "/api/v1/providers", body)).await;
        providers.push(made["id"].as_str().unwrap().parse::<Uuid>().unwrap());
    }
    for (n, url) in hostile_urls::aimed_at(canary.port).iter().enumerate() {
        // Postgres keeps no NUL characters.
        if url.contains('\0') {
            continue;
        }
        let id = providers[n % KINDS.len()];
        sqlx::query("update providers set base_url = $2 where id = $1")
            .bind(id)
            .bind(url)
            .execute(&mut owner)
            .await
            .unwrap();
        let check = app.post(&ada, &format!("/api/v1/providers/{id}/check"), json!({}));
        let check: ProviderCheck = ok(check).await;
        assert!(!check.ok, "{url:?}");
        let embedding = json!({ "provider_id": id, "model": "m" });
        if ["openai", "cohere_embed", "tei_embed"].contains(&KINDS[n % KINDS.len()]) {
            is_refused(app.put(&ada, "/api/v1/embedding", embedding), url).await;
        }
    }
    assert_eq!(canary.hits(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_redirect_of_a_page_or_a_provider_leads_inward() {
    let (app, ada, canary, site) = fixture().await;
    let draft = kb_draft(&app, &ada).await;
    let provider = app.provider(&ada, "https://api.example.com/v1").await;
    let bot = app.deploy(&ada, &deployable("Helper", provider)).await;
    let doctor = format!("/api/v1/bots/{bot}/embed-check");
    let mut tried = 0;
    for (path, target) in site.redirects() {
        tried += 1;
        let page = json!({ "kind": "url", "url": site.url(&path) });
        is_refused(add(&app, &ada, &draft, &page), target).await;
        let body = json!({ "url": site.url(&path) });
        is_refused(app.post(&ada, &doctor, body), target).await;
    }
    assert!(tried >= 400, "{tried}");
    for (n, (path, target)) in site.redirects().enumerate().step_by(7) {
        let body = json!({ "name": format!("P{n}"), "kind": KINDS[n % KINDS.len()], "base_url": site.url(&path),
            "default_model": "m" });
        let made: Value = ok(app.post(&ada, "/api/v1/providers", body)).await;
        let check = format!("/api/v1/providers/{}/check", made["id"].as_str().unwrap());
        let check: ProviderCheck = ok(app.post(&ada, &check, json!({}))).await;
        assert!(!check.ok, "{target:?}");
    }
    assert_eq!(canary.hits(), 0);
}

/// Crawls a website; every page that was found.
async fn crawled(app: &TestApp, ada: &Person, website: Value) -> (Crawl, Vec<CrawledPage>) {
    let draft = kb_draft(app, ada).await;
    let source = json!({ "kind": "website", "website": website });
    let added: Value = ok(add(app, ada, &draft, &source)).await;
    let path = format!(
        "{draft}/sources/{}",
        added["content"]["sources"][0]["id"].as_str().unwrap()
    );
    let crawl = until(async || {
        let crawl: Crawl = ok(app.get(ada, &format!("{path}/crawl"))).await;
        (!crawl.status.in_progress()).then_some(crawl)
    })
    .await;
    let (mut pages, mut cursor) = (Vec::new(), String::new());
    loop {
        let found: api_types::Page<CrawledPage> = ok(app.get(ada, &format!("{path}/pages?{cursor}"))).await;
        pages.extend(found.items);
        match found.next_cursor {
            Some(next) => cursor = format!("cursor={next}"),
            None => return (crawl, pages),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_website_leads_its_crawler_inward() {
    let (app, ada, canary, site) = fixture().await;
    // Links, images, frames and canonical addresses of a page, and what robots.txt names.
    let (_, pages) = crawled(
        &app,
        &ada,
        json!({ "urls": [site.url("/links")], "max_pages": 1000 }),
    )
    .await;
    assert!(pages.iter().any(|page| page.state == PageState::Added));
    // A sitemap of such addresses, one that leads to such sitemaps, and one that is somewhere else.
    for path in ["/sitemap.xml", "/index.xml"] {
        let website = json!({ "mode": "sitemap", "urls": [site.url(path)], "max_pages": 1000 });
        crawled(&app, &ada, website).await;
    }
    let (elsewhere, _) = site.redirects().next().unwrap();
    let (crawl, _) = crawled(
        &app,
        &ada,
        json!({ "mode": "sitemap", "urls": [site.url(&elsewhere)] }),
    )
    .await;
    let error = crawl.error.unwrap();
    assert_eq!(error.code, ErrorCode::UrlForbidden, "{}", error.message);
    // Pages that redirect there, and pages whose base and refresh are there.
    let redirects: Vec<String> = site.redirects().map(|(path, _)| site.url(&path)).collect();
    let bases = (0..site.targets.len()).map(|n| site.url(&format!("/base/{n}")));
    for list in [redirects, bases.collect()] {
        let count = list.len();
        let website = json!({ "mode": "list", "urls": list, "max_pages": 1000 });
        let (_, pages) = crawled(&app, &ada, website).await;
        assert!(pages.len() >= count, "{} of {count}", pages.len());
        let mut taken = pages.iter().filter(|page| page.state == PageState::Added);
        assert!(taken.all(|page| page.url.starts_with(&site.url("/"))));
    }
    assert!(
        site.asked
            .lock()
            .unwrap()
            .iter()
            .any(|path| path == "/robots.txt")
    );
    assert_eq!(canary.hits(), 0);
}

/// A `robots.txt` that is somewhere else is not fetched there.
#[tokio::test(flavor = "multi_thread")]
async fn no_robots_txt_leads_inward() {
    let canary = Canary::start().await;
    canary.assert_counts().await;
    let targets = hostile_urls::aimed_at(canary.port);
    let targets = targets
        .iter()
        .filter(|url| url.contains(&format!(":{}", canary.port)));
    let mut places = Vec::new();
    let asked = Arc::new(AtomicUsize::new(0));
    for target in targets.step_by(6) {
        let (location, asked) = (HeaderValue::from_bytes(target.as_bytes()), Arc::clone(&asked));
        let Ok(location) = location else { continue };
        let site = Router::new().fallback(async move |uri: Uri| match uri.path() {
            "/robots.txt" => {
                asked.fetch_add(1, Ordering::SeqCst);
                (StatusCode::FOUND, [(header::LOCATION, location)]).into_response()
            }
            _ => Html("<p>A page.</p>").into_response(),
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        places.push(listener.local_addr().unwrap().to_string());
        tokio::spawn(async move { axum::serve(listener, site).await.unwrap() });
    }
    assert!(places.len() >= 20, "{}", places.len());
    let app = TestApp::start_with(|config| {
        config.worker = true;
        config.outbound_allow.clone_from(&places);
    })
    .await;
    let ada = app.sign_up().await;
    let list: Vec<String> = places.iter().map(|place| format!("http://{place}/")).collect();
    crawled(&app, &ada, json!({ "mode": "list", "urls": list })).await;
    assert!(asked.load(Ordering::SeqCst) >= places.len());
    assert_eq!(canary.hits(), 0);
}
