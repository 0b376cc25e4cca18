//! What a workspace keeps, and archives of it.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};
use std::path::PathBuf;

use api_types::ErrorCode;
use api_types::audit::AuditEntry;
use api_types::data::{DataPolicy, Export, ExportStatus};
use api_types::{Page, tenancy::Role};
use domain::Services;
use domain::data::{enforce_retention, exports};
use domain::db::DbRole;
use reqwest::multipart::{Form, Part};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use uuid::Uuid;
use zip::ZipArchive;

use super::chatbot_drafts::deployable;
use super::kb::indexed;
use crate::support::fake_openai::{FakeOpenAi, Reply};
use crate::support::{Person, TestApp, done, items, ok, refused};

/// What a worker would work with.
pub fn worker_services(app: &TestApp) -> Services {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_botwright"));
    Services::new(&app.state.config, DbRole::Worker, program, None).unwrap()
}

pub async fn execute(app: &TestApp, sql: &'static str) {
    let mut owner = PgConnection::connect(app.database.url.as_str()).await.unwrap();
    sqlx::query(sql).execute(&mut owner).await.unwrap();
}

pub async fn number(app: &TestApp, sql: &str) -> i64 {
    let mut owner = PgConnection::connect(app.database.url.as_str()).await.unwrap();
    sqlx::query_scalar(AssertSqlSafe(sql.to_owned()))
        .fetch_one(&mut owner)
        .await
        .unwrap()
}

/// Has an archive made, and waits for it.
pub async fn exported(app: &TestApp, person: &Person, path: &str) -> Export {
    let asked: Export = ok(app.post(person, path, json!({}))).await;
    loop {
        let all: Vec<Export> = ok(app.get(person, path)).await;
        let export = all.into_iter().find(|export| export.id == asked.id).unwrap();
        if !export.is_under_way() {
            assert_eq!(export.status, ExportStatus::Done);
            return export;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

/// The files of an archive, by name.
pub async fn files(app: &TestApp, person: &Person, path: &str, export: &Export) -> BTreeMap<String, String> {
    let response = app
        .get(person, &format!("{path}/{}/file", export.id))
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let headers = response.headers();
    assert_eq!(headers["content-type"], "application/zip");
    assert!(
        headers["content-disposition"]
            .to_str()
            .unwrap()
            .starts_with("attachment;")
    );
    assert_eq!(headers["x-content-type-options"], "nosniff");
    let bytes = response.bytes().await.unwrap();
    assert_eq!(
        Some(bytes.len()),
        export.size.map(|size| usize::try_from(size).unwrap())
    );
    let hash = hex::encode(<sha2::Sha256 as sha2::Digest>::digest(&bytes));
    assert_eq!(Some(hash), export.sha256);
    let mut archive = ZipArchive::new(Cursor::new(bytes)).unwrap();
    (0..archive.len())
        .map(|i| {
            let mut file = archive.by_index(i).unwrap();
            let mut text = String::new();
            file.read_to_string(&mut text).unwrap();
            let name = file.name().unwrap().into_owned();
            (name, text)
        })
        .collect()
}

async fn with_bot(change: impl FnOnce(&mut domain::config::Config)) -> (TestApp, Person, FakeOpenAi, Uuid) {
    let fake = FakeOpenAi::start(Reply::Text("Hello there.".into())).await;
    let place = fake.place();
    let app = TestApp::start_with(|config| {
        config.outbound_allow = vec![place];
        change(config);
    })
    .await;
    let ada = app.sign_up().await;
    let provider = app.provider(&ada, &fake.base_url()).await;
    let bot = app.deploy(&ada, &deployable("Helper", provider)).await;
    (app, ada, fake, bot)
}

async fn ask(app: &TestApp, bot: Uuid, message: &str) -> Value {
    let request = app.request(Method::POST, &format!("/api/v1/bots/{bot}/chat"));
    ok(request.json(&json!({ "message": message }))).await
}

#[tokio::test]
async fn a_policy_is_checked_kept_and_written_down() {
    let app = TestApp::start().await;
    let ada = app.sign_up().await;
    let editor = app.join(&ada, "invitations", Role::Editor).await;
    let path = "/api/v1/data/policy";
    let none: DataPolicy = ok(app.get(&editor, path)).await;
    assert_eq!(none, DataPolicy::default());
    for bad in [json!({ "conversations_days": 0 }), json!({ "files_days": 3651 })] {
        refused(
            app.put(&ada, path, bad),
            StatusCode::UNPROCESSABLE_ENTITY,
            ErrorCode::ValidationFailed,
        )
        .await;
    }
    let wanted = json!({ "conversations_days": 30, "files_days": 7, "redacts": true });
    refused(
        app.put(&editor, path, &wanted),
        StatusCode::FORBIDDEN,
        ErrorCode::Forbidden,
    )
    .await;
    let saved: DataPolicy = ok(app.put(&ada, path, &wanted)).await;
    assert_eq!(saved.conversations_days, Some(30));
    let read: DataPolicy = ok(app.get(&ada, path)).await;
    assert_eq!(read, saved);
    let log: Page<AuditEntry> = ok(app.get(&ada, "/api/v1/audit?action=data.policy_change")).await;
    assert_eq!(log.items[0].details["conversations_days"], 30);
}

#[tokio::test(flavor = "multi_thread")]
async fn old_conversations_go_and_young_ones_stay() {
    let (app, ada, fake, bot) = with_bot(|_| {}).await;
    fake.reply([Reply::Text("NO_ANSWER".into())]);
    let old = ask(&app, bot, "An old question?").await;
    let young = ask(&app, bot, "A young question?").await;
    let id = old["session_id"].as_str().unwrap();
    let mut owner = PgConnection::connect(app.database.url.as_str()).await.unwrap();
    sqlx::query("update conversations set last_message_at = now() - interval '31 days' where id = $1::uuid")
        .bind(id)
        .execute(&mut owner)
        .await
        .unwrap();
    // A question whose conversation was deleted before.
    sqlx::query(
        "insert into gaps (workspace_id, id, bot_id, question, created_at)
         select workspace_id, gen_random_uuid(), id, 'Orphan?', now() - interval '31 days' from bots",
    )
    .execute(&mut owner)
    .await
    .unwrap();
    let worker = worker_services(&app);
    assert_eq!(
        enforce_retention(&worker).await.unwrap(),
        0,
        "nobody said that anything goes"
    );

    let _: Value = ok(app.put(&ada, "/api/v1/data/policy", json!({ "conversations_days": 30 }))).await;
    assert!(enforce_retention(&worker).await.unwrap() >= 3);
    assert_eq!(enforce_retention(&worker).await.unwrap(), 0);
    let left: Page<Value> = ok(app.get(&ada, "/api/v1/conversations")).await;
    assert_eq!(left.items.len(), 1);
    assert_eq!(left.items[0]["id"], young["session_id"]);
    let gaps: Page<Value> = ok(app.get(&ada, "/api/v1/gaps")).await;
    assert_eq!(gaps.items.len(), 1, "{gaps:?}");
    let log: Page<AuditEntry> = ok(app.get(&ada, "/api/v1/audit?action=data.retention")).await;
    assert_eq!(log.items.len(), 1);
    let details = &log.items[0].details;
    assert_eq!(
        (&details["conversations"], &details["messages"], &details["gaps"]),
        (&json!(1), &json!(2), &json!(2))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_uploaded_file_goes_and_its_chunks_answer_on() {
    let app = TestApp::start_with(|config| config.worker = true).await;
    let ada = app.sign_up().await;
    let draft = app
        .kb_draft(&ada, "Shops", &[("Lagos", "Surfboards are rented in Lagos.")])
        .await;
    let path = format!("/api/v1/kb/draft/{}", draft.id);
    let file = Part::bytes(b"Bicycles are repaired in Porto.".to_vec()).file_name("porto.txt");
    let upload = app
        .request(Method::PUT, &format!("{path}/sources"))
        .bearer_auth(ada.token());
    let _: Value = ok(upload.multipart(Form::new().part("file", file))).await;
    let finalized: Value = ok(app.post(&ada, &format!("{path}/finalize"), json!({}))).await;
    let kb: Uuid = finalized["knowledge_base_id"].as_str().unwrap().parse().unwrap();
    indexed(&app, &ada, kb).await;
    execute(
        &app,
        "update documents set updated_at = now() - interval '8 days'",
    )
    .await;
    let _: Value = ok(app.put(&ada, "/api/v1/data/policy", json!({ "files_days": 7 }))).await;
    let stored = || walk(&app.state.config.files_dir().join("documents"));
    assert_eq!(stored(), 2);
    enforce_retention(&worker_services(&app)).await.unwrap();
    while stored() > 1 {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(
        number(
            &app,
            "select count(*) from documents where original_removed_at is not null"
        )
        .await,
        1
    );

    let documents: Vec<Value> = items(app.get(&ada, &format!("/api/v1/kb/{kb}/documents"))).await;
    let porto = documents
        .iter()
        .find(|document| document["kind"] == "file")
        .unwrap();
    assert!(porto["original_removed_at"].is_string(), "{porto}");
    let preview = format!(
        "/api/v1/kb/{kb}/documents/{}/preview-chunks",
        porto["id"].as_str().unwrap()
    );
    let chunking = json!({ "chunking": { "strategy": "sentence", "size": 64, "overlap": 0 } });
    let answer = app.post(&ada, &preview, &chunking).send().await.unwrap();
    let text = answer.text().await.unwrap();
    assert!(text.contains("original_removed"), "{text}");
    // Cutting all anew leaves it as it is, instead of failing it.
    let save = json!({ "name": "Shops", "description": "", "chunking": { "strategy": "sentence", "size": 64, "overlap": 0 } });
    let _: Value = ok(app.put(&ada, &format!("/api/v1/kb/{kb}"), save)).await;
    indexed(&app, &ada, kb).await;
    let found: Value = ok(app.post(
        &ada,
        &format!("/api/v1/kb/{kb}/search"),
        json!({ "query": "repaired bicycles" }),
    ))
    .await;
    assert!(found.to_string().contains("Porto"), "{found}");
}

fn walk(folder: &std::path::Path) -> usize {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    entries
        .map(|entry| {
            let path = entry.unwrap().path();
            if path.is_dir() { walk(&path) } else { 1 }
        })
        .sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_holds_everything_of_the_workspace_but_secrets() {
    let (app, ada, _fake, bot) = with_bot(|config| config.worker = true).await;
    let kb = app
        .finalize(&ada, "Shops", &[("Por/to..", "Bicycles are repaired in Porto.")])
        .await;
    indexed(&app, &ada, kb).await;
    app.kb_draft(&ada, "Unfinished", &[("Draft", "Half of it.")])
        .await;
    ask(&app, bot, "Where is my bicycle?").await;
    let key: Value = ok(app.post(
        &ada,
        "/api/v1/api-keys",
        json!({ "name": "CI", "scopes": ["read"] }),
    ))
    .await;
    let eve = app.sign_up().await;
    let (theirs, path) = (
        app.finalize(&eve, "Theirs", &[("Secret", "Not for Ada.")]).await,
        "/api/v1/data/exports",
    );
    indexed(&app, &eve, theirs).await;

    let export = exported(&app, &ada, path).await;
    assert_eq!(export.parts_done, export.parts_total);
    let files = files(&app, &ada, path, &export).await;
    let all: String = files.values().map(String::as_str).collect();
    for part in [
        "Where is my bicycle?",
        "Hello there.",
        "Bicycles are repaired in Porto.",
        "Unfinished",
        "Helper",
        "\"CI\"",
    ] {
        assert!(all.contains(part), "{part} is missing");
    }
    assert!(!all.contains("Not for Ada."));
    for secret in [
        key["key"].as_str().unwrap(),
        "sk-test-0123456789abcdef",
        "argon2",
        "_hash",
        "\"vector\"",
        "embedding\":",
    ] {
        assert!(!all.contains(secret), "{secret} must not be in it");
    }
    // Whatever is stored as bytes is a secret, a hash or a vector; JSON shows it with this in front.
    assert!(!all.contains("\"\\\\x"), "bytes");
    let original = files.iter().find(|(name, _)| name.starts_with("files/")).unwrap();
    assert!(
        original.0.ends_with("/Por_to..") || original.0.ends_with("/Por_to"),
        "{}",
        original.0
    );
    let manifest: Value = serde_json::from_str(&files["manifest.json"]).unwrap();
    for entry in manifest["files"].as_array().unwrap() {
        let name = entry["file"].as_str().unwrap();
        if name.ends_with(".jsonl") {
            let lines = files[name]
                .lines()
                .map(|line| serde_json::from_str::<Value>(line).unwrap());
            assert_eq!(json!(lines.count()), entry["records"], "{name}");
        }
        assert!(files["README.md"].contains(name));
    }
    let conversation: Value =
        serde_json::from_str(files["conversations.jsonl"].lines().next().unwrap()).unwrap();
    assert_eq!(conversation["messages"].as_array().unwrap().len(), 2);
}

/// A table that is added must be exported, or be left out for a reason.
#[tokio::test]
async fn every_tenant_table_is_exported_or_left_out_for_a_reason() {
    let left_out = [
        "audit_heads",         // hashes of the log
        "bot_knowledge_bases", // in the bots' content
        "bot_providers",       // in the bots' content
        "crawls",              // the state of work; what was found is in pages
        "data_exports",        // archives
        "draft_copies",        // drafts, which are exported from Redis
        "embedded_documents",  // the state of work
        "embeddings",          // vectors
        "event_days",          // sums of events
        "event_slots",         // sums of events
        "kb_finalizations",    // the state of work
        "scans",               // the state of work; the text is in chunks
        "visitor_secrets",     // secrets
    ];
    let app = TestApp::start().await;
    let mut owner = PgConnection::connect(app.database.url.as_str()).await.unwrap();
    let tables: Vec<String> = sqlx::query_scalar(
        "select table_name::text from information_schema.columns c
         where table_schema = 'public' and column_name = 'workspace_id'
           and table_name in (select tablename from pg_tables where schemaname = 'public') order by 1",
    )
    .fetch_all(&mut owner)
    .await
    .unwrap();
    let queries = include_str!("../../../domain/src/data/exports/workspace.rs");
    let missing: Vec<_> = tables
        .iter()
        .filter(|table| !left_out.contains(&table.as_str()))
        .filter(|table| {
            !queries.contains(&format!("from {table} ")) && !queries.contains(&format!("join {table} "))
        })
        .collect();
    assert_eq!(missing, Vec::<&String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn archives_are_made_one_at_a_time_for_admins_and_go_after_a_week() {
    let app = TestApp::start().await;
    let ada = app.sign_up().await;
    let editor = app.join(&ada, "invitations", Role::Editor).await;
    let path = "/api/v1/data/exports";
    refused(
        app.post(&editor, path, json!({})),
        StatusCode::FORBIDDEN,
        ErrorCode::Forbidden,
    )
    .await;
    let export: Export = ok(app.post(&ada, path, json!({}))).await;
    refused(
        app.post(&ada, path, json!({})),
        StatusCode::CONFLICT,
        ErrorCode::ExportInProgress,
    )
    .await;
    let file = format!("{path}/{}/file", export.id);
    refused(
        app.get(&ada, &file),
        StatusCode::CONFLICT,
        ErrorCode::ExportInProgress,
    )
    .await;
    let worker = worker_services(&app);
    exports::export_workspace(&worker, ada.workspace_id(), export.id)
        .await
        .unwrap();
    // Again, as after a crash: nothing is to be done.
    exports::export_workspace(&worker, ada.workspace_id(), export.id)
        .await
        .unwrap();
    files(&app, &ada, path, &ok::<Vec<Export>>(app.get(&ada, path)).await[0]).await;
    refused(
        app.get(&editor, &file),
        StatusCode::FORBIDDEN,
        ErrorCode::Forbidden,
    )
    .await;
    let anonymous = app.request(Method::GET, &file);
    refused(anonymous, StatusCode::UNAUTHORIZED, ErrorCode::Unauthorized).await;
    let log: Page<AuditEntry> = ok(app.get(&ada, "/api/v1/audit?action=data.export_download")).await;
    assert_eq!(log.items.len(), 1);

    let stored = || walk(&app.state.config.files_dir().join("exports"));
    assert_eq!(stored(), 1);
    assert_eq!(exports::sweep(&worker).await.unwrap(), 0);
    execute(&app, "update data_exports set expires_at = now()").await;
    refused(app.get(&ada, &file), StatusCode::NOT_FOUND, ErrorCode::NotFound).await;
    assert_eq!(exports::sweep(&worker).await.unwrap(), 1);
    assert_eq!(stored(), 0);

    // One that could not be made has no file.
    let failed: Export = ok(app.post(&ada, path, json!({}))).await;
    execute(&app, "update data_exports set status = 'failed'").await;
    let file = format!("{path}/{}/file", failed.id);
    refused(app.get(&ada, &file), StatusCode::NOT_FOUND, ErrorCode::NotFound).await;
    done(app.delete(&ada, &format!("{path}/{}", failed.id))).await;

    // One that is deleted while it is made leaves no file behind.
    let second: Export = ok(app.post(&ada, path, json!({}))).await;
    done(app.delete(&ada, &format!("{path}/{}", second.id))).await;
    exports::export_workspace(&worker, ada.workspace_id(), second.id)
        .await
        .unwrap();
    assert_eq!(stored(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_takes_along_what_is_theirs() {
    let app = TestApp::start_with(|config| config.worker = true).await;
    let ada = app.sign_up().await;
    let bob = app.join(&ada, "organization/invitations", Role::Editor).await;
    let _: Value = ok(app.post(
        &ada,
        "/api/v1/api-keys",
        json!({ "name": "Adas key", "scopes": ["read"] }),
    ))
    .await;
    let path = "/api/v1/auth/exports";
    let export = exported(&app, &ada, path).await;
    let files = files(&app, &ada, path, &export).await;
    assert!(files["profile.jsonl"].contains(&ada.email));
    assert!(files["sessions.jsonl"].lines().count() == 1);
    assert!(files["memberships.jsonl"].contains("\"owner\""));
    assert!(files["actions.jsonl"].contains("api_key.create"));
    let all: String = files.values().map(String::as_str).collect();
    assert!(!all.contains(&bob.email) && !all.contains("argon2"), "{all}");
    // Nobody else's, whatever their role.
    let listed: Vec<Export> = ok(app.get(&bob, path)).await;
    assert!(listed.is_empty(), "{listed:?}");
    let file = format!("{path}/{}/file", export.id);
    refused(app.get(&bob, &file), StatusCode::NOT_FOUND, ErrorCode::NotFound).await;
    refused(
        app.delete(&bob, &format!("{path}/{}", export.id)),
        StatusCode::NOT_FOUND,
        ErrorCode::NotFound,
    )
    .await;
    done(app.delete(&ada, &format!("{path}/{}", export.id))).await;
    assert_eq!(walk(&app.state.config.files_dir().join("people")), 0);
}
