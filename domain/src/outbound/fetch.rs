//! Fetching one web page, wherever its redirects lead.

use std::time::Duration;

use url::Url;

use super::get::{Answer, Validators, explain, too_large};
use super::{Outbound, failed, forbidden};
use crate::Result;

const MAX_REDIRECTS: usize = 5;

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
    /// Follows up to five redirects, each checked like the first address. Errors:
    /// [`UrlForbidden`](api_types::ErrorCode::UrlForbidden) and [`FetchFailed`](api_types::ErrorCode::FetchFailed), with
    /// a sentence that says what happened.
    pub async fn fetch_page(&self, url: &str, max_bytes: usize, limit: Duration) -> Result<Fetched> {
        let url = self.check_url(url)?;
        let host = url.host_str().unwrap_or_default().to_owned();
        let fetched = async { read(self.open(url).await?, max_bytes).await };
        match tokio::time::timeout(limit, fetched).await {
            Ok(fetched) => fetched,
            Err(_) => Err(failed(format!(
                "{host} did not send the page within {} seconds.",
                limit.as_secs_f32()
            ))),
        }
    }

    /// Asks for a page and follows its redirects as [`Outbound::fetch_page`] does. Any other status is an answer.
    pub async fn open(&self, mut url: Url) -> Result<Answer> {
        url.set_fragment(None);
        for _ in 0..=MAX_REDIRECTS {
            let answer = self.get(&url, &Validators::default()).await?;
            if !answer.is_redirect() {
                return Ok(answer);
            }
            let target = answer
                .location()
                .ok_or_else(|| failed("The page redirects to something unreadable."))?;
            self.check_url(target.as_str())
                .map_err(|error| forbidden(format!("The page redirects to another address. {error}")))?;
            url = target;
        }
        Err(failed(format!(
            "The page redirects more than {MAX_REDIRECTS} times."
        )))
    }
}

async fn read(answer: Answer, max_bytes: usize) -> Result<Fetched> {
    let (status, url) = (answer.status(), answer.url().clone());
    if !status.is_success() {
        return Err(failed(explain(status)));
    }
    let media_type = answer.media_type();
    let bytes = answer
        .body(max_bytes)
        .await?
        .ok_or_else(|| too_large(max_bytes))?;
    Ok(Fetched {
        final_url: url,
        media_type,
        bytes,
    })
}
