//! What bots could not answer: grouped, dismissed, improved.

use api_types::gaps::{GapGroup, GapKind, GapStatus, ImprovedAnswer};
use api_types::test_sets::TestCase;
use api_types::{ErrorCode, Page};
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::analytics::Fixture;
use super::data::number;
use super::kb::indexed;
use crate::support::fake_openai::Reply;
use crate::support::{TestApp, ok, refused};

async fn groups(it: &Fixture, query: &str) -> Vec<GapGroup> {
    let page: Page<GapGroup> = ok(it.app.get(&it.ada, &format!("/api/v1/gaps/groups{query}"))).await;
    page.items
}

async fn number_of_groups(app: &TestApp) -> i64 {
    number(app, "select count(*) from gap_groups").await
}

#[tokio::test(flavor = "multi_thread")]
async fn questions_that_ask_for_the_same_are_one_group() {
    let it = Fixture::new().await;
    it.fake.reply([Reply::Text("NO_ANSWER".into())]);
    let first = it
        .ask("How long is the warranty of the Aurora kettle?", None)
        .await;
    it.ask("warranty for Aurora kettles?", None).await;
    it.ask("Do you ship to Peru?", None).await;
    it.ask("Do you ship to Chad?", None).await;
    // One that was answered, but not well.
    it.fake.reply([Reply::Text("12 months.".into())]);
    let bad = it.ask("what is the kettle Aurora's warranty", None).await;
    let verdict = json!({ "rating": "down", "reason": "wrong", "comment": "It is 37." });
    crate::support::done(it.feedback(&bad, &verdict)).await;
    it.rate(&bad, "down").await;

    let all = groups(&it, "").await;
    assert_eq!(all.len(), 3, "{all:?}");
    let top = &all[0];
    assert_eq!((top.unanswered, top.disliked, &*top.bot_name), (2, 1, "Helper"));
    assert_eq!(top.question, "what is the kettle Aurora's warranty");
    assert_eq!(top.examples.len(), 3);
    assert_eq!(top.examples[0].kind, GapKind::Disliked);
    assert_eq!(top.examples[0].conversation_id, Some(bad.session_id));
    // The list of single gaps is what it was.
    let gaps: Page<Value> = ok(it.app.get(&it.ada, "/api/v1/gaps")).await;
    assert_eq!(gaps.items.len(), 4);

    // Who changes their mind takes it back.
    it.rate(&bad, "up").await;
    assert_eq!(groups(&it, "").await[0].disliked, 0);
    // A thumbs-down on "I don't know" is no second gap, but its reason is told.
    let verdict = json!({ "rating": "down", "reason": "other", "comment": "Please find out." });
    crate::support::done(it.feedback(&first, &verdict)).await;
    let told = groups(&it, "").await[0].examples.last().unwrap().comment.clone();
    assert_eq!(told.as_deref(), Some("Please find out."));
    assert_eq!(
        (
            groups(&it, "").await[0].unanswered,
            groups(&it, "").await[0].disliked
        ),
        (2, 0)
    );

    // Nothing is left of what is deleted.
    for group in groups(&it, "").await {
        for example in group.examples {
            let path = format!("/api/v1/conversations/{}", example.conversation_id.unwrap());
            let _: Value = ok(it.app.delete(&it.ada, &path)).await;
        }
    }
    assert!(groups(&it, "").await.is_empty());
    assert_eq!(number_of_groups(&it.app).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_is_dismissed_and_gaps_from_before_groups_find_theirs() {
    let it = Fixture::new().await;
    it.fake.reply([Reply::Text("NO_ANSWER".into())]);
    it.ask("Do you ship to Peru?", None).await;
    super::data::execute(&it.app, "update gaps set group_id = null").await;
    super::data::execute(&it.app, "delete from gap_groups").await;
    let all = groups(&it, "").await;
    assert_eq!((all.len(), all[0].unanswered), (1, 1));
    let path = format!("/api/v1/gaps/groups/{}", all[0].id);
    let saved: GapGroup = ok(it.app.put(&it.ada, &path, json!({ "status": "dismissed" }))).await;
    assert_eq!(saved.status, GapStatus::Dismissed);
    // Asked again it stays so.
    it.ask("do you ship to peru", None).await;
    assert!(groups(&it, "").await.is_empty());
    assert_eq!(groups(&it, "?status=dismissed").await[0].unanswered, 2);
    let eve = it.app.sign_up().await;
    let foreign = it.app.put(&eve, &path, json!({ "status": "open" }));
    refused(foreign, StatusCode::NOT_FOUND, ErrorCode::NotFound).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_improved_answer_is_knowledge_and_a_test() {
    let it = Fixture::with(|config| config.worker = true).await;
    let kb = it
        .app
        .finalize(&it.ada, "Shops", &[("Porto", "Bicycles are repaired in Porto.")])
        .await;
    indexed(&it.app, &it.ada, kb).await;
    it.fake.reply([Reply::Text("NO_ANSWER".into())]);
    it.ask("Do you ship to Peru?", None).await;
    it.ask("Do you ship to Chad?", None).await;
    let set: Value = ok(it
        .app
        .post(&it.ada, "/api/v1/test-sets", json!({ "name": "Tests" })))
    .await;
    let set = set["id"].as_str().unwrap();

    let all = groups(&it, "").await;
    let peru = all.iter().find(|group| group.question.contains("Peru")).unwrap();
    let path = format!("/api/v1/gaps/groups/{}/improve", peru.id);
    let mut body = json!({ "question": " Do you ship\nto Peru? ", "answer": "", "knowledge_base_id": kb, "test_set_id": set });
    let problem = refused(
        it.app.post(&it.ada, &path, &body),
        StatusCode::UNPROCESSABLE_ENTITY,
        ErrorCode::ValidationFailed,
    )
    .await;
    assert_eq!(problem.errors[0].field, "answer");
    body["answer"] = json!("Yes, parcels to Peru take nine days.");
    let improved: ImprovedAnswer = ok(it.app.post(&it.ada, &path, &body)).await;
    assert_eq!(groups(&it, "").await.len(), 1);
    assert_eq!(groups(&it, "?status=improved").await[0].id, peru.id);
    let cases: Vec<TestCase> = ok(it.app.get(&it.ada, &format!("/api/v1/test-sets/{set}/cases"))).await;
    assert_eq!((cases.len(), &*cases[0].question), (1, "Do you ship to Peru?"));
    assert_eq!(Some(cases[0].id), improved.case_id);

    // It is found, and the second one goes to the same source.
    indexed(&it.app, &it.ada, kb).await;
    let search = format!("/api/v1/kb/{kb}/search");
    let found: Value = ok(it.app.post(&it.ada, &search, json!({ "query": "ship to Peru" }))).await;
    assert!(found.to_string().contains("nine days"), "{found}");
    let chad = groups(&it, "").await[0].id;
    let body = json!({ "question": "Do you ship to Chad?", "answer": "No.", "knowledge_base_id": kb });
    let path = format!("/api/v1/gaps/groups/{chad}/improve");
    let second: ImprovedAnswer = ok(it.app.post(&it.ada, &path, &body)).await;
    assert_eq!((second.source_id, second.case_id), (improved.source_id, None));
    let pairs = format!("/api/v1/kb/{kb}/sources/{}/pairs", improved.source_id);
    let pairs: Value = ok(it.app.get(&it.ada, &pairs)).await;
    assert_eq!(pairs["pairs"].as_array().unwrap().len(), 2);

    // Asked in vain again, it is open again.
    it.ask("do you ship to chad", None).await;
    let open = groups(&it, "").await;
    assert_eq!((open.len(), open[0].id, open[0].unanswered), (1, chad, 2));
}
