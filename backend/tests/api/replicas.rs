//! Two servers and two workers behind nginx with the configuration that is shipped: nobody is bound to one of them.

use std::collections::BTreeSet;
use std::sync::Arc;

use api_types::auth::AuthResponse;
use api_types::bots::{ChatbotContent, Deployed};
use api_types::chat::{ChatEvent, ChatResponse};
use api_types::drafts::Draft;
use api_types::kb::{Finalized, KnowledgeBase, KnowledgeBaseContent};
use api_types::live::LiveEvent;
use futures::StreamExt;
use reqwest::{Client, Method, RequestBuilder, StatusCode, header};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::Notify;
use uuid::Uuid;

use super::chat::{events, parse};
use super::chatbot_drafts::deployable;
use super::live::Socket;
use crate::support::database::{TestDatabase, redis_url};
use crate::support::fake_openai::{FakeOpenAi, Reply};
use crate::support::programs::{
    Nginx, Program, SERVER, Settings, botwright, command, free_ports, ready, worker,
};
use crate::support::{Person, done, ok};

const TOKEN: &str = "a-token-for-prometheus";

/// All of them. What is listed first stops first.
struct Replicas {
    nginx: Nginx,
    servers: [String; 2],
    workers: Vec<(String, Program)>,
    /// The settings of the second worker.
    settings: Settings,
    http: Client,
    fake: FakeOpenAi,
    _servers: [Program; 2],
    _database: TestDatabase,
    _data: tempfile::TempDir,
}

impl Replicas {
    async fn start() -> Self {
        let fake = FakeOpenAi::start(Reply::Text("Hello there.".into())).await;
        let database = TestDatabase::create().await;
        let data = tempfile::tempdir().unwrap();
        let [plain, tls, first, second, one, two] = free_ports();
        let shared: Settings = vec![
            ("DATABASE_URL", database.url.to_string()),
            ("REDIS_URL", redis_url()),
            ("BOTWRIGHT_DATA_DIR", data.path().display().to_string()),
            (
                "BOTWRIGHT_SECRET_KEY",
                "0123456789abcdef0123456789abcdef".to_owned(),
            ),
            ("BOTWRIGHT_PUBLIC_URL", format!("https://127.0.0.1:{tls}")),
            ("BOTWRIGHT_TRUSTED_PROXIES", r#"["127.0.0.1/32"]"#.to_owned()),
            ("BOTWRIGHT_OUTBOUND_ALLOW", format!("[{:?}]", fake.place())),
            ("BOTWRIGHT_METRICS_TOKEN", TOKEN.to_owned()),
            ("BOTWRIGHT_WORKER", "false".to_owned()),
            ("BOTWRIGHT_WORKER_LOST_AFTER_SECONDS", "2".to_owned()),
        ];
        let with = |name: &'static str, port: u16| {
            let mut settings = shared.clone();
            settings.push((name, format!("127.0.0.1:{port}")));
            settings
        };
        let serve = |port| Program::start(command(SERVER, &with("BOTWRIGHT_LISTEN", port)).arg("serve"));
        let _servers = [serve(first), serve(second)];
        let work = |port| {
            let program = Program::start(&mut command(worker(), &with("BOTWRIGHT_WORKER_LISTEN", port)));
            (format!("http://127.0.0.1:{port}"), program)
        };
        let replicas = Self {
            nginx: Nginx::start([plain, tls], [first, second]),
            servers: [first, second].map(|port| format!("http://127.0.0.1:{port}")),
            workers: vec![work(one), work(two)],
            settings: with("BOTWRIGHT_WORKER_LISTEN", two),
            // The certificate is its own; WebSockets want HTTP/1.1.
            http: Client::builder()
                .cookie_store(true)
                .http1_only()
                .danger_accept_invalid_certs(true)
                .redirect(reqwest::redirect::Policy::none())
                .build()
                .unwrap(),
            fake,
            _servers,
            _database: database,
            _data: data,
        };
        for base in &replicas.servers {
            ready(&replicas.http, base).await;
        }
        for (base, _) in &replicas.workers {
            ready(&replicas.http, base).await;
        }
        ready(&replicas.http, &replicas.nginx.base).await;
        replicas
    }

    /// A request through nginx.
    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.nginx.base))
    }

    fn post(&self, who: &Person, path: &str, body: impl Serialize) -> RequestBuilder {
        let request = self.request(Method::POST, path);
        request.bearer_auth(who.token()).json(&body)
    }

    async fn sign_up(&self) -> Person {
        let email = format!("{}@example.com", Uuid::new_v4().simple());
        let body = json!({ "email": email, "password": "correct horse battery", "name": "Ada" });
        let auth = ok(self.request(Method::POST, "/api/v1/auth/signup").json(&body)).await;
        Person { email, auth }
    }

    async fn deploy(&self, who: &Person) -> Uuid {
        let body = json!({ "name": "Fake", "base_url": self.fake.base_url(), "default_model": "test-model", "api_key": "sk-test-0123456789abcdef" });
        let provider: Value = ok(self.post(who, "/api/v1/providers", body)).await;
        let mut content = deployable("Helper", provider["id"].as_str().unwrap().parse().unwrap());
        content.hand_off.enabled = true;
        let draft: Draft<ChatbotContent> = ok(self.post(who, "/api/v1/chatbots/draft", json!({}))).await;
        let path = format!("/api/v1/chatbots/draft/{}", draft.id);
        let save = json!({ "version": draft.version, "content": content });
        let save = self
            .request(Method::PUT, &path)
            .bearer_auth(who.token())
            .json(&save);
        let _: Value = ok(save).await;
        let deployed: Deployed = ok(self.post(who, &format!("{path}/deploy"), json!({}))).await;
        deployed.bot_id
    }

    /// A question to the bot at one of the addresses.
    fn chat(&self, base: &str, bot: Uuid, body: &Value) -> RequestBuilder {
        self.http
            .post(format!("{base}/api/v1/bots/{bot}/chat"))
            .json(body)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn any_server_takes_any_request() {
    let it = Replicas::start().await;
    // Signed up through nginx, so at either; then known at both, and the refresh token at whichever comes.
    let ada = it.sign_up().await;
    for base in &it.servers {
        let me = it
            .http
            .get(format!("{base}/api/v1/auth/me"))
            .bearer_auth(ada.token());
        let me: Value = ok(me).await;
        assert_eq!(me["user"]["email"], ada.email);
    }
    for _ in 0..4 {
        let _: AuthResponse = ok(it.request(Method::POST, "/api/v1/auth/refresh")).await;
    }
    let bot = it.deploy(&ada).await;
    for base in it.servers.iter().chain([&it.nginx.base]) {
        let answer: ChatResponse = ok(it.chat(base, bot, &json!({ "message": "Hi" }))).await;
        assert_eq!(answer.response, "Hello there.");
    }
    let served: BTreeSet<String> = it.nginx.upstreams().into_iter().collect();
    let servers: BTreeSet<String> = it
        .servers
        .iter()
        .map(|base| base.replace("http://", ""))
        .collect();
    assert!(served.is_superset(&servers), "{served:?}");

    // What else the configuration is for.
    let plain = it
        .http
        .get(format!("{}/chat?x=1", it.nginx.plain))
        .send()
        .await
        .unwrap();
    assert_eq!(plain.status(), StatusCode::PERMANENT_REDIRECT);
    assert_eq!(plain.headers()[header::LOCATION], "https://127.0.0.1/chat?x=1");
    let metrics = it.request(Method::GET, "/metrics").bearer_auth(TOKEN);
    assert_eq!(metrics.send().await.unwrap().status(), StatusCode::NOT_FOUND);
    let large = json!({ "email": "a".repeat(3_000_000), "password": "correct horse battery" });
    let large = it.request(Method::POST, "/api/v1/auth/login").json(&large);
    let large = large.send().await.unwrap();
    assert_eq!(
        large.headers()[header::CONTENT_TYPE],
        "application/problem+json",
        "the server's own answer"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_comes_as_it_is_made_and_goes_on_at_the_other_server() {
    let it = Replicas::start().await;
    let ada = it.sign_up().await;
    let bot = it.deploy(&ada).await;
    let end = Arc::new(Notify::new());
    it.fake.reply([Reply::Held("One two three.".into(), end.clone())]);
    let question = json!({ "message": "Count", "stream": true });
    let response = it.chat(&it.nginx.base, bot, &question).send().await.unwrap();
    assert_eq!(response.headers()[header::CONTENT_TYPE], "text/event-stream");
    let mut body = response.bytes_stream();
    let mut text = String::new();
    // The model is not done: so nothing on the way holds back what it has said.
    while !text.contains("event: delta") {
        text.push_str(&String::from_utf8_lossy(&body.next().await.unwrap().unwrap()));
    }
    drop(body);
    let ChatEvent::Start {
        session_id,
        message_id,
    } = parse(&text)[0].1
    else {
        panic!("{text}")
    };
    // One of them is the other.
    let mut again = question;
    again["session_id"] = json!(session_id);
    let resumed = it.servers.clone().map(|base| {
        let request = it.chat(&base, bot, &again);
        tokio::spawn(events(request.header("Last-Event-ID", format!("{message_id}:1"))))
    });
    end.notify_waiters();
    end.notify_one();
    for rest in resumed {
        let rest = rest.await.unwrap();
        let said: String = rest
            .iter()
            .filter_map(|(_, event)| match event {
                ChatEvent::Delta { text } => Some(text.as_str()),
                _ => None,
            })
            .collect();
        assert_eq!(said, "One two three.");
        assert!(
            matches!(rest.last(), Some((_, ChatEvent::Done { .. }))),
            "{rest:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_at_one_server_is_told_to_sockets_of_the_other_and_of_nginx() {
    let it = Replicas::start().await;
    let ada = it.sign_up().await;
    let bot = it.deploy(&ada).await;
    let mut here = Socket::signed_in(&it.servers[0], &ada).await;
    let upgrade = it
        .request(Method::GET, "/api/v1/live")
        .header(header::CONNECTION, "Upgrade")
        .header(header::UPGRADE, "websocket")
        .header(header::SEC_WEBSOCKET_VERSION, "13")
        .header(header::SEC_WEBSOCKET_KEY, "AAAAAAAAAAAAAAAAAAAAAA==");
    let upgraded = upgrade.send().await.unwrap();
    assert_eq!(upgraded.status(), StatusCode::SWITCHING_PROTOCOLS);
    let mut behind = Socket::over(upgraded.upgrade().await.unwrap()).await;
    behind.sign_in(&ada).await;

    let question = json!({ "message": "I want a person" });
    let asked: ChatResponse = ok(it.chat(&it.servers[1], bot, &question)).await;
    let path = format!("/api/v1/bots/{bot}/hand-off");
    let hand_off = json!({ "session_id": asked.session_id });
    done(it.http.post(format!("{}{path}", it.servers[1])).json(&hand_off)).await;
    let changed = LiveEvent::conversation(asked.session_id);
    here.until(&changed).await;
    behind.until(&changed).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_dies_and_the_other_finishes() {
    let mut it = Replicas::start().await;
    let ada = it.sign_up().await;
    let healthy = botwright(&["healthcheck", "--worker"], &it.settings);
    assert!(healthy.status.success(), "{healthy:?}");

    let draft: Draft<KnowledgeBaseContent> = ok(it.post(&ada, "/api/v1/kb/draft", json!({}))).await;
    let path = format!("/api/v1/kb/draft/{}", draft.id);
    let save = json!({ "version": draft.version, "name": "Stations", "description": "", "chunking": {} });
    let save = it
        .request(Method::PUT, &path)
        .bearer_auth(ada.token())
        .json(&save);
    let _: Value = ok(save).await;
    let sources: Vec<Value> = (0..40)
        .map(|i| json!({ "kind": "text", "title": format!("Station {i}"), "text": format!("Trains stop at station {i}.") }))
        .collect();
    let sources = json!({ "sources": sources });
    let sources = it
        .request(Method::PUT, &format!("{path}/sources"))
        .bearer_auth(ada.token())
        .json(&sources);
    let _: Value = ok(sources).await;
    let made: Finalized = ok(it.post(&ada, &format!("{path}/finalize"), json!({}))).await;

    let (first, program) = it.workers.remove(0);
    let metrics = || it.http.get(format!("{first}/metrics"));
    assert_eq!(metrics().send().await.unwrap().status(), StatusCode::FORBIDDEN);
    loop {
        let text = metrics()
            .bearer_auth(TOKEN)
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap();
        if text.contains(r#"botwright_jobs_total{kind="ingest_document",outcome="done"}"#) {
            assert!(text.contains("botwright_memory_bytes"), "{text}");
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    drop(program);
    let health = botwright(&["healthcheck", "--worker"], &it.settings);
    assert!(health.status.success(), "the other lives: {health:?}");
    loop {
        let base = it.request(Method::GET, &format!("/api/v1/kb/{}", made.knowledge_base_id));
        let base: KnowledgeBase = ok(base.bearer_auth(ada.token())).await;
        assert_eq!(base.progress.failed, 0);
        if base.progress.indexed == 40 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

/// A check of the check: it says no when nobody answers.
#[test]
fn a_healthcheck_fails_where_nobody_listens() {
    let [port] = free_ports();
    let settings = vec![("BOTWRIGHT_LISTEN", format!("127.0.0.1:{port}"))];
    let health = botwright(&["healthcheck"], &settings);
    assert!(!health.status.success());
    let worker = botwright(&["healthcheck", "--worker"], &Vec::new());
    assert!(
        String::from_utf8_lossy(&worker.stderr).contains("BOTWRIGHT_WORKER_LISTEN"),
        "{worker:?}"
    );
}
