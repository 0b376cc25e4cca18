use api_types::ErrorCode;
use api_types::bots::{Appearance, Bot, BotVersion, ChatbotContent, Deployed, ModelChoice};
use api_types::drafts::{Draft, DraftSummary};
use redis::AsyncCommands;
use reqwest::StatusCode;
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use crate::support::fake_openai::{FakeOpenAi, Reply};
use crate::support::{TestApp, done, ok, refused};

fn path(id: Uuid) -> String {
    format!("/api/v1/chatbots/draft/{id}")
}

/// Content that can be deployed without a knowledge base.
pub fn deployable(name: &str, provider_id: Uuid) -> ChatbotContent {
    let model = ModelChoice::Provider {
        provider_id,
        model: "test-model".into(),
        temperature: None,
    };
    ChatbotContent {
        name: name.into(),
        model,
        ..ChatbotContent::default()
    }
}

#[tokio::test]
async fn a_draft_is_kept_for_a_day_after_each_save() {
    let app = TestApp::start().await;
    let ada = app.sign_up().await;
    let draft: Draft<ChatbotContent> = ok(app.post(&ada, "/api/v1/chatbots/draft", json!({}))).await;
    let mut redis = app.services().redis.commands();
    let key = format!("draft:chatbot:{}", draft.id);
    let _: () = redis.expire(&key, 60).await.unwrap();
    let content = ChatbotContent {
        name: "Helper".into(),
        ..ChatbotContent::default()
    };
    let body = json!({ "version": draft.version, "content": content });
    let saved: Draft<ChatbotContent> = ok(app.put(&ada, &path(draft.id), body)).await;
    assert_eq!(saved.version, draft.version + 1);
    let ttl: i64 = redis.ttl(&key).await.unwrap();
    assert!((86_390..=86_400).contains(&ttl), "{ttl}");

    let listed: Vec<DraftSummary> = ok(app.get(&ada, "/api/v1/chatbots/draft")).await;
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].name, "Helper");
    let _: () = redis.del(&key).await.unwrap();
    // Its copy expires with it.
    app.services().drafts.flush().await.unwrap();
    let mut owner = PgConnection::connect(app.database.url.as_str()).await.unwrap();
    sqlx::query("update draft_copies set saved_at = now() - interval '25 hours'")
        .execute(&mut owner)
        .await
        .unwrap();
    refused(
        app.get(&ada, &path(draft.id)),
        StatusCode::NOT_FOUND,
        ErrorCode::DraftNotFound,
    )
    .await;
    let listed: Vec<DraftSummary> = ok(app.get(&ada, "/api/v1/chatbots/draft")).await;
    assert!(listed.is_empty());
}

#[tokio::test]
async fn of_two_tabs_none_loses_what_it_has() {
    let app = TestApp::start().await;
    let ada = app.sign_up().await;
    let draft = app
        .draft(
            &ada,
            &ChatbotContent {
                name: "First".into(),
                ..ChatbotContent::default()
            },
        )
        .await;
    let save = |name: &str| {
        let content = ChatbotContent {
            name: name.into(),
            ..ChatbotContent::default()
        };
        app.put(
            &ada,
            &path(draft.id),
            json!({ "version": draft.version, "content": content }),
        )
    };
    let saves = futures::future::join_all((0..10).map(|i| save(&format!("Tab {i}")).send())).await;
    let saves: Vec<_> = saves.into_iter().map(Result::unwrap).collect();
    assert_eq!(
        saves
            .iter()
            .filter(|answer| answer.status() == StatusCode::OK)
            .count(),
        1
    );
    let problem = refused(save("Late"), StatusCode::CONFLICT, ErrorCode::DraftConflict).await;
    let current: Draft<ChatbotContent> = serde_json::from_value(problem.current.unwrap()).unwrap();
    assert_eq!(current.version, draft.version + 1);
    assert!(current.content.name.starts_with("Tab "));
}

#[tokio::test]
async fn an_invalid_draft_says_all_that_is_wrong_and_is_kept() {
    let app = TestApp::start().await;
    let ada = app.sign_up().await;
    let content = ChatbotContent {
        name: String::new(),
        knowledge_base_ids: vec![Uuid::new_v4()],
        max_passages: 99,
        appearance: Appearance {
            color: "blue".into(),
            ..Appearance::default()
        },
        ..ChatbotContent::default()
    };
    let draft = app.draft(&ada, &content).await;
    let deploy = app.post(&ada, &format!("{}/deploy", path(draft.id)), json!({}));
    let problem = refused(deploy, StatusCode::UNPROCESSABLE_ENTITY, ErrorCode::DraftInvalid).await;
    let fields: Vec<_> = problem.errors.iter().map(|error| error.field.as_str()).collect();
    let expected = [
        "name",
        "max_passages",
        "appearance.color",
        "knowledge_base_ids[0]",
    ]
    .map(|f| format!("content.{f}"));
    assert_eq!(fields, expected);
    let kept: Draft<ChatbotContent> = ok(app.get(&ada, &path(draft.id))).await;
    assert_eq!(kept.content, content);
}

#[tokio::test]
async fn deploying_is_safe_to_repeat() {
    let app = TestApp::start_with(|config| config.outbound_allow = vec!["127.0.0.1:9".into()]).await;
    let ada = app.sign_up().await;
    let provider = app.provider(&ada, "http://127.0.0.1:9/v1").await;
    let draft = app.draft(&ada, &deployable("Helper", provider)).await;
    let deploy = || app.post(&ada, &format!("{}/deploy", path(draft.id)), json!({}));
    let all: Vec<Deployed> = futures::future::join_all((0..20).map(|_| ok(deploy()))).await;
    assert!(all.iter().all(|one| *one == all[0]), "{all:?}");
    let later: Deployed = ok(deploy()).await;
    assert_eq!(later, all[0]);
    refused(
        app.get(&ada, &path(draft.id)),
        StatusCode::NOT_FOUND,
        ErrorCode::DraftNotFound,
    )
    .await;

    let versions: Vec<BotVersion> =
        ok(app.get(&ada, &format!("/api/v1/bots/{}/versions", later.bot_id))).await;
    assert_eq!(versions.len(), 1);
    assert!(
        later
            .embed
            .code
            .contains(&format!(r#"data-bot="{}""#, later.bot_id))
    );
}

#[tokio::test]
async fn a_deployed_bot_is_edited_through_a_new_draft_and_rolled_back() {
    let app = TestApp::start_with(|config| config.outbound_allow = vec!["127.0.0.1:9".into()]).await;
    let ada = app.sign_up().await;
    let provider = app.provider(&ada, "http://127.0.0.1:9/v1").await;
    let bot_id = app.deploy(&ada, &deployable("Helper", provider)).await;

    let draft: Draft<ChatbotContent> =
        ok(app.post(&ada, "/api/v1/chatbots/draft", json!({ "from": bot_id }))).await;
    assert_eq!(draft.content.name, "Helper");
    let body = json!({ "version": draft.version, "content": deployable("Better helper", provider) });
    let _: Value = ok(app.put(&ada, &path(draft.id), body)).await;
    let deployed: Deployed = ok(app.post(&ada, &format!("{}/deploy", path(draft.id)), json!({}))).await;
    assert_eq!((deployed.bot_id, deployed.version), (bot_id, 2));
    let config: Value = ok(app.request(reqwest::Method::GET, &format!("/api/v1/bots/{bot_id}/config"))).await;
    assert_eq!(config["title"], "Better helper");

    let back: Deployed = ok(app.post(
        &ada,
        &format!("/api/v1/bots/{bot_id}/rollback"),
        json!({ "version": 1 }),
    ))
    .await;
    assert_eq!(back.version, 1);
    let bot: Bot = ok(app.get(&ada, &format!("/api/v1/bots/{bot_id}"))).await;
    assert_eq!(
        (bot.summary.name.as_str(), bot.summary.live_version),
        ("Helper", 1)
    );
    let versions: Vec<BotVersion> = ok(app.get(&ada, &format!("/api/v1/bots/{bot_id}/versions"))).await;
    assert_eq!(
        versions.iter().map(|v| (v.version, v.live)).collect::<Vec<_>>(),
        [(2, false), (1, true)]
    );
    done(app.delete(&ada, &format!("/api/v1/bots/{bot_id}"))).await;
}

#[tokio::test]
async fn a_name_is_taken_once_in_a_workspace() {
    let app = TestApp::start_with(|config| config.outbound_allow = vec!["127.0.0.1:9".into()]).await;
    let ada = app.sign_up().await;
    let provider = app.provider(&ada, "http://127.0.0.1:9/v1").await;
    app.deploy(&ada, &deployable("Helper", provider)).await;
    let draft = app.draft(&ada, &deployable("Helper", provider)).await;
    let deploy = app.post(&ada, &format!("{}/deploy", path(draft.id)), json!({}));
    let problem = refused(deploy, StatusCode::CONFLICT, ErrorCode::NameTaken).await;
    assert_eq!(problem.errors[0].field, "content.name");
}

#[tokio::test]
async fn deploying_loses_no_save() {
    let fake = FakeOpenAi::start(Reply::Text("Hello!".into())).await;
    let app = TestApp::start_with(|config| config.outbound_allow = vec![fake.place()]).await;
    let ada = app.sign_up().await;
    let provider = app.provider(&ada, &fake.base_url()).await;
    for round in 0..10 {
        let draft = app
            .draft(&ada, &deployable(&format!("Early {round}"), provider))
            .await;
        let path = format!("/api/v1/chatbots/draft/{}", draft.id);
        let late = deployable(&format!("Late {round}"), provider);
        let save = app.put(&ada, &path, json!({ "version": draft.version, "content": late }));
        let deploy = app.post(&ada, &format!("{path}/deploy"), json!({}));
        let (saved, deployed) = tokio::join!(save.send(), ok::<Deployed>(deploy));
        if saved.unwrap().status() != StatusCode::OK {
            continue;
        }
        // What was acknowledged is in the bot or still in the draft.
        let bot: Bot = ok(app.get(&ada, &format!("/api/v1/bots/{}", deployed.bot_id))).await;
        if bot.content.name != late.name {
            let kept: Draft<ChatbotContent> = ok(app.get(&ada, &path)).await;
            assert_eq!(kept.content.name, late.name);
        }
    }
}
