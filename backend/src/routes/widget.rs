//! The widget: the loader for pages of others, the frame that it opens, and the hosted page of each bot.

use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use rust_embed::RustEmbed;

use super::edge;
use crate::assets;

#[derive(RustEmbed)]
#[folder = "../widget/dist"]
struct Widget;

const FRAME: &str = "frame.html";

/// Nothing inline, nothing from elsewhere, no HTML from strings. Every site may embed a bot; `*` leaves out pages
/// opened from disk, on which people try the snippet first.
const FRAME_CSP: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
                         connect-src 'self'; img-src 'self' data:; font-src 'self'; base-uri 'none'; \
                         form-action 'none'; require-trusted-types-for 'script'; frame-ancestors * file:";

/// Host pages ask for the loader on every view: they may reuse it for a while before they look for a newer one.
const LOADER_CACHE: &str = "public, max-age=300, stale-while-revalidate=86400";

/// `/widget.js`, `/widget/…` and `/chat/{workspace}/{bot}`.
pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/widget.js", get(loader))
        .route("/widget/frame", get(frame))
        .route("/widget/{*path}", get(asset))
        .route("/chat/{workspace}/{bot}", get(frame))
}

async fn loader(uri: Uri, headers: HeaderMap) -> Response {
    let Some(mut response) = assets::serve::<Widget>("widget.js", &headers) else {
        return edge::not_found(&uri);
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(LOADER_CACHE));
    // Pages that isolate themselves load only what allows it.
    let policy = HeaderName::from_static("cross-origin-resource-policy");
    headers.insert(policy, HeaderValue::from_static("cross-origin"));
    response
}

/// The chat page: in a frame with the bot's id in the query, as a page of its own with it in the path.
async fn frame(headers: HeaderMap) -> Response {
    let Some(mut response) = assets::serve::<Widget>(FRAME, &headers) else {
        let text = "The widget was not built into this binary. Run `cargo xtask web`, then build again.";
        return (StatusCode::SERVICE_UNAVAILABLE, text).into_response();
    };
    response.headers_mut().insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(FRAME_CSP),
    );
    response
}

/// A file of the chat page. The page itself is served by [`frame`] only, never without its policy.
async fn asset(Path(path): Path<String>, uri: Uri, headers: HeaderMap) -> Response {
    let file = assets::serve::<Widget>(&path, &headers).filter(|_| path != FRAME);
    file.unwrap_or_else(|| edge::not_found(&uri))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::{Body, to_bytes};
    use axum::http::Request;
    use tower::ServiceExt;

    async fn get(path: &str, headers: &[(HeaderName, &str)]) -> Response {
        assert!(
            Widget::get(FRAME).is_some(),
            "the widget is not built: run `cargo xtask web`"
        );
        let mut request = Request::get(path);
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        routes::<()>()
            .oneshot(request.body(Body::empty()).unwrap())
            .await
            .unwrap()
    }

    fn header_of<'a>(response: &'a Response, name: &str) -> &'a str {
        response
            .headers()
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    #[tokio::test]
    async fn the_chat_page_is_never_without_its_policy() {
        for path in ["/widget/frame?bot=x", "/chat/workspace/bot"] {
            let response = get(path, &[]).await;
            assert_eq!(response.status(), StatusCode::OK, "{path}");
            assert_eq!(header_of(&response, "content-type"), "text/html; charset=utf-8");
            let policy = header_of(&response, "content-security-policy");
            assert!(
                policy.starts_with("default-src 'none'") && !policy.contains("unsafe-inline"),
                "{policy}"
            );
        }
        assert_eq!(
            get("/widget/frame.html", &[]).await.status(),
            StatusCode::NOT_FOUND
        );
    }

    #[tokio::test]
    async fn every_file_that_the_chat_page_names_is_there() {
        let page = to_bytes(get("/widget/frame", &[]).await.into_body(), usize::MAX)
            .await
            .unwrap();
        let page = String::from_utf8(page.to_vec()).unwrap();
        let named: Vec<&str> = page
            .split('"')
            .filter(|part| part.starts_with("/widget/"))
            .collect();
        assert!(named.len() >= 3, "{named:?}");
        for path in named {
            assert_eq!(get(path, &[]).await.status(), StatusCode::OK, "{path}");
        }
        let wasm = get("/widget/app.wasm", &[]).await;
        assert_eq!(header_of(&wasm, "content-type"), "application/wasm");
    }

    #[tokio::test]
    async fn the_loader_is_small_cached_and_open_to_all() {
        let response = get("/widget.js", &[(header::ACCEPT_ENCODING, "gzip, br")]).await;
        assert_eq!(
            header_of(&response, "content-type"),
            "text/javascript; charset=utf-8"
        );
        assert_eq!(header_of(&response, "content-encoding"), "br");
        assert_eq!(
            header_of(&response, "cross-origin-resource-policy"),
            "cross-origin"
        );
        assert!(header_of(&response, "cache-control").contains("max-age=300"));
        let etag = header_of(&response, "etag").to_owned();
        assert!(to_bytes(response.into_body(), 3000).await.is_ok());
        let again = get("/widget.js", &[(header::IF_NONE_MATCH, &etag)]).await;
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    }

    #[tokio::test]
    async fn nothing_else_is_served() {
        for path in [
            "/widget/nothing.js",
            "/widget/app.wasm.br",
            "/widget/../Cargo.toml",
            "/widget/%2e%2e/Cargo.toml",
        ] {
            assert_eq!(get(path, &[]).await.status(), StatusCode::NOT_FOUND, "{path}");
        }
    }
}
