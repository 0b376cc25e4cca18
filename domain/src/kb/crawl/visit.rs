//! One page: asked for, read, and understood.

use std::time::Duration;

use api_types::ErrorCode;
use api_types::kb::DocumentError;
use api_types::sources::PageReason;
use chrono::Utc;
use reqwest::StatusCode;
use url::Url;

use super::Earlier;
use super::address::normalize;
use super::page::Markup;
use crate::Services;
use crate::kb::parse::{self, Format, MAX_FILE_BYTES, ParsedDocument};
use crate::kb::{ocr, read};
use crate::outbound::{Answer, Validators, explain};
use crate::{Error, Result};

/// Largest web page, in bytes.
const MAX_PAGE_BYTES: usize = 5 * 1024 * 1024;
/// Redirects from a page to itself, as servers do to set a cookie or a session.
const MAX_SELF_REDIRECTS: usize = 3;

/// What was seen at an address.
#[derive(Debug)]
pub(super) enum Seen {
    /// A page that can be read.
    Page(Box<Page>),
    /// The server says that it did not change.
    NotModified(Markup),
    /// It leads elsewhere; `None` if that can't be read.
    Redirect(Option<Url>),
    /// There is none.
    Gone(String),
    /// What is there is not wanted.
    Unwanted(PageReason, Option<String>),
    /// An error that lasts.
    Failed(PageReason, String),
    /// An error that may be over soon; the server may say when.
    Again(PageReason, String, Option<Duration>),
    /// Nothing was asked for.
    NotBegun,
}

/// A page that can be read.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) format: Format,
    pub(super) bytes: Vec<u8>,
    pub(super) parsed: Result<ParsedDocument, DocumentError>,
    /// Its pages are pictures, whose text can be recognised.
    pub(super) is_scan: bool,
    pub(super) markup: Markup,
    pub(super) validators: Validators,
}

/// Asks for a page and reads it. Files (PDF and the like) are read when `files` are wanted.
pub(super) async fn visit(
    services: &Services,
    url: Url,
    earlier: Option<Earlier>,
    files: bool,
    timeout: Duration,
) -> Seen {
    let fetched = tokio::time::timeout(timeout, fetch(services, &url, earlier, files)).await;
    match fetched {
        Ok(Ok(Fetched::Seen(seen))) => seen,
        Ok(Ok(Fetched::Body(body))) => understand(services, &url, body, files).await.unwrap_or_else(away),
        Ok(Err(error)) if error.code() == ErrorCode::UrlForbidden => {
            Seen::Failed(PageReason::Forbidden, error.to_string())
        }
        Ok(Err(error)) => away(error),
        Err(_) => {
            let detail = format!("The page was not sent within {} seconds.", timeout.as_secs_f32());
            Seen::Again(PageReason::Network, detail, None)
        }
    }
}

fn away(error: Error) -> Seen {
    let detail = match error {
        Error::Refused(refusal) => refusal.detail,
        other => {
            tracing::warn!(error = format!("{other:#}"), "a page could not be read");
            "A part of Botwright was away.".to_owned()
        }
    };
    Seen::Again(PageReason::Network, detail, None)
}

/// A body with its head.
struct Body {
    bytes: Vec<u8>,
    media_type: String,
    robots_tag: String,
    validators: Validators,
}

enum Fetched {
    Seen(Seen),
    Body(Body),
}

async fn fetch(services: &Services, url: &Url, earlier: Option<Earlier>, files: bool) -> Result<Fetched> {
    let known = earlier.as_ref().filter(|earlier| earlier.content.is_some());
    let validators = known
        .map(|earlier| earlier.validators.clone())
        .unwrap_or_default();
    let mut answer = services.outbound.get(url, &validators).await?;
    for _ in 0..MAX_SELF_REDIRECTS {
        match answer.location() {
            Some(target) if normalize(target.clone()) == *url => {
                answer = services.outbound.get(&target, &validators).await?;
            }
            _ => break,
        }
    }
    if answer.status() == StatusCode::NOT_MODIFIED
        && let Some(earlier) = earlier
    {
        let stored = services
            .storage
            .get(&earlier.storage_key)
            .await?
            .unwrap_or_default();
        let markup = Markup::of(&stored, url, &answer.robots_tag());
        return Ok(Fetched::Seen(Seen::NotModified(markup)));
    }
    if let Some(seen) = not_a_page(&answer) {
        return Ok(Fetched::Seen(seen));
    }
    let media_type = answer.media_type();
    let is_text = media_type.is_empty() || media_type.contains("text/") || media_type.contains("html");
    if !is_text && !files {
        let detail = format!("{media_type}; files are left out.");
        return Ok(Fetched::Seen(Seen::Unwanted(
            PageReason::Unsupported,
            Some(detail),
        )));
    }
    let max_bytes = if is_text { MAX_PAGE_BYTES } else { MAX_FILE_BYTES };
    let (robots_tag, validators) = (answer.robots_tag(), answer.validators());
    let Some(bytes) = answer.body(max_bytes).await? else {
        let detail = format!("Larger than {} MB.", max_bytes / 1024 / 1024);
        return Ok(Fetched::Seen(Seen::Unwanted(PageReason::TooLarge, Some(detail))));
    };
    Ok(Fetched::Body(Body {
        bytes,
        media_type,
        robots_tag,
        validators,
    }))
}

/// What an answer without a page means.
fn not_a_page(answer: &Answer) -> Option<Seen> {
    let status = answer.status();
    if answer.is_redirect() {
        return Some(Seen::Redirect(answer.location()));
    }
    let detail = || explain(status);
    match status.as_u16() {
        200..=299 => None,
        404 | 410 => Some(Seen::Gone(detail())),
        429 | 503 => Some(Seen::Again(
            PageReason::SlowDown,
            detail(),
            answer.retry_after(Utc::now()),
        )),
        500.. | 408 => Some(Seen::Again(PageReason::HttpStatus, detail(), None)),
        _ => Some(Seen::Failed(PageReason::HttpStatus, detail())),
    }
}

async fn understand(services: &Services, url: &Url, body: Body, files: bool) -> Result<Seen> {
    let name = if body.media_type.contains("html") {
        "page.html"
    } else {
        url.path()
    };
    let format = match parse::detect(&body.bytes, name) {
        Ok(format) => format,
        Err(error) => {
            let reason = match error.code() {
                ErrorCode::UnsupportedFile => PageReason::Unsupported,
                _ => PageReason::Unreadable,
            };
            return Ok(Seen::Unwanted(reason, Some(error.to_string())));
        }
    };
    let is_page = matches!(format, Format::Html | Format::Markdown | Format::Text);
    if !is_page && !files {
        return Ok(Seen::Unwanted(
            PageReason::Unsupported,
            Some("Files are left out.".to_owned()),
        ));
    }
    let html: &[u8] = if format == Format::Html { &body.bytes } else { &[] };
    let markup = Markup::of(html, url, &body.robots_tag);
    let parsed = read::parse(services, format.media_type(), body.bytes.clone()).await?;
    let needs_ocr = parsed
        .as_ref()
        .is_err_and(|error| error.code == ErrorCode::NeedsOcr);
    Ok(Seen::Page(Box::new(Page {
        is_scan: needs_ocr && ocr::languages().await.is_some(),
        format,
        bytes: body.bytes,
        parsed,
        markup,
        validators: body.validators,
    })))
}
