//! Saves of drafts, each with the version that the one before gave.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::LocalSet;

use crate::load::{ROUND, ROUNDS, Round};
use crate::processors::Watch;
use crate::product::{Admin, Options, Server, Servers, text};
use crate::report;
use crate::wire::{self, Connection};

/// Drafts that are saved at once, each by one client.
const CLIENTS: usize = 64;

pub async fn run() -> Result<()> {
    let servers = Servers::start()?;
    let server = Server::start(
        &servers,
        &Options {
            no_embedder: true,
            ..Options::default()
        },
    )
    .await?;
    let admin = Admin::enter(&server).await?;
    let mut drafts = Vec::new();
    for _ in 0..CLIENTS {
        let draft = admin.call(Method::POST, "/chatbots/draft", &json!({})).await?;
        drafts.push(draft);
    }
    report::print_head();
    let mut rounds = Vec::new();
    let watch = Watch::begin()?;
    for number in 0..=ROUNDS {
        let local = LocalSet::new();
        let began = Instant::now();
        let clients: Vec<_> = drafts
            .drain(..)
            .map(|draft| local.spawn_local(save(server.address.clone(), admin.token.clone(), draft, began)))
            .collect();
        local.await;
        let took = began.elapsed();
        let mut latencies = Vec::new();
        for client in clients {
            let (draft, times) = client.await??;
            drafts.push(draft);
            latencies.extend(times);
        }
        latencies.sort_unstable();
        // The first is the warm-up.
        if number > 0 {
            rounds.push(Round {
                rate: latencies.len() as f64 / took.as_secs_f64(),
                latencies,
            });
        }
    }
    report::print_rounds("draft saves", &rounds);
    watch.print(&rounds)?;
    for draft in drafts {
        let path = format!("/chatbots/draft/{}", text(&draft, "id")?);
        admin.call(Method::DELETE, &path, &Value::Null).await?;
    }
    Ok(())
}

async fn save(
    address: String,
    token: String,
    mut draft: Value,
    began: Instant,
) -> Result<(Value, Vec<Duration>)> {
    let mut connection = Connection::open(&address).await?;
    let path = format!("/api/v1/chatbots/draft/{}", text(&draft, "id")?);
    let authorization = format!("Bearer {token}");
    let mut version = draft["version"].as_i64().context("no version")?;
    let content = draft["content"].to_string();
    let mut times = Vec::new();
    while began.elapsed() < ROUND {
        let body = format!(r#"{{"version":{version},"content":{content}}}"#);
        let request = wire::request("PUT", &path, &[("authorization", &authorization)], &body);
        let sent = Instant::now();
        connection.send(&request, |_| {}).await?;
        times.push(sent.elapsed());
        version += 1;
    }
    draft["version"] = json!(version);
    Ok((draft, times))
}
