//! Deploys that wait for their tests.

use api_types::ErrorCode;
use api_types::bots::{Bot, ChatbotContent, Deployed};
use api_types::drafts::Draft;
use api_types::test_sets::{BotTests, TestsRequired, Thresholds};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use super::{add, run, set, shop};
use crate::api::chatbot_drafts::deployable;
use crate::support::{Person, TestApp, done, ok, refused};

/// Saves the draft anew with other content and gives its path.
async fn change(app: &TestApp, person: &Person, id: Uuid, content: &ChatbotContent) -> String {
    let path = format!("/api/v1/chatbots/draft/{id}");
    let draft: Draft<ChatbotContent> = ok(app.get(person, &path)).await;
    let body = json!({ "version": draft.version, "content": content });
    let _: Value = ok(app.put(person, &path, body)).await;
    format!("{path}/deploy")
}

async fn audited(app: &TestApp) -> Vec<Value> {
    let mut owner = PgConnection::connect(app.database.url.as_str()).await.unwrap();
    sqlx::query_scalar("select details from audit_log where action = 'bot.override_tests' order by id")
        .fetch_all(&mut owner)
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bot_that_requires_its_tests_is_deployed_only_after_they_passed_on_exactly_that() {
    let app = TestApp::start_with(|config| config.worker = true).await;
    let (ada, content) = shop(&app).await;
    let set_id = set(&app, &ada, "Must pass").await;
    let porto = json!({ "kind": "answered", "answer": "Rua das Flores 12" });
    add(&app, &ada, set_id, "Where are bicycles repaired?", porto.clone()).await;
    let required = ChatbotContent {
        tests: Some(BotTests {
            test_set_id: set_id,
            required: true,
            thresholds: Thresholds {
                pass_rate: 100,
                ..Thresholds::default()
            },
        }),
        ..content.clone()
    };
    let draft = app.draft(&ada, &required).await;
    let deploy = format!("/api/v1/chatbots/draft/{}/deploy", draft.id);
    let blocked = async |path: &str| {
        let problem = refused(
            app.post(&ada, path, json!({})),
            StatusCode::CONFLICT,
            ErrorCode::TestsRequired,
        )
        .await;
        serde_json::from_value::<TestsRequired>(problem.current.unwrap()).unwrap()
    };
    let why = blocked(&deploy).await;
    assert_eq!(
        (why.test_set_id, why.test_set_name.as_str(), why.run),
        (set_id, "Must pass", None)
    );

    // A run on something else does not count, nor one of the set as it was.
    let other = ChatbotContent {
        max_passages: 1,
        ..required.clone()
    };
    change(&app, &ada, draft.id, &other).await;
    run(&app, &ada, set_id, json!({ "draft_id": draft.id })).await;
    change(&app, &ada, draft.id, &required).await;
    assert_eq!(blocked(&deploy).await.run, None);
    run(&app, &ada, set_id, json!({ "draft_id": draft.id })).await;
    let wrong = json!({ "kind": "answered", "answer": "from June" });
    let lagos = add(&app, &ada, set_id, "When are surfboards rented in Lagos?", wrong).await;
    assert_eq!(blocked(&deploy).await.run, None);

    // It fails, and says by how much.
    let failed = run(&app, &ada, set_id, json!({ "draft_id": draft.id })).await;
    let why = blocked(&deploy).await;
    assert_eq!(why.run.unwrap().id, failed.run.id);
    assert_eq!(why.shortfalls, ["Cases passed: 50 %, and 100 % are needed."]);

    // It passes; how the bot looks may change all the same.
    done(app.delete(&ada, &format!("/api/v1/test-sets/{set_id}/cases/{}", lagos.id))).await;
    run(&app, &ada, set_id, json!({ "draft_id": draft.id })).await;
    let mut looks = required.clone();
    looks.appearance.color = "#112233".into();
    change(&app, &ada, draft.id, &looks).await;
    let deployed: Deployed = ok(app.request(Method::POST, &deploy).bearer_auth(ada.token())).await;
    let bot_path = format!("/api/v1/bots/{}", deployed.bot_id);
    refused(
        app.delete(&ada, &format!("/api/v1/test-sets/{set_id}")),
        StatusCode::CONFLICT,
        ErrorCode::InUse,
    )
    .await;

    // Neither another answer nor doing without the tests goes out unseen.
    let edit: Draft<ChatbotContent> =
        ok(app.post(&ada, "/api/v1/chatbots/draft", json!({ "from": deployed.bot_id }))).await;
    let changed = ChatbotContent {
        fallback_message: "No idea.".into(),
        ..required.clone()
    };
    let deploy = change(&app, &ada, edit.id, &changed).await;
    blocked(&deploy).await;
    let free = ChatbotContent {
        tests: None,
        ..changed
    };
    change(&app, &ada, edit.id, &free).await;
    blocked(&deploy).await;
    let short = json!({ "override_tests": { "reason": "  because   " } });
    let problem = refused(
        app.post(&ada, &deploy, short),
        StatusCode::UNPROCESSABLE_ENTITY,
        ErrorCode::ValidationFailed,
    )
    .await;
    assert_eq!(problem.errors[0].field, "override_tests.reason");
    assert_eq!(audited(&app).await, Vec::<Value>::new());
    let reason = json!({ "override_tests": { "reason": "The set is being rewritten this week." } });
    let forced: Deployed = ok(app.post(&ada, &deploy, &reason)).await;
    assert_eq!(forced.version, 2);
    let audited = audited(&app).await;
    assert_eq!(audited.len(), 1);
    assert_eq!(audited[0]["reason"], "The set is being rewritten this week.");
    assert_eq!(audited[0]["test_set"], "Must pass");

    // Going back is never kept from anybody.
    let back: Deployed = ok(app.post(&ada, &format!("{bot_path}/rollback"), json!({ "version": 1 }))).await;
    assert_eq!(back.version, 1);
    let bot: Bot = ok(app.get(&ada, &bot_path)).await;
    assert!(bot.content.tests.unwrap().required);
}

#[tokio::test]
async fn an_override_is_not_recorded_where_nothing_is_in_the_way() {
    let app = TestApp::start_with(|config| config.outbound_allow = vec!["127.0.0.1:9".into()]).await;
    let ada = app.sign_up().await;
    let provider = app.provider(&ada, "http://127.0.0.1:9/v1").await;
    let draft = app.draft(&ada, &deployable("Helper", provider)).await;
    let body = json!({ "override_tests": { "reason": "There are no tests at all." } });
    let _: Deployed = ok(app.post(&ada, &format!("/api/v1/chatbots/draft/{}/deploy", draft.id), body)).await;
    assert_eq!(audited(&app).await, Vec::<Value>::new());
    let gone = ChatbotContent {
        tests: Some(BotTests {
            test_set_id: Uuid::new_v4(),
            required: false,
            thresholds: Thresholds::default(),
        }),
        ..deployable("Other", provider)
    };
    let draft = app.draft(&ada, &gone).await;
    let deploy = app.post(
        &ada,
        &format!("/api/v1/chatbots/draft/{}/deploy", draft.id),
        json!({}),
    );
    let problem = refused(deploy, StatusCode::UNPROCESSABLE_ENTITY, ErrorCode::DraftInvalid).await;
    assert_eq!(problem.errors[0].field, "content.tests.test_set_id");
}
