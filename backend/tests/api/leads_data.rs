//! Leads as data: in files and archives, kept for a time, redacted or not, deleted.

use std::io::{Cursor, Read};

use api_types::audit::AuditEntry;
use api_types::conversations::Conversation;
use api_types::data::{DeletionKind, DeletionReceipt};
use api_types::leads::Lead;
use api_types::tenancy::Role;
use api_types::{ErrorCode, Page};
use domain::data::enforce_retention;
use reqwest::StatusCode;
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};
use zip::ZipArchive;

use super::data::{exported, files, number, worker_services};
use super::leads::fixture;
use crate::support::{Person, done, ok, refused};

#[tokio::test]
async fn files_hold_text_only() {
    let fixture = fixture(|_| {}).await;
    let formula = "=HYPERLINK(\"http://evil.example\")";
    done(fixture.leave(json!({ "name": formula, "phone": "+49 30 901820", "wish": "a,\"b\"\nc" }))).await;
    let export = async |person: &Person, format: &str| {
        let path = format!("/api/v1/leads/export?format={format}");
        fixture.app.get(person, &path).send().await.unwrap()
    };
    let response = export(&fixture.ada, "csv").await;
    assert_eq!(response.headers()["x-content-type-options"], "nosniff");
    assert_eq!(
        response.headers()["content-disposition"],
        "attachment; filename=\"leads.csv\""
    );
    let text = response.text().await.unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert!(
        lines[0].ends_with("consented at,Your name,Your phone,Your wish"),
        "{text}"
    );
    assert!(
        text.contains(",\"'=HYPERLINK(\"\"http://evil.example\"\")\",'+49 30 901820,\"a,\"\"b\"\""),
        "{text}"
    );

    let response = export(&fixture.ada, "xlsx").await;
    assert_eq!(
        response.headers()["content-disposition"],
        "attachment; filename=\"leads.xlsx\""
    );
    let mut book = ZipArchive::new(Cursor::new(response.bytes().await.unwrap())).unwrap();
    let mut part = |name: &str| {
        let mut text = String::new();
        book.by_name(name).unwrap().read_to_string(&mut text).unwrap();
        text
    };
    let sheet = part("xl/worksheets/sheet1.xml");
    assert!(!sheet.contains("<f") && !sheet.contains("hyperlink"), "{sheet}");
    assert!(part("xl/sharedStrings.xml").contains("=HYPERLINK("));

    let viewer = fixture.app.join(&fixture.ada, "invitations", Role::Viewer).await;
    assert_eq!(export(&viewer, "csv").await.status(), StatusCode::FORBIDDEN);
    let log: Page<AuditEntry> = ok(fixture.app.get(&fixture.ada, "/api/v1/audit?action=lead.export")).await;
    assert_eq!((log.items.len(), &log.items[0].details["rows"]), (2, &json!(1)));
}

#[tokio::test]
async fn a_deleted_lead_leaves_a_receipt_and_nothing_else() {
    let fixture = fixture(|_| {}).await;
    let (app, ada) = (&fixture.app, &fixture.ada);
    for _ in 0..2 {
        done(fixture.leave(json!({ "name": "Ada", "email": "ada@example.com" }))).await;
    }
    let id = fixture.leads("").await[0].id;
    let path = format!("/api/v1/leads/{id}");
    let _: Lead = ok(app.post(ada, &format!("{path}/notes"), json!({ "content": "Nice." }))).await;
    let editor = app.join(ada, "invitations", Role::Editor).await;
    refused(
        app.delete(&editor, &path),
        StatusCode::FORBIDDEN,
        ErrorCode::Forbidden,
    )
    .await;
    let receipt: DeletionReceipt = ok(app.delete(ada, &path)).await;
    assert_eq!(receipt.kind, DeletionKind::Leads);
    let count = |what: &str| receipt.counts[what];
    assert_eq!(
        (count("leads"), count("lead_submissions"), count("lead_notes")),
        (1, 2, 1)
    );
    refused(app.get(ada, &path), StatusCode::NOT_FOUND, ErrorCode::NotFound).await;
    let listed: Vec<DeletionReceipt> = ok(app.get(ada, "/api/v1/receipts")).await;
    assert_eq!(listed, [receipt]);
    for table in ["leads", "lead_submissions", "lead_notes"] {
        assert_eq!(number(app, &format!("select count(*) from {table}")).await, 0);
    }
}

#[tokio::test]
async fn old_leads_go_and_outlive_bots_and_conversations() {
    let fixture = fixture(|_| {}).await;
    let (app, ada) = (&fixture.app, &fixture.ada);
    let chat = fixture.ask("Hi", None).await;
    let body = json!({ "answers": { "name": "Ada" }, "consent": true, "session_id": chat.session_id });
    done(fixture.send(body)).await;
    done(fixture.leave(json!({ "name": "Bob" }))).await;
    let path = format!("/api/v1/conversations/{}", chat.session_id);
    let _: DeletionReceipt = ok(app.delete(ada, &path)).await;
    done(app.delete(ada, &format!("/api/v1/bots/{}", fixture.bot))).await;
    let leads = fixture.leads("").await;
    assert_eq!((leads.len(), leads[0].bot_id, leads[1].bot_id), (2, None, None));
    assert_eq!(fixture.lead(leads[1].id).await.conversation_id, None);

    let mut owner = PgConnection::connect(app.database.url.as_str()).await.unwrap();
    sqlx::query("update leads set updated_at = now() - interval '31 days' where id = $1")
        .bind(leads[1].id)
        .execute(&mut owner)
        .await
        .unwrap();
    let worker = worker_services(app);
    assert_eq!(
        enforce_retention(&worker).await.unwrap(),
        0,
        "nobody said that anything goes"
    );
    let wrong = app.put(ada, "/api/v1/data/policy", json!({ "leads_days": 0 }));
    refused(
        wrong,
        StatusCode::UNPROCESSABLE_ENTITY,
        ErrorCode::ValidationFailed,
    )
    .await;
    let _: Value = ok(app.put(ada, "/api/v1/data/policy", json!({ "leads_days": 30 }))).await;
    assert_eq!(
        enforce_retention(&worker).await.unwrap(),
        2,
        "a lead and its submission"
    );
    let left = fixture.leads("").await;
    assert_eq!((left.len(), left[0].name.as_deref()), (1, Some("Bob")));
    let log: Page<AuditEntry> = ok(app.get(ada, "/api/v1/audit?action=data.retention")).await;
    assert_eq!(log.items[0].details["leads"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_holds_leads_and_webhooks_without_their_secrets() {
    let fixture = fixture(|config| config.worker = true).await;
    let (app, ada) = (&fixture.app, &fixture.ada);
    let webhook: Value = ok(app.post(
        ada,
        "/api/v1/webhooks",
        json!({ "url": "https://hooks.example/a" }),
    ))
    .await;
    let off = json!({ "url": "https://hooks.example/a", "is_enabled": false });
    let path = format!("/api/v1/webhooks/{}", webhook["id"].as_str().unwrap());
    let _: Value = ok(app.put(ada, &path, off)).await;
    done(fixture.leave(json!({ "name": "Ada", "email": "ada@example.com" }))).await;
    let lead = fixture.leads("").await[0].id;
    let note = json!({ "content": "Called back." });
    let _: Lead = ok(app.post(ada, &format!("/api/v1/leads/{lead}/notes"), note)).await;
    let exports = "/api/v1/data/exports";
    let export = exported(app, ada, exports).await;
    let files = files(app, ada, exports, &export).await;
    for part in [
        "ada@example.com",
        "I agree to be called.",
        "Called back.",
        "\"submissions\"",
    ] {
        assert!(
            files["leads.jsonl"].contains(part),
            "{part}: {}",
            files["leads.jsonl"]
        );
    }
    assert!(files["webhooks.jsonl"].contains("https://hooks.example/a"));
    let secret = webhook["secret"].as_str().unwrap();
    assert!(files.values().all(|text| !text.contains(secret)));
}

/// Redaction is about what slips into messages; details that were asked for, with consent, are what the form is for.
#[tokio::test]
async fn redaction_leaves_leads_alone() {
    let fixture = fixture(|_| {}).await;
    let _: Value = ok(fixture
        .app
        .put(&fixture.ada, "/api/v1/data/policy", json!({ "redacts": true })))
    .await;
    let chat = fixture.ask("I am ada@example.com", None).await;
    let body = json!({ "answers": { "name": "Ada", "email": "ada@example.com" }, "consent": true,
        "session_id": chat.session_id });
    done(fixture.send(body)).await;
    assert_eq!(
        fixture.leads("").await[0].email.as_deref(),
        Some("ada@example.com")
    );
    let path = format!("/api/v1/conversations/{}", chat.session_id);
    let conversation: Conversation = ok(fixture.app.get(&fixture.ada, &path)).await;
    assert_eq!(conversation.messages[0].content, "I am [email]");
}
