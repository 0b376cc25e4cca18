//! A Qdrant that takes connections and never answers.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::amount;
use super::api::{Admin, draft_path};
use super::machine::{Machine, Server};
use super::redis::indexed;
use crate::fake_openai::{FakeOpenAi, Reply};

/// How long an answer may take without the index.
const BOUND: Duration = Duration::from_secs(8);

/// An address that takes every connection and says nothing on it.
async fn hole() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            open.push(stream);
        }
    });
    address
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_index_degrades_answers_and_holds_documents_back_only_for_a_while() {
    let machine = Machine::start();
    let model = FakeOpenAi::start(Reply::Text("In Porto.".to_owned())).await;
    let qdrant = hole().await;
    let configure = |command: &mut std::process::Command| {
        command
            .env("BOTWRIGHT_OUTBOUND_ALLOW", format!("[\"{}\"]", model.place()))
            .env("BOTWRIGHT_WORKER", "true");
    };
    let server = Server::start(&machine, |command| {
        configure(command);
        command.env("QDRANT_URL", format!("http://{qdrant}"));
    })
    .await;
    let admin = Admin::sign_up(&server).await;
    let base = admin.knowledge_base("Bicycles", 20).await;
    let bot = admin.bot(&model.place()).await;
    let mut draft = admin
        .ok(Method::POST, "/api/v1/chatbots/draft", &json!({ "from": bot }))
        .await;
    draft["content"]["knowledge_base_ids"] = json!([base]);
    let body = json!({ "version": draft["version"], "content": draft["content"] });
    admin.ok(Method::PUT, &draft_path(&draft), &body).await;
    admin
        .ok(
            Method::POST,
            &format!("{}/deploy", draft_path(&draft)),
            &json!({}),
        )
        .await;

    let chat = format!("/api/v1/bots/{bot}/chat");
    let files = server.open_files();
    let questions = amount(8, 60);
    let mut slowest = Duration::ZERO;
    for n in 0..questions {
        let body = json!({ "message": format!("Where is bicycle number {n} repaired?") });
        let asked = admin.ask(Method::POST, &chat, &body).await;
        assert!(asked.is_success(), "{asked:?}");
        assert_eq!(asked.body["degraded"], true, "{asked:?}");
        slowest = slowest.max(asked.took);
    }
    assert!(slowest < BOUND, "{slowest:?}");
    let more = server.open_files().saturating_sub(files);
    assert!(
        more < 30,
        "{more} more files are open after {questions} questions"
    );
    let held = admin
        .ask(Method::GET, &format!("/api/v1/kb/{base}"), &Value::Null)
        .await;
    assert_eq!(held.body["progress"]["failed"], 0, "{held:?}");
    server.assert_calm();
    drop(server);

    // With an index that answers, the same jobs bring the documents there.
    let server = Server::start(&machine, configure).await;
    let took = indexed(&admin.at(&server), &base).await;
    println!(
        "fault: Qdrant blackholed: {questions} questions answered from words alone, none later than {} ms, {more} more open files; 20 \
         documents held back, none failed, indexed {:.1} s after",
        slowest.as_millis(),
        took.as_secs_f64()
    );
}
