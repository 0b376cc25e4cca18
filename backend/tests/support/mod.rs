//! A whole server for each test: real Postgres, real Redis, a port of its own.

pub mod authenticator;
pub mod browser;
pub mod cable;
pub mod canary;
pub mod collector;
pub mod connected;
#[path = "../../../domain/tests/support/database.rs"]
pub mod database;
#[expect(dead_code, reason = "the client's own tests have it misbehave in more ways")]
#[path = "../../../domain/tests/support/fake_embed.rs"]
pub mod fake_embed;
pub mod fake_google;
pub mod fake_issuer;
pub mod fake_notion;
#[expect(dead_code, reason = "other tests have it misbehave in more ways")]
#[path = "../../../domain/tests/support/fake_openai.rs"]
pub mod fake_openai;
#[expect(dead_code, reason = "the client's own tests have it misbehave in more ways")]
#[path = "../../../domain/tests/support/fake_rerank.rs"]
pub mod fake_rerank;
pub mod fake_smtp;
#[expect(dead_code, reason = "names are the business of the guard's own tests")]
#[path = "../../../domain/tests/support/hostile_urls.rs"]
pub mod hostile_urls;
pub mod log;
pub mod mails;
pub mod planted;
pub mod programs;
#[path = "../../../domain/tests/support/service_account.rs"]
mod service_account;
pub mod traces;
pub mod wallets;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use api_types::auth::AuthResponse;
use api_types::bots::ChatbotContent;
use api_types::drafts::Draft;
use api_types::kb::{Finalized, KnowledgeBaseContent};
use api_types::tenancy::{CreatedInvitation, Role};
use api_types::{ErrorCode, Page, Problem};
use backend::{AppState, routes};
use domain::Services;
use domain::config::{Config, SignIn};
use domain::db::DbRole;
use domain::services::load_embedder;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use self::database::TestDatabase;

/// A running server. It is stopped when the value is dropped.
pub struct TestApp {
    pub state: AppState,
    pub database: TestDatabase,
    pub base: String,
    pub http: reqwest::Client,
    stopping: CancellationToken,
    _tasks: TaskTracker,
    _data: tempfile::TempDir,
}

/// A signed-in person.
pub struct Person {
    pub email: String,
    pub auth: AuthResponse,
}

impl Person {
    pub fn workspace_id(&self) -> Uuid {
        self.auth.workspace.id
    }

    pub fn token(&self) -> &str {
        &self.auth.access_token
    }
}

impl TestApp {
    /// Starts a server without a worker.
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// Starts a server with other settings. With `config.worker` a worker runs inside.
    pub async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        // Shown when a test fails; each test is a process of its own.
        let _ = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::WARN)
            .with_test_writer()
            .try_init();
        let database = TestDatabase::create().await;
        let data = tempfile::tempdir().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut config = config(
            listener.local_addr().unwrap(),
            data.path().to_owned(),
            database.url.as_str(),
        );
        change(&mut config);

        let program = PathBuf::from(env!("CARGO_BIN_EXE_botwright"));
        let services =
            Arc::new(Services::new(&config, DbRole::App, program.clone(), load_embedder(&config)).unwrap());
        let stopping = CancellationToken::new();
        let tasks = TaskTracker::new();
        tasks.spawn(
            services
                .live_bots
                .clone()
                .listen(services.redis.clone(), stopping.clone()),
        );
        tasks.spawn(
            services
                .live
                .clone()
                .listen(services.redis.clone(), stopping.clone()),
        );
        if config.worker {
            let worker =
                Arc::new(Services::new(&config, DbRole::Worker, program, services.embedder.clone()).unwrap());
            tasks.spawn(worker::run(
                worker,
                worker::Settings::new(&config),
                stopping.clone(),
            ));
        }
        let state = AppState {
            services,
            config: Arc::new(config),
            demo_bot: Arc::default(),
            leaving: CancellationToken::new(),
            pulse: backend::Pulse::default(),
        };
        let base = state.services.public_url.clone();
        let router = routes::router(state.clone()).into_make_service_with_connect_info::<SocketAddr>();
        let stop = stopping.clone().cancelled_owned();
        tasks.spawn(async move {
            axum::serve(listener, router)
                .with_graceful_shutdown(stop)
                .await
                .unwrap();
        });
        let http = reqwest::Client::builder().cookie_store(true).build().unwrap();
        Self {
            state,
            database,
            base,
            http,
            stopping,
            _tasks: tasks,
            _data: data,
        }
    }

    pub fn services(&self) -> &Services {
        &self.state.services
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base))
    }

    pub fn get(&self, person: &Person, path: &str) -> RequestBuilder {
        self.request(Method::GET, path).bearer_auth(person.token())
    }

    pub fn post(&self, person: &Person, path: &str, body: impl Serialize) -> RequestBuilder {
        self.request(Method::POST, path)
            .bearer_auth(person.token())
            .json(&body)
    }

    pub fn put(&self, person: &Person, path: &str, body: impl Serialize) -> RequestBuilder {
        self.request(Method::PUT, path)
            .bearer_auth(person.token())
            .json(&body)
    }

    pub fn delete(&self, person: &Person, path: &str) -> RequestBuilder {
        self.request(Method::DELETE, path).bearer_auth(person.token())
    }

    /// A new person with an organization and workspace of their own.
    pub async fn sign_up(&self) -> Person {
        let email = format!("{}@example.com", Uuid::new_v4().simple());
        let body = json!({ "email": email, "password": "correct horse battery", "name": "Test" });
        let auth = ok(self.request(Method::POST, "/api/v1/auth/signup").json(&body)).await;
        Person { email, auth }
    }

    /// Continues as somebody in another workspace of theirs.
    pub async fn enter(&self, person: &Person, workspace_id: Uuid) -> Person {
        let body = json!({ "workspace_id": workspace_id });
        let auth = ok(self.post(person, "/api/v1/auth/context", body)).await;
        let email = person.email.clone();
        Person { email, auth }
    }

    /// The token of an invitation; `to` is `invitations` for the workspace, `organization/invitations` for all of them.
    pub async fn invite(&self, admin: &Person, to: &str, role: Role) -> String {
        let body = json!({ "role": role, "days": 7 });
        let made: CreatedInvitation = ok(self.post(admin, &format!("/api/v1/{to}"), body)).await;
        let token = made.link.strip_prefix(&format!("{}/invite#", self.base)).unwrap();
        token.to_owned()
    }

    /// A new person who signs up with an invitation.
    pub async fn join(&self, admin: &Person, to: &str, role: Role) -> Person {
        let email = format!("{}@example.com", Uuid::new_v4().simple());
        let token = self.invite(admin, to, role).await;
        let body = json!({ "email": email, "password": "correct horse battery", "name": "Test", "invitation": token });
        let auth = ok(self.request(Method::POST, "/api/v1/auth/signup").json(&body)).await;
        Person { email, auth }
    }

    /// A draft with this content.
    pub async fn draft(&self, person: &Person, content: &ChatbotContent) -> Draft<ChatbotContent> {
        let draft: Draft<ChatbotContent> = ok(self.post(person, "/api/v1/chatbots/draft", json!({}))).await;
        let body = json!({ "version": draft.version, "content": content });
        ok(self.put(person, &format!("/api/v1/chatbots/draft/{}", draft.id), body)).await
    }

    /// A deployed bot with this content.
    pub async fn deploy(&self, person: &Person, content: &ChatbotContent) -> Uuid {
        let draft = self.draft(person, content).await;
        let path = format!("/api/v1/chatbots/draft/{}/deploy", draft.id);
        let deployed: api_types::bots::Deployed = ok(self.post(person, &path, json!({}))).await;
        deployed.bot_id
    }

    /// A draft of a knowledge base with these pasted texts: title and text.
    pub async fn kb_draft(
        &self,
        person: &Person,
        name: &str,
        texts: &[(&str, &str)],
    ) -> Draft<KnowledgeBaseContent> {
        let draft: Draft<KnowledgeBaseContent> = ok(self.post(person, "/api/v1/kb/draft", json!({}))).await;
        let path = format!("/api/v1/kb/draft/{}", draft.id);
        let body = json!({ "version": draft.version, "name": name, "description": "", "chunking": {} });
        let _: Value = ok(self.put(person, &path, body)).await;
        let sources: Vec<Value> = texts
            .iter()
            .map(|(title, text)| json!({ "kind": "text", "title": title, "text": text }))
            .collect();
        ok(self.put(person, &format!("{path}/sources"), json!({ "sources": sources }))).await
    }

    /// A knowledge base with these pasted texts, handed to the worker.
    pub async fn finalize(&self, person: &Person, name: &str, texts: &[(&str, &str)]) -> Uuid {
        let draft = self.kb_draft(person, name, texts).await;
        let path = format!("/api/v1/kb/draft/{}/finalize", draft.id);
        let done: Finalized = ok(self.post(person, &path, json!({}))).await;
        done.knowledge_base_id
    }

    /// A provider that talks to a local server.
    pub async fn provider(&self, person: &Person, base_url: &str) -> Uuid {
        let body = json!({ "name": Uuid::new_v4(), "base_url": base_url, "default_model": "test-model", "api_key": "sk-test-0123456789abcdef" });
        let provider: Value = ok(self.post(person, "/api/v1/providers", body)).await;
        provider["id"].as_str().unwrap().parse().unwrap()
    }
}

/// Another server over the same Postgres and Redis. It is stopped when the value is dropped.
pub struct Replica {
    pub base: String,
    stopping: CancellationToken,
    _tasks: TaskTracker,
}

impl TestApp {
    /// Starts another server beside this one.
    pub async fn replica(&self) -> Replica {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut config = (*self.state.config).clone();
        config.listen = listener.local_addr().unwrap();
        let program = PathBuf::from(env!("CARGO_BIN_EXE_botwright"));
        let services = Arc::new(Services::new(&config, DbRole::App, program, None).unwrap());
        let stopping = CancellationToken::new();
        let tasks = TaskTracker::new();
        let (redis, stop) = (services.redis.clone(), stopping.clone());
        tasks.spawn(services.live_bots.clone().listen(redis.clone(), stop.clone()));
        tasks.spawn(services.live.clone().listen(redis, stop.clone()));
        let state = AppState {
            services,
            config: Arc::new(config),
            demo_bot: Arc::default(),
            leaving: CancellationToken::new(),
            pulse: backend::Pulse::default(),
        };
        let base = state.services.public_url.clone();
        let router = routes::router(state).into_make_service_with_connect_info::<SocketAddr>();
        tasks.spawn(async move {
            let stopped = stop.cancelled_owned();
            axum::serve(listener, router)
                .with_graceful_shutdown(stopped)
                .await
                .unwrap();
        });
        Replica {
            base,
            stopping,
            _tasks: tasks,
        }
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        self.stopping.cancel();
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        self.stopping.cancel();
    }
}

/// Sends a request that must succeed.
pub async fn ok<T: DeserializeOwned>(request: RequestBuilder) -> T {
    let response = request.send().await.unwrap();
    let status = response.status();
    let text = response.text().await.unwrap();
    assert!(status.is_success(), "{status}: {text}");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// The first page of a list.
pub async fn items<T: DeserializeOwned>(request: RequestBuilder) -> Vec<T> {
    ok::<Page<T>>(request).await.items
}

/// Sends a request that must succeed without a body.
pub async fn done(request: RequestBuilder) {
    let response = request.send().await.unwrap();
    assert!(
        response.status().is_success(),
        "{}: {}",
        response.status(),
        response.text().await.unwrap()
    );
}

/// Sends a request that must be refused, as `problem+json`, with this code.
pub async fn refused(request: RequestBuilder, status: StatusCode, code: ErrorCode) -> Problem {
    let response = request.send().await.unwrap();
    let (got, headers) = (response.status(), response.headers().clone());
    let text = response.text().await.unwrap();
    assert_eq!(got, status, "{text}");
    assert_eq!(headers["content-type"], "application/problem+json", "{text}");
    let problem: Problem = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    assert_eq!(problem.code, code, "{text}");
    assert_eq!(problem.status, status.as_u16());
    problem
}

fn config(listen: SocketAddr, data_dir: PathBuf, database_url: &str) -> Config {
    Config {
        listen,
        data_dir,
        // Loading the model takes a second or two; tests that search by meaning set its folder.
        models_dir: None,
        public_url: None,
        demo: false,
        lame_duck_ms: 0,
        worker: false,
        worker_listen: None,
        worker_concurrency: 2,
        worker_lost_after_seconds: 15,
        crawl_delay_ms: 0,
        worker_turn_seconds: 15,
        crawl_timeout_seconds: 5,
        notion_url: "https://api.notion.com".parse().unwrap(),
        google_url: "https://www.googleapis.com".parse().unwrap(),
        google_token_url: "https://oauth2.googleapis.com/token".parse().unwrap(),
        database_url: Some(database_url.to_owned().into()),
        redis_url: Some(database::redis_url().into()),
        qdrant_url: None,
        secret_key: Some("0123456789abcdef0123456789abcdef".to_owned().into()),
        previous_secret_keys: Vec::new(),
        outbound_allow: Vec::new(),
        trusted_proxies: Vec::new(),
        sign_in: SignIn::default(),
        smtp_url: None,
        mail_from: None,
        default_plan: "self-hosted".to_owned(),
        plans: std::collections::BTreeMap::new(),
        is_embedded: false,
        metrics_token: None,
        otlp_endpoint: None,
        chat_requests_per_minute: 100_000,
        auth_requests_per_minute: 100_000,
        bot_requests_per_minute: 0,
        workspace_requests_per_minute: 0,
        caller_requests_per_minute: 0,
    }
}
