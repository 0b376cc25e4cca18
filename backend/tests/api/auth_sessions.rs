//! Where a person is signed in, and how that ends.

use api_types::ErrorCode;
use api_types::auth::{AuthResponse, Me, SessionInfo};
use reqwest::{Method, StatusCode, header};
use serde_json::json;

use crate::support::{Person, TestApp, done, ok, refused};

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0";

/// The same person on another device, with a cookie jar of its own.
async fn elsewhere(app: &TestApp, person: &Person) -> (Person, reqwest::Client) {
    let http = reqwest::Client::builder().cookie_store(true).build().unwrap();
    let login = http
        .post(format!("{}/api/v1/auth/login", app.base))
        .header(header::USER_AGENT, FIREFOX)
        .json(&json!({ "email": person.email, "password": "correct horse battery" }));
    let auth: AuthResponse = ok(login).await;
    let email = person.email.clone();
    (Person { email, auth }, http)
}

async fn sessions(app: &TestApp, person: &Person) -> Vec<SessionInfo> {
    ok(app.get(person, "/api/v1/auth/sessions")).await
}

async fn is_out(app: &TestApp, person: &Person) {
    for path in ["/api/v1/auth/me", "/api/v1/bots"] {
        let request = app.get(person, path);
        refused(request, StatusCode::UNAUTHORIZED, ErrorCode::Unauthorized).await;
    }
}

#[tokio::test]
async fn sessions_are_listed_in_plain_words_and_one_is_ended_at_once() {
    let app =
        TestApp::start_with(|config| config.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()]).await;
    let ada = app.sign_up().await;
    let (phone, http) = elsewhere(&app, &ada).await;
    let refresh = || http.post(format!("{}/api/v1/auth/refresh", app.base));
    let forwarded = refresh()
        .header(header::USER_AGENT, FIREFOX)
        .header("x-forwarded-for", "203.0.113.7");
    let _: AuthResponse = ok(forwarded).await;

    let listed = sessions(&app, &ada).await;
    let seen: Vec<_> = listed
        .iter()
        .map(|session| {
            (
                session.device.as_str(),
                session.address.as_str(),
                session.is_current,
            )
        })
        .collect();
    let expected = [
        ("Firefox on Linux", "203.0.113.7", false),
        ("Unknown device", "127.0.0.1", true),
    ];
    assert_eq!(seen, expected);
    assert!(listed[0].last_used_at > listed[0].created_at);

    done(app.delete(&ada, &format!("/api/v1/auth/sessions/{}", listed[0].id))).await;
    is_out(&app, &phone).await;
    refused(refresh(), StatusCode::UNAUTHORIZED, ErrorCode::Unauthorized).await;
    assert_eq!(sessions(&app, &ada).await.len(), 1);
    let again = app.delete(&ada, &format!("/api/v1/auth/sessions/{}", listed[0].id));
    refused(again, StatusCode::NOT_FOUND, ErrorCode::NotFound).await;
}

#[tokio::test]
async fn nobody_ends_the_session_of_another() {
    let app = TestApp::start().await;
    let (ada, eve) = (app.sign_up().await, app.sign_up().await);
    let listed = sessions(&app, &ada).await;
    assert_eq!(listed.len(), 1, "nor sees it");
    let id = listed[0].id;
    let request = app.delete(&eve, &format!("/api/v1/auth/sessions/{id}"));
    refused(request, StatusCode::NOT_FOUND, ErrorCode::NotFound).await;
    done(app.delete(&eve, "/api/v1/auth/sessions")).await;
    assert_eq!(sessions(&app, &ada).await.len(), 1);
}

#[tokio::test]
async fn signing_out_ends_the_access_token_and_signing_out_everywhere_all_of_them() {
    let app = TestApp::start().await;
    let ada = app.sign_up().await;
    done(app.request(Method::POST, "/api/v1/auth/logout")).await;
    is_out(&app, &ada).await;

    let (here, http) = elsewhere(&app, &ada).await;
    let (there, _) = elsewhere(&app, &ada).await;
    let _: Me = ok(app.get(&there, "/api/v1/auth/me")).await;
    let all = http
        .delete(format!("{}/api/v1/auth/sessions", app.base))
        .bearer_auth(here.token());
    let response = all.send().await.unwrap();
    let forgotten = response
        .cookies()
        .find(|cookie| cookie.name() == "botwright_refresh")
        .unwrap();
    assert_eq!(forgotten.value(), "");
    for person in [&here, &there] {
        is_out(&app, person).await;
    }
}

#[tokio::test]
async fn a_session_that_ended_can_not_switch_workspaces() {
    let app = TestApp::start().await;
    let ada = app.sign_up().await;
    done(app.request(Method::POST, "/api/v1/auth/logout")).await;
    let body = json!({ "workspace_id": ada.workspace_id() });
    let request = app.post(&ada, "/api/v1/auth/context", body);
    refused(request, StatusCode::UNAUTHORIZED, ErrorCode::Unauthorized).await;
}

#[tokio::test]
async fn a_token_with_a_session_of_somebody_else_is_refused() {
    let app = TestApp::start().await;
    let (ada, eve) = (app.sign_up().await, app.sign_up().await);
    let id = sessions(&app, &eve).await[0].id;
    let token = crate::api::tokens::signed(
        &app,
        &json!({
            "sub": ada.auth.user.id, "ws": ada.workspace_id(), "sid": id,
        }),
    );
    let request = app.request(Method::GET, "/api/v1/auth/me").bearer_auth(token);
    refused(request, StatusCode::UNAUTHORIZED, ErrorCode::Unauthorized).await;
}
