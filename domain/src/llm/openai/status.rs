//! Answers that are refusals.

use std::time::Duration;

use api_types::ErrorCode;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{Response, StatusCode};

use super::{MAX_WORDS, protocol, unavailable, wire};
use crate::Error;

/// As much of a refusal as is read.
const MAX_BODY: usize = 64 * 1024;

/// A response whose status is not a success.
pub(super) struct Failure {
    pub(super) status: StatusCode,
    /// How long the provider asks us to wait.
    pub(super) retry_after: Option<Duration>,
    /// The provider's own words; may be empty.
    pub(super) message: String,
}

impl Failure {
    pub(super) async fn read(mut response: Response) -> Self {
        let status = response.status();
        let retry_after = retry_after(response.headers());
        let mut body = Vec::new();
        // A body that breaks off is as good as none: the status says enough.
        while let Ok(Some(chunk)) = response.chunk().await {
            body.extend_from_slice(&chunk);
            if body.len() > MAX_BODY {
                break;
            }
        }
        let message = wire::error_message(&body).unwrap_or_default();
        Self {
            status,
            retry_after,
            message: wire::shorten(&message, MAX_WORDS),
        }
    }

    pub(super) fn into_error(self, host: &str) -> Error {
        let Self {
            status,
            retry_after,
            message,
        } = self;
        let code = status.as_u16();
        let words = if message.is_empty() {
            String::new()
        } else {
            format!(" It says: {message}")
        };
        match code {
            // These answers like to repeat the key, so they are not passed on.
            401 => unauthorized(format!("{host} does not accept the key. Check it in Settings.")),
            403 => unauthorized(format!(
                "{host} does not let this key use the model. Check both in Settings."
            )),
            429 => {
                let wait = retry_after.map_or_else(String::new, |wait| format!(" for {} s", wait.as_secs()));
                let detail = format!("{host} is out of quota or asks to slow down{wait}.{words}");
                Error::refused(ErrorCode::ProviderRateLimited, detail)
            }
            300..=399 => protocol(format!(
                "{host} redirects elsewhere. Set the base URL to the final address."
            )),
            404 => unavailable(format!("{host} knows no such model or address ({code}).{words}")),
            500.. => unavailable(format!("{host} has a problem of its own ({code}).{words}")),
            _ => unavailable(format!("{host} refused the request ({code}).{words}")),
        }
    }
}

fn unauthorized(detail: String) -> Error {
    Error::refused(ErrorCode::ProviderUnauthorized, detail)
}

/// `Retry-After` in seconds; as a date it is always too long for us to wait.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok()
}
