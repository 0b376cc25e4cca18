//! The dashboard: a single-page app, so that every path that is no route is its index page.

use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;

use super::edge;
use crate::assets;

#[derive(RustEmbed)]
#[folder = "../dashboard/dist"]
struct Dashboard;

/// No inline script; WASM needs its own keyword.
const CSP: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; \
                   connect-src 'self'; img-src 'self' data: blob:; font-src 'self'; frame-src 'self'; base-uri 'none'; \
                   form-action 'none'; frame-ancestors 'none'";

/// A file of the dashboard, its index for pages, a problem for API paths.
pub async fn fallback(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path().trim_start_matches('/');
    let is_api = ["api/", "v1/", "widget/", "docs/"]
        .iter()
        .any(|prefix| path.starts_with(prefix));
    if is_api || !(method == Method::GET || method == Method::HEAD) {
        return edge::not_found(&uri);
    }
    if !path.is_empty() && path != "index.html" {
        if let Some(response) = assets::serve::<Dashboard>(path, &headers) {
            return response;
        }
        // A file that is not there is not a page.
        if path.rsplit('/').next().is_some_and(|name| name.contains('.')) {
            return edge::not_found(&uri);
        }
    }
    let Some(mut response) = assets::serve::<Dashboard>("index.html", &headers) else {
        let text = "The dashboard was not built into this binary. Run `cargo xtask web`, then build again.";
        return (StatusCode::SERVICE_UNAVAILABLE, text).into_response();
    };
    response
        .headers_mut()
        .insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CSP));
    response
}
