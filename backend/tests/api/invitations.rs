use api_types::ErrorCode;
use api_types::auth::{AuthResponse, Me};
use api_types::tenancy::{CreatedInvitation, Invitation, InvitationPreview, Role};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};

use crate::support::{Person, TestApp, done, ok, refused};

const WORKSPACE: &str = "invitations";
const ORGANIZATION: &str = "organization/invitations";
const PREVIEW: &str = "/api/v1/auth/invitations/preview";
const ACCEPT: &str = "/api/v1/auth/invitations/accept";

async fn me(app: &TestApp, person: &Person) -> Me {
    ok(app.get(person, "/api/v1/auth/me")).await
}

/// What whoever has the link sees.
async fn preview(app: &TestApp, token: &str) -> InvitationPreview {
    ok(app
        .request(Method::POST, PREVIEW)
        .json(&json!({ "token": token })))
    .await
}

async fn accept(app: &TestApp, person: &Person, token: &str) -> Person {
    let auth = ok(app.post(person, ACCEPT, json!({ "token": token }))).await;
    let email = person.email.clone();
    Person { email, auth }
}

/// It can be neither looked at nor accepted.
async fn is_gone(app: &TestApp, person: &Person, token: &str) {
    let look = app
        .request(Method::POST, PREVIEW)
        .json(&json!({ "token": token }));
    refused(look, StatusCode::GONE, ErrorCode::InvitationGone).await;
    let accept = app.post(person, ACCEPT, json!({ "token": token }));
    refused(accept, StatusCode::GONE, ErrorCode::InvitationGone).await;
}

#[tokio::test]
async fn a_guest_enters_one_workspace_with_the_role_of_the_link() {
    let app = TestApp::start().await;
    let ada = app.sign_up().await;
    let token = app.invite(&ada, WORKSPACE, Role::Editor).await;
    let preview = preview(&app, &token).await;
    assert_eq!(preview.workspace_name.as_deref(), Some("My workspace"));
    assert_eq!(
        (preview.role, preview.invited_by.as_deref()),
        (Role::Editor, Some("Test"))
    );

    let guest = app.join(&ada, WORKSPACE, Role::Editor).await;
    let seen = me(&app, &guest).await;
    assert_eq!((seen.workspace.id, seen.role), (ada.workspace_id(), Role::Editor));
    assert_eq!(seen.workspaces.len(), 1, "no organization of their own");
    let organization = app.get(&guest, "/api/v1/organization");
    refused(organization, StatusCode::FORBIDDEN, ErrorCode::Forbidden).await;
    let further = app.post(&guest, "/api/v1/workspaces", json!({ "name": "Mine" }));
    refused(further, StatusCode::FORBIDDEN, ErrorCode::Forbidden).await;
}

#[tokio::test]
async fn a_member_of_the_organization_enters_all_its_workspaces() {
    let app = TestApp::start().await;
    let ada = app.sign_up().await;
    let _: Value = ok(app.post(&ada, "/api/v1/workspaces", json!({ "name": "Shop" }))).await;
    let bob = app.sign_up().await;
    let token = app.invite(&ada, ORGANIZATION, Role::Viewer).await;
    let preview = preview(&app, &token).await;
    assert_eq!(preview.workspace_name, None);

    let bob = accept(&app, &bob, &token).await;
    let seen = me(&app, &bob).await;
    assert_eq!((seen.workspace.id, seen.role), (ada.workspace_id(), Role::Viewer));
    assert_eq!(seen.workspaces.len(), 3, "two of hers and his own");
    // The higher of two roles counts, and an invitation never lowers one.
    let token = app.invite(&ada, WORKSPACE, Role::Admin).await;
    let bob = accept(&app, &bob, &token).await;
    assert_eq!(me(&app, &bob).await.role, Role::Admin);
    let token = app.invite(&ada, WORKSPACE, Role::Viewer).await;
    let bob = accept(&app, &bob, &token).await;
    assert_eq!(me(&app, &bob).await.role, Role::Admin);
}

#[tokio::test]
async fn a_link_works_once() {
    let app = TestApp::start().await;
    let ada = app.sign_up().await;
    let token = app.invite(&ada, WORKSPACE, Role::Viewer).await;
    let body = json!({ "token": token });
    let mut people = Vec::new();
    for _ in 0..8 {
        people.push(app.sign_up().await);
    }
    let all = people
        .iter()
        .map(|person| async { app.post(person, ACCEPT, &body).send().await.unwrap().status() });
    let statuses = futures::future::join_all(all).await;
    let accepted = statuses
        .iter()
        .filter(|status| **status == StatusCode::OK)
        .count();
    let gone = statuses
        .iter()
        .filter(|status| **status == StatusCode::GONE)
        .count();
    assert_eq!((accepted, gone), (1, 7), "{statuses:?}");
}

#[tokio::test]
async fn what_was_taken_back_expired_or_never_was_is_gone() {
    let app = TestApp::start().await;
    let ada = app.sign_up().await;
    let bob = app.sign_up().await;
    is_gone(&app, &bob, "never-was").await;
    for to in [WORKSPACE, ORGANIZATION] {
        let token = app.invite(&ada, to, Role::Viewer).await;
        let open: Vec<Invitation> = ok(app.get(&ada, &format!("/api/v1/{to}"))).await;
        done(app.delete(&ada, &format!("/api/v1/{to}/{}", open[0].id))).await;
        is_gone(&app, &bob, &token).await;
        let again = app.delete(&ada, &format!("/api/v1/{to}/{}", open[0].id));
        refused(again, StatusCode::NOT_FOUND, ErrorCode::NotFound).await;

        let token = app.invite(&ada, to, Role::Viewer).await;
        let mut owner = PgConnection::connect(app.database.url.as_str()).await.unwrap();
        for table in ["workspace_invitations", "organization_invitations"] {
            let sql = format!("update {table} set expires_at = now() - interval '1 second'");
            sqlx::query(sqlx::AssertSqlSafe(sql))
                .execute(&mut owner)
                .await
                .unwrap();
        }
        is_gone(&app, &bob, &token).await;
        let open: Vec<Invitation> = ok(app.get(&ada, &format!("/api/v1/{to}"))).await;
        assert!(open.is_empty());
    }
    // Signing up with one that is gone makes no account.
    let body = json!({ "email": "new@example.com", "password": "correct horse battery", "name": "N", "invitation": "x" });
    let sign_up = app.request(Method::POST, "/api/v1/auth/signup").json(&body);
    refused(sign_up, StatusCode::GONE, ErrorCode::InvitationGone).await;
    let body = json!({ "email": "new@example.com", "password": "correct horse battery" });
    let login = app.request(Method::POST, "/api/v1/auth/login").json(&body);
    refused(login, StatusCode::UNAUTHORIZED, ErrorCode::InvalidCredentials).await;
}

#[tokio::test]
async fn an_invitation_for_somebody_is_for_nobody_else() {
    let app = TestApp::start().await;
    let ada = app.sign_up().await;
    let (bob, eve) = (app.sign_up().await, app.sign_up().await);
    let body = json!({ "role": "viewer", "email": bob.email.to_uppercase(), "days": 1 });
    let made: CreatedInvitation = ok(app.post(&ada, "/api/v1/invitations", body)).await;
    let (page, token) = made.link.split_once('#').unwrap();
    assert_eq!(
        page,
        format!("{}/invite", app.base),
        "the token is sent to nobody"
    );
    let body = json!({ "token": token });
    refused(
        app.post(&eve, ACCEPT, &body),
        StatusCode::FORBIDDEN,
        ErrorCode::Forbidden,
    )
    .await;
    let auth: AuthResponse = ok(app.post(&bob, ACCEPT, &body)).await;
    assert_eq!(auth.workspace.id, ada.workspace_id());
}

#[tokio::test]
async fn only_admins_invite_and_to_no_role_above_their_own() {
    let app = TestApp::start().await;
    let ada = app.sign_up().await;
    let admin = app.join(&ada, ORGANIZATION, Role::Admin).await;
    for to in [WORKSPACE, ORGANIZATION] {
        let path = format!("/api/v1/{to}");
        let above = app.post(&admin, &path, json!({ "role": "owner", "days": 7 }));
        refused(above, StatusCode::FORBIDDEN, ErrorCode::Forbidden).await;
        for days in [0, 31] {
            let request = app.post(&admin, &path, json!({ "role": "viewer", "days": days }));
            let problem = refused(
                request,
                StatusCode::UNPROCESSABLE_ENTITY,
                ErrorCode::ValidationFailed,
            )
            .await;
            assert_eq!(problem.errors[0].field, "days");
        }
        for role in [Role::Editor, Role::Viewer] {
            let person = app.join(&ada, ORGANIZATION, role).await;
            let invite = app.post(&person, &path, json!({ "role": "viewer", "days": 7 }));
            refused(invite, StatusCode::FORBIDDEN, ErrorCode::Forbidden).await;
            let list = app.get(&person, &path);
            refused(list, StatusCode::FORBIDDEN, ErrorCode::Forbidden).await;
        }
    }
}

#[tokio::test]
async fn what_somebody_handed_out_ends_with_their_own_membership() {
    let app = TestApp::start().await;
    let ada = app.sign_up().await;
    let bob = app.sign_up().await;
    let admin = app.join(&ada, ORGANIZATION, Role::Admin).await;
    let to_workspace = app.invite(&admin, WORKSPACE, Role::Viewer).await;
    let to_organization = app.invite(&admin, ORGANIZATION, Role::Viewer).await;
    let path = format!("/api/v1/organization/members/{}", admin.auth.user.id);
    done(app.put(&ada, &path, json!({ "is_suspended": true }))).await;
    is_gone(&app, &bob, &to_workspace).await;
    is_gone(&app, &bob, &to_organization).await;
}
