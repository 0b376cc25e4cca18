//! Clients that are slow, that never read, and that are too many.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::amount;
use super::api::Admin;
use super::machine::{Machine, Server};
use crate::wire::{self, Connection};

/// Files that the server may open when it is flooded.
const FILES: u64 = 400;
/// More connections than it takes then.
const FLOOD: usize = 600;

/// What comes on a connection until it ends, or nothing within `patience`.
async fn rest(stream: &mut TcpStream, patience: Duration) -> Option<String> {
    let mut seen = Vec::new();
    // Reset is an end, too.
    let read = tokio::time::timeout(patience, stream.read_to_end(&mut seen)).await;
    read.ok().map(|_| String::from_utf8_lossy(&seen).into_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_slow_connections_is_turned_away_and_over_soon() {
    let machine = Machine::start();
    let server = Server::start_with_files(&machine, FILES).await;
    let began = Instant::now();
    let (mut held, mut turned_away) = (Vec::new(), 0);
    for _ in 0..FLOOD {
        let Ok(mut stream) = TcpStream::connect(&server.address).await else {
            continue;
        };
        // The beginning of a head, and never its end.
        let _ = stream
            .write_all(b"GET /healthz HTTP/1.1\r\nhost: slow\r\nx-slow: ")
            .await;
        held.push(stream);
    }
    let mut open = Vec::new();
    for mut stream in held {
        match rest(&mut stream, Duration::from_millis(20)).await {
            Some(seen) => {
                assert!(
                    seen.is_empty() || seen.contains("503 Service Unavailable"),
                    "{seen}"
                );
                turned_away += 1;
            }
            None => open.push(stream),
        }
    }
    assert!(turned_away > 0 && server.open_files() as u64 <= FILES);
    // Those that hold its seats are not waited for.
    let (asked, since) = (wire::request("GET", "/healthz", &[], ""), Instant::now());
    let answers = async |server: &Server| {
        let answer = Connection::open(&server.address)
            .await
            .ok()?
            .ask(&asked)
            .await
            .ok()?;
        (answer.status == 200).then_some(())
    };
    while answers(&server).await.is_none() {
        assert!(
            since.elapsed() < Duration::from_secs(30),
            "new connections are turned away for ever"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let healthy = since.elapsed();
    println!(
        "fault: {FLOOD} connections that never end their request, at a server that may open {FILES} files: {turned_away} turned away with \
         503, a new one answered again after {:.1} s; {:.1} s in all",
        healthy.as_secs_f64(),
        began.elapsed().as_secs_f64()
    );
    assert!(healthy < Duration::from_secs(20), "{healthy:?}");
    server.assert_calm();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_does_not_come_is_given_up() {
    let machine = Machine::start();
    let server = Server::start(&machine, |_| {}).await;
    let admin = Admin::sign_up(&server).await;
    let mut stream = TcpStream::connect(&server.address).await.unwrap();
    let head = format!(
        "POST /api/v1/chatbots/draft HTTP/1.1\r\nhost: slow\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n\
         content-length: 1000\r\n\r\n{{",
        admin.token()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let began = Instant::now();
    let seen = rest(&mut stream, Duration::from_secs(45))
        .await
        .expect("it is given up");
    println!(
        "fault: a body that stops after its first byte: given up after {:.1} s",
        began.elapsed().as_secs_f64()
    );
    assert!(seen.starts_with("HTTP/1.1 4"), "{seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_never_read_hold_little_memory_and_are_cut() {
    let clients = amount(30, 100);
    let machine = Machine::start();
    let server = Server::start(&machine, |_| {}).await;
    let admin = Admin::sign_up(&server).await;
    let document = admin.ask(Method::GET, "/api/v1/openapi.json", &Value::Null).await;
    let size = document.body.to_string().len();
    let (memory, files) = (server.memory(), server.open_files());
    let request = wire::request("GET", "/api/v1/openapi.json", &[], "").repeat(200);
    let mut open = Vec::new();
    for _ in 0..clients {
        let mut stream = TcpStream::connect(&server.address).await.unwrap();
        stream.write_all(&request).await.unwrap();
        open.push(stream);
    }
    // Others are answered, while all that fits is on its way.
    let mut slowest = Duration::ZERO;
    for _ in 0..20 {
        let asked = admin
            .ask(Method::POST, "/api/v1/chatbots/draft", &json!({}))
            .await;
        assert!(asked.is_success(), "{asked:?}");
        slowest = slowest.max(asked.took);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let more = server.memory().saturating_sub(memory);
    let began = Instant::now();
    server.settled_files(files + 5).await;
    println!(
        "fault: {clients} clients that ask for {} MB each and read nothing: {} MB more memory, others answered within {} ms; cut after \
         {:.0} s",
        size * 200 / 1_000_000,
        more / 1_000_000,
        slowest.as_millis(),
        began.elapsed().as_secs_f64()
    );
    assert!(more < clients as u64 * 4_000_000, "{more}");
    drop(open);
}
