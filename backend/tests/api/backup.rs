//! What `botwright backup` writes, `botwright restore` brings back: the same answers, with the same sources.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use api_types::bots::ChatbotContent;
use api_types::chat::ChatResponse;
use api_types::drafts::Draft;
use domain::master_key::{self, Recognised};
use redis::AsyncCommands;
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::{Connection, Executor, PgConnection};
use uuid::Uuid;

use super::kb::indexed;
use crate::support::database::{TestDatabase, redis_url};
use crate::support::fake_openai::{FakeOpenAi, Reply};
use crate::support::programs::{Settings, botwright};
use crate::support::{Person, TestApp, ok};

const KEY: &str = "0123456789abcdef0123456789abcdef";

/// The settings by which the program finds an installation.
fn settings(database: &TestDatabase, redis_url: &str, data: &Path, key: &str) -> Settings {
    vec![
        ("DATABASE_URL", database.url.to_string()),
        ("REDIS_URL", redis_url.to_owned()),
        ("BOTWRIGHT_DATA_DIR", data.display().to_string()),
        ("BOTWRIGHT_SECRET_KEY", key.to_owned()),
    ]
}

fn succeeded(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// It failed, and said this.
fn refused(output: &Output, reason: &str) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains(reason), "{output:?}");
}

/// Another Redis database than that of the tests.
fn other_redis() -> String {
    redis_url().replace("/0", "/7")
}

/// With the embedding model, as vectors are part of a back-up.
fn models() -> Option<PathBuf> {
    std::env::var_os("BOTWRIGHT_MODELS_DIR").map(PathBuf::from)
}

async fn empty(database: &TestDatabase) {
    let mut connection = PgConnection::connect(database.url.as_str()).await.unwrap();
    connection
        .execute("drop schema apalis, parts cascade; drop schema public cascade; create schema public")
        .await
        .unwrap();
}

async fn tables(database: &TestDatabase) -> i64 {
    let mut connection = PgConnection::connect(database.url.as_str()).await.unwrap();
    sqlx::query_scalar("select count(*) from pg_tables where schemaname in ('public', 'apalis', 'parts')")
        .fetch_one(&mut connection)
        .await
        .unwrap()
}

async fn index_jobs(database: &TestDatabase) -> i64 {
    let mut connection = PgConnection::connect(database.url.as_str()).await.unwrap();
    sqlx::query_scalar(
        "select count(*) from apalis.jobs where convert_from(job, 'UTF8')::jsonb ->> 'job' = 'index_document'",
    )
    .fetch_one(&mut connection)
    .await
    .unwrap()
}

/// The files below a folder, and what is in them.
fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            let below = contents(&path).into_iter();
            found.extend(below.map(|(inner, bytes)| (format!("{name}/{inner}"), bytes)));
        } else {
            found.insert(name, fs::read(&path).unwrap());
        }
    }
    found
}

async fn answer(app: &TestApp, bot: Uuid) -> ChatResponse {
    let path = format!("/api/v1/bots/{bot}/chat");
    let body = json!({ "message": "How long is the warranty of the kettle?" });
    ok(app.request(Method::POST, &path).json(&body)).await
}

/// An installation with knowledge, a bot that answers from it, a provider and a draft.
struct Used {
    app: TestApp,
    ada: Person,
    bot: Uuid,
    provider: Uuid,
    draft: Draft<ChatbotContent>,
    _fake: FakeOpenAi,
}

async fn used() -> Used {
    let fake = FakeOpenAi::start(Reply::Text("Hello.".into())).await;
    let app = TestApp::start_with(|config| {
        config.worker = true;
        config.models_dir = models();
        config.outbound_allow = vec![fake.place()];
    })
    .await;
    let services = app.services();
    let recognised = master_key::recognise(&services.db, &services.secrets)
        .await
        .unwrap();
    assert_eq!(recognised, Recognised::New);
    let ada = app.sign_up().await;
    let provider = app.provider(&ada, &fake.base_url()).await;
    let texts = [
        ("Warranty", "The warranty of the kettle is 37 months."),
        ("Shipping", "Parcels leave the warehouse on Mondays."),
    ];
    let base = app.finalize(&ada, "Handbook", &texts).await;
    indexed(&app, &ada, base).await;
    let mut content = ChatbotContent {
        name: "Kettle help".into(),
        knowledge_base_ids: vec![base],
        ..ChatbotContent::default()
    };
    let bot = app.deploy(&ada, &content).await;
    content.greeting = "Not deployed yet".into();
    let draft = app.draft(&ada, &content).await;
    Used {
        app,
        ada,
        bot,
        provider,
        draft,
        _fake: fake,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_backed_up_answers_as_before() {
    let it = used().await;
    let before = answer(&it.app, it.bot).await;
    assert!(before.response.contains("37 months"), "{before:?}");
    assert_eq!(before.sources[0].title, "Warranty");

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("botwright.backup");
    let file = file.to_str().unwrap();
    let data = &it.app.state.config.data_dir;
    let from = settings(&it.app.database, &redis_url(), data, KEY);
    succeeded(&botwright(&["backup", file], &from));
    let whole = fs::read(file).unwrap();
    assert!(
        !whole.windows(KEY.len()).any(|bytes| bytes == KEY.as_bytes()),
        "the key is in it"
    );
    refused(&botwright(&["backup", file], &from), "is there already");
    assert_eq!(fs::read(file).unwrap(), whole);
    assert!(!data.join("backup").exists(), "the links are gone");

    let database = TestDatabase::create().await;
    let restored = tempfile::tempdir().unwrap();
    let to = settings(&database, &other_redis(), restored.path(), KEY);
    refused(&botwright(&["restore", file], &to), "not empty");
    refused(
        &botwright(&["restore", "--replace", file], &from),
        "stop them first",
    );
    empty(&database).await;
    let wrong = settings(
        &database,
        &other_redis(),
        restored.path(),
        "another key of thirty-two bytes!",
    );
    let id = hex::encode(it.app.services().secrets.key_id());
    refused(&botwright(&["restore", file], &wrong), &id);

    // A back-up that is not whole changes nothing.
    let broken = folder.path().join("broken");
    let broken = broken.to_str().unwrap();
    fs::write(broken, &whole[..whole.len() / 2]).unwrap();
    refused(&botwright(&["restore", broken], &to), "not a whole one");
    let mut changed = whole.clone();
    let middle = changed.len() / 2;
    changed[middle] ^= 1;
    fs::write(broken, changed).unwrap();
    refused(&botwright(&["restore", broken], &to), "error");
    assert_eq!(tables(&database).await, 0);

    succeeded(&botwright(&["restore", file], &to));
    assert_eq!(
        contents(&restored.path().join("files")),
        contents(&data.join("files"))
    );
    // Once more, over what is there by now.
    fs::write(restored.path().join("files/left"), "over").unwrap();
    refused(&botwright(&["restore", file], &to), "not empty");
    let mut with_qdrant = to.clone();
    with_qdrant.push(("QDRANT_URL", "http://127.0.0.1:1".to_owned()));
    succeeded(&botwright(&["restore", "--replace", file], &with_qdrant));
    assert_eq!(index_jobs(&database).await, 2, "Qdrant is filled again");
    assert_eq!(
        contents(&restored.path().join("files")),
        contents(&data.join("files"))
    );
    let up_to_date = botwright(&["migrate", "--dry-run"], &to);
    assert_eq!(succeeded(&up_to_date), "", "{up_to_date:?}");

    let app = TestApp::start_with(|config| {
        config.database_url = Some(database.url.as_str().to_owned().into());
        config.redis_url = Some(other_redis().into());
        config.data_dir = restored.path().to_owned();
        config.models_dir = models();
        config
            .outbound_allow
            .clone_from(&it.app.state.config.outbound_allow);
    })
    .await;
    let after = answer(&app, it.bot).await;
    assert_eq!(after.response, before.response);
    let titles = |answer: &ChatResponse| -> Vec<String> {
        answer.sources.iter().map(|source| source.title.clone()).collect()
    };
    assert_eq!(titles(&after), titles(&before));
    // Whoever was signed in still is; the draft waits; the provider's key opens.
    let path = format!("/api/v1/chatbots/draft/{}", it.draft.id);
    let draft: Draft<ChatbotContent> = ok(app.get(&it.ada, &path)).await;
    assert_eq!(
        (draft.version, &draft.content),
        (it.draft.version, &it.draft.content)
    );
    let ttl: i64 = app
        .services()
        .redis
        .commands()
        .ttl(format!("draft:chatbot:{}", draft.id))
        .await
        .unwrap();
    assert!(ttl > 86_000, "{ttl}");
    let check = format!("/api/v1/providers/{}/check", it.provider);
    let checked: Value = ok(app.post(&it.ada, &check, json!({}))).await;
    assert_eq!(checked["ok"], true, "{checked}");
    let services = app.services();
    let recognised = master_key::recognise(&services.db, &services.secrets)
        .await
        .unwrap();
    assert_eq!(recognised, Recognised::Current);
}

#[tokio::test]
async fn a_dry_run_says_what_would_be_done_and_changes_nothing() {
    let database = TestDatabase::create().await;
    let data = tempfile::tempdir().unwrap();
    let settings = settings(&database, &redis_url(), data.path(), KEY);
    let dry_run = || botwright(&["migrate", "--dry-run"], &settings);
    assert_eq!(succeeded(&dry_run()), "");

    // One that was not run, of which everything is there: it can't be run.
    let mut connection = PgConnection::connect(database.url.as_str()).await.unwrap();
    connection
        .execute("delete from _sqlx_migrations where version = 1")
        .await
        .unwrap();
    refused(&dry_run(), "would fail; nothing was changed");

    empty(&database).await;
    let said = succeeded(&dry_run());
    let ours = migrations::MIGRATOR.iter().count();
    assert_eq!(
        said.lines().filter(|line| line.starts_with("database: ")).count(),
        ours,
        "{said}"
    );
    assert!(said.contains("job queue: "), "{said}");
    assert_eq!(tables(&database).await, 0);
}
