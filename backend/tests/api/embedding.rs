use std::path::PathBuf;
use std::sync::Arc;

use api_types::ErrorCode;
use api_types::embeddings::EmbeddingSettings;
use api_types::providers::{Provider, ProviderCheck};
use reqwest::StatusCode;
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use crate::support::fake_embed::{FakeEmbed, Reply};
use crate::support::{Person, TestApp, ok, refused};

const PATH: &str = "/api/v1/embedding";

/// Counts letters: near enough to meaning for what is asked here.
fn letters() -> Reply {
    Reply::Vectors(Arc::new(|text| {
        let mut counts = vec![0.1; 26];
        for word in text.to_lowercase().bytes().filter(u8::is_ascii_lowercase) {
            counts[usize::from(word - b'a')] += 1.0;
        }
        counts
    }))
}

async fn provider(app: &TestApp, ada: &Person, kind: &str, base_url: &str) -> Provider {
    let body = json!({ "name": kind, "kind": kind, "base_url": base_url, "default_model": "m" });
    ok(app.post(ada, "/api/v1/providers", body)).await
}

async fn start() -> (TestApp, FakeEmbed, Person) {
    let fake = FakeEmbed::start(letters()).await;
    let app = TestApp::start_with(|config| {
        config.outbound_allow = vec![fake.place()];
        config.models_dir = std::env::var_os("BOTWRIGHT_MODELS_DIR").map(PathBuf::from);
    })
    .await;
    let ada = app.sign_up().await;
    (app, fake, ada)
}

#[tokio::test]
async fn a_model_is_tried_chosen_and_given_up_again() {
    let (app, fake, ada) = start().await;
    let before: EmbeddingSettings = ok(app.get(&ada, PATH)).await;
    assert!(before.built_in && before.next.is_none());
    assert_eq!(before.live.as_ref().unwrap().model, "all-MiniLM-L6-v2");

    let openai = provider(&app, &ada, "openai", &format!("{}/v1", fake.base_url())).await;
    let body = json!({ "provider_id": openai.id, "model": "text-embedding-3-small" });
    let refusal = app.put(&ada, PATH, &body);
    // Letters say little about what a text means, and it is told so.
    let problem = refused(refusal, StatusCode::BAD_GATEWAY, ErrorCode::ProviderProtocol).await;
    assert!(
        problem.detail.contains("can't be used for search"),
        "{}",
        problem.detail
    );
    let embedder = app.services().embedder.clone().unwrap();
    fake.reply(Reply::Vectors(Arc::new(move |text| {
        embedder.embed_now(&[text.to_owned()]).unwrap().remove(0)
    })));
    let changing: EmbeddingSettings = ok(app.put(&ada, PATH, &body)).await;
    let next = changing.next.unwrap();
    assert_eq!(next.model.provider_name.as_deref(), Some("openai"));
    assert_eq!(
        (next.model.model.as_str(), next.model.dimensions),
        ("text-embedding-3-small", 384)
    );
    assert_eq!(changing.live, before.live);
    // The same again is no other change.
    let again: EmbeddingSettings = ok(app.put(&ada, PATH, &body)).await;
    assert_eq!(again.next.unwrap().started_at, next.started_at);
    let problem = refused(
        app.delete(&ada, &format!("/api/v1/providers/{}", openai.id)),
        StatusCode::CONFLICT,
        ErrorCode::InUse,
    )
    .await;
    assert!(problem.detail.contains("embedding model"), "{}", problem.detail);

    let stayed: EmbeddingSettings = ok(app.delete(&ada, &format!("{PATH}/next"))).await;
    assert_eq!(stayed, before);
    let problem = refused(
        app.put(&ada, PATH, json!({})),
        StatusCode::UNPROCESSABLE_ENTITY,
        ErrorCode::ValidationFailed,
    )
    .await;
    assert!(problem.errors[0].message.contains("in use already"));
}

#[tokio::test]
async fn what_cannot_embed_is_refused_with_the_field() {
    let (app, fake, ada) = start().await;
    let base_url = fake.base_url();
    let rerank = provider(&app, &ada, "tei_rerank", &base_url).await.id;
    let cohere = provider(&app, &ada, "cohere_embed", &base_url).await.id;
    let field = async |body: Value, field: &str| {
        let request = app.put(&ada, PATH, &body);
        let problem = refused(
            request,
            StatusCode::UNPROCESSABLE_ENTITY,
            ErrorCode::ValidationFailed,
        )
        .await;
        assert_eq!(problem.errors[0].field, field, "{body}");
    };
    field(json!({ "provider_id": rerank, "model": "m" }), "provider_id").await;
    field(json!({ "provider_id": cohere, "model": " " }), "model").await;
    field(
        json!({ "provider_id": cohere, "model": "m", "dimensions": 9000 }),
        "dimensions",
    )
    .await;
    field(
        json!({ "provider_id": cohere, "model": "m", "dimensions": 25 }),
        "dimensions",
    )
    .await;
    let unknown = app.put(&ada, PATH, json!({ "provider_id": Uuid::new_v4(), "model": "m" }));
    refused(unknown, StatusCode::NOT_FOUND, ErrorCode::NotFound).await;
    fake.reply(Reply::Status(401, "no"));
    let unauthorized = app.put(&ada, PATH, json!({ "provider_id": cohere, "model": "m" }));
    refused(
        unauthorized,
        StatusCode::BAD_GATEWAY,
        ErrorCode::ProviderUnauthorized,
    )
    .await;
}

#[tokio::test]
async fn the_provider_of_another_workspace_is_not_there_and_editors_change_nothing() {
    let (app, fake, ada) = start().await;
    let tei = provider(&app, &ada, "tei_embed", &fake.base_url()).await;
    let check: ProviderCheck =
        ok(app.post(&ada, &format!("/api/v1/providers/{}/check", tei.id), json!({}))).await;
    assert!(check.ok, "{}", check.message);
    let bob = app.sign_up().await;
    let body = json!({ "provider_id": tei.id });
    refused(
        app.put(&bob, PATH, &body),
        StatusCode::NOT_FOUND,
        ErrorCode::NotFound,
    )
    .await;
    let mut owner = PgConnection::connect(app.database.url.as_str()).await.unwrap();
    for table in ["workspace_members", "organization_members"] {
        let sql = format!("update {table} set role = 'editor'");
        sqlx::query(sqlx::AssertSqlSafe(sql))
            .execute(&mut owner)
            .await
            .unwrap();
    }
    for request in [
        app.put(&ada, PATH, &body),
        app.delete(&ada, &format!("{PATH}/next")),
    ] {
        refused(request, StatusCode::FORBIDDEN, ErrorCode::Forbidden).await;
    }
    ok::<EmbeddingSettings>(app.get(&ada, PATH)).await;
}
