//! What programs may do with a key, and for how long.

use api_types::ErrorCode;
use api_types::api_keys::{ApiKey, CreatedApiKey, KeyScope};
use chrono::{TimeDelta, Utc};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use crate::support::{Person, TestApp, done, ok, refused};

/// A key with these scopes.
pub async fn key(app: &TestApp, person: &Person, name: &str, scopes: &[KeyScope]) -> CreatedApiKey {
    let body = json!({ "name": name, "scopes": scopes });
    ok(app.post(person, "/api/v1/api-keys", body)).await
}

#[tokio::test]
async fn a_key_does_what_its_scopes_say_and_nothing_else() {
    let app = TestApp::start().await;
    let ada = app.sign_up().await;
    let kb = app.finalize(&ada, "Notes", &[("Porto", "Bicycles.")]).await;
    let routes = |key: &str| -> [(KeyScope, RequestBuilder); 4] {
        let with = |method, path: &str| app.request(method, path).bearer_auth(key);
        let search = with(Method::POST, &format!("/api/v1/kb/{kb}/search"));
        let create = with(Method::POST, "/api/v1/test-sets");
        [
            (KeyScope::Chat, with(Method::GET, "/v1/models")),
            (KeyScope::Search, search.json(&json!({ "query": "Porto" }))),
            (KeyScope::Read, with(Method::GET, "/api/v1/bots")),
            (KeyScope::Write, create.json(&json!({ "name": Uuid::new_v4() }))),
        ]
    };
    for scope in KeyScope::ALL {
        let made = key(&app, &ada, scope.as_str(), &[scope]).await;
        assert_eq!(made.api_key.scopes, [scope]);
        for (needed, request) in routes(&made.key) {
            let response = request.send().await.unwrap();
            let status = response.status();
            let body: Value = response.json().await.unwrap();
            if needed == scope {
                assert!(status.is_success(), "{scope:?} on {needed:?}: {body}");
                continue;
            }
            assert_eq!(status, StatusCode::FORBIDDEN, "{scope:?} on {needed:?}: {body}");
            let problem = if body["error"].is_null() {
                &body
            } else {
                &body["error"]
            };
            assert_eq!(problem["code"], "insufficient_scope", "{body}");
            let says = problem["detail"]
                .as_str()
                .or(problem["message"].as_str())
                .unwrap();
            assert!(says.contains(&format!("`{}`", needed.as_str())), "{says}");
        }
    }
    let all = key(&app, &ada, "All", &KeyScope::ALL).await;
    for (_, request) in routes(&all.key) {
        done(request).await;
    }
}

/// Each route for members, with ids that name nothing.
fn routes_for_members(app: &TestApp) -> Vec<(Method, String, String)> {
    let document = serde_json::to_value(backend::routes::openapi(&app.state.config)).unwrap();
    let paths = document["paths"].as_object().unwrap().clone();
    let operations = paths.into_iter().flat_map(|(path, item)| {
        let item = item.as_object().unwrap().clone();
        item.into_iter()
            .map(move |(method, operation)| (path.clone(), method, operation))
    });
    operations
        .filter(|(_, _, operation)| !operation["security"].is_null())
        .map(|(path, method, operation)| {
            let filled: Vec<String> = path
                .split('/')
                .map(|part| {
                    if part.starts_with('{') {
                        Uuid::new_v4().to_string()
                    } else {
                        part.to_owned()
                    }
                })
                .collect();
            let description = operation["description"].as_str().unwrap().to_owned();
            (
                method.to_uppercase().parse().unwrap(),
                filled.join("/"),
                description,
            )
        })
        .collect()
}

#[tokio::test]
async fn every_route_asks_a_key_for_its_scope() {
    let app = TestApp::start().await;
    let ada = app.sign_up().await;
    let chat = key(&app, &ada, "Chat", &[KeyScope::Chat]).await.key;
    let all = key(&app, &ada, "All", &KeyScope::ALL).await.key;
    let routes = routes_for_members(&app);
    assert!(routes.len() > 90);
    for (method, path, description) in routes {
        let with = |key: &str| app.request(method.clone(), &path).bearer_auth(key);
        if description.ends_with("Not for API keys.") {
            for key in [&chat, &all] {
                let problem = refused(with(key), StatusCode::FORBIDDEN, ErrorCode::Forbidden).await;
                assert!(
                    problem.detail.contains("API keys can't be used"),
                    "{}",
                    problem.detail
                );
            }
        } else if !path.starts_with("/v1/") {
            refused(with(&chat), StatusCode::FORBIDDEN, ErrorCode::InsufficientScope).await;
            let status = with(&all).send().await.unwrap().status();
            assert!(
                ![StatusCode::FORBIDDEN, StatusCode::UNAUTHORIZED].contains(&status),
                "{method} {path}: {status}"
            );
        }
    }
    // What must never be open to a key, whatever the table says.
    for (method, path) in [
        (Method::GET, "/api/v1/api-keys"),
        (Method::POST, "/api/v1/api-keys"),
        (Method::POST, "/api/v1/providers"),
        (Method::POST, "/api/v1/connections"),
        (Method::POST, "/api/v1/workspaces"),
        (Method::GET, "/api/v1/audit"),
        (Method::GET, "/api/v1/audit/export"),
    ] {
        let request = app.request(method, path).bearer_auth(&all).json(&json!({}));
        refused(request, StatusCode::FORBIDDEN, ErrorCode::Forbidden).await;
    }
}

#[tokio::test]
async fn an_expired_key_says_so() {
    let app = TestApp::start().await;
    let ada = app.sign_up().await;
    let until = Utc::now() + TimeDelta::days(30);
    let body = json!({ "name": "CI", "scopes": ["read", "read"], "expires_at": until });
    let made: CreatedApiKey = ok(app.post(&ada, "/api/v1/api-keys", body)).await;
    assert_eq!(made.api_key.scopes, [KeyScope::Read]);
    let bots = || app.request(Method::GET, "/api/v1/bots").bearer_auth(&made.key);
    done(bots()).await;
    let listed: Vec<ApiKey> = ok(app.get(&ada, "/api/v1/api-keys")).await;
    assert!(listed[0].last_used_at.is_some());
    let seconds = (listed[0].expires_at.unwrap() - until).num_seconds();
    assert_eq!(seconds, 0);

    let mut owner = PgConnection::connect(app.database.url.as_str()).await.unwrap();
    sqlx::query("update api_keys set expires_at = '2026-02-03 04:05Z'")
        .execute(&mut owner)
        .await
        .unwrap();
    let problem = refused(bots(), StatusCode::UNAUTHORIZED, ErrorCode::Unauthorized).await;
    assert_eq!(
        problem.detail,
        "This API key expired on 3 February 2026 at 04:05 UTC. Make a new one in Settings."
    );
}

#[tokio::test]
async fn a_key_needs_a_scope_that_there_is_and_a_time_to_come() {
    let app = TestApp::start().await;
    let ada = app.sign_up().await;
    let yesterday = Utc::now() - TimeDelta::days(1);
    for (body, field) in [
        (json!({ "name": "CI" }), Some("scopes")),
        (json!({ "name": "CI", "scopes": [] }), Some("scopes")),
        (json!({ "name": "CI", "scopes": ["admin"] }), None),
        (
            json!({ "name": "CI", "scopes": ["read"], "expires_at": yesterday }),
            Some("expires_at"),
        ),
        (
            json!({ "name": "CI", "scopes": ["read"], "expires_at": "soon" }),
            None,
        ),
    ] {
        let request = app.post(&ada, "/api/v1/api-keys", &body);
        let problem = refused(
            request,
            StatusCode::UNPROCESSABLE_ENTITY,
            ErrorCode::ValidationFailed,
        )
        .await;
        assert_eq!(
            problem.errors.first().map(|error| error.field.as_str()),
            field,
            "{body}"
        );
    }
    let listed: Vec<ApiKey> = ok(app.get(&ada, "/api/v1/api-keys")).await;
    assert_eq!(listed, []);
}

#[tokio::test]
async fn a_key_from_before_scopes_keeps_what_it_could_do() {
    let app = TestApp::start().await;
    let ada = app.sign_up().await;
    let made = key(&app, &ada, "New", &[KeyScope::Chat]).await;
    let mut owner = PgConnection::connect(app.database.url.as_str()).await.unwrap();
    // As the server before wrote it.
    sqlx::query(
        "insert into api_keys (workspace_id, id, name, prefix, key_hash)
         select workspace_id, gen_random_uuid(), 'Old', prefix, sha256(key_hash) from api_keys",
    )
    .execute(&mut owner)
    .await
    .unwrap();
    let listed: Vec<ApiKey> = ok(app.get(&ada, "/api/v1/api-keys")).await;
    let old = listed.iter().find(|key| key.id != made.api_key.id).unwrap();
    assert_eq!(old.scopes, KeyScope::ALL);
    assert_eq!(old.expires_at, None);
}
