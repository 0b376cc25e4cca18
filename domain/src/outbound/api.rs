//! Asking a service's API on behalf of a connection.

use std::time::Duration;

use chrono::Utc;
use reqwest::{RequestBuilder, StatusCode};
use url::Url;

use super::Outbound;
use crate::{Error, Result};

/// Longest part of what a service says that is passed on, in characters.
const MAX_SAID: usize = 500;

/// Why a service did not give what was asked for, in words for people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// Nothing can be had over the connection: its credential is wrong or was revoked, or the API is switched off.
    #[error("{0}")]
    Unauthorized(String),
    /// It is not there, or not shared.
    #[error("{0}")]
    NotFound(String),
    /// Too many requests; how long to wait, if the service says so.
    #[error("{0}")]
    SlowDown(String, Option<Duration>),
    /// May be over soon.
    #[error("{0}")]
    Away(String),
    /// More than the service gives at once, or than is read.
    #[error("{0}")]
    TooLarge(String),
    /// Trying again changes nothing.
    #[error("{0}")]
    Refused(String),
}

/// A part of a list.
#[derive(Debug)]
pub struct Listed<T> {
    /// What is in it.
    pub items: Vec<T>,
    /// Where the next part begins.
    pub next: Option<String>,
}

/// What a service answered, whatever its status.
#[derive(Debug)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// How long it asks to wait.
    pub retry_after: Option<Duration>,
    /// The unpacked body; absent if it is larger than wanted.
    pub body: Option<Vec<u8>>,
}

impl Outbound {
    /// Sends a request that [`Outbound::request`] began, and reads the answer of up to `max_bytes` within `limit`.
    ///
    /// The error is a sentence that says what happened.
    pub async fn ask(
        &self,
        request: RequestBuilder,
        url: &Url,
        limit: Duration,
        max_bytes: usize,
    ) -> Result<Reply, String> {
        let asked = async {
            let answer = self.send(request, url).await?;
            let (status, retry_after) = (answer.status(), answer.retry_after(Utc::now()));
            let body = answer.body(max_bytes).await?;
            Ok(Reply {
                status,
                retry_after,
                body,
            })
        };
        match tokio::time::timeout(limit, asked).await {
            Ok(Ok(reply)) => Ok(reply),
            Ok(Err(Error::Refused(refusal))) => Err(refusal.detail),
            Ok(Err(other)) => Err(other.to_string()),
            Err(_) => Err(format!("It did not answer within {} seconds.", limit.as_secs())),
        }
    }
}

/// What a service said, shortened, with the status.
pub(crate) fn said(message: &str, status: StatusCode) -> String {
    let said: String = message.trim().chars().take(MAX_SAID).collect();
    format!("{said} ({})", status.as_u16()).trim().to_owned()
}
