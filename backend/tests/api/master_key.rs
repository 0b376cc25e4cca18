//! The master key: recognised, refused, and changed without a pause.

use std::sync::Arc;

use api_types::auth::{AuthResponse, Me, MfaChallenge, MfaSetup, RecoveryCodes};
use api_types::chat::ChatResponse;
use api_types::tenancy::Role;
use api_types::visitors::CreatedVisitorSecret;
use api_types::{ErrorCode, Problem};
use domain::Services;
use domain::db::DbRole;
use domain::master_key::{self, Recognised};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};
use totp_rs::{Builder, Secret};

use super::chatbot_drafts::deployable;
use crate::support::fake_notion::{self, FakeNotion};
use crate::support::fake_openai::{FakeOpenAi, Reply};
use crate::support::{Person, TestApp, ok, refused};

const OLD: &str = "0123456789abcdef0123456789abcdef";
const NEW: &str = "a new key of thirty-two bytes or more";

/// Another server on the database of `app`, with these master keys.
async fn with_keys(app: &TestApp, key: &str, earlier: &[&str]) -> TestApp {
    TestApp::start_with(|config| {
        config.database_url = Some(app.database.url.as_str().to_owned().into());
        config.secret_key = Some(key.into());
        config.previous_secret_keys = earlier.iter().map(|&key| key.into()).collect();
        config.outbound_allow.clone_from(&app.state.config.outbound_allow);
        config.notion_url = app.state.config.notion_url.clone();
    })
    .await
}

/// What its worker would use.
fn worker_of(app: &TestApp) -> Arc<Services> {
    let program = std::env::current_exe().unwrap();
    Arc::new(Services::new(&app.state.config, DbRole::Worker, program, None).unwrap())
}

async fn recognise(app: &TestApp) -> Recognised {
    let services = app.services();
    master_key::recognise(&services.db, &services.secrets)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_database_knows_its_key() {
    let app = TestApp::start().await;
    assert_eq!(recognise(&app).await, Recognised::New);
    assert_eq!(recognise(&app).await, Recognised::Current);
    let old = app.services().secrets.key_id();

    let other = with_keys(&app, NEW, &[]).await;
    assert_eq!(recognise(&other).await, Recognised::Unknown(old));
    let wrong = with_keys(&app, NEW, &["yet another key that was never used"]).await;
    assert_eq!(recognise(&wrong).await, Recognised::Unknown(old));
    assert_eq!(recognise(&app).await, Recognised::Current);

    // First it learns the new one, then it uses it; a server that only knows the old one is told.
    let told = with_keys(&app, OLD, &[NEW]).await;
    assert_eq!(recognise(&told).await, Recognised::Current);
    let changed = with_keys(&app, NEW, &[OLD]).await;
    assert_eq!(recognise(&changed).await, Recognised::New);
    assert_eq!(recognise(&changed).await, Recognised::Current);
    assert_eq!(recognise(&told).await, Recognised::Behind);
    let new = changed.services().secrets.key_id();
    assert_eq!(recognise(&app).await, Recognised::Unknown(new));
}

/// The program itself: it ends before it asks the database, and says which setting is to blame.
#[tokio::test]
async fn a_server_with_a_missing_or_weak_key_does_not_start() {
    let data = tempfile::tempdir().unwrap();
    let one_letter = "x".repeat(64);
    let short = "0123456789abcdef0123456789abcde";
    let few = "abcabcabcabcabcabcabcabcabcabcabc";
    for (key, earlier, says) in [
        (None, None, "BOTWRIGHT_SECRET_KEY is missing"),
        (Some(""), None, "BOTWRIGHT_SECRET_KEY"),
        (Some(short), None, "BOTWRIGHT_SECRET_KEY is too weak"),
        (
            Some(one_letter.as_str()),
            None,
            "BOTWRIGHT_SECRET_KEY is too weak",
        ),
        (Some(few), None, "BOTWRIGHT_SECRET_KEY is too weak"),
        (Some(OLD), Some(r#"["short"]"#), "BOTWRIGHT_PREVIOUS_SECRET_KEYS"),
    ] {
        let mut program = tokio::process::Command::new(env!("CARGO_BIN_EXE_botwright"));
        program
            .arg("serve")
            .env_clear()
            .current_dir(data.path())
            .env("BOTWRIGHT_DATA_DIR", data.path())
            .env("DATABASE_URL", "postgres://nobody@127.0.0.1:1/nothing")
            .env("REDIS_URL", "redis://127.0.0.1:1")
            .envs(key.map(|key| ("BOTWRIGHT_SECRET_KEY", key)))
            .envs(earlier.map(|keys| ("BOTWRIGHT_PREVIOUS_SECRET_KEYS", keys)))
            .kill_on_drop(true);
        let ended = program.output().await.unwrap();
        let said = String::from_utf8_lossy(&ended.stderr);
        assert!(!ended.status.success() && said.contains(says), "{key:?}: {said}");
        assert!(
            key.is_none_or(|key| key.is_empty() || !said.contains(key)),
            "{said}"
        );
    }
}

#[tokio::test]
async fn many_servers_that_start_at_once_agree() {
    let app = TestApp::start().await;
    let all = futures::future::join_all((0..8).map(|_| recognise(&app))).await;
    assert_eq!(all.iter().filter(|it| **it == Recognised::New).count(), 1);
    assert_eq!(all.iter().filter(|it| **it == Recognised::Current).count(), 7);
}

/// Everything that is sealed, made by one person.
struct Sealed {
    ada: Person,
    bot: uuid::Uuid,
    visitor_secret: String,
    totp: String,
    connection: String,
}

async fn seal_everything(app: &TestApp, fake: &FakeOpenAi) -> Sealed {
    let ada = app.sign_up().await;
    let provider = app.provider(&ada, &fake.base_url()).await;
    let bot = app.deploy(&ada, &deployable("Helper", provider)).await;
    let path = format!("/api/v1/bots/{bot}/visitor-secrets");
    let secret: CreatedVisitorSecret = ok(app.post(&ada, &path, json!({}))).await;
    let connection: Value = ok(app.post(
        &ada,
        "/api/v1/connections",
        json!({ "kind": "notion", "name": "Team", "credential": fake_notion::TOKEN }),
    ))
    .await;
    let body = json!({ "current_password": "correct horse battery" });
    let setup: MfaSetup = ok(app.post(&ada, "/api/v1/auth/mfa/setup", body)).await;
    let body = json!({ "code": code(&setup.secret, 0) });
    let _: RecoveryCodes = ok(app.post(&ada, "/api/v1/auth/mfa/enable", body)).await;
    Sealed {
        ada,
        bot,
        visitor_secret: secret.secret,
        totp: setup.secret,
        connection: connection["id"].as_str().unwrap().to_owned(),
    }
}

/// What an authenticator app shows, so many steps from now.
fn code(secret: &str, steps: i64) -> String {
    let totp = Builder::new()
        .with_secret(Secret::try_from_base32(secret).unwrap())
        .build_noncompliant();
    let now = chrono::Utc::now().timestamp() + steps * 30;
    totp.generate(now.unsigned_abs()).to_string()
}

/// Uses everything that is sealed. The code of `step` is used up.
async fn use_everything(app: &TestApp, sealed: &Sealed, step: i64) {
    let claims = json!({ "sub": "carol", "exp": chrono::Utc::now().timestamp() + 300 });
    let key = EncodingKey::from_secret(sealed.visitor_secret.as_bytes());
    let token = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key).unwrap();
    let chat = app
        .request(Method::POST, &format!("/api/v1/bots/{}/chat", sealed.bot))
        .header("x-visitor-token", token)
        .json(&json!({ "message": "Hi" }));
    assert_eq!(ok::<ChatResponse>(chat).await.response, "Hello.");
    let path = format!("/api/v1/connections/{}/check", sealed.connection);
    let checked: Value = ok(app.post(&sealed.ada, &path, json!({}))).await;
    assert_eq!(checked["ok"], true, "{checked}");

    let login = app.request(Method::POST, "/api/v1/auth/login").json(&json!({
        "email": sealed.ada.email, "password": "correct horse battery"
    }));
    let problem: Problem = refused(login, StatusCode::UNAUTHORIZED, ErrorCode::MfaRequired).await;
    let challenge: MfaChallenge = serde_json::from_value(problem.current.unwrap()).unwrap();
    let answer = app.request(Method::POST, "/api/v1/auth/mfa").json(&json!({
        "challenge": challenge.challenge, "code": code(&sealed.totp, step)
    }));
    let _: AuthResponse = ok(answer).await;
}

/// Sealed values in the database of `app` that name the key of `server`, and all of them.
async fn sealed_with(app: &TestApp, server: &TestApp) -> (i64, i64) {
    let mut owner = PgConnection::connect(app.database.url.as_str()).await.unwrap();
    let id = server.services().secrets.key_id();
    let [with_id, all] = [Some(id.as_slice()), None].map(|id| {
        sqlx::query_scalar::<_, i64>(
            "select count(*) from (
                 select api_key from providers union all select credential from connections
                 union all select secret from visitor_secrets union all select secret from second_factors
             ) as sealed (value) where $1::bytea is null or substring(value from 2 for 4) = $1",
        )
        .bind(id.map(<[u8]>::to_vec))
    });
    (
        with_id.fetch_one(&mut owner).await.unwrap(),
        all.fetch_one(&mut owner).await.unwrap(),
    )
}

#[tokio::test]
async fn a_change_loses_nothing_and_asks_nobody_to_sign_in_again() {
    let fake = FakeOpenAi::start(Reply::Text("Hello.".into())).await;
    let notion = FakeNotion::start().await;
    let app = TestApp::start_with(|config| {
        config.outbound_allow = vec![fake.place(), notion.url().replace("http://", "")];
        config.notion_url = notion.url().parse().unwrap();
    })
    .await;
    recognise(&app).await;
    let sealed = seal_everything(&app, &fake).await;
    assert_eq!(sealed_with(&app, &app).await, (4, 4));
    assert_eq!(master_key::reseal(&worker_of(&app)).await.unwrap(), 0);

    // The new key beside the old: everything opens, and people stay signed in.
    let changed = with_keys(&app, NEW, &[OLD]).await;
    assert_eq!(recognise(&changed).await, Recognised::New);
    use_everything(&changed, &sealed, 1).await;
    let me: Me = ok(changed.get(&sealed.ada, "/api/v1/auth/me")).await;
    assert_eq!((me.user.email, me.role), (sealed.ada.email.clone(), Role::Owner));
    assert_eq!(sealed_with(&app, &changed).await, (0, 4));

    // A worker that does not know of the change yet does nothing.
    let behind = with_keys(&app, OLD, &[NEW]).await;
    assert_eq!(master_key::reseal(&worker_of(&behind)).await.unwrap(), 0);
    let db = &changed.services().db;
    assert!(!master_key::is_resealed(db).await.unwrap());
    assert_eq!(master_key::reseal(&worker_of(&changed)).await.unwrap(), 4);
    assert_eq!(sealed_with(&app, &changed).await, (4, 4));
    assert!(!master_key::is_resealed(db).await.unwrap(), "it looks once more");
    assert_eq!(master_key::reseal(&worker_of(&changed)).await.unwrap(), 0);
    assert!(master_key::is_resealed(db).await.unwrap());

    // The old key is gone for good. The second factor's code of the step before the last may not be used again.
    let alone = with_keys(&app, NEW, &[]).await;
    assert_eq!(recognise(&alone).await, Recognised::Current);
    let path = format!("/api/v1/connections/{}/check", sealed.connection);
    let login = alone.request(Method::POST, "/api/v1/auth/login").json(&json!({
        "email": sealed.ada.email, "password": "correct horse battery"
    }));
    refused(login, StatusCode::UNAUTHORIZED, ErrorCode::MfaRequired).await;
    // Signed with the old key.
    refused(
        alone.post(&sealed.ada, &path, json!({})),
        StatusCode::UNAUTHORIZED,
        ErrorCode::Unauthorized,
    )
    .await;
    let chat = alone
        .request(Method::POST, &format!("/api/v1/bots/{}/chat", sealed.bot))
        .json(&json!({ "message": "Hi" }));
    assert_eq!(ok::<ChatResponse>(chat).await.response, "Hello.");
}
