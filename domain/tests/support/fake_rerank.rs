//! A small server that reranks in each of the wire formats and misbehaves on demand.
//!
//! Include it with `#[path = "…/domain/tests/support/fake_rerank.rs"] mod fake_rerank;`.
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

/// How the server answers.
#[derive(Debug, Clone)]
pub enum Reply {
    /// Passages with these words are best, all others equally bad.
    Favour(&'static str),
    /// These results as they are, in the envelope of the API.
    Results(Value),
    /// This body, called JSON.
    Raw(String),
    /// A status with an error as the API words it.
    Status(u16, &'static str),
    /// Status 429 with `Retry-After` in seconds.
    TooManyRequests(u32),
    /// Nothing, for ever.
    Silence,
    /// A redirect.
    Redirect(String),
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
}

#[derive(Debug)]
struct Script {
    reply: Reply,
    requests: Vec<Request>,
}

/// A running server; it stops when dropped.
#[derive(Debug)]
pub struct FakeRerank {
    address: SocketAddr,
    script: Arc<Mutex<Script>>,
    server: JoinHandle<()>,
}

impl Drop for FakeRerank {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl FakeRerank {
    /// Starts on a free port of loopback.
    pub async fn start(reply: Reply) -> Self {
        let requests = Vec::new();
        let script = Arc::new(Mutex::new(Script { reply, requests }));
        let app = Router::new()
            .route("/v2/rerank", post(rerank))
            .route("/v1/rerank", post(rerank))
            .route("/rerank", post(rerank))
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

    /// Everything asked so far.
    pub fn requests(&self) -> Vec<Request> {
        self.script.lock().unwrap().requests.clone()
    }
}

async fn rerank(
    State(script): State<Arc<Mutex<Script>>>,
    uri: Uri,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    let path = uri.path().to_owned();
    let reply = {
        let mut script = script.lock().unwrap();
        let authorization = headers.get(header::AUTHORIZATION);
        script.requests.push(Request {
            path: path.clone(),
            authorization: authorization.map(|value| value.to_str().unwrap().to_owned()),
            body: body.clone(),
        });
        script.reply.clone()
    };
    let Some(passages) = passages(&path, &body) else {
        return failure(&path, 422, "the request has missing or wrong fields");
    };
    match reply {
        Reply::Favour(words) => Json(envelope(&path, favour(&path, &passages, words))).into_response(),
        Reply::Results(results) => Json(envelope(&path, results)).into_response(),
        Reply::Raw(body) => ([(header::CONTENT_TYPE, "application/json")], body).into_response(),
        Reply::Status(code, words) => failure(&path, code, words),
        Reply::TooManyRequests(wait) => {
            let wait = [(header::RETRY_AFTER, wait.to_string())];
            (wait, failure(&path, 429, "slow down")).into_response()
        }
        Reply::Silence => std::future::pending().await,
        Reply::Redirect(to) => (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, to)]).into_response(),
    }
}

/// The passages of a request that each API would take.
fn passages(path: &str, body: &Value) -> Option<Vec<String>> {
    let tei = path == "/rerank";
    body["query"].as_str()?;
    if !tei {
        body["model"].as_str().filter(|model| !model.is_empty())?;
        body["top_n"].as_u64()?;
    }
    let texts = body[if tei { "texts" } else { "documents" }].as_array()?;
    texts.iter().map(|text| Some(text.as_str()?.to_owned())).collect()
}

fn favour(path: &str, passages: &[String], words: &str) -> Value {
    let score = |text: &String| if text.contains(words) { 0.98 } else { 0.02 };
    let name = if path == "/rerank" {
        "score"
    } else {
        "relevance_score"
    };
    let mut results: Vec<(usize, f64)> = passages.iter().map(score).enumerate().collect();
    results.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    let result = |(index, score)| json!({ "index": index, name: score });
    results.into_iter().map(result).collect()
}

fn envelope(path: &str, results: Value) -> Value {
    match path {
        "/v2/rerank" => json!({
            "id": "07734bd2-2473-4f07-94e1-0d9f0e6843cf",
            "results": results,
            "meta": { "api_version": { "version": "2" }, "billed_units": { "search_units": 1 } },
        }),
        "/v1/rerank" => json!({
            "model": "jina-reranker-v2-base-multilingual", "usage": { "total_tokens": 38 }, "results": results,
        }),
        _ => results,
    }
}

fn failure(path: &str, code: u16, words: &str) -> Response {
    let body = match path {
        "/v2/rerank" => json!({ "id": "cbe1", "message": words }),
        "/v1/rerank" => json!({ "detail": words }),
        _ => json!({ "error": words, "error_type": "backend" }),
    };
    (StatusCode::from_u16(code).unwrap(), Json(body)).into_response()
}
