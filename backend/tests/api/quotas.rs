//! What plans allow, also when many ask at once, and what is metered.

use std::collections::BTreeMap;

use api_types::ErrorCode;
use api_types::tenancy::Role;
use api_types::usage::{Quota, QuotaUse, Usage};
use domain::config::Config;
use domain::quotas::{Plan, Plans, set_plan};
use futures::future::join_all;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use super::chatbot_drafts::deployable;
use super::data::number;
use super::kb::indexed;
use super::served::Served;
use crate::support::fake_openai::{FakeOpenAi, Reply};
use crate::support::{Person, TestApp, ok, refused};

const SMALL: Plan = Plan {
    bots: Some(2),
    knowledge_bases: Some(1),
    documents: Some(3),
    pages_per_month: Some(2),
    messages_per_month: Some(5),
    members: Some(2),
    storage_bytes: Some(200),
};

fn small(config: &mut Config) {
    config.plans = BTreeMap::from([("small".to_owned(), SMALL)]);
}

async fn limited(app: &TestApp, person: &Person) {
    let plans = Plans::new("self-hosted", &app.state.config.plans);
    let organization = person.auth.workspace.organization_id;
    set_plan(&app.services().db, &plans, organization, "small")
        .await
        .unwrap();
    assert!(
        set_plan(&app.services().db, &plans, organization, "large")
            .await
            .is_err()
    );
    assert!(
        set_plan(&app.services().db, &plans, Uuid::nil(), "small")
            .await
            .is_err()
    );
}

async fn used(app: &TestApp, person: &Person, quota: Quota) -> QuotaUse {
    let usage: Usage = ok(app.get(person, "/api/v1/usage")).await;
    usage.quotas.into_iter().find(|use_| use_.quota == quota).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn many_deploys_at_once_fill_the_plan_and_no_more() {
    let fake = FakeOpenAi::start(Reply::Text("Hello.".into())).await;
    let app = TestApp::start_with(|config| {
        config.outbound_allow = vec![fake.place()];
        small(config);
    })
    .await;
    let ada = app.sign_up().await;
    let provider = app.provider(&ada, &fake.base_url()).await;
    // A second workspace of the organization counts along.
    let shop: Value = ok(app.post(&ada, "/api/v1/workspaces", json!({ "name": "Shop" }))).await;
    let in_shop = app
        .enter(&ada, shop["id"].as_str().unwrap().parse().unwrap())
        .await;
    let other = app.provider(&in_shop, &fake.base_url()).await;
    app.deploy(&in_shop, &deployable("Elsewhere", other)).await;
    limited(&app, &ada).await;
    let mut deploys = Vec::new();
    for i in 0..6 {
        let draft = app.draft(&ada, &deployable(&format!("Bot {i}"), provider)).await;
        deploys.push(app.post(
            &ada,
            &format!("/api/v1/chatbots/draft/{}/deploy", draft.id),
            json!({}),
        ));
    }
    let answers = join_all(
        deploys
            .into_iter()
            .map(|deploy| async { deploy.send().await.unwrap().status() }),
    )
    .await;
    let made = answers.iter().filter(|status| status.is_success()).count();
    assert_eq!(made, 1, "{answers:?}");
    assert!(
        answers
            .iter()
            .all(|status| status.is_success() || *status == StatusCode::FORBIDDEN),
        "{answers:?}"
    );
    let bots = used(&app, &ada, Quota::Bots).await;
    assert_eq!((bots.used, bots.limit), (2, Some(2)));

    let draft = app.draft(&ada, &deployable("One more", provider)).await;
    let deploy = app.post(
        &ada,
        &format!("/api/v1/chatbots/draft/{}/deploy", draft.id),
        json!({}),
    );
    let problem = refused(deploy, StatusCode::FORBIDDEN, ErrorCode::QuotaExceeded).await;
    assert!(
        problem.detail.contains("2 bots") && problem.detail.contains("2 are in use"),
        "{}",
        problem.detail
    );
    assert_eq!(
        problem.current,
        Some(json!({ "quota": "bots", "used": 2, "limit": 2 }))
    );
    // What is there can still be changed.
    let edit = json!({ "from": number_of_bot(&app, &ada).await });
    let draft: Value = ok(app.post(&ada, "/api/v1/chatbots/draft", edit)).await;
    let path = format!("/api/v1/chatbots/draft/{}/deploy", draft["id"].as_str().unwrap());
    let _: Value = ok(app.post(&ada, &path, json!({}))).await;
}

async fn number_of_bot(app: &TestApp, person: &Person) -> Uuid {
    let mut owner = PgConnection::connect(app.database.url.as_str()).await.unwrap();
    sqlx::query_scalar("select id from bots where workspace_id = $1")
        .bind(person.workspace_id())
        .fetch_one(&mut owner)
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn many_messages_at_once_fill_the_month_and_no_more() {
    let served = Served::start_with("Hello.", small, |_| {});
    let Served {
        app,
        ada,
        bot,
        fake: _fake,
        ..
    } = served.await;
    limited(&app, &ada).await;
    let ask = || {
        let request = app.request(Method::POST, &format!("/api/v1/bots/{bot}/chat"));
        request.json(&json!({ "message": "Hello?" }))
    };
    let answers = join_all((0..12).map(|_| async { ask().send().await.unwrap().status() })).await;
    assert_eq!(
        answers.iter().filter(|status| status.is_success()).count(),
        5,
        "{answers:?}"
    );
    let problem = refused(ask(), StatusCode::FORBIDDEN, ErrorCode::QuotaExceeded).await;
    assert!(
        problem.current.is_none() && !problem.detail.contains("small"),
        "visitors learn nothing of plans"
    );
    // What was refused left nothing behind.
    assert_eq!(
        number(&app, "select count(*) from messages where role = 'user'").await,
        5
    );
    assert_eq!(number(&app, "select count(*) from conversations").await, 5);
    let usage: Usage = ok(app.get(&ada, "/api/v1/usage")).await;
    assert_eq!((usage.plan.as_str(), usage.days.len()), ("small", 30));
    let today = usage.days.last().unwrap();
    assert_eq!(today.messages, 5);
    assert!(
        today.prompt_tokens > 0 && today.completion_tokens > 0,
        "{today:?}"
    );
    let last_month = "update usage_months set month = month - interval '1 month'";
    super::data::execute(&app, last_month).await;
    let _: Value = ok(ask()).await;
    let editor = app.join(&ada, "invitations", Role::Editor).await;
    refused(
        app.get(&editor, "/api/v1/usage"),
        StatusCode::FORBIDDEN,
        ErrorCode::Forbidden,
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn knowledge_is_refused_above_the_plan_and_nothing_is_taken_away() {
    let app = TestApp::start_with(|config| {
        config.worker = true;
        small(config);
    })
    .await;
    let ada = app.sign_up().await;
    let long = "Bicycles are repaired in Porto. ".repeat(20);
    let first = app.finalize(&ada, "First", &[("Long", &long)]).await;
    app.finalize(&ada, "Second", &[("Lagos", "Surfboards are rented in Lagos.")])
        .await;
    limited(&app, &ada).await;
    // Over the limit by now: what is there stays, and works.
    indexed(&app, &ada, first).await;
    assert_eq!(used(&app, &ada, Quota::KnowledgeBases).await.used, 2);
    let usage: Usage = ok(app.get(&ada, "/api/v1/usage")).await;
    assert!(usage.days.last().unwrap().passages_embedded >= 0);
    let draft = app
        .kb_draft(&ada, "Third", &[("Faro", "Boats are rented in Faro.")])
        .await;
    let path = format!("/api/v1/kb/draft/{}/finalize", draft.id);
    let problem = refused(
        app.post(&ada, &path, json!({})),
        StatusCode::FORBIDDEN,
        ErrorCode::QuotaExceeded,
    )
    .await;
    assert!(problem.detail.contains("1 knowledge base"), "{}", problem.detail);
    // The draft is still there; added to what there is, its bytes are too many.
    let more: Value = ok(app.post(&ada, "/api/v1/kb/draft", json!({ "from": first }))).await;
    let path = format!("/api/v1/kb/draft/{}", more["id"].as_str().unwrap());
    let sources =
        json!({ "sources": [{ "kind": "text", "title": "Faro", "text": "Boats are rented in Faro." }] });
    let _: Value = ok(app.put(&ada, &format!("{path}/sources"), sources)).await;
    let finalize = app.post(&ada, &format!("{path}/finalize"), json!({}));
    let problem = refused(finalize, StatusCode::FORBIDDEN, ErrorCode::QuotaExceeded).await;
    assert_eq!(problem.current.unwrap()["quota"], "storage");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_joins_above_the_plan() {
    let app = TestApp::start_with(small).await;
    let ada = app.sign_up().await;
    limited(&app, &ada).await;
    let links = [
        app.invite(&ada, "organization/invitations", Role::Viewer).await,
        app.invite(&ada, "invitations", Role::Viewer).await,
        app.invite(&ada, "organization/invitations", Role::Viewer).await,
    ];
    let joins = links.iter().map(|token| {
        let email = format!("{}@example.com", Uuid::new_v4().simple());
        let body = json!({ "email": email, "password": "correct horse battery", "name": "Test", "invitation": token });
        let request = app.request(Method::POST, "/api/v1/auth/signup").json(&body);
        async { request.send().await.unwrap().status() }
    });
    let answers = join_all(joins).await;
    assert_eq!(
        answers.iter().filter(|status| status.is_success()).count(),
        1,
        "{answers:?}"
    );
    assert_eq!(used(&app, &ada, Quota::Members).await.used, 2);
    assert_eq!(
        number(&app, "select count(*) from users").await,
        2,
        "who was refused has no account"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_gives_an_organization_a_plan() {
    let app = TestApp::start_with(small).await;
    let ada = app.sign_up().await;
    let organization = ada.auth.workspace.organization_id.to_string();
    let set = |plan: &str| {
        std::process::Command::new(env!("CARGO_BIN_EXE_botwright"))
            .args(["plan", "set", &organization, plan])
            .env("DATABASE_URL", app.database.url.as_str())
            .env("BOTWRIGHT_PLANS", "{small={bots=2}}")
            .output()
            .unwrap()
    };
    let unknown = set("huge");
    assert!(!unknown.status.success());
    let words = String::from_utf8(unknown.stderr).unwrap();
    assert!(words.contains("there are: self-hosted, small"), "{words}");
    assert_eq!(used(&app, &ada, Quota::Bots).await.limit, None);
    let done = set("small");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    assert_eq!(used(&app, &ada, Quota::Bots).await.limit, Some(2));
    assert!(set("self-hosted").status.success());
    assert_eq!(used(&app, &ada, Quota::Bots).await.limit, None);
}
