//! A small server that makes vectors in each of the wire formats and misbehaves on demand.
//!
//! Include it with `#[path = "…/domain/tests/support/fake_embed.rs"] mod fake_embed;`.
#![expect(clippy::unwrap_used, reason = "a test that can't be set up has failed")]

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

/// Makes the vector of a text.
pub type Embed = Arc<dyn Fn(&str) -> Vec<f32> + Send + Sync>;

/// How the server answers.
#[derive(Clone)]
pub enum Reply {
    /// With vectors.
    Vectors(Embed),
    /// This body, called JSON.
    Raw(String),
    /// A status with an error as the API words it.
    Status(u16, &'static str),
    /// Status 429 with `Retry-After` in seconds.
    TooManyRequests(u32),
}

/// What the server was asked.
#[derive(Debug, Clone)]
pub struct Request {
    /// The path, which says whose API it was.
    pub path: String,
    /// The `Authorization` header.
    pub authorization: Option<String>,
    /// The JSON body.
    pub body: Value,
    /// The texts in it.
    pub texts: Vec<String>,
}

struct Script {
    reply: Reply,
    /// Answers that come first, the last of them next.
    before: Vec<Reply>,
    requests: Vec<Request>,
}

/// A running server; it stops when dropped.
pub struct FakeEmbed {
    address: SocketAddr,
    script: Arc<Mutex<Script>>,
    server: JoinHandle<()>,
}

impl Drop for FakeEmbed {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl FakeEmbed {
    /// Starts on a free port of loopback.
    pub async fn start(reply: Reply) -> Self {
        let script = Arc::new(Mutex::new(Script {
            reply,
            before: Vec::new(),
            requests: Vec::new(),
        }));
        let app = Router::new()
            .route("/v1/embeddings", post(embed))
            .route("/v2/embed", post(embed))
            .route("/embed", post(embed))
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

    /// `http://127.0.0.1:…`.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Sets the answer from now on.
    pub fn reply(&self, reply: Reply) {
        self.script.lock().unwrap().reply = reply;
    }

    /// Sets the very next answer.
    pub fn next(&self, reply: Reply) {
        self.script.lock().unwrap().before.push(reply);
    }

    /// Everything asked so far.
    pub fn requests(&self) -> Vec<Request> {
        self.script.lock().unwrap().requests.clone()
    }

    /// All texts sent so far.
    pub fn texts(&self) -> Vec<String> {
        self.requests()
            .into_iter()
            .flat_map(|request| request.texts)
            .collect()
    }
}

async fn embed(
    State(script): State<Arc<Mutex<Script>>>,
    uri: Uri,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    let path = uri.path().to_owned();
    let Some(texts) = texts(&path, &body) else {
        return failure(&path, 422, "the request has missing or wrong fields");
    };
    let reply = {
        let mut script = script.lock().unwrap();
        let authorization = headers.get(header::AUTHORIZATION);
        script.requests.push(Request {
            path: path.clone(),
            authorization: authorization.map(|value| value.to_str().unwrap().to_owned()),
            body: body.clone(),
            texts: texts.clone(),
        });
        let next = script.before.pop();
        next.unwrap_or_else(|| script.reply.clone())
    };
    match reply {
        Reply::Vectors(embed) => {
            let embed = move || -> Vec<Vec<f32>> { texts.iter().map(|text| embed(text)).collect() };
            let made = tokio::task::spawn_blocking(embed).await.unwrap();
            Json(envelope(&path, &made)).into_response()
        }
        Reply::Raw(body) => ([(header::CONTENT_TYPE, "application/json")], body).into_response(),
        Reply::Status(code, words) => failure(&path, code, words),
        Reply::TooManyRequests(wait) => {
            let wait = [(header::RETRY_AFTER, wait.to_string())];
            (wait, failure(&path, 429, "slow down")).into_response()
        }
    }
}

/// The texts of a request that each API would take.
fn texts(path: &str, body: &Value) -> Option<Vec<String>> {
    let (field, most) = match path {
        "/v1/embeddings" => ("input", 2_048),
        "/v2/embed" => ("texts", 96),
        _ => ("inputs", 32),
    };
    if path != "/embed" {
        body["model"].as_str().filter(|model| !model.is_empty())?;
    }
    if path == "/v2/embed" {
        let role = body["input_type"].as_str()?;
        ["search_query", "search_document"]
            .contains(&role)
            .then_some(())?;
    }
    let texts = body[field]
        .as_array()
        .filter(|texts| (1..=most).contains(&texts.len()))?;
    texts
        .iter()
        .map(|text| Some(text.as_str().filter(|text| !text.is_empty())?.to_owned()))
        .collect()
}

fn envelope(path: &str, vectors: &[Vec<f32>]) -> Value {
    match path {
        "/v1/embeddings" => {
            // OpenAI promises no order, only the index.
            let data =
                vectors.iter().enumerate().rev().map(
                    |(index, vector)| json!({ "object": "embedding", "index": index, "embedding": vector }),
                );
            let usage = json!({ "prompt_tokens": 1, "total_tokens": 1 });
            json!({ "object": "list", "data": data.collect::<Vec<_>>(), "model": "m", "usage": usage })
        }
        "/v2/embed" => json!({ "id": "1", "embeddings": { "float": vectors }, "texts": [] }),
        _ => json!(vectors),
    }
}

/// An error in the words of each API.
fn failure(path: &str, code: u16, words: &str) -> Response {
    let body = match path {
        "/v1/embeddings" => json!({ "error": { "message": words, "type": "invalid_request_error" } }),
        "/v2/embed" => json!({ "id": "1", "message": words }),
        _ => json!({ "error": words, "error_type": "Validation" }),
    };
    (StatusCode::from_u16(code).unwrap(), Json(body)).into_response()
}
