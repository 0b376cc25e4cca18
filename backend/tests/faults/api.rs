//! Somebody of a workspace, and what they make.

use std::time::{Duration, Instant};

use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};

use super::machine::Server;

/// Somebody who signed up, and asks through whichever server is there.
#[derive(Clone)]
pub struct Admin {
    http: Client,
    base: String,
    token: String,
}

/// An answer, or that none came.
#[derive(Debug)]
pub struct Asked {
    /// `None`: the connection broke off.
    pub status: Option<StatusCode>,
    pub body: Value,
    pub is_problem: bool,
    pub retry_after: Option<u64>,
    pub took: Duration,
}

impl Asked {
    pub fn is_success(&self) -> bool {
        self.status.is_some_and(|status| status.is_success())
    }

    /// Whether it is the answer of a server that lacks a part for a while, and says so.
    pub fn is_away(&self) -> bool {
        self.status == Some(StatusCode::SERVICE_UNAVAILABLE)
            && self.is_problem
            && self.retry_after.is_some()
            && self.body["code"] == "service_unavailable"
    }
}

impl Admin {
    pub async fn sign_up(server: &Server) -> Self {
        let mut admin = Self {
            http: Client::new(),
            base: server.url(""),
            token: String::new(),
        };
        let email = format!("{}@example.com", uuid::Uuid::new_v4().simple());
        let body = json!({ "email": email, "password": "correct horse battery", "name": "Ada" });
        let entered = admin.ok(Method::POST, "/api/v1/auth/signup", &body).await;
        admin.token = text(&entered, "access_token");
        admin
    }

    /// The same person at another server.
    pub fn at(&self, server: &Server) -> Self {
        Self {
            base: server.url(""),
            ..self.clone()
        }
    }

    pub fn token(&self) -> &str {
        &self.token
    }

    /// Sends a request, whatever becomes of it.
    pub async fn ask(&self, method: Method, path: &str, body: &Value) -> Asked {
        let began = Instant::now();
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        if !self.token.is_empty() {
            request = request.bearer_auth(&self.token);
        }
        if !body.is_null() {
            request = request.json(body);
        }
        let mut asked = Asked {
            status: None,
            body: Value::Null,
            is_problem: false,
            retry_after: None,
            took: Duration::ZERO,
        };
        if let Ok(response) = request.send().await {
            let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok());
            asked.is_problem = header("content-type") == Some("application/problem+json");
            asked.retry_after = header("retry-after").and_then(|value| value.parse().ok());
            let status = response.status();
            if let Ok(body) = response.text().await {
                asked.status = Some(status);
                asked.body = serde_json::from_str(&body).unwrap_or(Value::String(body));
            }
        }
        asked.took = began.elapsed();
        asked
    }

    /// Sends a request that must succeed.
    pub async fn ok(&self, method: Method, path: &str, body: &Value) -> Value {
        let asked = self.ask(method.clone(), path, body).await;
        assert!(asked.is_success(), "{method} {path}: {asked:?}");
        asked.body
    }

    pub async fn get(&self, path: &str) -> Value {
        self.ok(Method::GET, path, &Value::Null).await
    }

    /// Asks until it succeeds. Answers with what, and after how long.
    pub async fn until_ok(&self, method: Method, path: &str, body: &Value) -> (Value, Duration) {
        let began = Instant::now();
        loop {
            let asked = self.ask(method.clone(), path, body).await;
            if asked.is_success() {
                return (asked.body, began.elapsed());
            }
            assert!(
                began.elapsed() < Duration::from_secs(60),
                "{method} {path} does not recover: {asked:?}"
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// A new draft of a bot with this name.
    pub async fn draft(&self, name: &str) -> Value {
        let draft = self.ok(Method::POST, "/api/v1/chatbots/draft", &json!({})).await;
        let mut content = draft["content"].clone();
        content["name"] = json!(name);
        let body = json!({ "version": draft["version"], "content": content });
        self.ok(Method::PUT, &draft_path(&draft), &body).await
    }

    /// A deployed bot that asks a model's server at `host:port`.
    pub async fn bot(&self, model: &str) -> String {
        self.named_bot("Helper", model).await
    }

    /// The same with a name.
    pub async fn named_bot(&self, name: &str, model: &str) -> String {
        let body = json!({ "name": uuid::Uuid::new_v4(), "api_key": "sk-test-0123456789", "base_url": format!("http://{model}/v1"),
            "default_model": "test" });
        let provider = self.ok(Method::POST, "/api/v1/providers", &body).await;
        let mut draft = self.draft(name).await;
        draft["content"]["model"] =
            json!({ "kind": "provider", "provider_id": provider["id"], "model": "test" });
        let body = json!({ "version": draft["version"], "content": draft["content"] });
        self.ok(Method::PUT, &draft_path(&draft), &body).await;
        let deployed = self
            .ok(
                Method::POST,
                &format!("{}/deploy", draft_path(&draft)),
                &json!({}),
            )
            .await;
        text(&deployed, "bot_id")
    }

    /// Knowledge bases' documents: so many, from pasted text.
    pub async fn knowledge_base(&self, name: &str, documents: usize) -> String {
        let draft = self.ok(Method::POST, "/api/v1/kb/draft", &json!({})).await;
        let path = format!("/api/v1/kb/draft/{}", text(&draft, "id"));
        let body = json!({ "version": draft["version"], "name": name, "description": "", "chunking": {} });
        self.ok(Method::PUT, &path, &body).await;
        let sources: Vec<Value> = (0..documents)
            .map(|n| {
                json!({ "kind": "text", "title": format!("Note {n}"),
                "text": format!("Bicycle number {n} of {name} is repaired in Porto, in street {}.", n * 7) })
            })
            .collect();
        for part in sources.chunks(50) {
            self.ok(
                Method::PUT,
                &format!("{path}/sources"),
                &json!({ "sources": part }),
            )
            .await;
        }
        let done = self
            .ok(Method::POST, &format!("{path}/finalize"), &json!({}))
            .await;
        text(&done, "knowledge_base_id")
    }
}

/// Where a draft of a bot is.
pub fn draft_path(draft: &Value) -> String {
    format!("/api/v1/chatbots/draft/{}", text(draft, "id"))
}

/// A text field.
pub fn text(value: &Value, name: &str) -> String {
    value[name]
        .as_str()
        .unwrap_or_else(|| panic!("no {name} in {value}"))
        .to_owned()
}
