//! Test sets over HTTP, with the real engine and a worker inside.

mod cases;
mod gate;

use api_types::ErrorCode;
use api_types::bots::{ChatbotContent, Deployed};
use api_types::test_sets::{Change, Failure, RunStatus, TestCase, TestRun, TestRunDetail, TestSet};
use reqwest::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use super::chatbot_drafts::deployable;
use super::kb::indexed;
use crate::support::fake_openai::{FakeOpenAi, Reply};
use crate::support::{Person, TestApp, ok, refused};

const TEXTS: [(&str, &str); 2] = [
    ("Porto", "Bicycles are repaired in Porto, at Rua das Flores 12."),
    ("Lagos", "Surfboards are rented in Lagos from May to October."),
];

pub(super) async fn set(app: &TestApp, person: &Person, name: &str) -> Uuid {
    let set: TestSet = ok(app.post(person, "/api/v1/test-sets", json!({ "name": name }))).await;
    set.id
}

pub(super) async fn add(
    app: &TestApp,
    person: &Person,
    set: Uuid,
    question: &str,
    expectation: Value,
) -> TestCase {
    let body = json!({ "question": question, "expectation": expectation });
    ok(app.post(person, &format!("/api/v1/test-sets/{set}/cases"), body)).await
}

async fn start(app: &TestApp, person: &Person, set: Uuid, target: Value) -> TestRun {
    ok(app.post(person, &format!("/api/v1/test-sets/{set}/runs"), target)).await
}

/// Asks until the run has ended.
async fn ended(app: &TestApp, person: &Person, run: &TestRun) -> TestRunDetail {
    let path = format!("/api/v1/test-sets/{}/runs/{}", run.test_set_id, run.id);
    loop {
        let detail: TestRunDetail = ok(app.get(person, &path)).await;
        if !detail.run.status.is_active() {
            return detail;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

pub(super) async fn run(app: &TestApp, person: &Person, set: Uuid, target: Value) -> TestRunDetail {
    let run = start(app, person, set, target).await;
    ended(app, person, &run).await
}

/// A workspace with an indexed knowledge base, and content that answers from it.
async fn shop(app: &TestApp) -> (Person, ChatbotContent) {
    let ada = app.sign_up().await;
    let kb = app.finalize(&ada, "Shops", &TEXTS).await;
    indexed(app, &ada, kb).await;
    let content = ChatbotContent {
        name: "Shop help".into(),
        knowledge_base_ids: vec![kb],
        ..ChatbotContent::default()
    };
    (ada, content)
}

fn failures(detail: &TestRunDetail) -> Vec<Option<Failure>> {
    let results = detail
        .cases
        .iter()
        .map(|case| case.result.as_ref().unwrap().failure);
    results.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_says_what_a_bot_gets_right_and_what_changed_since() {
    let app = TestApp::start_with(|config| config.worker = true).await;
    let (ada, content) = shop(&app).await;
    let draft = app.draft(&ada, &content).await;
    let set = set(&app, &ada, "Shops").await;
    let refused_empty = app.post(
        &ada,
        &format!("/api/v1/test-sets/{set}/runs"),
        json!({ "draft_id": draft.id }),
    );
    refused(
        refused_empty,
        StatusCode::UNPROCESSABLE_ENTITY,
        ErrorCode::ValidationFailed,
    )
    .await;

    let porto = json!({ "kind": "answered", "answer": "Rua das Flores 12",
        "passage": { "text": "repaired in porto at rua das flores" } });
    add(&app, &ada, set, "Where are bicycles repaired?", porto).await;
    let wrong =
        json!({ "kind": "answered", "answer": "from June", "passage": { "text": "rented in Lagos" } });
    let lagos = add(&app, &ada, set, "When are surfboards rented in Lagos?", wrong).await;
    let unanswerable = json!({ "kind": "unanswerable" });
    add(
        &app,
        &ada,
        set,
        "Who won the chess championship of 1972?",
        unanswerable.clone(),
    )
    .await;
    add(&app, &ada, set, "where are bicycles repaired?", unanswerable).await;

    let first = run(&app, &ada, set, json!({ "draft_id": draft.id })).await;
    assert_eq!(first.run.status, RunStatus::Done);
    assert_eq!((first.run.done, first.run.total), (4, 4));
    assert_eq!(
        failures(&first),
        [
            None,
            Some(Failure::AnswerDiffers),
            None,
            Some(Failure::ShouldNotKnow)
        ]
    );
    let figures = first.run.figures.unwrap();
    assert_eq!(
        (figures.done, figures.passed, figures.pass_rate),
        (4, 2, Some(0.5))
    );
    assert_eq!((figures.recall_at_1, figures.recall_at_5), (Some(1.0), Some(1.0)));
    assert_eq!(
        (figures.unknown_precision, figures.unknown_recall),
        (Some(1.0), Some(0.5))
    );
    assert_eq!(
        (figures.cited_right, figures.answer_match),
        (Some(1.0), Some(0.5))
    );
    let result = first.cases[0].result.as_ref().unwrap();
    assert!(result.response.contains("Rua das Flores 12"), "{result:?}");
    assert_eq!(
        (result.expected.as_slice(), result.cited.as_slice()),
        (&[1][..], &[1][..])
    );
    assert_eq!(first.cases[1].result.as_ref().unwrap().missing, ["from June"]);
    assert_eq!(first.previous, None);

    // The case is put right; the draft has become a bot meanwhile.
    let right = json!({ "question": "When are surfboards rented in Lagos?",
        "expectation": { "kind": "answered", "answer": "from May", "passage": { "text": "rented in Lagos" } } });
    let _: TestCase = ok(app.put(
        &ada,
        &format!("/api/v1/test-sets/{set}/cases/{}", lagos.id),
        right,
    ))
    .await;
    let deployed: Deployed = ok(app.post(
        &ada,
        &format!("/api/v1/chatbots/draft/{}/deploy", draft.id),
        json!({}),
    ))
    .await;
    let second = run(&app, &ada, set, json!({ "bot_id": deployed.bot_id })).await;
    assert_eq!(second.previous.as_ref().map(|run| run.id), Some(first.run.id));
    let changes: Vec<_> = second.cases.iter().map(|case| case.change).collect();
    use Change::{Improved, Unchanged};
    assert_eq!(changes, [Unchanged, Improved, Unchanged, Unchanged].map(Some));
    assert_eq!(second.run.target.bot_version, Some(1));
    let runs: Vec<TestRun> = ok(app.get(&ada, &format!("/api/v1/test-sets/{set}/runs"))).await;
    assert_eq!(
        runs.iter().map(|run| run.id).collect::<Vec<_>>(),
        [second.run.id, first.run.id]
    );
    let sets: Vec<TestSet> = ok(app.get(&ada, "/api/v1/test-sets")).await;
    assert_eq!(
        (sets[0].case_count, sets[0].last_run.as_ref()),
        (4, Some(&second.run))
    );

    // Nothing was said to anybody.
    let conversations: Value = ok(app.get(&ada, "/api/v1/conversations")).await;
    let gaps: Value = ok(app.get(&ada, "/api/v1/gaps")).await;
    assert_eq!(
        (&conversations["items"], &gaps["items"]),
        (&json!([]), &json!([]))
    );
}

#[tokio::test]
async fn a_set_is_run_once_at_a_time_and_stopped_at_will() {
    let app = TestApp::start_with(|config| config.outbound_allow = vec!["127.0.0.1:9".into()]).await;
    let ada = app.sign_up().await;
    let provider = app.provider(&ada, "http://127.0.0.1:9/v1").await;
    let draft = app.draft(&ada, &deployable("Helper", provider)).await.id;
    let set = set(&app, &ada, "Slow").await;
    add(&app, &ada, set, "Anybody there?", json!({ "kind": "answered" })).await;
    let target = json!({ "draft_id": draft });
    let first = start(&app, &ada, set, target.clone()).await;
    let path = format!("/api/v1/test-sets/{set}/runs");
    refused(
        app.post(&ada, &path, &target),
        StatusCode::CONFLICT,
        ErrorCode::RunInProgress,
    )
    .await;
    for _ in 0..2 {
        let run: TestRun = ok(app.post(&ada, &format!("{path}/{}/cancel", first.id), json!({}))).await;
        assert_eq!(run.status, RunStatus::Cancelled);
    }
    start(&app, &ada, set, target).await;
    for both in [json!({}), json!({ "draft_id": draft, "bot_id": Uuid::new_v4() })] {
        let request = app.post(&ada, &path, both);
        refused(
            request,
            StatusCode::UNPROCESSABLE_ENTITY,
            ErrorCode::ValidationFailed,
        )
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_is_busy_is_asked_again_and_one_that_refuses_ends_the_run() {
    let fake = FakeOpenAi::start(Reply::TooManyRequests(None)).await;
    let app = TestApp::start_with(|config| {
        config.worker = true;
        config.outbound_allow = vec![fake.place()];
    })
    .await;
    let ada = app.sign_up().await;
    let provider = app.provider(&ada, &fake.base_url()).await;
    let draft = app.draft(&ada, &deployable("Helper", provider)).await.id;
    let set = set(&app, &ada, "Model").await;
    add(
        &app,
        &ada,
        set,
        "Is anybody there?",
        json!({ "kind": "answered", "answer": "Hello" }),
    )
    .await;
    let waiting = start(&app, &ada, set, json!({ "draft_id": draft })).await;
    while fake.requests().is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    fake.reply([Reply::Text("Hello there!".into())]);
    let run = ended(&app, &ada, &waiting).await;
    assert_eq!(
        (run.run.status, run.run.figures.unwrap().passed),
        (RunStatus::Done, 1)
    );

    fake.reply([Reply::Status(401, "no such key".into())]);
    let run = self::run(&app, &ada, set, json!({ "draft_id": draft })).await;
    assert_eq!(run.run.status, RunStatus::Failed);
    assert!(run.run.error.unwrap().contains("key"), "it says why");
    assert_eq!(run.cases[0].result, None);
}
