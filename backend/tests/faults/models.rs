//! Model servers that fall silent, before the first word and in the midst of an answer.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;

use super::api::Admin;
use super::machine::{Machine, Server};
use crate::fake_openai::{FakeOpenAi, Reply};
use crate::wire::{self, Connection};

/// Visitors who wait at the same time, half of them for each kind of silence.
const STALLED: usize = 200;
/// How long any of them may wait.
const BOUND: Duration = Duration::from_secs(45);
/// How long others may.
const UNHURT: Duration = Duration::from_secs(3);

#[tokio::test(flavor = "multi_thread")]
async fn silent_models_hurt_nobody_else_and_each_visitor_is_told() {
    let machine = Machine::start();
    let silent = FakeOpenAi::start(Reply::Silence).await;
    let stalling = FakeOpenAi::start(Reply::Stall("These are the first words".to_owned())).await;
    let good = FakeOpenAi::start(Reply::Text("All is well.".to_owned())).await;
    let places = format!("{:?}", [silent.place(), stalling.place(), good.place()]);
    let server = Server::start(&machine, |command| {
        command.env("BOTWRIGHT_OUTBOUND_ALLOW", places);
    })
    .await;
    let admin = Admin::sign_up(&server).await;
    let bot = |place: String| {
        let admin = admin.clone();
        async move { format!("/api/v1/bots/{}/chat", admin.named_bot(&place, &place).await) }
    };
    let (silent_chat, stalling_chat, good_chat) = (
        bot(silent.place()).await,
        bot(stalling.place()).await,
        bot(good.place()).await,
    );
    let turn = json!({ "message": "How are you?" });
    admin.ok(Method::POST, &good_chat, &turn).await;
    let files_before = server.open_files();

    let began = Instant::now();
    let stalled: Vec<_> = (0..STALLED)
        .map(|n| {
            let path = if n % 2 == 0 { &silent_chat } else { &stalling_chat };
            let body = json!({ "message": format!("Question {n}?"), "stream": true }).to_string();
            let request = wire::request("POST", path, &[("connection", "close")], &body);
            let address = server.address.clone();
            tokio::spawn(async move {
                let answer = Connection::open(&address).await?.ask(&request).await?;
                anyhow::Ok((String::from_utf8(answer.body)?, Instant::now()))
            })
        })
        .collect();
    // Meanwhile others are answered as ever.
    let (mut others, mut slowest) = (0, Duration::ZERO);
    while !stalled.iter().all(tokio::task::JoinHandle::is_finished) {
        let asked = admin.ask(Method::POST, &good_chat, &turn).await;
        assert!(asked.is_success(), "{asked:?}");
        slowest = slowest.max(asked.took);
        others += 1;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let mut longest = Duration::ZERO;
    for (n, visitor) in stalled.into_iter().enumerate() {
        let (seen, ended) = visitor.await.unwrap().unwrap();
        assert!(
            seen.contains("event: error") && seen.contains("\"retryable\":true"),
            "{seen}"
        );
        // Who read something keeps it.
        assert_eq!(n % 2 == 1, seen.contains("event: delta"), "{seen}");
        longest = longest.max(ended - began);
    }
    // Nothing is left of them but a larger pool of connections to the database.
    let files_after = server.settled_files(files_before + 30).await;
    println!(
        "fault: {STALLED} visitors with a silent model, half of them in the midst of an answer: each told after at most {:.1} s; {others} \
         others answered meanwhile, none later than {} ms; open files {files_before} before and {files_after} after",
        longest.as_secs_f64(),
        slowest.as_millis()
    );
    assert!(longest < BOUND, "{longest:?}");
    assert!(slowest < UNHURT, "{slowest:?}");
    server.assert_calm();
}
