//! Limits that hold for all replicas together.

use api_types::ErrorCode;
use api_types::chat::ChatResponse;
use reqwest::{Method, RequestBuilder, StatusCode, header};
use serde_json::json;
use uuid::Uuid;

use super::chatbot_drafts::deployable;
use crate::support::fake_openai::{FakeOpenAi, Reply};
use crate::support::{Person, TestApp, ok};

fn header_of(response: &reqwest::Response, name: &str) -> String {
    let value = response.headers().get(name);
    value.map_or(String::new(), |value| value.to_str().unwrap().to_owned())
}

/// Sends it so often, and says how many were let through.
async fn let_through(times: usize, request: impl Fn() -> RequestBuilder) -> usize {
    let sent = (0..times).map(|_| request().send());
    let responses = futures::future::try_join_all(sent).await.unwrap();
    let refused = responses
        .iter()
        .filter(|response| response.status() == StatusCode::TOO_MANY_REQUESTS)
        .count();
    times - refused
}

async fn bots(app: &TestApp, ada: &Person, fake: &FakeOpenAi) -> [Uuid; 2] {
    let provider = app.provider(ada, &fake.base_url()).await;
    let one = app.deploy(ada, &deployable("One", provider)).await;
    let two = app.deploy(ada, &deployable("Two", provider)).await;
    [one, two]
}

fn chat(app: &TestApp, bot: Uuid) -> RequestBuilder {
    app.request(Method::POST, &format!("/api/v1/bots/{bot}/chat"))
        .json(&json!({ "message": "Hi" }))
}

#[tokio::test]
async fn a_bot_takes_so_many_requests_a_minute_and_says_where_one_stands() {
    let fake = FakeOpenAi::start(Reply::Text("Hello.".into())).await;
    let app = TestApp::start_with(|config| {
        config.outbound_allow = vec![fake.place()];
        config.bot_requests_per_minute = 6;
    })
    .await;
    let ada = app.sign_up().await;
    let [one, two] = bots(&app, &ada, &fake).await;
    let first = chat(&app, one)
        .header(header::ORIGIN, "https://a.example")
        .send()
        .await
        .unwrap();
    assert_eq!(first.status(), StatusCode::OK);
    assert_eq!(header_of(&first, "ratelimit-policy"), r#""bot";q=6;w=60"#);
    assert_eq!(header_of(&first, "ratelimit"), r#""bot";r=5;t=10"#);
    assert!(header_of(&first, "access-control-expose-headers").contains("ratelimit"));

    assert_eq!(let_through(20, || chat(&app, one)).await, 5);
    let refused = chat(&app, one).send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    let wait: u64 = header_of(&refused, "retry-after").parse().unwrap();
    assert!((1..=10).contains(&wait), "{wait}");
    assert!(header_of(&refused, "ratelimit").starts_with(r#""bot";r=0;"#));
    let problem: api_types::Problem = refused.json().await.unwrap();
    assert_eq!(problem.code, ErrorCode::RateLimited);
    assert!(
        problem.detail.contains(&format!("{wait} seconds")),
        "{}",
        problem.detail
    );
    // Another bot is not concerned.
    let _: ChatResponse = ok(chat(&app, two)).await;
}

#[tokio::test]
async fn the_bots_of_a_workspace_share_a_limit() {
    let fake = FakeOpenAi::start(Reply::Text("Hello.".into())).await;
    let app = TestApp::start_with(|config| {
        config.outbound_allow = vec![fake.place()];
        config.bot_requests_per_minute = 4;
        config.workspace_requests_per_minute = 6;
    })
    .await;
    let ada = app.sign_up().await;
    let [one, two] = bots(&app, &ada, &fake).await;
    assert_eq!(let_through(10, || chat(&app, one)).await, 4);
    // What the bot refused is not counted for the workspace.
    assert_eq!(let_through(10, || chat(&app, two)).await, 2);
    let refused = chat(&app, two).send().await.unwrap();
    assert!(header_of(&refused, "ratelimit").starts_with(r#""workspace";r=0;"#));
}

#[tokio::test]
async fn persons_and_keys_have_limits_of_their_own() {
    let app = TestApp::start_with(|config| config.caller_requests_per_minute = 8).await;
    let ada = app.sign_up().await;
    let bob = app.sign_up().await;
    let key: api_types::api_keys::CreatedApiKey = ok(app.post(
        &ada,
        "/api/v1/api-keys",
        json!({ "name": "CI", "scopes": ["read"] }),
    ))
    .await;
    assert_eq!(let_through(20, || app.get(&ada, "/api/v1/bots")).await, 7);
    let with_key = || app.request(Method::GET, "/api/v1/bots").bearer_auth(&key.key);
    let first = with_key().send().await.unwrap();
    assert_eq!(header_of(&first, "ratelimit-policy"), r#""key";q=8;w=60"#);
    assert_eq!(let_through(20, with_key).await, 7);
    assert_eq!(let_through(8, || app.get(&bob, "/api/v1/bots")).await, 8);
}

#[tokio::test]
async fn replicas_count_together() {
    let app = TestApp::start_with(|config| config.caller_requests_per_minute = 8).await;
    let replica = TestApp::start_with(|config| {
        config.caller_requests_per_minute = 8;
        config.database_url = Some(app.database.url.as_str().to_owned().into());
    })
    .await;
    let ada = app.sign_up().await;
    let path = "/api/v1/bots";
    let here = let_through(5, || app.get(&ada, path)).await;
    let there = let_through(20, || replica.get(&ada, path)).await;
    assert_eq!((here, there), (5, 3));
}
