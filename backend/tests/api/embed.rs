//! The embed doctor, and the sites on which a bot was seen.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use api_types::ErrorCode;
use api_types::bots::ChatbotContent;
use api_types::embed::{BotSite, EmbedAspect, EmbedOutcome, EmbedReport};
use api_types::visitors::Access;
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use reqwest::{Method, StatusCode, header};
use serde_json::json;
use tokio::net::TcpListener;
use uuid::Uuid;

use super::chatbot_drafts::deployable;
use crate::support::{Person, TestApp, done, ok, refused};

/// Somebody's site of one page, which can be changed.
#[derive(Clone, Default)]
struct Site {
    policy: Arc<Mutex<String>>,
    html: Arc<Mutex<String>>,
}

impl Site {
    /// Serves it; answers its place.
    async fn serve(&self) -> String {
        async fn page(State(site): State<Site>, uri: Uri) -> Response {
            let response = Response::builder();
            if uri.path() == "/moved" {
                let moved = response
                    .status(StatusCode::FOUND)
                    .header(header::LOCATION, "/page");
                return moved.body(Body::empty()).unwrap();
            }
            if uri.path() != "/page" {
                return response
                    .status(StatusCode::NOT_FOUND)
                    .body(Body::empty())
                    .unwrap();
            }
            response
                .header(header::CONTENT_TYPE, "text/html; charset=utf-8")
                .header(header::CONTENT_SECURITY_POLICY, &*site.policy.lock().unwrap())
                .body(Body::from(site.html.lock().unwrap().clone()))
                .unwrap()
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let place = listener.local_addr().unwrap().to_string();
        let router = Router::new().fallback(page).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        place
    }
}

struct Fixture {
    app: TestApp,
    ada: Person,
    site: Site,
    place: String,
}

impl Fixture {
    async fn new() -> Self {
        let site = Site::default();
        let place = site.serve().await;
        let app = TestApp::start_with(|config| config.outbound_allow = vec![place.clone()]).await;
        let ada = app.sign_up().await;
        Self {
            app,
            ada,
            site,
            place,
        }
    }

    async fn bot(&self, access: Access) -> Uuid {
        let provider = self
            .app
            .provider(&self.ada, &format!("http://{}", self.place))
            .await;
        let content = ChatbotContent {
            access,
            ..deployable(&Uuid::new_v4().to_string(), provider)
        };
        self.app.deploy(&self.ada, &content).await
    }

    async fn check(&self, bot: Uuid, path: &str) -> EmbedReport {
        let body = json!({ "url": format!("http://{}{path}", self.place) });
        ok(self
            .app
            .post(&self.ada, &format!("/api/v1/bots/{bot}/embed-check"), body))
        .await
    }

    fn says(&self, policy: &str, html: &str) {
        policy.clone_into(&mut self.site.policy.lock().unwrap());
        html.clone_into(&mut self.site.html.lock().unwrap());
    }
}

/// Aspects that are not in order, with what should be copied.
fn found(report: &EmbedReport) -> Vec<(EmbedAspect, EmbedOutcome, Option<&str>)> {
    let bad = report
        .checks
        .iter()
        .filter(|check| check.outcome != EmbedOutcome::Good);
    bad.map(|check| {
        let code = check.fix.as_ref().and_then(|fix| fix.code.as_deref());
        (check.aspect, check.outcome, code)
    })
    .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_says_what_to_mend_until_all_is_well() {
    let fixture = Fixture::new().await;
    let access = Access {
        allowed_domains: vec!["shop.example".into()],
        ..Access::default()
    };
    let bot = fixture.bot(access).await;
    let own = fixture.app.base.clone();
    let origin = format!("http://{}", fixture.place);
    let code =
        format!(r##"<script async src="{own}/widget.js" data-bot="{bot}" data-color="#4f46e5"></script>"##);
    let problem = EmbedOutcome::Problem;

    fixture.says("default-src 'self'", "<p>Welcome</p>");
    let report = fixture.check(bot, "/moved").await;
    assert_eq!(report.url.as_str(), format!("{origin}/page"));
    let script = format!("script-src 'self' {own}");
    let frame = format!("frame-src 'self' {own}");
    assert_eq!(
        found(&report),
        [
            (EmbedAspect::Snippet, problem, Some(code.as_str())),
            (EmbedAspect::ScriptPolicy, problem, Some(script.as_str())),
            (EmbedAspect::FramePolicy, problem, Some(frame.as_str())),
            (EmbedAspect::AllowedDomains, problem, Some(origin.as_str())),
        ]
    );

    // As it says, to the letter.
    let access = Access {
        allowed_domains: vec![origin],
        ..Access::default()
    };
    let allowed = fixture.bot(access).await;
    let mended = code.replace(&bot.to_string(), &allowed.to_string());
    fixture.says(&format!("default-src 'self'; {script}; {frame}"), &mended);
    assert_eq!(found(&fixture.check(allowed, "/page").await), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn other_bots_other_servers_and_copies_are_told_apart() {
    let fixture = Fixture::new().await;
    let bot = fixture.bot(Access::default()).await;
    let own = &fixture.app.base;
    let tag = |src: &str, bot: &str| format!(r#"<script src="{src}/widget.js" data-bot="{bot}"></script>"#);
    let id = bot.to_string();
    for (html, outcome, says) in [
        (tag(own, &id), EmbedOutcome::Good, "is in the page"),
        (tag(own, &id).repeat(2), EmbedOutcome::Warning, "more than once"),
        (tag(own, "other"), EmbedOutcome::Problem, "another bot, other"),
        (tag(own, ""), EmbedOutcome::Problem, "does not say for which bot"),
        (
            tag("https://old.example", &id),
            EmbedOutcome::Problem,
            "https://old.example",
        ),
        (
            format!("<!-- {} -->", tag(own, &id)),
            EmbedOutcome::Problem,
            "is not in the page",
        ),
        (
            "<script src='https://www.googletagmanager.com/gtm.js'></script>".to_owned(),
            EmbedOutcome::Unknown,
            "tag manager",
        ),
    ] {
        fixture.says("", &html);
        let report = fixture.check(bot, "/page").await;
        let snippet = report
            .checks
            .iter()
            .find(|check| check.aspect == EmbedAspect::Snippet)
            .unwrap();
        assert_eq!(snippet.outcome, outcome, "{html}: {}", snippet.message);
        assert!(snippet.message.contains(says), "{html}: {}", snippet.message);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_is_not_there_is_told_and_an_inner_one_is_not_asked_for() {
    let fixture = Fixture::new().await;
    let bot = fixture.bot(Access::default()).await;
    let report = fixture.check(bot, "/nothing").await;
    assert_eq!(found(&report), [(EmbedAspect::Page, EmbedOutcome::Problem, None)]);

    let path = format!("/api/v1/bots/{bot}/embed-check");
    for url in [
        "http://127.0.0.1:1/",
        "http://169.254.169.254/",
        "ftp://shop.example/",
        "shop",
    ] {
        let request = fixture.app.post(&fixture.ada, &path, json!({ "url": url }));
        refused(request, StatusCode::UNPROCESSABLE_ENTITY, ErrorCode::UrlForbidden).await;
    }
    let offline = json!({ "status": "offline" });
    done(
        fixture
            .app
            .put(&fixture.ada, &format!("/api/v1/bots/{bot}/status"), offline),
    )
    .await;
    let aspects: Vec<_> = found(&fixture.check(bot, "/nothing").await)
        .into_iter()
        .map(|(aspect, ..)| aspect)
        .collect();
    assert_eq!(aspects, [EmbedAspect::Page, EmbedAspect::Live]);
}

/// A proxy in front of the server that waits for whole answers and adds a header.
async fn buffering_proxy(listener: TcpListener, server: Arc<OnceLock<SocketAddr>>) {
    async fn pass(
        State(server): State<Arc<OnceLock<SocketAddr>>>,
        request: axum::extract::Request,
    ) -> Response {
        let (parts, body) = request.into_parts();
        let url = format!("http://{}{}", server.get().unwrap(), parts.uri);
        let body = axum::body::to_bytes(body, 1_000_000).await.unwrap();
        let mut headers = parts.headers;
        headers.remove(header::HOST);
        let sent = reqwest::Client::new()
            .request(parts.method, url)
            .headers(headers)
            .body(body);
        let answer = sent.send().await.unwrap();
        let mut response = Response::builder()
            .status(answer.status())
            .header(header::X_FRAME_OPTIONS, "SAMEORIGIN");
        for name in [header::CONTENT_TYPE, header::CONTENT_SECURITY_POLICY] {
            if let Some(value) = answer.headers().get(&name) {
                response = response.header(name, value);
            }
        }
        response.body(Body::from(answer.bytes().await.unwrap())).unwrap()
    }
    let router = Router::new().fallback(pass).with_state(server);
    axum::serve(listener, router).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_spoils_the_chat_is_found() {
    let site = Site::default();
    let place = site.serve().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy = listener.local_addr().unwrap();
    let server = Arc::new(OnceLock::new());
    tokio::spawn(buffering_proxy(listener, server.clone()));
    let app = TestApp::start_with(|config| {
        server.set(config.listen).unwrap();
        config.public_url = Some(format!("http://{proxy}").parse().unwrap());
        config.outbound_allow = vec![place.clone()];
    })
    .await;
    let ada = app.sign_up().await;
    let fixture = Fixture {
        app,
        ada,
        site,
        place,
    };
    let bot = fixture.bot(Access::default()).await;
    let report = fixture.check(bot, "/nothing").await;
    let buffers = "proxy_buffering off;\nproxy_http_version 1.1;";
    assert_eq!(
        found(&report)[1..],
        [
            (
                EmbedAspect::FrameHeaders,
                EmbedOutcome::Problem,
                Some("proxy_hide_header X-Frame-Options;")
            ),
            (EmbedAspect::Streaming, EmbedOutcome::Warning, Some(buffers)),
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sites_of_a_bot_are_listed_once_each() {
    let fixture = Fixture::new().await;
    let (app, ada) = (&fixture.app, &fixture.ada);
    let bot = fixture.bot(Access::default()).await;
    let path = format!("/api/v1/bots/{bot}/sites");
    assert_eq!(ok::<Vec<BotSite>>(app.get(ada, &path)).await, []);
    let open = |referer: Option<&str>, origin: &str| {
        let request = app.request(Method::GET, &format!("/widget/frame?bot={bot}&origin={origin}"));
        match referer {
            Some(referer) => request.header(header::REFERER, referer),
            None => request,
        }
    };
    // What the browser says counts more than what the page says; files have no origin.
    for (referer, origin) in [
        (Some("https://shop.example/"), "https://liar.example"),
        (Some("https://shop.example/help?x=1"), "https://shop.example"),
        (None, "null"),
        (None, "https://quiet.example"),
    ] {
        done(open(referer, origin)).await;
    }
    let sites = loop {
        let sites: Vec<BotSite> = ok(app.get(ada, &path)).await;
        if sites.len() == 2 {
            break sites;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let mut origins: Vec<_> = sites.into_iter().map(|site| site.origin).collect();
    origins.sort();
    assert_eq!(origins, ["https://quiet.example", "https://shop.example"]);
}
