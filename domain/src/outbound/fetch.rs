//! Fetching one web page.

use std::time::Duration;

use api_types::ErrorCode;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, LOCATION};
use reqwest::{Method, Response, StatusCode};
use url::Url;

use super::{Outbound, forbidden, refusal};
use crate::{Error, Result};

const MAX_REDIRECTS: usize = 5;
const WANTED: &str =
    "text/html, application/xhtml+xml, text/markdown, text/plain, application/pdf;q=0.9, */*;q=0.5";

/// A page as its server sent it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// Where the page was found, after redirects.
    pub final_url: Url,
    /// The `Content-Type` header, such as `text/html; charset=utf-8`; empty if there was none.
    pub media_type: String,
    /// The unpacked body.
    pub bytes: Vec<u8>,
}

impl Outbound {
    /// Fetches a page of up to `max_bytes` (counted after unpacking) within `limit`.
    ///
    /// Follows up to five redirects, each checked like the first address. Errors: [`ErrorCode::UrlForbidden`] and
    /// [`ErrorCode::FetchFailed`], with a sentence that says what happened.
    pub async fn fetch_page(&self, url: &str, max_bytes: usize, limit: Duration) -> Result<Fetched> {
        let url = self.check_url(url)?;
        let host = url.host_str().unwrap_or_default().to_owned();
        match tokio::time::timeout(limit, self.follow(url, max_bytes)).await {
            Ok(fetched) => fetched,
            Err(_) => Err(failed(format!(
                "{host} did not send the page within {} seconds.",
                limit.as_secs_f32()
            ))),
        }
    }

    async fn follow(&self, mut url: Url, max_bytes: usize) -> Result<Fetched> {
        url.set_fragment(None);
        for _ in 0..=MAX_REDIRECTS {
            let response = self
                .request(Method::GET, &url)?
                .header(ACCEPT, WANTED)
                .send()
                .await
                .map_err(|error| refusal(&error, &url, ErrorCode::FetchFailed))?;
            if !is_redirect(response.status()) {
                return read(response, url, max_bytes).await;
            }
            url = self.redirected(&url, response.headers())?;
        }
        Err(failed(format!(
            "The page redirects more than {MAX_REDIRECTS} times."
        )))
    }

    fn redirected(&self, from: &Url, headers: &HeaderMap) -> Result<Url> {
        let target = headers
            .get(LOCATION)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        let mut target = from
            .join(target)
            .map_err(|_| failed("The page redirects to something unreadable."))?;
        self.check_url(target.as_str())
            .map_err(|error| forbidden(format!("The page redirects to another address. {error}")))?;
        target.set_fragment(None);
        Ok(target)
    }
}

const fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

async fn read(mut response: Response, url: Url, max_bytes: usize) -> Result<Fetched> {
    let status = response.status();
    if !status.is_success() {
        return Err(failed(explain(status)));
    }
    let too_large = || {
        failed(format!(
            "The page is larger than {} MB.",
            max_bytes.div_ceil(1_000_000)
        ))
    };
    if response
        .content_length()
        .is_some_and(|length| length > max_bytes as u64)
    {
        return Err(too_large());
    }
    let media_type = response
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let media_type = media_type.to_ascii_lowercase();
    let mut bytes = Vec::new();
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(|error| refusal(&error, &url, ErrorCode::FetchFailed))?
    {
        if bytes.len() + chunk.len() > max_bytes {
            return Err(too_large());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(Fetched {
        final_url: url,
        media_type,
        bytes,
    })
}

fn explain(status: StatusCode) -> String {
    let code = status.as_u16();
    match code {
        404 | 410 => format!("There is no page at this address ({code})."),
        401 | 403 | 407 => format!("The site does not let Botwright read this page ({code})."),
        429 => format!("The site asks to slow down ({code}). Try again later."),
        500.. => format!("The site has a problem of its own ({code}). Try again later."),
        _ => format!("The site answered with status {code} instead of the page."),
    }
}

fn failed(detail: impl Into<String>) -> Error {
    Error::refused(ErrorCode::FetchFailed, detail)
}
