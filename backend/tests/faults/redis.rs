//! Redis killed or emptied while everything is asked: clear answers, and all of it back by itself.

use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use reqwest::Method;
use serde_json::{Value, json};

use super::amount;
use super::api::Admin;
use super::machine::{Machine, Server};
use crate::model::Model;
use crate::wire::{self, Connection};

#[tokio::test(flavor = "multi_thread")]
async fn redis_killed_and_emptied_under_load_everything_goes_on() {
    let rounds = amount(2, 20);
    let machine = Machine::start();
    let model = Model::start().await.unwrap();
    model.set_pause(Duration::from_millis(5));
    let server = Server::start(&machine, |command| {
        command
            .env("BOTWRIGHT_OUTBOUND_ALLOW", format!("[\"{}\"]", model.address))
            .env("BOTWRIGHT_WORKER", "true");
    })
    .await;
    let admin = Admin::sign_up(&server).await;
    let bot = admin.bot(&model.address).await;
    let chat = format!("/api/v1/bots/{bot}/chat");
    let (mut away, mut answered, mut slowest, mut longest) = (0, 0, Duration::ZERO, Duration::ZERO);
    for round in 0..rounds {
        // Streams under way, and documents in the queue, whose jobs are in Postgres.
        let streams: Vec<_> = (0..8)
            .map(|_| {
                let body = json!({ "message": "How are you?", "stream": true }).to_string();
                let request = wire::request("POST", &chat, &[], &body);
                let address = server.address.clone();
                tokio::spawn(async move {
                    let mut connection = Connection::open(&address).await?;
                    connection.ask(&request).await
                })
            })
            .collect();
        let base = admin.knowledge_base(&format!("Notes {round}"), 10).await;
        let began = Instant::now();
        match round % 2 {
            0 => kill(machine.redis().await, Signal::SIGKILL).unwrap(),
            _ => machine.empty_redis().await,
        }
        let mut healthy = None;
        while healthy.is_none() {
            let drafts = admin
                .ask(Method::GET, "/api/v1/chatbots/draft", &Value::Null)
                .await;
            let turn = admin
                .ask(Method::POST, &chat, &json!({ "message": "How are you?" }))
                .await;
            assert!(drafts.is_success() || drafts.is_away(), "{drafts:?}");
            // Visitors don't need Redis.
            assert!(turn.is_success(), "{turn:?}");
            answered += 1;
            slowest = slowest.max(drafts.took).max(turn.took);
            match drafts.is_success() {
                true => healthy = Some(began.elapsed()),
                false => away += 1,
            }
        }
        longest = longest.max(healthy.unwrap_or_default());
        for stream in streams {
            let answer = stream.await.unwrap().unwrap();
            let body = String::from_utf8(answer.body).unwrap();
            assert!(body.contains("event: done"), "a stream broke off: {body}");
        }
        indexed(&admin, &base).await;
    }
    server.assert_calm();
    println!(
        "fault: Redis killed and emptied under load, {rounds} times: {answered} turns and {} streams answered, 0 broken; {away} requests \
         for drafts answered with 503, none later than {} ms; healthy after at most {} ms; {} documents indexed",
        rounds * 8,
        slowest.as_millis(),
        longest.as_millis(),
        rounds * 10
    );
}

/// Waits until every document of a knowledge base is indexed.
pub async fn indexed(admin: &Admin, base: &str) -> Duration {
    let began = Instant::now();
    loop {
        let asked = admin
            .ask(Method::GET, &format!("/api/v1/kb/{base}"), &Value::Null)
            .await;
        let progress = &asked.body["progress"];
        assert!(!asked.is_success() || progress["failed"] == 0, "{progress}");
        if asked.is_success() && progress["indexed"] == progress["total"] {
            return began.elapsed();
        }
        assert!(
            began.elapsed() < Duration::from_secs(120),
            "not indexed: {asked:?}"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
