//! Postgres killed and frozen while visitors ask: an answer in time, and what was acknowledged is stored once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::amount;
use super::api::{Admin, text};
use super::machine::{Machine, Server};
use crate::model::Model;
use crate::wire::{self, Connection};

/// Visitors who ask at the same time.
const VISITORS: usize = 16;
/// How long a request may take at most while Postgres hangs.
const BOUND: Duration = Duration::from_secs(12);

/// What a visitor was told.
#[derive(Default)]
struct Told {
    /// Questions with their conversations, and the answers' messages.
    answers: Vec<(String, String, String)>,
    away: usize,
    broken: usize,
    slowest: Duration,
}

/// Asks one question after the other, each in a conversation of its own.
async fn visitor(admin: Admin, chat: String, n: usize, is_over: Arc<AtomicBool>) -> Told {
    let mut told = Told::default();
    for number in 0.. {
        if is_over.load(Ordering::Relaxed) {
            break;
        }
        let question = format!("Question {number} of visitor {n}?");
        let asked = admin
            .ask(Method::POST, &chat, &json!({ "message": question }))
            .await;
        told.slowest = told.slowest.max(asked.took);
        match asked.status {
            Some(StatusCode::OK) => {
                let (session, message) = (text(&asked.body, "session_id"), text(&asked.body, "message_id"));
                told.answers.push((question, session, message));
            }
            Some(StatusCode::SERVICE_UNAVAILABLE) => {
                assert!(asked.is_away(), "{asked:?}");
                told.away += 1;
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            None => told.broken += 1,
            _ => panic!("{asked:?}"),
        }
    }
    told
}

struct Fixture {
    machine: Machine,
    model: Model,
    server: Server,
    admin: Admin,
    chat: String,
}

async fn fixture() -> Fixture {
    let machine = Machine::start();
    let model = Model::start().await.unwrap();
    let server = Server::start(&machine, |command| {
        command.env("BOTWRIGHT_OUTBOUND_ALLOW", format!("[\"{}\"]", model.address));
    })
    .await;
    let admin = Admin::sign_up(&server).await;
    let bot = admin.bot(&model.address).await;
    Fixture {
        machine,
        model,
        server,
        admin,
        chat: format!("/api/v1/bots/{bot}/chat"),
    }
}

impl Fixture {
    fn visitors(&self, is_over: &Arc<AtomicBool>) -> Vec<tokio::task::JoinHandle<Told>> {
        (0..VISITORS)
            .map(|n| tokio::spawn(visitor(self.admin.clone(), self.chat.clone(), n, is_over.clone())))
            .collect()
    }

    /// Every answer that was acknowledged is stored, whole and once. Answers how many there are.
    async fn check(&self, told: &[Told]) -> usize {
        let mut count = 0;
        for (question, session, message) in told.iter().flat_map(|told| &told.answers) {
            let kept = self.admin.get(&format!("/api/v1/conversations/{session}")).await;
            let messages = kept["messages"].as_array().unwrap();
            let said = |n: usize, name: &str| messages[n][name].as_str().unwrap_or_default().to_owned();
            assert_eq!(messages.len(), 2, "{kept}");
            assert_eq!(said(0, "content"), *question);
            assert_eq!(
                (said(1, "id"), said(1, "status")),
                (message.clone(), "complete".to_owned())
            );
            count += 1;
        }
        count
    }

    /// Asks until somebody is answered.
    async fn healthy_after(&self) -> Duration {
        let body = json!({ "message": "Are you back?" });
        self.admin.until_ok(Method::POST, &self.chat, &body).await.1
    }
}

async fn all(visitors: Vec<tokio::task::JoinHandle<Told>>) -> Vec<Told> {
    let mut all = Vec::new();
    for visitor in visitors {
        all.push(visitor.await.unwrap());
    }
    all
}

fn sum(told: &[Told], figure: impl Fn(&Told) -> usize) -> usize {
    told.iter().map(figure).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_killed_under_load_loses_no_answer() {
    let rounds = amount(2, 20);
    let it = fixture().await;
    let is_over = Arc::new(AtomicBool::new(false));
    let visitors = it.visitors(&is_over);
    let mut longest = Duration::ZERO;
    for _ in 0..rounds {
        tokio::time::sleep(Duration::from_millis(700)).await;
        kill(it.machine.postgres(), Signal::SIGKILL).unwrap();
        // Not one that was on its way.
        tokio::time::sleep(Duration::from_millis(50)).await;
        longest = longest.max(it.healthy_after().await);
    }
    is_over.store(true, Ordering::Relaxed);
    let told = all(visitors).await;
    let stored = it.check(&told).await;
    let slowest = told.iter().map(|told| told.slowest).max().unwrap();
    println!(
        "fault: Postgres killed under load, {rounds} times: {stored} answers acknowledged, 0 lost, 0 stored twice; {} requests answered \
         with 503, {} broken; slowest answer {} ms; healthy after at most {} ms",
        sum(&told, |told| told.away),
        sum(&told, |told| told.broken),
        slowest.as_millis(),
        longest.as_millis()
    );
    assert_eq!(sum(&told, |told| told.broken), 0);
    assert!(slowest < BOUND, "{slowest:?}");
    it.server.assert_calm();
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_frozen_under_load_is_told_in_time_and_loses_no_answer() {
    let freeze = Duration::from_secs(amount(10, 30) as u64);
    let it = fixture().await;
    // Streams whose answers end while Postgres is frozen.
    it.model.set_pause(Duration::from_millis(20));
    let body = json!({ "message": "Tell me all.", "stream": true }).to_string();
    let request = wire::request("POST", &it.chat, &[], &body);
    let streams: Vec<_> = (0..8)
        .map(|_| {
            let (address, request) = (it.server.address.clone(), request.clone());
            tokio::spawn(async move {
                let mut connection = Connection::open(&address).await?;
                connection.ask(&request).await
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_secs(1)).await;
    it.model.set_pause(Duration::ZERO);
    let is_over = Arc::new(AtomicBool::new(false));
    let visitors = it.visitors(&is_over);
    tokio::time::sleep(Duration::from_secs(1)).await;

    let frozen = it.machine.freeze_postgres();
    let began = Instant::now();
    while began.elapsed() < freeze {
        let asked = it.admin.ask(Method::GET, "/api/v1/bots", &Value::Null).await;
        assert!(asked.is_away(), "{asked:?}");
        assert!(asked.took < BOUND, "{asked:?}");
        let alive = it.admin.ask(Method::GET, "/healthz", &Value::Null).await;
        assert!(
            alive.is_success() && alive.took < Duration::from_secs(1),
            "{alive:?}"
        );
    }
    drop(frozen);
    let healthy = it.healthy_after().await;
    let (mut done, mut late) = (0, 0);
    for stream in streams {
        let body = String::from_utf8(stream.await.unwrap().unwrap().body).unwrap();
        match body.contains("event: done") {
            true => done += 1,
            false => late += 1,
        }
        let start = body.lines().find_map(|line| line.strip_prefix("data: ")).unwrap();
        let start: Value = serde_json::from_str(start).unwrap();
        let path = format!("/api/v1/conversations/{}", text(&start, "session_id"));
        // Told or not: the whole answer is stored, once.
        let began = Instant::now();
        loop {
            let kept = it.admin.get(&path).await;
            let messages = kept["messages"].as_array().unwrap().clone();
            if messages.len() == 2 {
                assert_eq!(messages[1]["status"], "complete", "{kept}");
                break;
            }
            assert!(
                began.elapsed() < Duration::from_secs(30),
                "an answer is lost: {kept}"
            );
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
    is_over.store(true, Ordering::Relaxed);
    let told = all(visitors).await;
    let stored = it.check(&told).await;
    let slowest = told.iter().map(|told| told.slowest).max().unwrap();
    println!(
        "fault: Postgres frozen for {} s under load: {stored} answers acknowledged, 0 lost, 0 stored twice; {} requests answered with 503; \
         of 8 streams {done} were done and {late} told that they are not stored yet, all stored whole; slowest answer {} ms; healthy \
         {} ms after",
        freeze.as_secs(),
        sum(&told, |told| told.away),
        slowest.as_millis(),
        healthy.as_millis()
    );
    assert!(slowest < BOUND, "{slowest:?}");
    it.server.assert_calm();
}
