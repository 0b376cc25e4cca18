//! SIGTERM while the server works.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::amount;
use super::api::{Admin, text};
use super::machine::{Machine, Server};
use crate::model::Model;
use crate::wire::{self, Connection};

/// How long requests are taken after SIGTERM.
const LAME_DUCK: Duration = Duration::from_secs(2);
/// How often a proxy looks whether the server is ready.
const LOOK: Duration = Duration::from_millis(20);
/// Clients of each kind.
const CLIENTS: usize = 12;

/// What became of requests.
#[derive(Default)]
struct Count {
    answered: AtomicUsize,
    streamed: AtomicUsize,
    broken: AtomicUsize,
}

/// A proxy's look at the server: sends requests there while it is ready. Answers when readiness fell and when the listener closed.
async fn balance(address: String, ready: watch::Sender<bool>) -> (Instant, Instant) {
    let request = wire::request("GET", "/readyz", &[("connection", "close")], "");
    let mut fell = None;
    loop {
        let asked = async { Connection::open(&address).await?.ask(&request).await };
        match asked.await {
            Ok(answer) if answer.status == 200 => assert!(fell.is_none(), "it was ready again"),
            Ok(_) => {
                fell.get_or_insert_with(Instant::now);
                ready.send_replace(false);
            }
            Err(_) => {
                ready.send_replace(false);
                return (
                    fell.expect("the listener closed before readiness fell"),
                    Instant::now(),
                );
            }
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Asks again and again for as long as the server is ready, over a connection that is kept while the server keeps it.
async fn client(
    address: String,
    request: Vec<u8>,
    is_stream: bool,
    ready: watch::Receiver<bool>,
    count: Arc<Count>,
) {
    let mut connection = None;
    while *ready.borrow() {
        let answer = async {
            let mut open = match connection.take() {
                Some(open) => open,
                None => Connection::open(&address).await?,
            };
            let answer = open.ask(&request).await?;
            anyhow::Ok((open, answer))
        };
        match answer.await {
            Ok((open, answer)) => {
                let body = String::from_utf8_lossy(&answer.body);
                let is_whole = !is_stream || body.contains("event: done");
                if answer.status != 200 || !is_whole {
                    println!("broken: {} {body}", answer.status);
                    count.broken.fetch_add(1, Ordering::Relaxed);
                }
                let which = if is_stream {
                    &count.streamed
                } else {
                    &count.answered
                };
                which.fetch_add(1, Ordering::Relaxed);
                if !answer.is_last {
                    connection = Some(open);
                }
            }
            Err(error) => {
                println!("broken: {error:#}");
                count.broken.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn told_to_stop_under_load_it_breaks_no_request() {
    let rounds = amount(3, 100);
    let machine = Machine::start();
    let model = Model::start().await.unwrap();
    model.set_pause(Duration::from_millis(1));
    let configure = |command: &mut std::process::Command| {
        command
            .env("BOTWRIGHT_OUTBOUND_ALLOW", format!("[\"{}\"]", model.address))
            .env("BOTWRIGHT_LAME_DUCK_MS", LAME_DUCK.as_millis().to_string())
            .env("BOTWRIGHT_WORKER", "true");
    };
    let mut server = Server::start(&machine, configure).await;
    let address = server.address.clone();
    let admin = Admin::sign_up(&server).await;
    let bot = admin.bot(&model.address).await;
    let chat = format!("/api/v1/bots/{bot}/chat");
    let turn = |stream: bool| {
        let body = json!({ "message": "How are you?", "stream": stream }).to_string();
        wire::request("POST", &chat, &[], &body)
    };
    let config = wire::request("GET", &format!("/api/v1/bots/{bot}/config"), &[], "");
    let count = Arc::new(Count::default());
    let (mut least, mut longest) = (Duration::MAX, Duration::ZERO);
    for round in 0..rounds {
        if round > 0 {
            server = Server::start_at(&machine, &address, configure).await;
        }
        let (ready, is_ready) = watch::channel(true);
        let clients: Vec<_> = (0..CLIENTS)
            .flat_map(|_| [(config.clone(), false), (turn(false), false), (turn(true), true)])
            .map(|(request, is_stream)| {
                tokio::spawn(client(
                    address.clone(),
                    request,
                    is_stream,
                    is_ready.clone(),
                    count.clone(),
                ))
            })
            .collect();
        let balancer = tokio::spawn(balance(address.clone(), ready));
        // At another moment of the answers each time.
        tokio::time::sleep(Duration::from_millis(200 + 7 * (round as u64 % 40))).await;
        server.signal(Signal::SIGTERM);
        let told = Instant::now();
        let (fell, closed) = balancer.await.unwrap();
        least = least.min(closed - fell);
        assert!(closed - told >= LAME_DUCK, "{:?}", closed - told);
        for client in clients {
            client.await.unwrap();
        }
        assert!(server.wait().await.success(), "{}", server.log());
        longest = longest.max(told.elapsed());
        server.assert_calm();
    }
    let of = |count: &AtomicUsize| count.load(Ordering::Relaxed);
    println!(
        "fault: SIGTERM under load, {rounds} times: {} requests and {} streams, {} broken; readiness fell at least {} ms before the \
         listener closed; ended after at most {} ms",
        of(&count.answered),
        of(&count.streamed),
        of(&count.broken),
        least.as_millis(),
        longest.as_millis()
    );
    assert_eq!(of(&count.broken), 0);
    assert!(of(&count.streamed) >= rounds * CLIENTS);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_takes_too_long_ends_clearly_and_can_be_resumed() {
    let machine = Machine::start();
    let model = Model::start().await.unwrap();
    let configure = |command: &mut std::process::Command| {
        command.env("BOTWRIGHT_OUTBOUND_ALLOW", format!("[\"{}\"]", model.address));
    };
    let mut server = Server::start(&machine, configure).await;
    let other = Server::start(&machine, configure).await;
    let admin = Admin::sign_up(&server).await;
    let bot = admin.bot(&model.address).await;
    // 200 tokens in 60 s.
    model.set_pause(Duration::from_millis(300));
    let path = format!("/api/v1/bots/{bot}/chat");
    let body = json!({ "message": "How are you?", "stream": true }).to_string();
    let request = wire::request("POST", &path, &[], &body);
    let mut connection = Connection::open(&server.address).await.unwrap();
    let reading = tokio::spawn(async move { connection.ask(&request).await });
    tokio::time::sleep(Duration::from_secs(1)).await;
    server.signal(Signal::SIGTERM);
    let told = Instant::now();
    let answer = reading.await.unwrap().expect("the stream ends as streams do");
    let took = told.elapsed();
    assert!(server.wait().await.success());
    let text_of = |body: &[u8]| String::from_utf8(body.to_vec()).unwrap();
    let seen = text_of(&answer.body);
    assert!(
        seen.contains("event: delta") && seen.contains("event: error"),
        "{seen}"
    );
    assert!(seen.contains("\"retryable\":true"), "{seen}");
    assert!((20..30).contains(&took.as_secs()), "{took:?}");

    // What was missed of it is told by the other server.
    let start = seen.lines().find_map(|line| line.strip_prefix("data: ")).unwrap();
    let start: Value = serde_json::from_str(start).unwrap();
    let (session, message) = (text(&start, "session_id"), text(&start, "message_id"));
    let body = json!({ "message": "How are you?", "stream": true, "session_id": session }).to_string();
    let position = format!("{message}:1");
    let request = wire::request("POST", &path, &[("last-event-id", &position)], &body);
    let mut connection = Connection::open(&other.address).await.unwrap();
    let resumed = text_of(&connection.ask(&request).await.unwrap().body);
    let deltas = |text: &str| text.matches("event: delta").count();
    assert_eq!(deltas(&resumed), deltas(&seen), "{resumed}");
    assert!(resumed.contains("event: error"), "{resumed}");
    let kept = admin
        .at(&other)
        .ok(
            Method::GET,
            &format!("/api/v1/conversations/{session}"),
            &Value::Null,
        )
        .await;
    assert_eq!(kept["messages"][1]["status"], "partial", "{kept}");
    println!(
        "fault: a stream of 60 s at SIGTERM: cut off cleanly after {:.1} s, {} pieces of it kept and resumed at another server",
        took.as_secs_f64(),
        deltas(&seen)
    );
}
