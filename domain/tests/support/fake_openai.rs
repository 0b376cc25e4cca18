//! A small OpenAI-compatible server that speaks the real wire format and misbehaves on demand.
//!
//! Include it with `#[path = "…/domain/tests/support/fake_openai.rs"] mod fake_openai;`.
#![expect(clippy::unwrap_used, reason = "a test that can't be set up has failed")]

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use futures::{Stream, StreamExt, stream};
use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// The model that `GET /models` lists.
pub const MODEL: &str = "fake-1";

/// How the server answers `POST /chat/completions`.
#[derive(Debug, Clone)]
pub enum Reply {
    /// This text, word by word if a stream is asked for, else as JSON.
    Text(String),
    /// The messages of the request as JSON text, for asserting prompts.
    Echo,
    /// This text as JSON, even if a stream is asked for.
    Json(String),
    /// A status with `{"error": {"message": …}}`.
    Status(u16, String),
    /// Status 429; `Retry-After` in seconds, if any.
    TooManyRequests(Option<u32>),
    /// Nothing, for ever.
    Silence,
    /// The head of a stream, then nothing for ever.
    HeadOnly,
    /// The first words of an answer, then nothing for ever.
    Stall(String),
    /// The first words of an answer, then the end of the stream as if all were well.
    Cut(String),
    /// The first words of an answer, then a broken connection.
    Broken(String),
    /// The first words of an answer, then an error event.
    ErrorInStream(String, String),
    /// This text, word by word; its end only once notified.
    Held(String, Arc<Notify>),
    /// Any body in any slices, with this media type.
    Raw(&'static str, Vec<Vec<u8>>),
    /// A redirect.
    Redirect(String),
}

impl From<&str> for Reply {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

/// What the server was asked.
#[derive(Debug, Clone)]
pub struct Request {
    /// The `Authorization` header.
    pub authorization: Option<String>,
    /// The JSON body.
    pub body: Value,
}

#[derive(Debug)]
struct Script {
    /// Answers to the next requests; the last one stays.
    replies: Vec<Reply>,
    requests: Vec<Request>,
}

/// A running server; it stops when dropped.
#[derive(Debug)]
pub struct FakeOpenAi {
    address: SocketAddr,
    script: Arc<Mutex<Script>>,
    server: JoinHandle<()>,
}

impl Drop for FakeOpenAi {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl FakeOpenAi {
    /// Starts on a free port of loopback.
    pub async fn start(reply: Reply) -> Self {
        let script = Arc::new(Mutex::new(Script {
            replies: vec![reply],
            requests: Vec::new(),
        }));
        let app = Router::new()
            .route("/v1/chat/completions", post(chat))
            .route("/v1/models", get(models))
            .with_state(Arc::clone(&script));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self {
            address,
            script,
            server,
        }
    }

    /// `host:port`, for `BOTWRIGHT_OUTBOUND_ALLOW`.
    pub fn place(&self) -> String {
        self.address.to_string()
    }

    /// `http://127.0.0.1:…/v1`.
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// Sets the answers to the next requests; the last one stays.
    pub fn reply(&self, replies: impl IntoIterator<Item = Reply>) {
        self.script.lock().unwrap().replies = replies.into_iter().collect();
    }

    /// Everything asked so far.
    pub fn requests(&self) -> Vec<Request> {
        self.script.lock().unwrap().requests.clone()
    }
}

async fn models() -> Json<Value> {
    Json(json!({ "object": "list", "data": [{ "id": MODEL, "object": "model", "owned_by": "tests" }] }))
}

async fn chat(
    State(script): State<Arc<Mutex<Script>>>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    let reply = {
        let mut script = script.lock().unwrap();
        let authorization = headers
            .get(header::AUTHORIZATION)
            .map(|value| value.to_str().unwrap().to_owned());
        script.requests.push(Request {
            authorization,
            body: body.clone(),
        });
        if script.replies.len() > 1 {
            script.replies.remove(0)
        } else {
            script.replies[0].clone()
        }
    };
    let wants_stream = body["stream"] == json!(true);
    match reply {
        Reply::Text(text) if wants_stream => events(answer(&text)),
        Reply::Echo if wants_stream => events(answer(&body["messages"].to_string())),
        Reply::Text(text) | Reply::Json(text) => Json(completion(&text)).into_response(),
        Reply::Echo => Json(completion(&body["messages"].to_string())).into_response(),
        Reply::Status(code, message) => status(code, &message),
        Reply::TooManyRequests(None) => status(429, "You exceeded your current quota."),
        Reply::TooManyRequests(Some(wait)) => (
            [(header::RETRY_AFTER, wait.to_string())],
            status(429, "Slow down."),
        )
            .into_response(),
        Reply::Silence => std::future::pending().await,
        Reply::HeadOnly => endless(Vec::new()),
        Reply::Stall(text) => endless(deltas(&text)),
        Reply::Cut(text) => events(deltas(&text)),
        Reply::Broken(text) => {
            let broken = stream::once(async {
                // Lets the words out first.
                tokio::task::yield_now().await;
                Err(std::io::Error::other("cut"))
            });
            body_of(
                "text/event-stream",
                sent(deltas(&text)).map(|slice| Ok(slice.unwrap())).chain(broken),
            )
        }
        Reply::ErrorInStream(text, message) => {
            let mut slices = deltas(&text);
            slices.push(event(
                &json!({ "error": { "message": message, "type": "server_error" } }),
            ));
            events(slices)
        }
        Reply::Held(text, gate) => {
            let mut slices = answer(&text);
            let end = slices.split_off(slices.len() - 3);
            let end =
                stream::once(async move { gate.notified().await }).flat_map(move |()| sent(end.clone()));
            body_of("text/event-stream", sent(slices).chain(end))
        }
        Reply::Raw(media_type, slices) => body_of(media_type, sent(slices)),
        Reply::Redirect(to) => (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, to)]).into_response(),
    }
}

fn status(code: u16, message: &str) -> Response {
    let body = json!({ "error": { "message": message, "type": "invalid_request_error", "param": null } });
    (StatusCode::from_u16(code).unwrap(), Json(body)).into_response()
}

fn completion(text: &str) -> Value {
    json!({
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": MODEL, "usage": usage(),
        "choices": [{ "index": 0, "finish_reason": "stop", "message": { "role": "assistant", "content": text } }],
    })
}

fn usage() -> Value {
    json!({ "prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18 })
}

fn chunk(delta: &Value, finish_reason: Option<&str>) -> Vec<u8> {
    event(&json!({
        "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": MODEL, "usage": null,
        "choices": [{ "index": 0, "delta": delta, "finish_reason": finish_reason }],
    }))
}

/// One `data:` event.
pub fn event(data: &Value) -> Vec<u8> {
    format!("data: {data}\n\n").into_bytes()
}

/// The head of an answer: the role, then the words.
fn deltas(text: &str) -> Vec<Vec<u8>> {
    let role = chunk(
        &json!({ "role": "assistant", "content": "", "refusal": null }),
        None,
    );
    let words = text
        .split_inclusive(' ')
        .map(|word| chunk(&json!({ "content": word }), None));
    std::iter::once(role).chain(words).collect()
}

/// A whole answer as a well-behaved server streams it.
fn answer(text: &str) -> Vec<Vec<u8>> {
    let mut slices = deltas(text);
    slices.push(chunk(&json!({}), Some("stop")));
    slices.push(event(
        &json!({ "id": "chatcmpl-1", "choices": [], "usage": usage() }),
    ));
    slices.push(b"data: [DONE]\n\n".to_vec());
    slices
}

fn sent(slices: Vec<Vec<u8>>) -> impl Stream<Item = Result<Bytes, Infallible>> {
    stream::iter(slices).map(|slice| Ok(Bytes::from(slice)))
}

fn events(slices: Vec<Vec<u8>>) -> Response {
    body_of("text/event-stream", sent(slices))
}

fn endless(slices: Vec<Vec<u8>>) -> Response {
    body_of("text/event-stream", sent(slices).chain(stream::pending()))
}

fn body_of<E>(media_type: &str, slices: impl Stream<Item = Result<Bytes, E>> + Send + 'static) -> Response
where
    E: Into<Box<dyn std::error::Error + Send + Sync>> + 'static,
{
    ([(header::CONTENT_TYPE, media_type)], Body::from_stream(slices)).into_response()
}
