//! Sending a request until there is an answer worth reading.

use std::time::Duration;

use api_types::ErrorCode;
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use secrecy::ExposeSecret;
use serde_json::{Map, Value, json};

use super::{ChatCompletion, OpenAi};
use crate::Result;
use crate::llm::failure::Failure;
use crate::outbound::{Slot, refusal};

/// How long a provider may ask us to wait before the one retry.
const SHORT_WAIT: Duration = Duration::from_secs(2);

impl OpenAi {
    /// Sends the request and returns a successful response. Retries once, when the connection fails or the provider
    /// asks to wait for a moment; leaves out or renames options that a model turns down. The slot is to be kept with the response.
    pub(super) async fn send(&self, completion: &ChatCompletion) -> Result<(Response, Slot)> {
        let mut body = body(completion);
        let mut may_retry = true;
        loop {
            let (request, slot) = self.prepare(&body)?;
            let response = match request.send().await {
                Ok(response) => response,
                Err(error) if error.is_connect() && may_retry => {
                    may_retry = false;
                    continue;
                }
                Err(error) => return Err(refusal(&error, &self.url, ErrorCode::ProviderUnavailable)),
            };
            if response.status().is_success() {
                return Ok((response, slot));
            }
            let failure = Failure::read(response).await;
            drop(slot);
            if may_retry && let Some(wait) = failure.retry_after.filter(|wait| *wait <= SHORT_WAIT) {
                may_retry = false;
                tokio::time::sleep(wait).await;
                continue;
            }
            let is_turned_down = matches!(
                failure.status,
                StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY
            );
            if is_turned_down && adapt(&mut body, &failure.message) {
                continue;
            }
            return Err(failure.into_error(self.host()));
        }
    }

    fn prepare(&self, body: &Map<String, Value>) -> Result<(RequestBuilder, Slot)> {
        let (request, slot) = self.outbound.request_provider(Method::POST, &self.url)?;
        let request = request.json(body);
        let request = match &self.api_key {
            Some(key) => request.bearer_auth(key.expose_secret()),
            None => request,
        };
        Ok((request, slot))
    }
}

fn body(completion: &ChatCompletion) -> Map<String, Value> {
    let mut body = Map::new();
    body.insert("model".to_owned(), json!(completion.model));
    body.insert("messages".to_owned(), json!(completion.messages));
    body.insert("max_tokens".to_owned(), json!(completion.max_tokens));
    body.insert("stream".to_owned(), json!(true));
    body.insert("stream_options".to_owned(), json!({ "include_usage": true }));
    if let Some(temperature) = completion.temperature {
        body.insert("temperature".to_owned(), json!(temperature));
    }
    body
}

/// What stands for pictures that a model turned down.
const UNSEEN: &str = "\n\n(You can't see the pictures that the visitor sent.)";

/// Replaces pictures by words, for a model that turned out to be blind; false if there are none.
fn hide_pictures(body: &mut Map<String, Value>) -> bool {
    let messages = body.get_mut("messages").and_then(Value::as_array_mut);
    let mut hidden = false;
    for message in messages.into_iter().flatten() {
        let text = message["content"][0]["text"].as_str();
        if let Some(text) = text.map(|text| format!("{text}{UNSEEN}")) {
            message["content"] = json!(text);
            hidden = true;
        }
    }
    hidden
}

/// Models differ in the options they take: reasoning models want `max_completion_tokens` and a fixed temperature,
/// some servers know no `stream_options`, some models see no pictures. Removes what `complaint` names; false if there is
/// nothing.
fn adapt(body: &mut Map<String, Value>, complaint: &str) -> bool {
    if complaint.to_lowercase().contains("image") && hide_pictures(body) {
        return true;
    }
    for option in ["stream_options", "temperature", "max_tokens"] {
        if !complaint.contains(option) {
            continue;
        }
        let Some(value) = body.remove(option) else {
            continue;
        };
        if option == "max_tokens" {
            body.insert("max_completion_tokens".to_owned(), value);
        }
        return true;
    }
    false
}
