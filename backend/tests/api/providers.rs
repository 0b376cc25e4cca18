use api_types::ErrorCode;
use api_types::providers::{Provider, ProviderCheck};
use reqwest::StatusCode;
use serde_json::{Value, json};
use sqlx::Connection;

use super::chatbot_drafts::deployable;
use crate::support::fake_openai::{FakeOpenAi, Reply};
use crate::support::{TestApp, done, ok, refused};

#[tokio::test]
async fn a_key_is_sealed_shown_to_nobody_and_bound_to_its_host() {
    let app = TestApp::start_with(|config| {
        config.outbound_allow = vec!["127.0.0.1:9".into(), "127.0.0.1:10".into()];
    })
    .await;
    let ada = app.sign_up().await;
    let body = |base_url: &str| json!({ "name": "Local", "base_url": base_url, "default_model": "m" });
    let mut create = body("http://127.0.0.1:9/v1/");
    create["api_key"] = json!("sk-secret-0123456789");
    let provider: Provider = ok(app.post(&ada, "/api/v1/providers", create)).await;
    assert_eq!(provider.base_url, "http://127.0.0.1:9/v1");
    assert_eq!(provider.key_hint.as_deref(), Some("6789"));
    let listed = app
        .get(&ada, "/api/v1/providers")
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(!listed.contains("sk-secret"));
    let mut owner = sqlx::PgConnection::connect(app.database.url.as_str())
        .await
        .unwrap();
    let stored: Vec<u8> = sqlx::query_scalar("select api_key from providers")
        .fetch_one(&mut owner)
        .await
        .unwrap();
    assert!(!stored.windows(9).any(|window| window == b"sk-secret"));

    let path = format!("/api/v1/providers/{}", provider.id);
    let moved = app.put(&ada, &path, body("http://127.0.0.1:10/v1"));
    let problem = refused(
        moved,
        StatusCode::UNPROCESSABLE_ENTITY,
        ErrorCode::ValidationFailed,
    )
    .await;
    assert_eq!(problem.errors[0].field, "api_key");
    let renamed: Provider = ok(app.put(&ada, &path, body("http://127.0.0.1:9/other"))).await;
    assert_eq!(renamed.key_hint.as_deref(), Some("6789"));
}

#[tokio::test]
async fn addresses_inside_the_own_network_are_refused_unless_the_operator_allows_them() {
    let app = TestApp::start().await;
    let ada = app.sign_up().await;
    for base_url in [
        "http://127.0.0.1:11434/v1",
        "http://169.254.169.254/",
        "http://[::1]/v1",
        "ftp://example.com",
        "x",
    ] {
        let body = json!({ "name": "P", "base_url": base_url, "default_model": "m" });
        let problem = refused(
            app.post(&ada, "/api/v1/providers", body),
            StatusCode::UNPROCESSABLE_ENTITY,
            ErrorCode::ValidationFailed,
        )
        .await;
        assert_eq!(problem.errors[0].field, "base_url", "{base_url}");
    }
}

#[tokio::test]
async fn a_provider_can_be_checked_and_stays_while_a_bot_needs_it() {
    let fake = FakeOpenAi::start(Reply::Text("Hello!".into())).await;
    let app = TestApp::start_with(|config| config.outbound_allow = vec![fake.place()]).await;
    let ada = app.sign_up().await;
    let id = app.provider(&ada, &fake.base_url()).await;
    let path = format!("/api/v1/providers/{id}");
    let check: ProviderCheck = ok(app.post(&ada, &format!("{path}/check"), json!({}))).await;
    assert!(check.ok, "{}", check.message);

    let bot_id = app.deploy(&ada, &deployable("Helper", id)).await;
    refused(app.delete(&ada, &path), StatusCode::CONFLICT, ErrorCode::InUse).await;
    done(app.delete(&ada, &format!("/api/v1/bots/{bot_id}"))).await;
    done(app.delete(&ada, &path)).await;
    let left: Vec<Value> = ok(app.get(&ada, "/api/v1/providers")).await;
    assert!(left.is_empty());
}
