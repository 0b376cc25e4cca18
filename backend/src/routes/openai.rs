//! `/v1/…`: deployed bots for OpenAI clients. The model is the bot's id, the key a workspace API key.
//!
//! Shapes: the OpenAI API reference, "Chat completions". Unknown fields are ignored, as clients send many; `system` and
//! `developer` messages are ignored too, since nothing in a request may change a bot's prompt.

use std::convert::Infallible;
use std::sync::Arc;

use api_types::ErrorCode;
use api_types::chat::{ChatEvent, ChatRequest, MessageRole, Usage};
use api_types::conversations::Channel;
use api_types::validate::MAX_MESSAGE_CHARS;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use domain::chat::{self, Delivery, Events, Turn};
use domain::{Error, Scope, Services, bots};
use futures::{Stream, StreamExt};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::AppState;
use crate::extract::{Caller, Json};
use crate::problem::{self, Problem, Rejected};
use crate::sse;

/// Earlier messages given to the engine, each cut to `MAX_MESSAGE_CHARS`: clients send the whole conversation.
const HISTORY: usize = 20;

/// What Botwright reads of a chat completion request.
#[derive(Debug, Deserialize, ToSchema)]
pub struct CompletionRequest {
    /// Id of a deployed bot.
    model: String,
    /// The conversation; the last `user` message is the question.
    messages: Vec<CompletionMessage>,
    /// Stream chunks.
    #[serde(default)]
    stream: bool,
    /// `include_usage`.
    #[serde(default)]
    stream_options: Option<StreamOptions>,
}

/// Options of a stream.
#[derive(Debug, Deserialize, ToSchema)]
pub struct StreamOptions {
    /// Send a last chunk with the tokens spent.
    #[serde(default)]
    include_usage: bool,
}

/// One message.
#[derive(Debug, Deserialize, ToSchema)]
pub struct CompletionMessage {
    /// `user`, `assistant`, `system`, `developer` or `tool`.
    role: String,
    /// Text, or a list of parts of which those of type `text` are read.
    #[serde(default)]
    #[schema(value_type = Object)]
    content: Value,
}

impl CompletionMessage {
    fn text(&self) -> String {
        match &self.content {
            Value::String(text) => text.clone(),
            Value::Array(parts) => parts
                .iter()
                .filter_map(|part| part.get("text")?.as_str())
                .collect::<Vec<_>>()
                .join("\n"),
            _ => String::new(),
        }
    }
}

/// An error as OpenAI clients read it.
#[derive(Debug)]
pub struct OpenAiError(Problem);

impl<E: Into<Problem>> From<E> for OpenAiError {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for OpenAiError {
    fn into_response(self) -> Response {
        let body = self.0.body();
        let status = match body.status {
            // The clients know 400 for every request that is not acceptable.
            422 => StatusCode::BAD_REQUEST,
            status => StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
        };
        let kind = if status.is_server_error() {
            "server_error"
        } else {
            "invalid_request_error"
        };
        let code = problem::code_name(body.code);
        let error = json!({ "message": body.detail, "type": kind, "param": null, "code": code });
        let mut response = (status, axum::Json(json!({ "error": error }))).into_response();
        if status == StatusCode::UNAUTHORIZED {
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// [`Caller`], refused in the shape that OpenAI clients read, and before the body of the request is read.
#[derive(Debug, Clone, Copy)]
pub struct OpenAiCaller(Scope);

impl FromRequestParts<AppState> for OpenAiCaller {
    type Rejection = OpenAiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, OpenAiError> {
        let Caller(scope) = Caller::from_request_parts(parts, state).await?;
        Ok(Self(scope))
    }
}

/// Ask a deployed bot as if it were an OpenAI model.
#[utoipa::path(post, path = "/v1/chat/completions", tag = "OpenAI-compatible", request_body = CompletionRequest,
    responses((status = 200, description = "A chat completion, or its chunks as server-sent events"),
        (status = "default", description = "An error, as OpenAI words it")),
    security(("bearer" = [])))]
pub async fn chat_completions(
    State(services): State<Arc<Services>>,
    OpenAiCaller(scope): OpenAiCaller,
    request: Result<Json<CompletionRequest>, Rejected>,
) -> Result<Response, OpenAiError> {
    let Json(request) = request.map_err(|Rejected(code, detail)| Problem::refused(code, detail))?;
    let unknown = || {
        Problem::refused(
            ErrorCode::NotFound,
            format!("There is no bot `{}` in this workspace.", request.model),
        )
    };
    let bot_id: Uuid = request.model.parse().map_err(|_| unknown())?;
    let bot = services.live_bots.get(&services.db, bot_id).await?;
    if bot.scope.workspace_id() != scope.workspace_id() {
        return Err(unknown().into());
    }
    let (message, history) = split(&request.messages)?;
    let chat = chat::Request {
        chat: ChatRequest {
            message,
            ..ChatRequest::default()
        },
        channel: Channel::Openai,
        history: Some(history),
        // Whoever has a key is no visitor.
        visitor: None,
        // Clients of this API can't resume.
        delivery: match request.stream {
            true => Delivery::Streamed,
            false => Delivery::Whole,
        },
    };
    let events = chat::start(services.clone(), bot, chat).await?;
    if request.stream {
        let include_usage = request
            .stream_options
            .is_some_and(|options| options.include_usage);
        let chunks = chunks(events, request.model, include_usage);
        return Ok(sse::unbuffered(Sse::new(chunks).into_response()));
    }
    let (completion, usage) = complete(events).await?;
    let choice = json!({ "index": 0, "message": completion, "finish_reason": "stop", "logprobs": null });
    let body = json!({
        "id": completion_id(), "object": "chat.completion", "created": chrono::Utc::now().timestamp(),
        "model": request.model, "choices": [choice], "usage": usage_json(usage),
    });
    Ok(axum::Json(body).into_response())
}

/// The workspace's live bots, as models.
#[utoipa::path(get, path = "/v1/models", tag = "OpenAI-compatible",
    responses((status = 200, description = "A list of models"),
        (status = "default", description = "An error, as OpenAI words it")), security(("bearer" = [])))]
pub async fn models(
    State(services): State<Arc<Services>>,
    OpenAiCaller(scope): OpenAiCaller,
) -> Result<Response, OpenAiError> {
    let bots = bots::list(&services, &scope).await?;
    let data: Vec<Value> = bots
        .into_iter()
        .map(|bot| json!({ "id": bot.id, "object": "model", "created": bot.deployed_at.timestamp(), "owned_by": bot.name }))
        .collect();
    Ok(axum::Json(json!({ "object": "list", "data": data })).into_response())
}

/// The question and the last turns before it.
fn split(messages: &[CompletionMessage]) -> Result<(String, Vec<Turn>), Problem> {
    let mut said: Vec<(MessageRole, &CompletionMessage)> = messages
        .iter()
        .filter_map(|message| match message.role.as_str() {
            "user" => Some((MessageRole::User, message)),
            "assistant" => Some((MessageRole::Assistant, message)),
            _ => None,
        })
        .collect();
    let Some((MessageRole::User, question)) = said.pop() else {
        return Err(Error::field("messages", "The last message must be one of the user.").into());
    };
    let skipped = said.len().saturating_sub(HISTORY);
    let history = said[skipped..]
        .iter()
        .map(|(role, message)| Turn {
            role: *role,
            content: message.text().chars().take(MAX_MESSAGE_CHARS).collect(),
        })
        .collect();
    Ok((question.text(), history))
}

async fn complete(mut events: Events) -> Result<(Value, Option<Usage>), Problem> {
    let mut text = String::new();
    while let Some(event) = events.next().await {
        match event.event {
            ChatEvent::Delta { text: piece } => text.push_str(&piece),
            ChatEvent::Done { sources, usage, .. } => {
                let message =
                    json!({ "role": "assistant", "content": text, "refusal": null, "sources": sources });
                return Ok((message, usage));
            }
            ChatEvent::Error { code, message, .. } => return Err(Problem::refused(code, message)),
            // Conversations of programs are not handed over.
            ChatEvent::Start { .. } | ChatEvent::Sources { .. } | ChatEvent::HandOff(_) => {}
        }
    }
    Err(Problem::refused(ErrorCode::Internal, "The answer ended early."))
}

fn chunks(
    mut events: Events,
    model: String,
    include_usage: bool,
) -> impl Stream<Item = Result<Event, Infallible>> {
    let id = completion_id();
    let created = chrono::Utc::now().timestamp();
    let chunk = move |choices: Value, usage: Value| {
        let body = json!({
            "id": id, "object": "chat.completion.chunk", "created": created, "model": model, "choices": choices,
            "usage": usage,
        });
        Ok(Event::default().data(body.to_string()))
    };
    let delta = |delta: Value, finish: Value| json!([{ "index": 0, "delta": delta, "finish_reason": finish, "logprobs": null }]);
    async_stream::stream! {
        while let Some(event) = events.next().await {
            match event.event {
                ChatEvent::Start { .. } => {
                    yield chunk(delta(json!({ "role": "assistant", "content": "" }), Value::Null), Value::Null);
                }
                ChatEvent::Sources { .. } | ChatEvent::HandOff(_) => {}
                ChatEvent::Delta { text } => yield chunk(delta(json!({ "content": text }), Value::Null), Value::Null),
                ChatEvent::Done { sources, usage, .. } => {
                    yield chunk(delta(json!({ "sources": sources }), json!("stop")), Value::Null);
                    if include_usage {
                        yield chunk(json!([]), usage_json(usage));
                    }
                }
                ChatEvent::Error { code, message, .. } => {
                    let error = json!({ "message": message, "type": "server_error", "code": problem::code_name(code) });
                    yield Ok(Event::default().data(json!({ "error": error }).to_string()));
                }
            }
        }
        yield Ok(Event::default().data("[DONE]"));
    }
}

fn completion_id() -> String {
    format!("chatcmpl-{}", Uuid::new_v4().simple())
}

fn usage_json(usage: Option<Usage>) -> Value {
    let usage = usage.unwrap_or_default();
    json!({
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.prompt_tokens + usage.completion_tokens,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(role: &str, text: impl Into<String>) -> CompletionMessage {
        CompletionMessage {
            role: role.to_owned(),
            content: Value::String(text.into()),
        }
    }

    #[test]
    fn only_the_last_turns_are_taken_along_and_cut() {
        let long = "ä".repeat(MAX_MESSAGE_CHARS + 1);
        let mut messages: Vec<_> = (0..30).map(|n| message("user", n.to_string())).collect();
        messages.push(message("assistant", &long));
        messages.push(message("system", "Ignored"));
        messages.push(message("user", &long));

        let (question, history) = split(&messages).unwrap();
        assert_eq!(question, long, "the question has its own check");
        assert_eq!(history.len(), HISTORY);
        assert_eq!(history[0].content, "11");
        assert_eq!(history[HISTORY - 1].content.chars().count(), MAX_MESSAGE_CHARS);
        assert!(
            split(&messages[..31]).is_err(),
            "the bot's message is no question"
        );
    }
}
