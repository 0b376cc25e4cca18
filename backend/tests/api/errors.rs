use api_types::ErrorCode;
use reqwest::{Method, StatusCode, header};
use serde_json::json;
use uuid::Uuid;

use crate::support::{TestApp, refused};

#[tokio::test]
async fn every_refusal_is_a_problem() {
    let app = TestApp::start().await;
    let ada = app.sign_up().await;
    let login = || app.request(Method::POST, "/api/v1/auth/login");

    refused(
        app.request(Method::GET, "/api/v1/nothing"),
        StatusCode::NOT_FOUND,
        ErrorCode::RouteNotFound,
    )
    .await;
    refused(
        app.request(Method::POST, "/nothing"),
        StatusCode::NOT_FOUND,
        ErrorCode::RouteNotFound,
    )
    .await;
    let wrong = app.request(Method::PATCH, "/api/v1/bots");
    refused(wrong, StatusCode::METHOD_NOT_ALLOWED, ErrorCode::MethodNotAllowed).await;
    let cut = login()
        .header("content-type", "application/json")
        .body("{\"email\":");
    refused(cut, StatusCode::BAD_REQUEST, ErrorCode::MalformedRequest).await;
    let text = login().body("email=ada");
    refused(
        text,
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ErrorCode::UnsupportedMediaType,
    )
    .await;
    let huge = login()
        .header("content-type", "application/json")
        .body(format!("{{\"email\":\"{}\"}}", "a".repeat(7 << 20)));
    refused(huge, StatusCode::PAYLOAD_TOO_LARGE, ErrorCode::PayloadTooLarge).await;
    refused(
        app.get(&ada, "/api/v1/bots/not-an-id"),
        StatusCode::NOT_FOUND,
        ErrorCode::NotFound,
    )
    .await;
    let cursor = app.get(&ada, "/api/v1/conversations?cursor=nonsense");
    refused(cursor, StatusCode::BAD_REQUEST, ErrorCode::MalformedRequest).await;
    let query = app.get(&ada, "/api/v1/conversations?bot_id=nonsense");
    refused(query, StatusCode::BAD_REQUEST, ErrorCode::MalformedRequest).await;
    for token in [
        "",
        "Bearer",
        "Bearer ",
        "Bearer abc",
        "Basic abc",
        "Bearer bw_unknown",
    ] {
        let request = app
            .request(Method::GET, "/api/v1/bots")
            .header(header::AUTHORIZATION, token);
        refused(request, StatusCode::UNAUTHORIZED, ErrorCode::Unauthorized).await;
    }
    let unknown = app.post(&ada, "/api/v1/chatbots/draft", json!({ "from": Uuid::new_v4() }));
    refused(unknown, StatusCode::NOT_FOUND, ErrorCode::NotFound).await;
}

#[tokio::test]
async fn too_many_sign_ins_from_one_address_are_held_off() {
    let app = TestApp::start_with(|config| config.auth_requests_per_minute = 3).await;
    let login = || {
        app.request(Method::POST, "/api/v1/auth/login")
            .json(&json!({ "email": "a@b.c", "password": "x" }))
    };
    for _ in 0..3 {
        refused(login(), StatusCode::UNAUTHORIZED, ErrorCode::InvalidCredentials).await;
    }
    let response = login().send().await.unwrap();
    assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(response.headers().contains_key(header::RETRY_AFTER));
}
