//! Another tenant's ids name nothing.

use api_types::ErrorCode;
use api_types::bots::ChatbotContent;
use api_types::kb::Document;
use domain::Scope;
use domain::db::{Db, DbRole};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};

use super::chatbot_drafts::deployable;
use super::kb_pairs::{finalized, upload};
use super::served::Served;
use crate::support::{TestApp, items, ok, refused};

/// One hash over every row of every table, copies of drafts that are not written yet among them.
async fn fingerprint(app: &TestApp) -> String {
    app.services().drafts.flush().await.unwrap();
    let mut owner = PgConnection::connect(app.database.url.as_str()).await.unwrap();
    let tables: Vec<String> =
        sqlx::query_scalar("select tablename::text from pg_tables where schemaname = 'public' order by 1")
            .fetch_all(&mut owner)
            .await
            .unwrap();
    let mut all = String::new();
    for table in tables {
        let sql =
            format!("select coalesce(md5(string_agg(t::text, ',' order by t::text)), '') from {table} t");
        let hash: String = sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
            .fetch_one(&mut owner)
            .await
            .unwrap();
        all.push_str(&hash);
    }
    all
}

#[tokio::test]
async fn foreign_ids_are_unknown_and_nothing_changes() {
    let Served {
        app,
        ada,
        provider,
        bot,
        fake: _fake,
        ..
    } = Served::start("Hello!").await;
    let eve = app.sign_up().await;
    let draft = app.draft(&ada, &deployable("Draft", provider)).await.id;
    let chat: Value = ok(app
        .request(Method::POST, &format!("/api/v1/bots/{bot}/chat"))
        .json(&json!({ "message": "Hi there" })))
    .await;
    let session = chat["session_id"].as_str().unwrap().to_owned();
    let key: Value = ok(app.post(
        &ada,
        "/api/v1/api-keys",
        json!({ "name": "CI", "scopes": ["read"] }),
    ))
    .await;
    let key_id = key["id"].as_str().unwrap();
    let kb_draft = app
        .kb_draft(&ada, "Draft", &[("Porto", "Bicycles are repaired in Porto.")])
        .await;
    let kb = app
        .finalize(&ada, "Notes", &[("Porto", "Bicycles are repaired in Porto.")])
        .await;
    let documents: Vec<Document> = items(app.get(&ada, &format!("/api/v1/kb/{kb}/documents"))).await;
    let document = format!("/api/v1/kb/{kb}/documents/{}", documents[0].id);

    let set: Value = ok(app.post(&ada, "/api/v1/test-sets", json!({ "name": "Tests" }))).await;
    let tests = format!("/api/v1/test-sets/{}", set["id"].as_str().unwrap());
    let case = json!({ "question": "Where?", "expectation": { "kind": "unanswerable" } });
    let made: Value = ok(app.post(&ada, &format!("{tests}/cases"), &case)).await;
    let case_path = format!("{tests}/cases/{}", made["id"].as_str().unwrap());
    let run: Value = ok(app.post(&ada, &format!("{tests}/runs"), json!({ "draft_id": draft }))).await;
    let run_path = format!("{tests}/runs/{}", run["id"].as_str().unwrap());
    let hers: Value = ok(app.post(&eve, "/api/v1/test-sets", json!({ "name": "Tests" }))).await;
    let hers = format!("/api/v1/test-sets/{}", hers["id"].as_str().unwrap());
    let conversation: Value = ok(app.get(&ada, &format!("/api/v1/conversations/{session}"))).await;
    let asked = json!({ "conversation_id": session, "message_id": conversation["messages"][0]["id"] });
    let kb_source = format!("/api/v1/kb/{kb}/sources/{}", documents[0].source_id);

    let pairs = json!([{ "question": "Who?", "answer": "Ada" }]);
    let (faq, faq_source) = finalized(&app, &ada, pairs).await;
    let pairs = format!("{faq}/sources/{faq_source}/pairs");

    let content = deployable("Mine", provider);
    // A bot of hers that would use what is his.
    let stolen = ChatbotContent {
        knowledge_base_ids: vec![kb],
        ..content.clone()
    };
    let mine = app.draft(&eve, &stolen).await;

    let before = fingerprint(&app).await;
    let save_provider = json!({ "name": "x", "base_url": "https://example.com", "default_model": "m" });
    let unknown = [
        app.get(&eve, &format!("/api/v1/bots/{bot}")),
        app.delete(&eve, &format!("/api/v1/bots/{bot}")),
        app.put(
            &eve,
            &format!("/api/v1/bots/{bot}/status"),
            json!({ "status": "offline" }),
        ),
        app.get(&eve, &format!("/api/v1/bots/{bot}/versions")),
        app.post(
            &eve,
            &format!("/api/v1/bots/{bot}/rollback"),
            json!({ "version": 1 }),
        ),
        app.post(&eve, "/api/v1/chatbots/draft", json!({ "from": bot })),
        app.get(&eve, &format!("/api/v1/conversations/{session}")),
        app.put(&eve, &format!("/api/v1/providers/{provider}"), save_provider),
        app.delete(&eve, &format!("/api/v1/providers/{provider}")),
        app.post(&eve, &format!("/api/v1/providers/{provider}/check"), json!({})),
        app.delete(&eve, &format!("/api/v1/api-keys/{key_id}")),
        app.get(&eve, &format!("/api/v1/kb/{kb}")),
        app.delete(&eve, &format!("/api/v1/kb/{kb}")),
        app.put(
            &eve,
            &format!("/api/v1/kb/{kb}"),
            json!({ "name": "Mine", "description": "", "chunking": {} }),
        ),
        app.get(&eve, &format!("{document}/resting-edits")),
        app.get(&eve, &format!("/api/v1/kb/{kb}/documents")),
        app.post(
            &eve,
            &format!("/api/v1/kb/{kb}/search"),
            json!({ "query": "Porto" }),
        ),
        app.post(&eve, "/api/v1/kb/draft", json!({ "from": kb })),
        app.post(
            &eve,
            &format!("/api/v1/kb/{kb}/documents/retry-failed"),
            json!({}),
        ),
        app.get(&eve, &format!("/api/v1/kb/{kb}/sources")),
        app.get(&eve, &kb_source),
        app.put(&eve, &kb_source, json!({ "sync_every_hours": 24 })),
        app.delete(&eve, &kb_source),
        app.post(&eve, &format!("{kb_source}/sync"), json!({})),
        app.post(&eve, &format!("{kb_source}/sync/cancel"), json!({})),
        app.get(&eve, &format!("{kb_source}/pages")),
        app.get(&eve, &pairs),
        app.put(
            &eve,
            &pairs,
            json!({ "version": 1, "pairs": [{ "question": "Who?", "answer": "Eve" }] }),
        ),
        app.post(&eve, &pairs, json!({ "question": "Who?", "answer": "Eve" })),
        upload(&app, &eve, &format!("{pairs}/import")),
        app.delete(&eve, &document),
        app.get(&eve, &format!("{document}/chunks")),
        app.post(&eve, &format!("{document}/retry"), json!({})),
        app.get(&eve, &tests),
        app.put(&eve, &tests, json!({ "name": "Mine" })),
        app.delete(&eve, &tests),
        app.get(&eve, &format!("{tests}/cases")),
        app.post(&eve, &format!("{tests}/cases"), &case),
        app.put(&eve, &case_path, &case),
        app.delete(&eve, &case_path),
        app.post(&eve, &format!("{tests}/cases/from-conversation"), &asked),
        app.post(&eve, &format!("{hers}/cases/from-conversation"), &asked),
        app.post(
            &eve,
            &format!("{tests}/import"),
            json!({ "csv": "question\nWhere?" }),
        ),
        app.get(&eve, &format!("{tests}/export")),
        app.get(&eve, &format!("{tests}/runs")),
        app.post(&eve, &format!("{tests}/runs"), json!({ "bot_id": bot })),
        app.post(&eve, &format!("{hers}/runs"), json!({ "bot_id": bot })),
        app.get(&eve, &run_path),
        app.post(&eve, &format!("{run_path}/cancel"), json!({})),
    ];
    for request in unknown {
        refused(request, StatusCode::NOT_FOUND, ErrorCode::NotFound).await;
    }
    let path = format!("/api/v1/chatbots/draft/{draft}");
    let kb_path = format!("/api/v1/kb/draft/{}", kb_draft.id);
    let source = kb_draft.content.sources[0].id;
    let unknown_drafts = [
        app.get(&eve, &path),
        app.delete(&eve, &path),
        app.put(&eve, &path, json!({ "version": 2, "content": content })),
        app.post(&eve, &format!("{path}/test"), json!({ "message": "Hi" })),
        app.get(&eve, &format!("{path}/prompt")),
        app.post(&eve, &format!("{path}/deploy"), json!({})),
        app.get(&eve, &kb_path),
        app.delete(&eve, &kb_path),
        app.put(
            &eve,
            &kb_path,
            json!({ "version": 2, "name": "x", "description": "", "chunking": {} }),
        ),
        app.put(
            &eve,
            &format!("{kb_path}/sources"),
            json!({ "sources": [{ "kind": "text", "title": "x", "text": "x" }] }),
        ),
        upload(&app, &eve, &format!("{kb_path}/pairs/import")),
        app.delete(&eve, &format!("{kb_path}/sources/{source}")),
        app.get(&eve, &format!("{kb_path}/sources/{source}/crawl")),
        app.post(&eve, &format!("{kb_path}/sources/{source}/crawl"), json!({})),
        app.post(
            &eve,
            &format!("{kb_path}/sources/{source}/crawl/cancel"),
            json!({}),
        ),
        app.get(&eve, &format!("{kb_path}/sources/{source}/pages")),
        app.delete(&eve, &format!("{kb_path}/sources/{source}/pages/{source}")),
        app.get(&eve, &format!("{kb_path}/preview-chunks")),
        app.post(&eve, &format!("{kb_path}/finalize"), json!({})),
    ];
    for request in unknown_drafts {
        refused(request, StatusCode::NOT_FOUND, ErrorCode::DraftNotFound).await;
    }
    refused(
        app.post(&eve, &format!("{hers}/runs"), json!({ "draft_id": draft })),
        StatusCode::NOT_FOUND,
        ErrorCode::DraftNotFound,
    )
    .await;
    // Nor can a case of hers name a document of his.
    let passage = json!({ "document_id": documents[0].id, "text": "" });
    let case = json!({ "question": "Where?", "expectation": { "kind": "answered", "passage": passage } });
    let save = app.post(&eve, &format!("{hers}/cases"), case);
    refused(
        save,
        StatusCode::UNPROCESSABLE_ENTITY,
        ErrorCode::ValidationFailed,
    )
    .await;
    let deploy = app.post(
        &eve,
        &format!("/api/v1/chatbots/draft/{}/deploy", mine.id),
        json!({}),
    );
    let problem = refused(deploy, StatusCode::UNPROCESSABLE_ENTITY, ErrorCode::DraftInvalid).await;
    let fields: Vec<&str> = problem.errors.iter().map(|error| error.field.as_str()).collect();
    assert_eq!(
        fields,
        ["content.knowledge_base_ids[0]", "content.model.provider_id"]
    );
    let conversations: Value = ok(app.get(&eve, &format!("/api/v1/conversations?bot_id={bot}"))).await;
    assert_eq!(conversations["items"], json!([]));
    assert_eq!(fingerprint(&app).await, before, "nothing changed");
}

#[tokio::test]
async fn without_a_tenant_the_app_role_sees_no_tenant_rows() {
    let Served { app, fake: _fake, .. } = Served::start("Hello!").await;
    for role in [DbRole::App, DbRole::Worker] {
        let db = Db::connect(app.database.url.as_str(), role, 1).unwrap();
        for table in [
            "bots",
            "bot_versions",
            "providers",
            "workspace_members",
            "audit_log",
        ] {
            let sql = format!("select count(*) from {table}");
            let counted: Result<i64, _> = sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
                .fetch_one(db.pool())
                .await;
            // The worker may not even look at most of them.
            assert!(
                counted.as_ref().map_or(true, |rows| *rows == 0),
                "{role:?} sees {counted:?} rows of {table}"
            );
        }
    }
}

#[tokio::test]
async fn a_connection_remembers_no_tenant() {
    let Served {
        app,
        ada,
        fake: _fake,
        ..
    } = Served::start("Hello!").await;
    // One connection: whoever comes next is given the same.
    let db = Db::connect(app.database.url.as_str(), DbRole::App, 1).unwrap();
    let count = "select count(*) from bots";
    let scope = Scope::operator(ada.workspace_id());
    for is_committed in [true, false] {
        let mut tx = db.tenant(&scope).await.unwrap();
        let bots: i64 = sqlx::query_scalar(count).fetch_one(&mut *tx).await.unwrap();
        assert_eq!(bots, 1);
        if is_committed {
            tx.commit().await.unwrap();
        } else {
            drop(tx);
        }
        let bots: i64 = sqlx::query_scalar(count).fetch_one(db.pool()).await.unwrap();
        assert_eq!(bots, 0, "after a transaction that was committed: {is_committed}");
    }
}
