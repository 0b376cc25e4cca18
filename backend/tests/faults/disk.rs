//! A disk that is full, with everything on it: files, Postgres and Redis.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use super::amount;
use super::api::{Admin, draft_path, text};
use super::machine::{Machine, Server};
use crate::model::Model;

/// A disk in memory at a folder; it goes with this.
struct Disk<'a>(&'a Path);

impl<'a> Disk<'a> {
    /// `None`, with a word about it, where nobody may mount one.
    fn mount(folder: &'a Path) -> Option<Self> {
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=220m,mode=755", "tmpfs"])
            .arg(folder)
            .status();
        if mounted.is_ok_and(|status| status.success()) {
            return Some(Self(folder));
        }
        println!("skipped: no disk can be mounted here");
        None
    }

    /// Takes all that is left.
    fn fill(&self) {
        let mut filler = File::create(self.0.join("filler")).unwrap();
        let piece = vec![b'x'; 64 * 1024];
        while filler.write_all(&piece).is_ok() {}
        while filler.write_all(&piece[..512]).is_ok() {}
    }

    fn free(&self) {
        fs::remove_file(self.0.join("filler")).unwrap();
    }
}

impl Drop for Disk<'_> {
    fn drop(&mut self) {
        // Also while a log is still open on it.
        let _ = Command::new("umount").arg("--lazy").arg(self.0).status();
        let _ = fs::remove_dir(self.0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_told_and_what_was_acknowledged_is_there_after() {
    let rounds = amount(1, 10);
    let folder = Machine::folder();
    let place = folder.path().to_owned();
    let Some(disk) = Disk::mount(&place) else { return };
    let machine = Machine::start_in(folder);
    let model = Model::start().await.unwrap();
    let server = Server::start(&machine, |command| {
        command.env("BOTWRIGHT_OUTBOUND_ALLOW", format!("[\"{}\"]", model.address));
    })
    .await;
    let admin = Admin::sign_up(&server).await;
    let bot = admin.bot(&model.address).await;
    let chat = format!("/api/v1/bots/{bot}/chat");
    let (mut answers, mut refused, mut longest) = (Vec::new(), 0, Duration::ZERO);
    let mut draft = admin.draft("Draft 0").await;
    for round in 0..rounds {
        for n in 0..10 {
            let turn = admin
                .ok(
                    Method::POST,
                    &chat,
                    &json!({ "message": format!("Before {round}-{n}?") }),
                )
                .await;
            answers.push((text(&turn, "session_id"), text(&turn, "message_id")));
        }
        disk.fill();
        let began = Instant::now();
        let refused_before = refused;
        // Until what was set aside on the disk is used up, too.
        for n in 0.. {
            let turn = admin
                .ask(
                    Method::POST,
                    &chat,
                    &json!({ "message": format!("Question {round}-{n}?") }),
                )
                .await;
            assert!(turn.is_success() || turn.is_away(), "{turn:?}\n{}", server.log());
            match turn.is_success() {
                true => answers.push((text(&turn.body, "session_id"), text(&turn.body, "message_id"))),
                false => refused += 1,
            }
            draft["content"]["name"] = json!(format!("Draft {round}-{n}"));
            let body = json!({ "version": draft["version"], "content": draft["content"] });
            let saved = admin.ask(Method::PUT, &draft_path(&draft), &body).await;
            assert!(
                saved.is_success() || saved.is_away() || saved.body["code"] == "draft_conflict",
                "{saved:?}\n{}",
                server.log()
            );
            if saved.is_success() {
                draft = saved.body;
            } else if saved.body["code"] == "draft_conflict" {
                draft = saved.body["current"].clone();
            } else {
                refused += 1;
            }
            if refused >= refused_before + 10 || began.elapsed() > Duration::from_secs(60) {
                break;
            }
        }
        assert!(refused > refused_before, "the disk was never full");
        disk.free();
        let (_, healthy) = admin
            .until_ok(Method::POST, &chat, &json!({ "message": "Better?" }))
            .await;
        longest = longest.max(healthy);
        let kept = admin
            .until_ok(Method::GET, &draft_path(&draft), &Value::Null)
            .await
            .0;
        assert!(
            kept["version"].as_i64() >= draft["version"].as_i64(),
            "a save is lost: {kept}"
        );
        draft = kept;
    }
    for (session, message) in &answers {
        let kept = admin.get(&format!("/api/v1/conversations/{session}")).await;
        let messages = kept["messages"].as_array().unwrap();
        assert_eq!(messages.len(), 2, "{kept}");
        assert_eq!(messages[1]["id"], json!(message), "{kept}");
    }
    println!(
        "fault: disk full, {rounds} times: {refused} requests refused with 503, {} answers acknowledged before and meanwhile, 0 lost; \
         healthy {} ms after there was room",
        answers.len(),
        longest.as_millis()
    );
    server.assert_calm();
    drop(server);
    drop(machine);
}
