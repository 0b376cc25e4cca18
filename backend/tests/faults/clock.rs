//! Servers whose clocks are six minutes ahead and behind, by `libfaketime`.

use std::process::Command;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::api::{Admin, draft_path};
use super::machine::{Machine, Server};
use super::redis::indexed;
use crate::model::Model;

/// Where Debian's package puts it.
const LIBRARY: &str = "faketime/libfaketimeMT.so.1";

fn library() -> Option<String> {
    let folders = std::fs::read_dir("/usr/lib").ok()?.flatten();
    let found = folders
        .map(|folder| folder.path().join(LIBRARY))
        .find(|path| path.exists());
    found.map(|path| path.display().to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn clocks_that_differ_by_six_minutes_change_nothing() {
    let Some(library) = library() else {
        println!("skipped: libfaketime is not installed");
        return;
    };
    let machine = Machine::start();
    let model = Model::start().await.unwrap();
    let configure = |shift: Option<&str>| {
        let (library, address) = (library.clone(), model.address.clone());
        let shift = shift.map(str::to_owned);
        move |command: &mut Command| {
            command
                .env("BOTWRIGHT_OUTBOUND_ALLOW", format!("[\"{address}\"]"))
                .env("BOTWRIGHT_WORKER", "true");
            if let Some(shift) = shift {
                command
                    .env("LD_PRELOAD", library)
                    .env("FAKETIME", shift)
                    .env("DONT_FAKE_MONOTONIC", "1")
                    .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
            }
        }
    };
    let servers = [
        Server::start(&machine, configure(None)).await,
        Server::start(&machine, configure(Some("+6m"))).await,
        Server::start(&machine, configure(Some("-6m"))).await,
    ];
    // Their clocks do differ.
    let mut dates = Vec::new();
    for server in &servers {
        let response = reqwest::get(server.url("/healthz")).await.unwrap();
        let date = response.headers()["date"].to_str().unwrap().to_owned();
        dates.push(chrono::DateTime::parse_from_rfc2822(&date).unwrap().timestamp());
    }
    assert!(
        (dates[1] - dates[0] - 360).abs() < 10 && (dates[0] - dates[2] - 360).abs() < 10,
        "{dates:?}"
    );

    let (mut requests, mut slowest) = (0, Duration::ZERO);
    for (n, home) in servers.iter().enumerate() {
        let admin = Admin::sign_up(home).await;
        let bot = admin.bot(&model.address).await;
        let mut draft = admin.draft("Moving").await;
        // Every token is taken everywhere, a draft goes from server to server, and each answers.
        for (m, server) in servers.iter().enumerate() {
            let there = admin.at(server);
            draft["content"]["name"] = json!(format!("Moved to {m}"));
            let body = json!({ "version": draft["version"], "content": draft["content"] });
            draft = there.ok(Method::PUT, &draft_path(&draft), &body).await;
            let listed = there.get("/api/v1/chatbots/draft").await;
            assert_eq!(listed.as_array().unwrap().len(), 1, "{listed}");
            let chat = format!("/api/v1/bots/{bot}/chat");
            there
                .ok(Method::POST, &chat, &json!({ "message": "How late is it?" }))
                .await;
            requests += 3;
        }
        // Jobs are due by the time of the database, whoever enqueued them.
        let base = admin.knowledge_base(&format!("Clock {n}"), 5).await;
        slowest = slowest.max(indexed(&admin, &base).await);
        admin.ok(Method::DELETE, &draft_path(&draft), &Value::Null).await;
    }
    println!(
        "fault: three servers, their clocks six minutes ahead, behind and right: {requests} requests with tokens and drafts of each other, 0 \
         refused; documents indexed after at most {:.1} s",
        slowest.as_secs_f64()
    );
    assert!(slowest < Duration::from_secs(20), "{slowest:?}");
    servers.iter().for_each(Server::assert_calm);
}
