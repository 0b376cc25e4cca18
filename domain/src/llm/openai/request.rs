//! Sending a request until there is an answer worth reading.

use std::borrow::Cow;
use std::time::Duration;

use api_types::ErrorCode;
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use secrecy::ExposeSecret;
use serde::Serialize;

use super::{ChatCompletion, OpenAi};
use crate::Result;
use crate::llm::Message;
use crate::llm::failure::Failure;
use crate::outbound::{Slot, refusal};

/// How long a provider may ask us to wait before the one retry.
const SHORT_WAIT: Duration = Duration::from_secs(2);

impl OpenAi {
    /// Sends the request and returns a successful response. Retries once, when the connection fails or the provider
    /// asks to wait for a moment; leaves out or renames options that a model turns down. The slot is to be kept with the response.
    pub(super) async fn send(&self, completion: &ChatCompletion) -> Result<(Response, Slot)> {
        let mut body = Body::of(completion);
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

    fn prepare(&self, body: &Body<'_>) -> Result<(RequestBuilder, Slot)> {
        let (request, slot) = self.outbound.request_provider(Method::POST, &self.url)?;
        let request = request.json(body);
        let request = match &self.api_key {
            Some(key) => request.bearer_auth(key.expose_secret()),
            None => request,
        };
        Ok((request, slot))
    }
}

/// A completion, with the options that models may turn down.
#[derive(Debug, Serialize)]
struct Body<'a> {
    model: &'a str,
    messages: Cow<'a, [Message]>,
    stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream_options: Option<StreamOptions>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_completion_tokens: Option<u32>,
}

#[derive(Debug, Serialize)]
struct StreamOptions {
    include_usage: bool,
}

impl<'a> Body<'a> {
    fn of(completion: &'a ChatCompletion) -> Self {
        Self {
            model: &completion.model,
            messages: Cow::Borrowed(&completion.messages),
            stream: true,
            stream_options: Some(StreamOptions { include_usage: true }),
            temperature: completion.temperature,
            max_tokens: Some(completion.max_tokens),
            max_completion_tokens: None,
        }
    }
}

/// What stands for pictures that a model turned down.
const UNSEEN: &str = "\n\n(You can't see the pictures that the visitor sent.)";

/// Replaces pictures by words, for a model that turned out to be blind; false if there are none.
fn hide_pictures(body: &mut Body<'_>) -> bool {
    if body.messages.iter().all(|message| message.pictures.is_empty()) {
        return false;
    }
    let messages = body.messages.to_mut().iter_mut();
    for message in messages.filter(|message| !message.pictures.is_empty()) {
        message.pictures.clear();
        message.content.push_str(UNSEEN);
    }
    true
}

/// Models differ in the options they take: reasoning models want `max_completion_tokens` and a fixed temperature,
/// some servers know no `stream_options`, some models see no pictures. Removes what `complaint` names; false if there is
/// nothing.
fn adapt(body: &mut Body<'_>, complaint: &str) -> bool {
    if complaint.to_lowercase().contains("image") && hide_pictures(body) {
        return true;
    }
    if complaint.contains("stream_options") && body.stream_options.take().is_some() {
        return true;
    }
    if complaint.contains("temperature") && body.temperature.take().is_some() {
        return true;
    }
    if complaint.contains("max_tokens") && body.max_tokens.is_some() {
        body.max_completion_tokens = body.max_tokens.take();
        return true;
    }
    false
}
