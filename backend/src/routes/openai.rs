//! `/v1/…`: deployed bots for OpenAI clients. The model is the bot's id, the key a workspace API key.
//!
//! Shapes: the OpenAI API reference, "Chat completions". Unknown fields are ignored, as clients send many; `system` and
//! `developer` messages are ignored too, since nothing in a request may change a bot's prompt.

use std::convert::Infallible;
use std::sync::Arc;

use api_types::ErrorCode;
use api_types::chat::{ChatEvent, ChatRequest, MessageRole, Usage};
use api_types::conversations::Channel;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use domain::chat::{self, Events, Turn};
use domain::{Error, Services, bots};
use futures::{Stream, StreamExt};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::extract::Caller;
use crate::problem::{self, Problem};
use crate::sse;

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
        (status, axum::Json(json!({ "error": error }))).into_response()
    }
}

/// Ask a deployed bot as if it were an OpenAI model.
#[utoipa::path(post, path = "/v1/chat/completions", tag = "OpenAI-compatible", request_body = CompletionRequest,
    responses((status = 200, description = "A chat completion, or its chunks as server-sent events")),
    security(("bearer" = [])))]
pub async fn chat_completions(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    request: Result<axum::Json<CompletionRequest>, JsonRejection>,
) -> Result<Response, OpenAiError> {
    let axum::Json(request) =
        request.map_err(|e| Problem::refused(ErrorCode::MalformedRequest, e.body_text()))?;
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
    responses((status = 200, description = "A list of models")), security(("bearer" = [])))]
pub async fn models(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
) -> Result<Response, OpenAiError> {
    let bots = bots::list(&services, &scope).await?;
    let data: Vec<Value> = bots
        .into_iter()
        .map(|bot| json!({ "id": bot.id, "object": "model", "created": bot.deployed_at.timestamp(), "owned_by": bot.name }))
        .collect();
    Ok(axum::Json(json!({ "object": "list", "data": data })).into_response())
}

/// The question and the turns before it.
fn split(messages: &[CompletionMessage]) -> Result<(String, Vec<Turn>), Problem> {
    let mut turns: Vec<Turn> = messages
        .iter()
        .filter_map(|message| {
            let role = match message.role.as_str() {
                "user" => MessageRole::User,
                "assistant" => MessageRole::Assistant,
                _ => return None,
            };
            Some(Turn {
                role,
                content: message.text(),
            })
        })
        .collect();
    match turns.pop() {
        Some(last) if last.role == MessageRole::User => Ok((last.content, turns)),
        _ => Err(Error::field("messages", "The last message must be one of the user.").into()),
    }
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
            ChatEvent::Start { .. } | ChatEvent::Sources { .. } => {}
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
                ChatEvent::Sources { .. } => {}
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
