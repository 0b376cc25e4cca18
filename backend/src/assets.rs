//! Files built into the binary, compressed beforehand.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;

/// Serves an embedded file: as brotli when there is a `.br` beside it and the browser takes it; 304 when the browser
/// has it. Files with a hash in their name never change and are kept for a year.
pub fn serve<F: RustEmbed>(path: &str, headers: &HeaderMap) -> Option<Response> {
    if path.ends_with(".br") {
        return None;
    }
    let plain = F::get(path)?;
    let compressed = accepts_brotli(headers)
        .then(|| F::get(&format!("{path}.br")))
        .flatten();
    let etag = format!("\"{}\"", hex(&plain.metadata.sha256_hash()[..12]));
    let cache = if is_hashed(path) {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let mut response = if headers
        .get(header::IF_NONE_MATCH)
        .is_some_and(|sent| sent.as_bytes() == etag.as_bytes())
    {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let is_compressed = compressed.is_some();
        let file = compressed.unwrap_or_else(|| plain.clone());
        let mut response = Body::from(file.data.into_owned()).into_response();
        if is_compressed {
            response
                .headers_mut()
                .insert(header::CONTENT_ENCODING, HeaderValue::from_static("br"));
        }
        response
    };
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_str(&media_type(path, &plain)).ok()?,
    );
    headers.insert(header::ETAG, HeaderValue::from_str(&etag).ok()?);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    Some(response)
}

fn media_type(path: &str, file: &rust_embed::EmbeddedFile) -> String {
    let media_type = file.metadata.mimetype();
    let is_text = media_type.starts_with("text/") || path.ends_with(".js");
    if is_text {
        format!("{media_type}; charset=utf-8")
    } else {
        media_type.to_owned()
    }
}

fn accepts_brotli(headers: &HeaderMap) -> bool {
    let accepted = headers
        .get(header::ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    accepted.split(',').any(|coding| coding.trim() == "br")
}

/// `app-0123456789abcdef.js`
fn is_hashed(path: &str) -> bool {
    let stem = path
        .rsplit('/')
        .next()
        .and_then(|name| name.split('.').next())
        .unwrap_or_default();
    let hash = stem.rsplit_once('-').map(|(_, hash)| hash).unwrap_or_default();
    hash.len() >= 8 && hash.bytes().all(|b| b.is_ascii_hexdigit())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
