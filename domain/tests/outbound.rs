//! Fetching pages over the wire: redirects, limits and failures.
#![expect(clippy::unwrap_used, reason = "a test that can't be set up has failed")]

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use api_types::ErrorCode;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use domain::Error;
use domain::outbound::{Fetched, Outbound};
use futures::stream;
use url::Url;

#[expect(dead_code, reason = "names are the business of the guard's own tests")]
#[path = "support/hostile_urls.rs"]
mod hostile_urls;

const LIMIT: Duration = Duration::from_secs(10);

/// Serves `app` on a free port of loopback until the test ends; returns `127.0.0.1:port`.
async fn serve(app: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let place = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    place
}

async fn fetch(place: &str, path: &str) -> Result<Fetched, Error> {
    let outbound = Outbound::new(&[place.to_owned()]).unwrap();
    outbound
        .fetch_page(&format!("http://{place}{path}"), 100_000, LIMIT)
        .await
}

fn assert_failed(result: Result<Fetched, Error>, says: &str) {
    let error = result.unwrap_err();
    assert_eq!(error.code(), ErrorCode::FetchFailed, "{error}");
    assert!(error.to_string().contains(says), "{error}");
}

#[tokio::test]
async fn a_page_arrives_with_its_type_and_final_address() {
    let page = (
        [(header::CONTENT_TYPE, "Text/HTML; charset=utf-8")],
        "<p>Hello</p>",
    );
    let app = Router::new()
        .route("/page", get(move || async move { page }))
        .route("/old", get(|| async { Redirect::permanent("/page#part") }));
    let place = serve(app).await;

    let fetched = fetch(&place, "/old#top").await.unwrap();

    assert_eq!(fetched.final_url.as_str(), format!("http://{place}/page"));
    assert_eq!(fetched.media_type, "text/html; charset=utf-8");
    assert_eq!(fetched.bytes, b"<p>Hello</p>");
}

/// Every hostile address as the target of every redirect, of a server that is trusted itself.
#[tokio::test]
async fn no_redirect_leads_inward() {
    let hits = Arc::new(AtomicUsize::new(0));
    let target = Router::new()
        .fallback(|State(hits): State<Arc<AtomicUsize>>| async move {
            hits.fetch_add(1, Ordering::SeqCst);
            "secret"
        })
        .with_state(Arc::clone(&hits));
    let target = serve(target).await;
    let port = target.rsplit_once(':').unwrap().1.parse().unwrap();
    let mut targets = hostile_urls::aimed_at(port);
    targets.push(format!("//{target}/"));
    targets.push(format!("\\\\{target}/"));
    // What no header can hold comes to nobody.
    targets.retain(|target| target != hostile_urls::RELATIVE);
    targets.retain(|target| HeaderValue::from_bytes(target.as_bytes()).is_ok());
    let served = targets.clone();
    let app = Router::new().route(
        "/{status}/{n}",
        get(move |Path((status, n)): Path<(u16, usize)>| async move {
            let location = HeaderValue::from_bytes(served[n].as_bytes()).unwrap();
            let status = StatusCode::from_u16(status).unwrap();
            (status, [(header::LOCATION, location)]).into_response()
        }),
    );
    let place = serve(app).await;
    let base = Url::parse(&format!("http://{place}/")).unwrap();
    let outbound = Outbound::new(std::slice::from_ref(&place)).unwrap();
    let mut tried = 0;
    for (n, target) in targets.iter().enumerate() {
        let leads = base.join(target);
        if leads.as_ref().is_ok_and(|leads| leads.origin() == base.origin()) {
            continue;
        }
        tried += 1;
        let expected = if leads.is_ok() {
            ErrorCode::UrlForbidden
        } else {
            ErrorCode::FetchFailed
        };
        for status in [301, 302, 303, 307, 308] {
            let page = format!("http://{place}/{status}/{n}");
            let error = outbound.fetch_page(&page, 100_000, LIMIT).await.unwrap_err();
            // What is no ASCII is read as something else, that leads nowhere.
            if target.is_ascii() {
                assert_eq!(error.code(), expected, "{status} to {target:?}: {error}");
            }
        }
    }
    assert!(tried >= 400, "{tried}");
    assert_eq!(hits.load(Ordering::SeqCst), 0, "a request reached the target");
    fetch(&target, "/").await.unwrap();
    assert_eq!(hits.load(Ordering::SeqCst), 1, "it would have been counted");
}

#[tokio::test]
async fn redirects_end() {
    let app = Router::new()
        .route("/loop", get(|| async { Redirect::to("/loop") }))
        .route("/nowhere", get(|| async { StatusCode::FOUND }))
        .route(
            "/odd",
            get(|| async { (StatusCode::FOUND, [(header::LOCATION, "http://[")]) }),
        );
    let place = serve(app).await;
    assert_failed(fetch(&place, "/loop").await, "more than 5 times");
    // Without a target a redirect points to itself.
    assert_failed(fetch(&place, "/nowhere").await, "more than 5 times");
    assert_failed(fetch(&place, "/odd").await, "unreadable");
}

#[tokio::test]
async fn five_redirects_are_followed() {
    let hop = |Path(n): Path<u32>| async move {
        if n == 5 {
            "there".into_response()
        } else {
            Redirect::to(&format!("/{}", n + 1)).into_response()
        }
    };
    let place = serve(Router::new().route("/{n}", get(hop))).await;
    assert_eq!(fetch(&place, "/0").await.unwrap().bytes, b"there");
}

#[tokio::test]
async fn bodies_are_capped_whatever_they_claim() {
    let endless = || async {
        let zeros = Bytes::from(vec![0; 8192]);
        Body::from_stream(stream::repeat_with(move || {
            Ok::<_, std::io::Error>(zeros.clone())
        }))
    };
    let app = Router::new()
        .route("/exact", get(|| async { vec![b'a'; 100_000] }))
        .route("/declared", get(|| async { vec![b'a'; 100_001] }))
        .route("/endless", get(endless))
        .route("/bomb", get(gzip_bomb));
    let place = serve(app).await;

    assert_eq!(fetch(&place, "/exact").await.unwrap().bytes.len(), 100_000);
    for path in ["/declared", "/endless", "/bomb"] {
        assert_failed(fetch(&place, path).await, "larger than");
    }
}

/// Ten megabytes of zeros in ten kilobytes.
async fn gzip_bomb() -> Response {
    ([(header::CONTENT_ENCODING, "gzip")], gzip(&[0; 10_000_000])).into_response()
}

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn gzip_is_unpacked_and_damage_is_told() {
    let app = Router::new()
        .route(
            "/good",
            get(|| async { ([(header::CONTENT_ENCODING, "gzip")], gzip(b"hello")) }),
        )
        .route(
            "/bad",
            get(|| async { ([(header::CONTENT_ENCODING, "gzip")], "this is not gzip") }),
        );
    let place = serve(app).await;
    assert_eq!(fetch(&place, "/good").await.unwrap().bytes, b"hello");
    assert_failed(fetch(&place, "/bad").await, "can't be unpacked");
}

#[tokio::test]
async fn a_slow_page_times_out() {
    let silent = || async { std::future::pending::<()>().await };
    let stalled = || async {
        let first = stream::once(async { Ok::<_, std::io::Error>(Bytes::from_static(b"<p>")) });
        Body::from_stream(futures::StreamExt::chain(first, stream::pending()))
    };
    let place = serve(
        Router::new()
            .route("/silent", get(silent))
            .route("/stalled", get(stalled)),
    )
    .await;
    let outbound = Outbound::new(std::slice::from_ref(&place)).unwrap();
    for path in ["/silent", "/stalled"] {
        let url = format!("http://{place}{path}");
        let result = outbound
            .fetch_page(&url, 100_000, Duration::from_millis(300))
            .await;
        assert_failed(result, "within 0.3 seconds");
    }
}

#[tokio::test]
async fn a_refusal_of_the_site_is_told() {
    let status = |Path(code): Path<u16>| async move { StatusCode::from_u16(code).unwrap() };
    let place = serve(Router::new().route("/{code}", get(status))).await;
    assert_failed(fetch(&place, "/404").await, "no page at this address (404)");
    assert_failed(
        fetch(&place, "/403").await,
        "does not let Botwright read this page (403)",
    );
    assert_failed(fetch(&place, "/429").await, "slow down");
    assert_failed(fetch(&place, "/503").await, "problem of its own (503)");
    assert_failed(fetch(&place, "/418").await, "status 418");
}

#[tokio::test]
async fn a_dead_or_broken_server_is_told() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let closed = listener.local_addr().unwrap().to_string();
    drop(listener);
    assert_failed(fetch(&closed, "/").await, "does not accept connections");

    let plain = serve(Router::new()).await;
    let outbound = Outbound::new(&[plain.clone(), "nowhere.invalid:80".to_owned()]).unwrap();
    let tls = outbound
        .fetch_page(&format!("https://{plain}/"), 1_000, LIMIT)
        .await;
    assert_failed(tls, "could not be reached");
    let unknown = Outbound::new(&[])
        .unwrap()
        .fetch_page("http://nowhere.invalid/", 1_000, LIMIT)
        .await;
    assert_failed(unknown, "no server named nowhere.invalid");
}

#[tokio::test]
async fn requests_say_who_asks_and_nothing_more() {
    let echo = |headers: HeaderMap| async move { format!("{headers:?}") };
    let place = serve(Router::new().route("/", get(echo))).await;
    let headers = String::from_utf8(fetch(&place, "/").await.unwrap().bytes).unwrap();
    assert!(headers.contains("Botwright/"), "{headers}");
    for secret in ["cookie", "authorization", "referer"] {
        assert!(!headers.contains(secret), "{headers}");
    }
}
