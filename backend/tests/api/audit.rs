//! The audit log: what is in it, who reads it, and that nobody changes it unnoticed.

mod chain;

use api_types::api_keys::KeyScope;
use api_types::audit::{AuditActorKind, AuditEntry};
use api_types::auth::AuthResponse;
use api_types::{ErrorCode, Page};
use chrono::{TimeDelta, Utc};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use super::api_keys::key;
use super::served::Served;
use crate::support::{Person, TestApp, done, ok, refused};

async fn entries(app: &TestApp, person: &Person, query: &str) -> Page<AuditEntry> {
    ok(app.get(person, &format!("/api/v1/audit{query}"))).await
}

/// The actions of a page, oldest first.
fn actions(page: &Page<AuditEntry>) -> Vec<&str> {
    page.items
        .iter()
        .rev()
        .map(|entry| entry.action.as_str())
        .collect()
}

/// Makes `person` a member of another's workspace, and signs in there.
async fn join(app: &TestApp, host: &Person, role: &str) -> Person {
    let guest = app.sign_up().await;
    let mut owner = PgConnection::connect(app.database.url.as_str()).await.unwrap();
    sqlx::query("insert into workspace_members (workspace_id, user_id, role) values ($1, $2, $3)")
        .bind(host.workspace_id())
        .bind(guest.auth.user.id)
        .bind(role)
        .execute(&mut owner)
        .await
        .unwrap();
    let body = json!({ "workspace_id": host.workspace_id() });
    let auth: AuthResponse = ok(app.post(&guest, "/api/v1/auth/context", body)).await;
    Person { auth, ..guest }
}

#[tokio::test]
async fn an_entry_says_who_did_what_to_what_from_where() {
    let served = Served::start_with(
        "Hello!",
        |config| config.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()],
        |_| {},
    );
    let Served {
        app,
        ada,
        bot,
        fake: _fake,
        ..
    } = served.await;
    let taken_down = app
        .put(
            &ada,
            &format!("/api/v1/bots/{bot}/status"),
            json!({ "status": "offline" }),
        )
        .header("x-forwarded-for", "2001:db8:1:2::9")
        .send()
        .await
        .unwrap();
    let request_id = taken_down.headers()["x-request-id"].to_str().unwrap().to_owned();
    let ci = key(&app, &ada, "CI", &[KeyScope::Write]).await;
    let create = app
        .request(Method::POST, "/api/v1/test-sets")
        .bearer_auth(&ci.key);
    done(create.json(&json!({ "name": "Smoke" }))).await;
    done(app.delete(&ada, &format!("/api/v1/api-keys/{}", ci.api_key.id))).await;
    done(app.delete(&ada, &format!("/api/v1/bots/{bot}"))).await;

    let page = entries(&app, &ada, "").await;
    assert_eq!(
        actions(&page),
        [
            "workspace.create",
            "provider.create",
            "bot.deploy",
            "bot.set_status",
            "api_key.create",
            "test_set.create",
            "api_key.delete",
            "bot.delete",
        ]
    );
    let positions: Vec<i64> = page.items.iter().map(|entry| entry.position).collect();
    assert_eq!(positions, (1..=8).rev().collect::<Vec<_>>());
    let offline = &page.items[4];
    assert_eq!(offline.actor.kind, AuditActorKind::User);
    assert_eq!(offline.actor.id, Some(ada.auth.user.id));
    assert_eq!(offline.actor.name.as_deref(), Some("Test"));
    assert_eq!(offline.address.as_deref(), Some("2001:db8:1:2::9"));
    assert_eq!(offline.request_id.map(|id| id.to_string()), Some(request_id));
    assert_eq!((offline.object.kind.as_str(), offline.object.id), ("bot", bot));
    // The bot is gone, its name is not.
    assert_eq!(offline.object.name.as_deref(), Some("Helper"));
    assert_eq!(offline.details, json!({ "status": "offline" }));
    let by_key = &page.items[2];
    assert_eq!(by_key.actor.kind, AuditActorKind::ApiKey);
    assert_eq!(by_key.actor.id, Some(ci.api_key.id));
    assert_eq!(
        by_key.actor.name.as_deref(),
        Some("CI"),
        "the key is gone, its name is not"
    );
    assert_eq!(by_key.address.as_deref(), Some("127.0.0.1"));
    let all = serde_json::to_string(&page).unwrap();
    for secret in [ci.key.as_str(), "sk-test-0123456789abcdef"] {
        assert!(!all.contains(secret));
    }
    assert_eq!(page.items[7].object.name.as_deref(), Some("My workspace"));
}

#[tokio::test]
async fn what_is_refused_leaves_no_entry() {
    let app = TestApp::start().await;
    let ada = app.sign_up().await;
    let create = || app.post(&ada, "/api/v1/test-sets", json!({ "name": "Twice" }));
    done(create()).await;
    refused(create(), StatusCode::CONFLICT, ErrorCode::NameTaken).await;
    let unknown = app.delete(&ada, &format!("/api/v1/bots/{}", Uuid::new_v4()));
    refused(unknown, StatusCode::NOT_FOUND, ErrorCode::NotFound).await;
    let page = entries(&app, &ada, "").await;
    assert_eq!(actions(&page), ["workspace.create", "test_set.create"]);
}

#[tokio::test]
async fn jobs_are_written_down_as_the_worker() {
    let app = TestApp::start().await;
    let ada = app.sign_up().await;
    let kb = app.finalize(&ada, "Notes", &[("Porto", "Bicycles.")]).await;
    let worker = domain::Scope::worker(ada.workspace_id());
    domain::kb::bases::delete(&app.services().db, &worker, kb)
        .await
        .unwrap();
    let page = entries(&app, &ada, "?actor=worker").await;
    assert_eq!(actions(&page), ["knowledge_base.delete"]);
    assert_eq!(page.items[0].actor.kind, AuditActorKind::Worker);
    assert_eq!(
        (page.items[0].address.as_deref(), page.items[0].request_id),
        (None, None)
    );
    assert_eq!(page.items[0].object.name.as_deref(), Some("Notes"));
}

#[tokio::test]
async fn filters_and_pages() {
    let app = TestApp::start().await;
    let ada = app.sign_up().await;
    let ben = join(&app, &ada, "admin").await;
    for number in 0..55 {
        done(app.post(
            &ada,
            "/api/v1/test-sets",
            json!({ "name": format!("Set {number}") }),
        ))
        .await;
    }
    let made = key(&app, &ben, "100%_CI", &[KeyScope::Write]).await;
    let create = app
        .request(Method::POST, "/api/v1/test-sets")
        .bearer_auth(&made.key);
    done(create.json(&json!({ "name": "By key" }))).await;

    let first = entries(&app, &ada, "").await;
    assert_eq!(first.items.len(), 50);
    let cursor = first.next_cursor.clone().unwrap();
    // What is written meanwhile does not shift the pages.
    done(app.post(&ada, "/api/v1/test-sets", json!({ "name": "Meanwhile" }))).await;
    let second = entries(&app, &ada, &format!("?cursor={cursor}")).await;
    let positions: Vec<i64> = first
        .items
        .iter()
        .chain(&second.items)
        .map(|entry| entry.position)
        .collect();
    assert_eq!(positions, (1..=58).rev().collect::<Vec<_>>());
    assert_eq!(second.next_cursor, None);

    let of_ben = ben.auth.user.id;
    for (query, expected) in [
        ("?action=api_key.create".to_owned(), vec!["api_key.create"]),
        (format!("?actor={of_ben}"), vec!["api_key.create"]),
        (format!("?actor={}", made.api_key.id), vec!["test_set.create"]),
        ("?actor=api_key".to_owned(), vec!["test_set.create"]),
        // A part of the name, whose signs stand for themselves.
        ("?actor=0%25_c".to_owned(), vec!["test_set.create"]),
        ("?actor=%25%25".to_owned(), vec![]),
        (format!("?object_id={}", made.api_key.id), vec!["api_key.create"]),
        (format!("?actor={of_ben}&action=bot.delete"), vec![]),
        ("?to=2020-01-01T00:00:00Z".to_owned(), vec![]),
        (
            format!(
                "?action=workspace.create&from={}&to={}",
                (Utc::now() - TimeDelta::hours(1)).format("%Y-%m-%dT%H:%M:%SZ"),
                (Utc::now() + TimeDelta::hours(1)).format("%Y-%m-%dT%H:%M:%SZ")
            ),
            vec!["workspace.create"],
        ),
    ] {
        let page = entries(&app, &ada, &query).await;
        assert_eq!(actions(&page), expected, "{query}");
    }
    for (query, status, code) in [
        ("?action=bot.explode", 422, ErrorCode::ValidationFailed),
        ("?cursor=x", 400, ErrorCode::MalformedRequest),
        ("?object_id=x", 400, ErrorCode::MalformedRequest),
        ("?from=yesterday", 400, ErrorCode::MalformedRequest),
    ] {
        let request = app.get(&ada, &format!("/api/v1/audit{query}"));
        refused(request, StatusCode::from_u16(status).unwrap(), code).await;
    }
}

#[tokio::test]
async fn only_admins_of_the_workspace_read_it() {
    let app = TestApp::start().await;
    let ada = app.sign_up().await;
    let set: Value = ok(app.post(&ada, "/api/v1/test-sets", json!({ "name": "Secret plan" }))).await;
    for role in ["viewer", "editor"] {
        let guest = join(&app, &ada, role).await;
        for path in [
            "/api/v1/audit",
            "/api/v1/audit/export",
            "/api/v1/audit/export?format=jsonl",
        ] {
            refused(app.get(&guest, path), StatusCode::FORBIDDEN, ErrorCode::Forbidden).await;
        }
    }
    let eve = app.sign_up().await;
    let id = set["id"].as_str().unwrap();
    let hers = entries(&app, &eve, &format!("?object_id={id}")).await;
    assert_eq!(hers.items, []);
    assert_eq!(actions(&entries(&app, &eve, "").await), ["workspace.create"]);
    let file = app
        .get(&eve, "/api/v1/audit/export?format=jsonl")
        .send()
        .await
        .unwrap();
    assert!(!file.text().await.unwrap().contains("Secret plan"));
    for path in ["/api/v1/audit", "/api/v1/audit/export"] {
        let nobody = app.request(Method::GET, path);
        refused(nobody, StatusCode::UNAUTHORIZED, ErrorCode::Unauthorized).await;
    }
    // What was refused was not written down either, but the export of hers was.
    assert_eq!(
        actions(&entries(&app, &eve, "").await),
        ["workspace.create", "audit.export"]
    );
    let his = entries(&app, &ada, "?action=audit.export").await;
    assert_eq!(his.items, []);
}

#[tokio::test]
async fn exports_hold_everything_and_run_no_formula() {
    let app = TestApp::start().await;
    let ada = app.sign_up().await;
    key(&app, &ada, "=cmd|' /C calc'!A0", &[KeyScope::Read]).await;
    // More than are read at once.
    let mut owner = PgConnection::connect(app.database.url.as_str()).await.unwrap();
    sqlx::query(
        "insert into audit_log (workspace_id, id, action, object_id, details)
         select $1, gen_random_uuid(), 'bot.delete', gen_random_uuid(), '{}' from generate_series(1, 1100)",
    )
    .bind(ada.workspace_id())
    .execute(&mut owner)
    .await
    .unwrap();

    let response = app.get(&ada, "/api/v1/audit/export").send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/csv; charset=utf-8");
    assert!(
        response.headers()["content-disposition"]
            .to_str()
            .unwrap()
            .contains("audit-log.csv")
    );
    let csv = response.text().await.unwrap();
    let lines: Vec<&str> = csv.lines().collect();
    assert!(lines[0].starts_with("position,time,actor_kind,"));
    assert_eq!(lines.len(), 1 + 1103, "with the export itself");
    assert!(csv.contains(",'=cmd|' /C calc'!A0,"));
    assert!(!csv.contains(",=cmd"));

    let path = "/api/v1/audit/export?format=jsonl&action=bot.delete";
    let filtered = app.get(&ada, path).send().await.unwrap().text().await.unwrap();
    assert_eq!(filtered.lines().count(), 1100);
    let all = app
        .get(&ada, "/api/v1/audit/export?format=jsonl")
        .send()
        .await
        .unwrap();
    let all = all.text().await.unwrap();
    let entries: Vec<AuditEntry> = all
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(entries.len(), 1105);
    for pair in entries.windows(2) {
        assert_eq!(pair[0].previous_hash, pair[1].hash);
    }
    assert_eq!(entries.last().unwrap().previous_hash, "0".repeat(64));
    let export = entries[0].details.clone();
    assert_eq!(export, json!({ "format": "jsonl", "filter": {} }));
    let unknown = app.get(&ada, "/api/v1/audit/export?format=pdf");
    refused(unknown, StatusCode::BAD_REQUEST, ErrorCode::MalformedRequest).await;
}
