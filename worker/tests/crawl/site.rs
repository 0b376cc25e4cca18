//! A website on a port of loopback: thousands of pages, and every trap that crawlers fall into.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use tokio::task::JoinHandle;

/// A running site; it stops when dropped.
pub struct Site {
    pub place: String,
    pub state: Arc<Mutex<Content>>,
    server: JoinHandle<()>,
}

/// What the site serves, and what it was asked.
#[derive(Default)]
pub struct Content {
    /// Articles by number; the text of each.
    pub articles: BTreeMap<usize, String>,
    /// Whether the traps are linked from the start page.
    pub traps: bool,
    /// Whether articles have an `ETag`.
    pub etags: bool,
    /// How long an article takes.
    pub pause: Duration,
    /// The site answers nothing but this status.
    pub broken: Option<u16>,
    /// Which fixture is at `/ferry-scan.pdf`.
    pub scan: &'static str,
    /// What robots.txt says; the usual if empty.
    pub robots: String,
    /// This path answers 503.
    pub broken_path: Option<&'static str>,
    /// Every request with its status, in order; without robots.txt.
    pub requests: Vec<(String, u16)>,
}

impl Drop for Site {
    fn drop(&mut self) {
        self.server.abort();
    }
}

pub fn article(n: usize) -> String {
    format!(
        "Station {n} lies {} km from the coast and its clock dates from {}.",
        n * 3 + 1,
        1700 + n
    )
}

impl Site {
    /// With so many articles, in sections of a hundred.
    pub async fn start(articles: usize, traps: bool) -> Self {
        let state = Arc::new(Mutex::new(Content {
            articles: (0..articles).map(|n| (n, article(n))).collect(),
            traps,
            scan: "corpus/ferry-scan.pdf",
            ..Content::default()
        }));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let place = listener.local_addr().unwrap().to_string();
        let app = Router::new().fallback(serve).with_state(Arc::clone(&state));
        let server = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { place, state, server }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.place)
    }

    pub fn change(&self, change: impl FnOnce(&mut Content)) {
        change(&mut self.state.lock().unwrap());
    }

    /// How often each path was asked for.
    pub fn asked(&self) -> BTreeMap<String, usize> {
        let mut asked = BTreeMap::new();
        for (path, _) in &self.state.lock().unwrap().requests {
            *asked.entry(path.clone()).or_default() += 1;
        }
        asked
    }

    pub fn request_count(&self) -> usize {
        self.state.lock().unwrap().requests.len()
    }

    /// How many answers had this status.
    pub fn answered(&self, status: u16) -> usize {
        let state = self.state.lock().unwrap();
        state
            .requests
            .iter()
            .filter(|(_, answer)| *answer == status)
            .count()
    }
}

async fn serve(State(content): State<Arc<Mutex<Content>>>, request: Request) -> Response {
    let path = request.uri().path_and_query().unwrap().to_string();
    if path == "/robots.txt" {
        let robots = content.lock().unwrap().robots.clone();
        return match robots.as_str() {
            "" => "User-agent: *\nDisallow: /private\nAllow: /private/open\n".into_response(),
            _ => robots.into_response(),
        };
    }
    let (response, pause) = respond(&mut content.lock().unwrap(), path, request.headers());
    tokio::time::sleep(pause).await;
    response
}

fn respond(content: &mut Content, path: String, headers: &HeaderMap) -> (Response, Duration) {
    let pause = match path.as_str() {
        "/slow" => Duration::from_secs(60),
        _ if path.starts_with("/article/") || path.starts_with("/sitemap-of/") => content.pause,
        _ => Duration::ZERO,
    };
    let asked = content
        .requests
        .iter()
        .filter(|(other, _)| *other == path)
        .count();
    let response = match content.broken {
        Some(status) => StatusCode::from_u16(status).unwrap().into_response(),
        None if content.broken_path == Some(path.as_str()) => {
            (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "1")]).into_response()
        }
        None => answer(content, &path, asked, headers),
    };
    content.requests.push((path, response.status().as_u16()));
    (response, pause)
}

fn answer(state: &Content, path: &str, asked: usize, headers: &HeaderMap) -> Response {
    let path = path.split("?utm_").next().unwrap_or(path);
    if let Some(n) = path
        .strip_prefix("/article/")
        .and_then(|n| n.parse::<usize>().ok())
    {
        return match state.articles.get(&n) {
            Some(text) => article_page(state, n, text, headers),
            None => StatusCode::NOT_FOUND.into_response(),
        };
    }
    if let Some(section) = path
        .strip_prefix("/section/")
        .and_then(|n| n.parse::<usize>().ok())
    {
        let numbers = state.articles.keys().filter(|n| *n / 100 == section);
        let links: String = numbers.map(|n| link(&format!("/article/{n}"))).collect();
        return page(
            &format!("Section {section}"),
            &format!("All of section {section}."),
            &links,
        );
    }
    match path {
        "/" => start(state),
        "/ferry-scan.pdf" => file(state.scan, "application/pdf"),
        "/sitemap.xml" => sitemap_index(),
        "/sitemap-articles.xml" => sitemap(state),
        "/sitemap-many.xml" => sitemaps(state),
        _ if path.starts_with("/sitemap-of/") => sitemap_of(path),
        _ if state.traps => trap(path, asked),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

fn start(state: &Content) -> Response {
    let sections = state.articles.keys().next_back().map_or(0, |last| last / 100 + 1);
    let mut links: String = (0..sections).map(|n| link(&format!("/section/{n}"))).collect();
    if state.traps {
        links.extend(TRAPS.iter().map(|trap| link(trap)));
    }
    page("Start", "Welcome to the stations.", &links)
}

/// What the start page links to beside the sections.
const TRAPS: [&str; 34] = [
    "/cycle/a",
    "/loop/",
    "/calendar",
    "/article/5?PHPSESSID=1234",
    "/article/5;jsessionid=99?utm_source=mail",
    "/article/5#top",
    "//article//6",
    "/print/3",
    "/article/7?variant=b",
    "/list",
    "/hidden",
    "/nofollow",
    "/private/secret",
    "/private/open",
    "/redirect/a",
    "/to-private",
    "/to-elsewhere",
    "/old",
    "/moved",
    "/busy",
    "/broken",
    "/teapot",
    "/big",
    "/slow",
    "/missing",
    "/empty",
    "/guide.pdf",
    "/data.bin",
    "/picture.png",
    "/script.js",
    "http://elsewhere.example.com/",
    "mailto:ada@example.com",
    "javascript:void(0)",
    "ftp://example.com/file",
];

fn trap(path: &str, asked: usize) -> Response {
    match path {
        "/cycle/a" => page(
            "Cycle A",
            "The first of two that name each other.",
            &link("/cycle/b"),
        ),
        "/cycle/b" => page(
            "Cycle B",
            "The second of two that name each other.",
            &(link("/cycle/a") + &link("/")),
        ),
        _ if path.starts_with("/loop/") => page("Loop", "A link that forgets its slash.", &link("loop/")),
        "/calendar" => page(
            "Calendar",
            "Days of trains.",
            &(link("/calendar?month=2097-01") + &link("/days/1890/3")),
        ),
        "/print/3" => page("Print", &article(3), ""),
        "/article/7?variant=b" => raw(
            "<link rel=canonical href=\"/article/7\">",
            &format!("{} This is variant B.", article(7)),
        ),
        // The same text, but for a word, whatever the order.
        "/list" => list(""),
        _ if path.starts_with("/list?order=") => list(path),
        "/hidden" => raw(
            "<meta name=robots content=noindex>",
            &format!("Not to be listed. {}", link("/from-hidden")),
        ),
        "/from-hidden" => page("From hidden", "Found on a hidden page.", ""),
        "/nofollow" => raw(
            "<meta name=robots content=nofollow>",
            &format!("Listed, but its links are not. {}", link("/from-nofollow")),
        ),
        "/private/open" => page("Open", "Allowed though most around it is not.", ""),
        "/redirect/a" => Redirect::temporary("/redirect/b").into_response(),
        "/redirect/b" => Redirect::temporary("/redirect/a").into_response(),
        "/to-private" => Redirect::permanent("http://169.254.169.254/latest/meta-data/").into_response(),
        "/to-elsewhere" => Redirect::permanent("http://elsewhere.example.com/").into_response(),
        "/old" => Redirect::permanent("/article/9").into_response(),
        "/moved" => Redirect::permanent("/moved-here").into_response(),
        "/moved-here" => page("Moved", "This one has moved.", ""),
        "/busy" if asked == 0 => {
            (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, "1")]).into_response()
        }
        "/busy" => page("Busy", "Answered at the second call.", ""),
        "/broken" => (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "1")]).into_response(),
        "/teapot" => StatusCode::IM_A_TEAPOT.into_response(),
        "/big" => page("Big", &"A long story. ".repeat(500_000), ""),
        "/slow" => page("Slow", "Never seen.", ""),
        "/empty" => page("", "", ""),
        "/guide.pdf" => file("aurora-k2-guide.pdf", "application/pdf"),
        "/data.bin" => (
            [(header::CONTENT_TYPE, "application/octet-stream")],
            vec![0_u8, 1, 2, 255],
        )
            .into_response(),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

fn list(order: &str) -> Response {
    let lines: String = (0..120)
        .map(|n| format!("<p>{} Row {n}.</p>", article(n * 11)))
        .collect();
    let orders: String = (0..200).map(|n| link(&format!("/list?order={n}"))).collect();
    page("List", &format!("{lines}<p>{order}</p>"), &orders)
}

fn article_page(state: &Content, n: usize, text: &str, headers: &HeaderMap) -> Response {
    let etag = format!("\"{n}-{}\"", text.len());
    if state.etags
        && headers
            .get(header::IF_NONE_MATCH)
            .is_some_and(|known| *known == *etag)
    {
        return StatusCode::NOT_MODIFIED.into_response();
    }
    // What differs with every request is not the article.
    let token = state.requests.len();
    let body = format!(
        "<html><head><title>Station {n}</title><meta name=csrf content={token}></head>\
         <body><nav>{}Visit {token}</nav><main><p>{text}</p></main><footer>Request {token}</footer></body></html>",
        link("/")
    );
    let mut response = Html(body).into_response();
    if state.etags {
        response.headers_mut().insert(header::ETAG, etag.parse().unwrap());
    }
    response
}

fn link(to: &str) -> String {
    format!("<a href=\"{to}\">next</a> ")
}

fn page(title: &str, text: &str, links: &str) -> Response {
    Html(format!(
        "<!doctype html><html><head><title>{title}</title></head>\
         <body><main><p>{text}</p></main><nav>{links}</nav></body></html>"
    ))
    .into_response()
}

fn raw(head: &str, text: &str) -> Response {
    Html(format!(
        "<html><head><title>Page</title>{head}</head><body><main><p>{text}</p></main></body></html>"
    ))
    .into_response()
}

fn file(name: &str, media_type: &str) -> Response {
    let bytes = std::fs::read(format!("../domain/tests/fixtures/{name}")).unwrap();
    ([(header::CONTENT_TYPE, media_type)], Body::from(bytes)).into_response()
}

fn sitemap_index() -> Response {
    let xml = "<sitemapindex><sitemap><loc>/sitemap-articles.xml</loc></sitemap>\
               <sitemap><loc>/sitemap-missing.xml</loc></sitemap></sitemapindex>";
    ([(header::CONTENT_TYPE, "application/xml")], xml).into_response()
}

/// One sitemap for each article.
fn sitemaps(state: &Content) -> Response {
    let numbers = state.articles.keys();
    let locs: String = numbers
        .map(|n| format!("<sitemap><loc>/sitemap-of/{n}</loc></sitemap>"))
        .collect();
    let xml = format!("<sitemapindex>{locs}</sitemapindex>");
    ([(header::CONTENT_TYPE, "application/xml")], xml).into_response()
}

fn sitemap_of(path: &str) -> Response {
    let n = path.trim_start_matches("/sitemap-of/");
    let xml = format!("<urlset><url><loc>/article/{n}</loc></url></urlset>");
    ([(header::CONTENT_TYPE, "application/xml")], xml).into_response()
}

fn sitemap(state: &Content) -> Response {
    let urls: String = state
        .articles
        .keys()
        .map(|n| format!("<url><loc>/article/{n}</loc></url>"))
        .collect();
    (
        [(header::CONTENT_TYPE, "application/xml")],
        format!("<urlset>{urls}</urlset>"),
    )
        .into_response()
}
