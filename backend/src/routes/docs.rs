//! `/docs/errors`: what each error code means, and the API document. The API reference beside it is Swagger UI from our own origin.

use std::fmt::Write;

use api_types::ErrorCode;
use axum::body::Bytes;
use axum::http::header;
use axum::response::Html;
use axum::routing::{MethodRouter, get};
use strum::IntoEnumIterator;
use utoipa::openapi::OpenApi;

use crate::problem::{code_name, describe};

/// Where the API document is.
pub const OPENAPI: &str = "/api/v1/openapi.json";

/// Serves the API document as text: as values it takes some megabytes for as long as the server runs.
pub fn openapi<S: Clone + Send + Sync + 'static>(document: &OpenApi) -> MethodRouter<S> {
    let text = Bytes::from(serde_json::to_string(document).unwrap_or_default());
    get(move || async move { ([(header::CONTENT_TYPE, "application/json")], text) })
}

/// One row a code; `type` of every problem points here.
pub async fn errors() -> Html<String> {
    let mut rows = String::new();
    for code in ErrorCode::iter() {
        let (status, title) = describe(code);
        let name = code_name(code);
        let _ = write!(
            rows,
            "<tr id=\"{name}\"><td><code>{name}</code></td><td>{}</td><td>{title}</td></tr>",
            status.as_u16()
        );
    }
    Html(format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><link rel=\"icon\" href=\"/favicon.svg\"><title>Errors · Botwright</title><h1>Error codes</h1><p>Every error is \
         <code>application/problem+json</code> with one of these in <code>code</code>.</p><table><thead><tr>\
         <th>Code</th><th>Status</th><th>Meaning</th></tr></thead><tbody>{rows}</tbody></table></html>"
    ))
}
