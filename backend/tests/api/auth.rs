use api_types::ErrorCode;
use api_types::auth::{AuthResponse, Me};
use reqwest::{Method, StatusCode, header};
use serde_json::json;
use uuid::Uuid;

use crate::support::{TestApp, done, ok, refused};

#[tokio::test]
async fn sign_up_sign_in_and_out() {
    let app = TestApp::start().await;
    let ada = app.sign_up().await;
    let me: Me = ok(app.get(&ada, "/api/v1/auth/me")).await;
    assert_eq!(me.user.email, ada.email);
    assert_eq!(me.role, api_types::tenancy::Role::Owner);
    assert_eq!(me.workspaces.len(), 1);

    let login = json!({ "email": ada.email.to_uppercase(), "password": "correct horse battery" });
    let again: AuthResponse = ok(app.request(Method::POST, "/api/v1/auth/login").json(&login)).await;
    assert_eq!(again.workspace.id, ada.workspace_id());
    let refreshed: AuthResponse = ok(app.request(Method::POST, "/api/v1/auth/refresh")).await;
    assert_eq!(refreshed.user.id, ada.auth.user.id);
    done(app.request(Method::POST, "/api/v1/auth/logout")).await;
    let refresh = app.request(Method::POST, "/api/v1/auth/refresh");
    refused(refresh, StatusCode::UNAUTHORIZED, ErrorCode::Unauthorized).await;
}

#[tokio::test]
async fn bad_sign_ups_and_sign_ins_are_refused() {
    let app = TestApp::start().await;
    let ada = app.sign_up().await;
    let sign_up = |body| app.request(Method::POST, "/api/v1/auth/signup").json(&body);
    let bad = sign_up(json!({ "email": "ada", "password": "short", "name": " " }));
    let problem = refused(bad, StatusCode::UNPROCESSABLE_ENTITY, ErrorCode::ValidationFailed).await;
    let fields: Vec<_> = problem.errors.iter().map(|error| error.field.as_str()).collect();
    assert_eq!(fields, ["email", "password", "name"]);
    let taken = sign_up(
        json!({ "email": ada.email.to_uppercase(), "password": "correct horse battery", "name": "B" }),
    );
    refused(taken, StatusCode::CONFLICT, ErrorCode::EmailTaken).await;
    let extra = sign_up(
        json!({ "email": "b@example.com", "password": "correct horse battery", "name": "B", "role": "owner" }),
    );
    refused(
        extra,
        StatusCode::UNPROCESSABLE_ENTITY,
        ErrorCode::ValidationFailed,
    )
    .await;

    for (email, password) in [
        (ada.email.as_str(), "wrong password"),
        ("nobody@example.com", "correct horse battery"),
    ] {
        let login = app
            .request(Method::POST, "/api/v1/auth/login")
            .json(&json!({ "email": email, "password": password }));
        refused(login, StatusCode::UNAUTHORIZED, ErrorCode::InvalidCredentials).await;
    }
}

#[tokio::test]
async fn one_address_signs_up_once_however_often_it_tries_at_once() {
    let app = TestApp::start().await;
    let email = format!("{}@example.com", Uuid::new_v4().simple());
    let body = json!({ "email": email, "password": "correct horse battery", "name": "Ada" });
    let tries = (0..50).map(|_| {
        app.request(Method::POST, "/api/v1/auth/signup")
            .json(&body)
            .send()
    });
    let answers = futures::future::join_all(tries).await;
    let statuses: Vec<_> = answers
        .into_iter()
        .map(|answer| answer.unwrap().status())
        .collect();
    assert_eq!(
        statuses
            .iter()
            .filter(|status| **status == StatusCode::OK)
            .count(),
        1,
        "{statuses:?}"
    );
    assert!(
        statuses
            .iter()
            .all(|status| [StatusCode::OK, StatusCode::CONFLICT].contains(status)),
        "{statuses:?}"
    );
}

/// Sends a refresh token as a client with a cookie jar of its own would.
async fn refresh_with(app: &TestApp, token: &str) -> (StatusCode, Option<String>) {
    let client = reqwest::Client::new();
    let request = client
        .post(format!("{}/api/v1/auth/refresh", app.base))
        .header(header::COOKIE, format!("botwright_refresh={token}"));
    let response = request.send().await.unwrap();
    let cookie = response
        .cookies()
        .find(|cookie| cookie.name() == "botwright_refresh");
    (response.status(), cookie.map(|cookie| cookie.value().to_owned()))
}

#[tokio::test]
async fn a_stolen_refresh_token_ends_the_session_but_a_lost_answer_does_not() {
    let app = TestApp::start().await;
    let email = format!("{}@example.com", Uuid::new_v4().simple());
    let body = json!({ "email": email, "password": "correct horse battery", "name": "Ada" });
    let response = app
        .request(Method::POST, "/api/v1/auth/signup")
        .json(&body)
        .send()
        .await
        .unwrap();
    let first = response.cookies().next().unwrap().value().to_owned();
    let auth: AuthResponse = response.json().await.unwrap();
    let me = |token: &str| app.request(Method::GET, "/api/v1/auth/me").bearer_auth(token);
    let login = json!({ "email": email, "password": "correct horse battery" });
    let elsewhere: AuthResponse = ok(app.request(Method::POST, "/api/v1/auth/login").json(&login)).await;

    let (status, second) = refresh_with(&app, &first).await;
    assert_eq!(status, StatusCode::OK);
    let second = second.unwrap();
    assert_ne!(first, second);
    // The answer got lost: the client repeats itself at once.
    let (status, third) = refresh_with(&app, &first).await;
    assert_eq!(status, StatusCode::OK);

    // Much later somebody presents the first again.
    let mut owner = sqlx::PgConnection::connect(app.database.url.as_str())
        .await
        .unwrap();
    sqlx::query(
        "update refresh_tokens set used_at = used_at - interval '1 minute' where used_at is not null",
    )
    .execute(&mut owner)
    .await
    .unwrap();
    let _: Me = ok(me(&auth.access_token)).await;
    assert_eq!(refresh_with(&app, &first).await.0, StatusCode::UNAUTHORIZED);
    // The access token goes with the session, at once; the person's other sessions stay.
    refused(
        me(&auth.access_token),
        StatusCode::UNAUTHORIZED,
        ErrorCode::Unauthorized,
    )
    .await;
    let _: Me = ok(me(&elsewhere.access_token)).await;
    for token in [second, third.unwrap()] {
        assert_eq!(refresh_with(&app, &token).await.0, StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
async fn tabs_that_renew_at_the_same_time_stay_signed_in() {
    let app = TestApp::start().await;
    let email = format!("{}@example.com", Uuid::new_v4().simple());
    let body = json!({ "email": email, "password": "correct horse battery", "name": "Ada" });
    let sign_up = app.request(Method::POST, "/api/v1/auth/signup").json(&body);
    let response = sign_up.send().await.unwrap();
    let first = response.cookies().next().unwrap().value().to_owned();
    let tabs = futures::future::join_all((0..6).map(|_| refresh_with(&app, &first))).await;
    for (status, next) in tabs {
        assert_eq!(status, StatusCode::OK);
        assert_eq!(refresh_with(&app, &next.unwrap()).await.0, StatusCode::OK);
    }
}

use sqlx::Connection;
