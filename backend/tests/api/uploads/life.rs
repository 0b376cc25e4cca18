//! When files go.

use std::collections::BTreeMap;

use api_types::ErrorCode;
use api_types::data::DeletionReceipt;
use domain::data::enforce_retention;
use domain::jobs::Outcome;
use domain::uploads::collect;
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{PNG, fixture_with, plain};
use crate::api::data::{exported, files, worker_services};
use crate::support::{done, ok, refused, traces};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_in_no_message_goes_after_a_day() {
    let it = plain().await;
    let worker = worker_services(&it.app);
    let workspace = it.ada.workspace_id();
    let (used, unused) = (it.sent("a.txt", b"Hi.").await, it.sent("b.txt", b"Hi.").await);
    it.said("Hi", None, &[used.id]).await;
    assert_eq!(collect(&worker, workspace, used.id).await.unwrap(), Outcome::Done);
    let Outcome::Later(wait) = collect(&worker, workspace, unused.id).await.unwrap() else {
        panic!("it went at once");
    };
    assert!(wait.as_secs() > 23 * 3600, "{wait:?}");
    assert_eq!(it.files(), 2);
    sqlx::query("update uploads set created_at = now() - interval '25 hours'")
        .execute(&mut it.owner().await)
        .await
        .unwrap();
    for file in [used.id, unused.id] {
        assert_eq!(collect(&worker, workspace, file).await.unwrap(), Outcome::Done);
    }
    assert_eq!(it.files(), 1);
    let problem = refused(
        it.say("Hi", None, &[unused.id]),
        StatusCode::UNPROCESSABLE_ENTITY,
        ErrorCode::ValidationFailed,
    )
    .await;
    assert_eq!(problem.errors[0].field, "attachments[0]");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_left_of_the_files_of_a_deleted_conversation() {
    let it = plain().await;
    let marker = format!("marker{}", uuid::Uuid::new_v4().simple());
    let file = it.sent(&format!("{marker}.txt"), marker.as_bytes()).await;
    let chat = it.said("What is it?", None, &[file.id]).await;
    assert!(traces::of(&it.app, &marker).await.len() >= 2);
    let path = format!("/api/v1/conversations/{}", chat.session_id);
    let receipt: DeletionReceipt = ok(it.app.delete(&it.ada, &path)).await;
    assert_eq!(receipt.counts["uploads"], 1);
    assert_eq!(traces::of(&it.app, &marker).await, Vec::<String>::new());
    assert_eq!(it.files(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn they_go_with_what_is_too_old() {
    let it = plain().await;
    let file = it.sent("a.png", PNG).await;
    it.said("What is it?", None, &[file.id]).await;
    sqlx::query("update conversations set last_message_at = now() - interval '31 days'")
        .execute(&mut it.owner().await)
        .await
        .unwrap();
    let _: Value = ok(it.app.put(
        &it.ada,
        "/api/v1/data/policy",
        json!({ "conversations_days": 30 }),
    ))
    .await;
    assert!(enforce_retention(&worker_services(&it.app)).await.unwrap() >= 2);
    assert_eq!(it.files(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn they_go_with_their_bot() {
    let it = plain().await;
    let (used, _waiting) = (it.sent("a.png", PNG).await, it.sent("b.png", PNG).await);
    it.said("What is it?", None, &[used.id]).await;
    done(it.app.delete(&it.ada, &format!("/api/v1/bots/{}", it.bot))).await;
    let jobs: Vec<Vec<u8>> = sqlx::query_scalar(
        "select job from apalis.jobs where convert_from(job, 'UTF8') like '%remove_files%'",
    )
    .fetch_all(&mut it.owner().await)
    .await
    .unwrap();
    let keys: Value = serde_json::from_slice(&jobs[0]).unwrap();
    assert_eq!(keys["storage_keys"].as_array().unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_has_them() {
    let it = fixture_with(|config| config.worker = true, |_| {}).await;
    let file = it.sent("notes.txt", b"The door code is 1234.").await;
    it.said("What is it?", None, &[file.id]).await;
    let export = exported(&it.app, &it.ada, "/api/v1/data/exports").await;
    let held: BTreeMap<String, String> = files(&it.app, &it.ada, "/api/v1/data/exports", &export).await;
    let name = format!("uploads/{}/notes.txt", file.id);
    assert_eq!(held[&name], "The door code is 1234.");
    assert!(held["conversations.jsonl"].contains(&file.id.to_string()));
}
