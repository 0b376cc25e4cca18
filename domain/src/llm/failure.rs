//! What goes wrong with a provider's server, in words for the owner of the bot (not for visitors).

use std::time::Duration;

use api_types::ErrorCode;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{Response, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use crate::Error;

/// As much of a provider's own words as is passed on, in characters.
const MAX_WORDS: usize = 300;

/// Fewer characters of a key than this are no part of it but chance.
const SHORTEST_PART: usize = 4;

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
        let message = error_message(&body).unwrap_or_default();
        Self {
            status,
            retry_after,
            message: shorten(&message, MAX_WORDS),
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

pub(super) fn unavailable(detail: impl Into<String>) -> Error {
    Error::refused(ErrorCode::ProviderUnavailable, detail)
}

pub(super) fn protocol(detail: impl Into<String>) -> Error {
    Error::refused(ErrorCode::ProviderProtocol, detail)
}

/// A protocol error with the provider's own words, if it said any.
pub(super) fn told(detail: &str, words: Option<String>) -> Error {
    match words
        .map(|words| shorten(&words, MAX_WORDS))
        .filter(|words| !words.is_empty())
    {
        Some(words) => protocol(format!("{detail} It says: {words}")),
        None => protocol(detail),
    }
}

/// Takes the key out of a provider's words.
pub(super) fn redact(mut error: Error, key: Option<&SecretString>) -> Error {
    if let (Error::Refused(refusal), Some(key)) = (&mut error, key) {
        let key = key.expose_secret();
        refusal.detail = without_beginning(&refusal.detail.replace(key, "…"), key).to_owned();
    }
    error
}

/// Words that were shortened may end within the key.
fn without_beginning<'a>(words: &'a str, key: &str) -> &'a str {
    let Some(cut) = words.strip_suffix('…') else {
        return words;
    };
    let beginnings = key.char_indices().map(|(end, _)| &key[..end]).rev();
    let shown = beginnings.filter(|beginning| beginning.len() >= SHORTEST_PART);
    shown
        .filter_map(|beginning| cut.strip_suffix(beginning))
        .next()
        .unwrap_or(words)
}

/// The message of an error body: `{"error": {"message": …}}`, `{"error": "…"}`, `{"message": …}`, `{"detail": …}`,
/// alone or in a list.
pub(super) fn error_message(body: &[u8]) -> Option<String> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let body = body.get(0).unwrap_or(&body);
    ["error", "message", "detail"]
        .iter()
        .find_map(|key| message_of(body.get(key)?))
}

pub(super) fn message_of(error: &Value) -> Option<String> {
    let message = error.get("message").unwrap_or(error);
    match message {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// At most `max` characters, on one line.
pub(super) fn shorten(text: &str, max: usize) -> String {
    let mut short: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(max)
        .collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_words_are_found() {
        for (body, expected) in [
            (r#"{"error":{"message":"m","type":"t"}}"#, Some("m")),
            (r#"{"error":"m"}"#, Some("m")),
            (r#"{"message":"m"}"#, Some("m")),
            (r#"{"detail":"m"}"#, Some("m")),
            (r#"[{"error":{"message":"m"}}]"#, Some("m")),
            (r#"{"detail":[{"loc":["body"]}]}"#, Some(r#"[{"loc":["body"]}]"#)),
            (r#"{"error":null}"#, None),
            ("<html>", None),
            ("", None),
        ] {
            assert_eq!(error_message(body.as_bytes()).as_deref(), expected, "{body}");
        }
    }

    #[test]
    fn no_part_of_a_key_is_passed_on() {
        let key = "sk-0123456789abcdef";
        let secret = SecretString::from(key);
        for length in 0..MAX_WORDS + 40 {
            let words = format!("{} {key} was refused", ".".repeat(length));
            let error = told("It failed.", Some(words));
            let said = redact(error, Some(&secret)).to_string();
            assert!(!said.contains(&key[..SHORTEST_PART]), "{said}");
        }
        let error = told("It failed.", Some("no GPU left…".to_owned()));
        assert!(redact(error, Some(&secret)).to_string().ends_with("no GPU left…"));
    }

    #[test]
    fn words_are_cut_at_characters() {
        assert_eq!(shorten("åäö\nx", 3), "åäö…");
        assert_eq!(shorten("a\r\nb", 10), "a  b");
    }
}
