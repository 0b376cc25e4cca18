//! Drafts when Redis is killed or emptied: what was acknowledged is there, and what was deleted stays away.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use redis::AsyncCommands;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::amount;
use super::api::{Admin, draft_path, text};
use super::machine::{Machine, Server};

/// What happens to Redis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// Killed; it starts again with what it wrote down.
    Killed,
    /// Emptied by somebody.
    Flushed,
    /// Killed, with what it wrote down lost.
    Lost,
    /// Everything lost, and every server killed a second after the last save.
    LostWithServer,
}

/// A draft that is saved again and again.
struct Saver {
    path: String,
    /// The last version that was acknowledged, and the number in its name.
    version: i64,
    number: u64,
    content: Value,
    conflicts: usize,
}

impl Saver {
    async fn new(admin: &Admin, n: usize) -> Self {
        let draft = admin.draft(&format!("Draft {n} save 0")).await;
        Self {
            path: draft_path(&draft),
            version: draft["version"].as_i64().unwrap(),
            number: 0,
            content: draft["content"].clone(),
            conflicts: 0,
        }
    }

    /// Saves until told to stop. A save without an answer may have been done or not: the next one finds out.
    async fn run(mut self, admin: Admin, is_over: Arc<AtomicBool>) -> Self {
        let mut tried = 0;
        while !is_over.load(Ordering::Relaxed) {
            tried += 1;
            self.content["name"] = json!(format!("Draft save {tried}"));
            let body = json!({ "version": self.version, "content": self.content });
            let asked = admin.ask(Method::PUT, &self.path, &body).await;
            match asked.status.map(|status| status.as_u16()) {
                Some(200) => {
                    self.version = asked.body["version"].as_i64().unwrap();
                    self.number = tried;
                }
                // One of ours whose answer was lost.
                Some(409) => {
                    let current = &asked.body["current"];
                    let version = current["version"].as_i64().unwrap();
                    assert!(version > self.version, "an acknowledged save is lost: {asked:?}");
                    self.version = version;
                    self.number = number(current);
                    self.conflicts += 1;
                }
                Some(503) | None => tokio::time::sleep(Duration::from_millis(10)).await,
                _ => panic!("{asked:?}"),
            }
        }
        self
    }
}

/// Which save a draft is of.
fn number(draft: &Value) -> u64 {
    let name = text(&draft["content"], "name");
    name.rsplit(' ').next().unwrap().parse().unwrap()
}

/// Strikes while drafts are saved. Answers with acknowledged saves, and how long it took until saves were taken again.
async fn strike(fault: Fault, drafts: usize) -> (u64, Duration) {
    let machine = Machine::start();
    let mut server = Server::start(&machine, |_| {}).await;
    let admin = Admin::sign_up(&server).await;
    let mut savers = Vec::new();
    for n in 0..drafts {
        savers.push(Saver::new(&admin, n).await);
    }
    let deleted = admin.draft("Deleted").await;
    let is_over = Arc::new(AtomicBool::new(false));
    let running: Vec<JoinHandle<Saver>> = savers
        .into_iter()
        .map(|saver| tokio::spawn(saver.run(admin.clone(), is_over.clone())))
        .collect();
    tokio::time::sleep(Duration::from_millis(600)).await;
    delete(&admin, &deleted).await;
    if fault == Fault::LostWithServer {
        is_over.store(true, Ordering::Relaxed);
        let mut savers = Vec::new();
        for saver in running {
            savers.push(saver.await.unwrap());
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        server.kill();
        machine.empty_redis().await;
        let began = Instant::now();
        let server = Server::start(&machine, |_| {}).await;
        let acknowledged = check(&admin.at(&server), savers, &deleted).await;
        server.assert_calm();
        return (acknowledged, began.elapsed());
    }
    let began = Instant::now();
    match fault {
        Fault::Killed => kill(machine.redis().await, Signal::SIGKILL).unwrap(),
        Fault::Flushed => redis::cmd("FLUSHALL")
            .exec_async(&mut machine.redis_connection().await)
            .await
            .unwrap(),
        _ => machine.empty_redis().await,
    }
    let probe = json!({});
    let (probe, _) = admin
        .until_ok(Method::POST, "/api/v1/chatbots/draft", &probe)
        .await;
    let healthy = began.elapsed();
    // And goes on.
    tokio::time::sleep(Duration::from_millis(500)).await;
    is_over.store(true, Ordering::Relaxed);
    let mut savers = Vec::new();
    for saver in running {
        savers.push(saver.await.unwrap());
    }
    admin.ok(Method::DELETE, &draft_path(&probe), &Value::Null).await;
    let acknowledged = check(&admin, savers, &deleted).await;
    server.assert_calm();
    (acknowledged, healthy)
}

/// Deletes a draft. On a busy disk it may take more than one try.
async fn delete(admin: &Admin, draft: &Value) {
    let began = Instant::now();
    loop {
        let asked = admin.ask(Method::DELETE, &draft_path(draft), &Value::Null).await;
        if asked.is_success() || asked.status.is_some_and(|status| status.as_u16() == 404) {
            return;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "{asked:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Everything that was acknowledged is there, and nothing else. Answers how much.
async fn check(admin: &Admin, savers: Vec<Saver>, deleted: &Value) -> u64 {
    let mut acknowledged = 0;
    let count = savers.len();
    for saver in savers {
        let draft = admin.get(&saver.path).await;
        let version = draft["version"].as_i64().unwrap();
        assert!(
            version >= saver.version,
            "version {} is lost: {draft}",
            saver.version
        );
        assert!(
            number(&draft) >= saver.number,
            "save {} is lost: {draft}",
            saver.number
        );
        acknowledged += saver.number;
    }
    let gone = admin.ask(Method::GET, &draft_path(deleted), &Value::Null).await;
    assert_eq!(
        gone.status.map(|status| status.as_u16()),
        Some(404),
        "what was deleted came back"
    );
    let listed = admin.get("/api/v1/chatbots/draft").await;
    assert_eq!(listed.as_array().unwrap().len(), count);
    acknowledged
}

async fn told(fault: Fault, what: &str) {
    let rounds = amount(1, 20);
    let drafts = amount(16, 32);
    let (mut saves, mut slowest) = (0, Duration::ZERO);
    for _ in 0..rounds {
        let (acknowledged, healthy) = strike(fault, drafts).await;
        saves += acknowledged;
        slowest = slowest.max(healthy);
    }
    println!(
        "fault: {what} while {drafts} drafts were saved, {rounds} times: at least {saves} saves acknowledged, 0 lost; healthy after at most \
         {} ms",
        slowest.as_millis()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_killed_loses_no_draft() {
    told(Fault::Killed, "Redis killed").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_emptied_loses_no_draft() {
    told(Fault::Flushed, "Redis emptied (FLUSHALL)").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_killed_and_its_disk_lost_loses_no_draft() {
    told(Fault::Lost, "Redis killed and its files removed").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_lost_and_every_server_killed_loses_no_draft() {
    told(
        Fault::LostWithServer,
        "Redis' files removed and the server killed a second later",
    )
    .await;
}

/// Redis writes to its disk a moment after it says so: a deletion may be what is missing after it was killed.
#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_that_redis_lost_stays_one() {
    let machine = Machine::start();
    let server = Server::start(&machine, |_| {}).await;
    let admin = Admin::sign_up(&server).await;
    let (kept, deleted) = (admin.draft("Kept").await, admin.draft("Deleted").await);
    let mut redis = machine.redis_connection().await;
    let key = format!("draft:chatbot:{}", text(&deleted, "id"));
    let draft: String = redis.get(&key).await.unwrap();
    delete(&admin, &deleted).await;
    let _: () = redis.set(&key, draft).await.unwrap();
    let _: () = redis.del(format!("{key}:gone")).await.unwrap();
    let _: i64 = redis.incr("drafts:generation", 1).await.unwrap();

    let gone = admin.ask(Method::GET, &draft_path(&deleted), &Value::Null).await;
    assert_eq!(gone.status.map(|status| status.as_u16()), Some(404));
    let listed = admin.get("/api/v1/chatbots/draft").await;
    assert_eq!(listed.as_array().unwrap().len(), 1);
    admin.get(&draft_path(&kept)).await;
}
