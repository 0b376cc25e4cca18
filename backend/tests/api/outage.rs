//! Postgres or Redis away for a while: clear errors meanwhile, nothing acknowledged lost, and the process goes on.

use std::sync::Arc;
use std::time::Duration;

use api_types::bots::ChatbotContent;
use api_types::drafts::Draft;
use api_types::kb::{Document, DocumentStatus};
use api_types::live::LiveEvent;
use api_types::{ErrorCode, Page};
use domain::config::Config;
use futures::StreamExt;
use reqwest::{RequestBuilder, StatusCode};
use serde_json::{Value, json};
use tokio::sync::Notify;

use super::chatbot_drafts::deployable;
use super::live::Socket;
use crate::support::cable::Cable;
use crate::support::fake_openai::{FakeOpenAi, Reply};
use crate::support::{Person, TestApp, database, ok, refused};

/// A server whose Postgres and Redis hang on cables.
struct Fixture {
    app: TestApp,
    postgres: Cable,
    redis: Cable,
    ada: Person,
}

async fn fixture(change: impl FnOnce(&mut Config)) -> Fixture {
    let mut cables = None;
    let app = TestApp::start_with(|config| {
        let postgres = cable(config.database_url.as_ref());
        let redis = cable(config.redis_url.as_ref());
        config.database_url = Some(postgres.url.clone().into());
        config.redis_url = Some(redis.url.clone().into());
        change(config);
        cables = Some((postgres, redis));
    })
    .await;
    let (postgres, redis) = cables.unwrap();
    let ada = app.sign_up().await;
    Fixture {
        app,
        postgres,
        redis,
        ada,
    }
}

fn cable(url: Option<&secrecy::SecretString>) -> Cable {
    use secrecy::ExposeSecret;
    Cable::to(url.unwrap().expose_secret())
}

/// Asks until the part that was away is found again.
async fn recovered<T: serde::de::DeserializeOwned>(request: impl Fn() -> RequestBuilder) -> T {
    let answer = async {
        loop {
            let response = request().send().await.unwrap();
            if response.status() != StatusCode::SERVICE_UNAVAILABLE {
                break response;
            }
        }
    };
    let response = tokio::time::timeout(Duration::from_secs(20), answer)
        .await
        .expect("it is found again");
    assert!(response.status().is_success(), "{}", response.status());
    response.json().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn while_redis_is_away_nothing_is_told_and_then_everything_is_read_again() {
    let Fixture {
        app,
        postgres: _plugged,
        redis,
        ada,
    } = fixture(|_| {}).await;
    let mut socket = Socket::signed_in(&app.base, &ada).await;
    redis.pull();
    assert_eq!(socket.next().await, LiveEvent::Away);
    redis.plug();
    assert_eq!(socket.next().await, LiveEvent::Ready);
}

#[tokio::test]
async fn while_redis_is_away_drafts_wait_and_the_rest_goes_on() {
    let Fixture {
        app,
        postgres: _plugged,
        redis,
        ada,
    } = fixture(|_| {}).await;
    let content = ChatbotContent {
        name: "Kept".into(),
        ..ChatbotContent::default()
    };
    let draft = app.draft(&ada, &content).await;
    let path = format!("/api/v1/chatbots/draft/{}", draft.id);

    redis.pull();
    refused(
        app.get(&ada, &path),
        StatusCode::SERVICE_UNAVAILABLE,
        ErrorCode::ServiceUnavailable,
    )
    .await;
    let save = app.put(
        &ada,
        &path,
        json!({ "version": draft.version, "content": content }),
    );
    refused(
        save,
        StatusCode::SERVICE_UNAVAILABLE,
        ErrorCode::ServiceUnavailable,
    )
    .await;
    let bots: Value = ok(app.get(&ada, "/api/v1/bots")).await;
    assert_eq!(bots["items"], json!([]));
    let ready = app.request(reqwest::Method::GET, "/readyz").send().await.unwrap();
    assert_eq!(ready.status(), StatusCode::SERVICE_UNAVAILABLE);

    redis.plug();
    let kept: Draft<ChatbotContent> = recovered(|| app.get(&ada, &path)).await;
    assert_eq!(kept.content, content);
    assert_eq!(kept.version, draft.version);
}

#[tokio::test]
async fn while_postgres_is_away_a_visitor_is_told_and_the_conversation_goes_on_after() {
    let fake = FakeOpenAi::start(Reply::Text("Hello!".into())).await;
    let Fixture {
        app,
        postgres,
        redis: _plugged,
        ada,
    } = fixture(|config| config.outbound_allow = vec![fake.place()]).await;
    let provider = app.provider(&ada, &fake.base_url()).await;
    let bot = app.deploy(&ada, &deployable("Helper", provider)).await;
    let path = format!("/api/v1/bots/{bot}/chat");
    let chat = |body: Value| app.request(reqwest::Method::POST, &path).json(&body);
    let first: Value = ok(chat(json!({ "message": "Hi there" }))).await;
    let session = first["session_id"].clone();

    postgres.pull();
    let second = json!({ "message": "Still there?", "session_id": session });
    refused(
        chat(second.clone()),
        StatusCode::SERVICE_UNAVAILABLE,
        ErrorCode::ServiceUnavailable,
    )
    .await;
    let health = app
        .request(reqwest::Method::GET, "/healthz")
        .send()
        .await
        .unwrap();
    assert_eq!(health.status(), StatusCode::OK);

    postgres.plug();
    let answer: Value = recovered(|| chat(second.clone())).await;
    assert_eq!(answer["session_id"], session);
    let path = format!("/api/v1/conversations/{}", session.as_str().unwrap());
    let conversation: Value = ok(app.get(&ada, &path)).await;
    let said: Vec<&str> = conversation["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|message| message["content"].as_str().unwrap())
        .collect();
    assert_eq!(said, ["Hi there", "Hello!", "Still there?", "Hello!"]);
}

#[tokio::test]
async fn an_answer_that_ends_while_postgres_is_away_is_kept() {
    let gate = Arc::new(Notify::new());
    let fake = FakeOpenAi::start(Reply::Held("A whole answer.".into(), gate.clone())).await;
    let Fixture {
        app,
        postgres,
        redis: _plugged,
        ada,
    } = fixture(|config| config.outbound_allow = vec![fake.place()]).await;
    let provider = app.provider(&ada, &fake.base_url()).await;
    let bot = app.deploy(&ada, &deployable("Helper", provider)).await;
    let chat = app
        .request(reqwest::Method::POST, &format!("/api/v1/bots/{bot}/chat"))
        .json(&json!({ "message": "Hi there", "stream": true }));
    let mut body = chat.send().await.unwrap().bytes_stream();
    let mut seen = String::new();
    while !seen.contains("event: delta") {
        seen.push_str(&String::from_utf8_lossy(&body.next().await.unwrap().unwrap()));
    }

    postgres.pull();
    gate.notify_one();
    postgres.turned_away().await;
    postgres.plug();
    while let Some(piece) = body.next().await {
        seen.push_str(&String::from_utf8_lossy(&piece.unwrap()));
    }
    assert!(seen.contains("event: done"), "{seen}");
    assert!(!seen.contains("event: error"), "{seen}");
    let conversations: Value = ok(app.get(&ada, "/api/v1/conversations")).await;
    assert_eq!(conversations["items"][0]["message_count"], 2);
    let path = format!(
        "/api/v1/conversations/{}",
        conversations["items"][0]["id"].as_str().unwrap()
    );
    let conversation: Value = ok(app.get(&ada, &path)).await;
    assert_eq!(conversation["messages"][1]["content"], "A whole answer.");
    assert_eq!(conversation["messages"][1]["status"], "complete");
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_are_indexed_once_when_both_were_away_meanwhile() {
    let Fixture {
        app,
        postgres,
        redis,
        ada,
    } = fixture(|config| config.worker = true).await;
    let texts: Vec<(String, String)> = (0..20)
        .map(|i| {
            (
                format!("Note {i}"),
                format!("Bicycle number {i} is repaired in Porto."),
            )
        })
        .collect();
    let texts: Vec<(&str, &str)> = texts
        .iter()
        .map(|(title, text)| (title.as_str(), text.as_str()))
        .collect();
    let knowledge_base_id = app.finalize(&ada, "Notes", &texts).await;

    postgres.pull();
    redis.pull();
    let documents = format!("/api/v1/kb/{knowledge_base_id}/documents");
    refused(
        app.get(&ada, &documents),
        StatusCode::SERVICE_UNAVAILABLE,
        ErrorCode::ServiceUnavailable,
    )
    .await;
    postgres.plug();
    redis.plug();

    let indexed = async {
        loop {
            let found: Page<Document> = recovered(|| app.get(&ada, &documents)).await;
            let found = found.items;
            assert_eq!(found.len(), 20);
            if found
                .iter()
                .all(|document| document.status == DocumentStatus::Indexed)
            {
                break found;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let found = tokio::time::timeout(Duration::from_secs(50), indexed)
        .await
        .expect("all are indexed");
    assert!(
        found.iter().all(|document| document.chunk_count == 1),
        "{found:?}"
    );
}

/// What Postgres says when it begins no connection may have any code.
#[tokio::test]
async fn a_postgres_that_takes_no_connection_is_away() {
    let app = TestApp::start().await;
    let ada = app.sign_up().await;
    let (name, mut owner) = (app.database.name(), database::admin().await);
    let allow = |is_allowed: bool| format!("alter database {name} with allow_connections {is_allowed}");
    database::execute(&mut owner, allow(false)).await;
    let cut = format!("select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'");
    database::execute(&mut owner, cut).await;
    // The last one at the latest needs a new connection.
    for _ in 0..=app.services().db.pool().size() {
        refused(
            app.get(&ada, "/api/v1/bots"),
            StatusCode::SERVICE_UNAVAILABLE,
            ErrorCode::ServiceUnavailable,
        )
        .await;
    }
    database::execute(&mut owner, allow(true)).await;
    let _: Value = recovered(|| app.get(&ada, "/api/v1/bots")).await;
}
