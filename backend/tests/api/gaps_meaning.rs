//! Gaps that ask for the same in other words: put together by the worker with the real model, and taken apart by people.

use std::path::PathBuf;
use std::time::Duration;

use api_types::gaps::{GapGroup, GapStatus};
use api_types::{ErrorCode, Page};
use reqwest::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use super::analytics::Fixture;
use super::data::{execute, number};
use crate::support::fake_openai::Reply;
use crate::support::{ok, refused};

const WARRANTY: &str = "How long is the warranty of the Aurora kettle?";
const GUARANTEE: &str = "What guarantee do I get with the Aurora kettle?";

/// A bot that knows nothing, and a worker with the model.
async fn fixture() -> Fixture {
    let it = Fixture::with(|config| {
        config.worker = true;
        config.models_dir = std::env::var_os("BOTWRIGHT_MODELS_DIR").map(PathBuf::from);
    })
    .await;
    it.fake.reply([Reply::Text("NO_ANSWER".into())]);
    it
}

async fn groups(it: &Fixture, status: &str) -> Vec<GapGroup> {
    let path = format!("/api/v1/gaps/groups?status={status}");
    let page: Page<GapGroup> = ok(it.app.get(&it.ada, &path)).await;
    page.items
}

/// Waits until the worker has looked at all that was asked.
async fn looked_at(it: &Fixture) {
    while number(&it.app, "select count(*) from gaps where vector is null").await > 0 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn set(it: &Fixture, group: Uuid, status: &str) {
    let path = format!("/api/v1/gaps/groups/{group}");
    let _: GapGroup = ok(it.app.put(&it.ada, &path, json!({ "status": status }))).await;
}

/// The id of a question of a group.
fn asked(group: &GapGroup, question: &str) -> Uuid {
    let found = group.examples.iter().find(|example| example.question == question);
    found.unwrap().id
}

#[tokio::test(flavor = "multi_thread")]
async fn questions_that_mean_the_same_are_one_group_until_a_person_says_otherwise() {
    let it = fixture().await;
    it.ask(WARRANTY, None).await;
    it.ask(GUARANTEE, None).await;
    it.ask("Do you ship to Peru?", None).await;
    looked_at(&it).await;
    let all = groups(&it, "open").await;
    assert_eq!(all.len(), 2, "{all:?}");
    let (kettle, peru) = (&all[0], &all[1]);
    assert_eq!((kettle.unanswered, &*kettle.question), (2, GUARANTEE));

    // Whoever asks in words that are known is put there without a model.
    execute(&it.app, "update gaps set vector = null, model_id = null").await;
    it.ask("what guarantee do I get with the aurora kettle", None)
        .await;
    assert_eq!(groups(&it, "open").await[0].unanswered, 3);
    looked_at(&it).await;

    let split = async |group: &GapGroup, gap: Uuid| {
        let path = format!("/api/v1/gaps/groups/{}/split", group.id);
        it.app.post(&it.ada, &path, json!({ "gap_id": gap }))
    };
    let (guarantee, ship) = (asked(kettle, GUARANTEE), asked(peru, "Do you ship to Peru?"));
    let foreign = split(kettle, ship).await;
    refused(foreign, StatusCode::NOT_FOUND, ErrorCode::NotFound).await;
    let only = split(peru, ship).await;
    let problem = refused(
        only,
        StatusCode::UNPROCESSABLE_ENTITY,
        ErrorCode::ValidationFailed,
    )
    .await;
    assert_eq!(problem.errors[0].field, "gap_id");
    let own: GapGroup = ok(split(kettle, guarantee).await).await;
    assert_eq!((own.unanswered, own.status), (2, GapStatus::Open));
    let left = groups(&it, "open").await;
    let left = left.iter().find(|group| group.id == kettle.id).unwrap();
    assert_eq!((left.unanswered, &*left.question), (1, WARRANTY));

    // It stays there, and takes in what is asked in the same words.
    it.ask(GUARANTEE, None).await;
    it.ask(WARRANTY, None).await;
    looked_at(&it).await;
    let now = groups(&it, "open").await;
    let number_of = |id: Uuid| now.iter().find(|group| group.id == id).unwrap().unanswered;
    assert_eq!((now.len(), number_of(own.id), number_of(kettle.id)), (3, 3, 2));

    // What a question means goes with its conversation.
    for group in now {
        for example in group.examples {
            let path = format!("/api/v1/conversations/{}", example.conversation_id.unwrap());
            let _: Value = ok(it.app.delete(&it.ada, &path)).await;
        }
    }
    assert_eq!(number(&it.app, "select count(*) from gaps").await, 0);
    assert_eq!(number(&it.app, "select count(*) from gap_groups").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_dismissed_or_improved_takes_in_what_means_the_same() {
    let it = fixture().await;
    it.ask(WARRANTY, None).await;
    looked_at(&it).await;
    let kettle = groups(&it, "open").await[0].id;
    set(&it, kettle, "dismissed").await;
    it.ask(GUARANTEE, None).await;
    looked_at(&it).await;
    assert!(groups(&it, "open").await.is_empty());
    assert_eq!(groups(&it, "dismissed").await[0].unanswered, 2);

    // Asked in vain again, whatever the words, it is open again.
    set(&it, kettle, "improved").await;
    it.ask("Is there a guarantee on the Aurora kettle?", None).await;
    looked_at(&it).await;
    let open = groups(&it, "open").await;
    assert_eq!((open.len(), open[0].id, open[0].unanswered), (1, kettle, 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_model_words_decide() {
    let it = Fixture::with(|config| config.worker = true).await;
    it.fake.reply([Reply::Text("NO_ANSWER".into())]);
    it.ask(WARRANTY, None).await;
    it.ask(GUARANTEE, None).await;
    it.ask("the Aurora kettle's warranty, how long?", None).await;
    // The jobs end, with nothing done.
    let waiting = "select count(*) from apalis.jobs where status <> 'Done'
        and convert_from(job, 'UTF8')::jsonb ->> 'job' = 'group_gaps'";
    while number(&it.app, waiting).await > 0 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let all = groups(&it, "open").await;
    assert_eq!((all.len(), all[0].unanswered), (2, 2), "{all:?}");
    assert_eq!(number(&it.app, "select count(vector) from gaps").await, 0);
}
