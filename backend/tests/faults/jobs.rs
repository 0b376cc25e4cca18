//! Twenty thousand jobs due at once, and the same webhook many times at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;
use sqlx::{Connection, PgConnection};

use super::amount;
use super::api::{Admin, text};
use super::machine::{Machine, Server};
use super::redis::indexed;

/// Jobs for the same delivery.
const AT_ONCE: i32 = 20;

async fn left(database: &mut PgConnection) -> i64 {
    let left = "select count(*) from apalis.jobs where status not in ('Done', 'Killed')";
    sqlx::query_scalar(left).fetch_one(database).await.unwrap()
}

async fn drained(database: &mut PgConnection) -> Duration {
    let began = Instant::now();
    while left(database).await > 0 {
        assert!(began.elapsed() < Duration::from_secs(900), "jobs are left");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    began.elapsed()
}

#[tokio::test(flavor = "multi_thread")]
async fn thousands_of_jobs_due_at_once_are_done_once_and_hold_nobody_up() {
    let jobs = i32::try_from(amount(2_000, 20_000)).unwrap();
    let machine = Machine::start();
    let server = Server::start(&machine, |_| {}).await;
    let admin = Admin::sign_up(&server).await;
    let mut database = PgConnection::connect(&machine.database_url).await.unwrap();
    // As turns of long work are enqueued: behind what is short.
    sqlx::query(
        "insert into apalis.jobs (id, job, job_type, run_at, max_attempts, priority)
         select '01' || upper(substr(md5(random()::text || n), 1, 24)), convert_to(jsonb_build_object('job', 'mail_reset', 'email', 'nobody-' || n || '@example.com')::text,
             'UTF8'), 'botwright', now(), 5, 1000 from generate_series(1, $1) n",
    )
    .bind(jobs)
    .execute(&mut database)
    .await
    .unwrap();
    let worker = Server::start(&machine, |command| {
        command.env("BOTWRIGHT_WORKER", "true");
    })
    .await;
    let memory = worker.memory();
    let began = Instant::now();
    let base = admin.knowledge_base("Meanwhile", 3).await;
    let short = indexed(&admin, &base).await;
    let still = left(&mut database).await;
    drained(&mut database).await;
    let took = began.elapsed();
    let (done, tries): (i64, i64) = sqlx::query_as(
        "select count(*) filter (where status = 'Done'), coalesce(max(attempts), 0)::bigint from apalis.jobs where priority = 1000",
    )
    .fetch_one(&mut database)
    .await
    .unwrap();
    let more = worker.memory().saturating_sub(memory) / 1024 / 1024;
    println!(
        "fault: {jobs} jobs due at once: {done} done, most tries {tries}, {:.0} a second, {more} MB more; 3 documents that came meanwhile \
         indexed after {:.1} s, with {still} jobs left",
        f64::from(jobs) / took.as_secs_f64(),
        short.as_secs_f64()
    );
    assert_eq!(done, i64::from(jobs));
    assert!(tries <= 1, "{tries}");
    assert!(short < Duration::from_secs(20), "{short:?}");
    worker.assert_calm();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_webhook_twenty_times_at_once_is_sent_once() {
    let rounds = amount(3, 30);
    let machine = Machine::start();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let place = listener.local_addr().unwrap().to_string();
    let came = Arc::new(AtomicUsize::new(0));
    let counting = came.clone();
    let router = axum::Router::new().fallback(move || async move {
        // Slow enough for the others to come while it is under way.
        tokio::time::sleep(Duration::from_millis(300)).await;
        counting.fetch_add(1, Ordering::SeqCst);
    });
    tokio::spawn(async move { axum::serve(listener, router).await });
    let configure = |command: &mut std::process::Command| {
        command
            .env("BOTWRIGHT_OUTBOUND_ALLOW", format!("[\"{place}\"]"))
            .env("BOTWRIGHT_WORKER_CONCURRENCY", "10")
            .env("BOTWRIGHT_WORKER", "true");
    };
    let server = Server::start(&machine, |command| {
        configure(command);
        command.env("BOTWRIGHT_WORKER", "false");
    })
    .await;
    let admin = Admin::sign_up(&server).await;
    let hook = admin
        .ok(
            Method::POST,
            "/api/v1/webhooks",
            &json!({ "url": format!("http://{place}/") }),
        )
        .await;
    let path = format!("/api/v1/webhooks/{}", text(&hook, "id"));
    for _ in 0..rounds {
        let answer = admin.ask(Method::POST, &format!("{path}/test"), &json!({})).await;
        assert!(answer.is_success(), "{answer:?}");
    }
    let mut database = PgConnection::connect(&machine.database_url).await.unwrap();
    sqlx::query(
        "insert into apalis.jobs (id, job, job_type, run_at, max_attempts, priority)
         select '01' || upper(substr(md5(random()::text), 1, 24)), job, job_type, now(), 5, priority from apalis.jobs, generate_series(2, $1)
         where convert_from(job, 'UTF8')::jsonb ->> 'job' = 'deliver_webhook'",
    )
    .bind(AT_ONCE)
    .execute(&mut database)
    .await
    .unwrap();
    let workers = [
        Server::start(&machine, configure).await,
        Server::start(&machine, configure).await,
    ];
    drained(&mut database).await;
    let sent = came.load(Ordering::SeqCst);
    println!(
        "fault: {rounds} webhooks, each with {AT_ONCE} jobs at once at two workers: sent {sent} times, {} duplicates",
        sent - rounds
    );
    assert_eq!(sent, rounds);
    workers.iter().for_each(Server::assert_calm);
}
