use api_types::ErrorCode;
use api_types::auth::{AuthResponse, Me};
use api_types::tenancy::Workspace;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Person, TestApp, ok, refused};

#[tokio::test]
async fn several_workspaces_and_switching_between_them() {
    let app = TestApp::start().await;
    let ada = app.sign_up().await;
    let second: Workspace = ok(app.post(&ada, "/api/v1/workspaces", json!({ "name": "Shop" }))).await;
    assert_eq!(second.organization_id, ada.auth.workspace.organization_id);
    let taken = app.post(&ada, "/api/v1/workspaces", json!({ "name": "Shop" }));
    refused(taken, StatusCode::CONFLICT, ErrorCode::NameTaken).await;

    let _: Value = ok(app.post(&ada, "/api/v1/chatbots/draft", json!({}))).await;
    let body = json!({ "workspace_id": second.id });
    let auth: AuthResponse = ok(app.post(&ada, "/api/v1/auth/context", body)).await;
    let in_shop = Person {
        email: ada.email.clone(),
        auth,
    };
    let me: Me = ok(app.get(&in_shop, "/api/v1/auth/me")).await;
    assert_eq!(me.workspace.id, second.id);
    assert_eq!(me.workspaces.len(), 2);
    let drafts: Vec<Value> = ok(app.get(&in_shop, "/api/v1/chatbots/draft")).await;
    assert!(drafts.is_empty(), "a workspace has its own drafts");
    // The session stays there.
    let refreshed: AuthResponse = ok(app.request(Method::POST, "/api/v1/auth/refresh")).await;
    assert_eq!(refreshed.workspace.id, second.id);
}

#[tokio::test]
async fn nobody_enters_a_workspace_they_are_no_member_of() {
    let app = TestApp::start().await;
    let ada = app.sign_up().await;
    let eve = app.sign_up().await;
    let body = json!({ "workspace_id": ada.workspace_id() });
    refused(
        app.post(&eve, "/api/v1/auth/context", body),
        StatusCode::NOT_FOUND,
        ErrorCode::NotFound,
    )
    .await;
}
