//! One GET, its redirects not followed.

use std::time::Duration;

use api_types::ErrorCode;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use reqwest::header::{
    ACCEPT, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED,
    LOCATION, RETRY_AFTER,
};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use url::Url;

use super::{Outbound, failed, refusal};
use crate::Result;

const WANTED: &str =
    "text/html, application/xhtml+xml, text/markdown, text/plain, application/pdf;q=0.9, */*;q=0.5";
/// Longest entity tag or date that is kept.
const MAX_VALIDATOR: usize = 500;

/// What the server said of a page earlier: with them it can answer that nothing has changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Validators {
    /// `ETag`.
    pub etag: Option<String>,
    /// `Last-Modified`.
    pub last_modified: Option<String>,
}

/// The head of an answer, its body unread.
#[derive(Debug)]
pub struct Answer {
    url: Url,
    response: Response,
}

impl Outbound {
    /// Asks for a page. Any status is an answer, redirects and errors among them; no time-out but that for connecting
    /// is set.
    ///
    /// Errors: [`ErrorCode::UrlForbidden`], and [`ErrorCode::FetchFailed`] when the server can't be reached.
    pub async fn get(&self, url: &Url, known: &Validators) -> Result<Answer> {
        let mut request = self.request(Method::GET, url)?.header(ACCEPT, WANTED);
        if let Some(etag) = &known.etag {
            request = request.header(IF_NONE_MATCH, etag);
        }
        if let Some(date) = &known.last_modified {
            request = request.header(IF_MODIFIED_SINCE, date);
        }
        self.send(request, url).await
    }

    /// Sends a request that [`Outbound::request`] began. Any status is an answer.
    ///
    /// Errors: as those of [`Outbound::get`].
    pub async fn send(&self, request: RequestBuilder, url: &Url) -> Result<Answer> {
        let sent = request.send().await;
        let response = sent.map_err(|error| refusal(&error, url, ErrorCode::FetchFailed))?;
        Ok(Answer {
            url: url.clone(),
            response,
        })
    }
}

impl Answer {
    /// The status.
    pub fn status(&self) -> StatusCode {
        self.response.status()
    }

    /// Where it comes from.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Where a redirect leads, without fragment: to itself if it names no place. Refused like any address by the next
    /// request. `None` if this is no redirect, or leads nowhere that can be read.
    pub fn location(&self) -> Option<Url> {
        if !self.is_redirect() {
            return None;
        }
        let mut target = self.url.join(self.header(LOCATION).unwrap_or_default()).ok()?;
        target.set_fragment(None);
        Some(target)
    }

    /// Whether the server sends us elsewhere.
    pub fn is_redirect(&self) -> bool {
        matches!(self.status().as_u16(), 301 | 302 | 303 | 307 | 308)
    }

    /// The `Content-Type` in lower case; empty if there is none.
    pub fn media_type(&self) -> String {
        self.header(CONTENT_TYPE).unwrap_or_default().to_ascii_lowercase()
    }

    /// The values of `X-Robots-Tag`, with commas between them.
    pub fn robots_tag(&self) -> String {
        self.list(HeaderName::from_static("x-robots-tag"))
    }

    /// The values of a header that may come several times, with commas between them; empty if there is none.
    pub fn list(&self, name: HeaderName) -> String {
        let values = self.headers().get_all(name).iter();
        let values: Vec<&str> = values.filter_map(|value| value.to_str().ok()).collect();
        values.join(",")
    }

    /// The next piece of the body as it comes; `None` at its end.
    pub async fn piece(&mut self) -> Result<Option<Bytes>> {
        let piece = self.response.chunk().await;
        piece.map_err(|error| refusal(&error, &self.url, ErrorCode::FetchFailed))
    }

    /// What to ask with the next time.
    pub fn validators(&self) -> Validators {
        let short = |name| {
            self.header(name)
                .filter(|value| value.len() <= MAX_VALIDATOR)
                .map(str::to_owned)
        };
        Validators {
            etag: short(ETAG),
            last_modified: short(LAST_MODIFIED),
        }
    }

    /// How long the server asks to wait, given in seconds or as a date.
    pub fn retry_after(&self, now: DateTime<Utc>) -> Option<Duration> {
        let value = self.header(RETRY_AFTER)?.trim();
        if let Ok(seconds) = value.parse() {
            return Some(Duration::from_secs(seconds));
        }
        let date = DateTime::parse_from_rfc2822(value).ok()?;
        Some((date.to_utc() - now).to_std().unwrap_or_default())
    }

    /// The unpacked body of up to `max_bytes`; `None` if there is more.
    pub async fn body(mut self, max_bytes: usize) -> Result<Option<Vec<u8>>> {
        let announced = self.response.content_length();
        if announced.is_some_and(|length| length > max_bytes as u64) {
            return Ok(None);
        }
        let mut bytes = Vec::new();
        loop {
            match self.piece().await? {
                None => return Ok(Some(bytes)),
                Some(chunk) if bytes.len() + chunk.len() > max_bytes => return Ok(None),
                Some(chunk) => bytes.extend_from_slice(&chunk),
            }
        }
    }

    fn headers(&self) -> &HeaderMap {
        self.response.headers()
    }

    fn header(&self, name: HeaderName) -> Option<&str> {
        self.headers().get(name)?.to_str().ok()
    }
}

/// What an error status of a page means, in words.
pub(crate) fn explain(status: StatusCode) -> String {
    let code = status.as_u16();
    match code {
        404 | 410 => format!("There is no page at this address ({code})."),
        401 | 403 | 407 => format!("The site does not let Botwright read this page ({code})."),
        429 => format!("The site asks to slow down ({code}). Try again later."),
        500.. => format!("The site has a problem of its own ({code}). Try again later."),
        _ => format!("The site answered with status {code} instead of the page."),
    }
}

/// Refuses with [`ErrorCode::FetchFailed`] what is larger than wanted.
pub(super) fn too_large(max_bytes: usize) -> crate::Error {
    failed(format!(
        "The page is larger than {} MB.",
        max_bytes.div_ceil(1_000_000)
    ))
}
