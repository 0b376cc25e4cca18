use api_types::ErrorCode;
use api_types::auth::{AuthResponse, Me};
use api_types::tenancy::{Closed, ClosedOrganization, Member, Organization, Role, Workspace};
use chrono::{TimeDelta, Utc};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::chatbot_drafts::deployable;
use crate::support::fake_openai::{FakeOpenAi, Reply};
use crate::support::{Person, TestApp, done, ok, refused};

const ORGANIZATION: &str = "organization/invitations";

fn path(person: &Person) -> String {
    format!("/api/v1/organization/members/{}", person.auth.user.id)
}

async fn roles(app: &TestApp, person: &Person) -> Vec<Role> {
    let members: Vec<Member> = ok(app.get(person, "/api/v1/organization/members")).await;
    let mut roles: Vec<_> = members.into_iter().map(|m| m.role).collect();
    roles.sort();
    roles
}

async fn login(app: &TestApp, person: &Person) -> Person {
    let body = json!({ "email": person.email, "password": "correct horse battery" });
    let auth: AuthResponse = ok(app.request(Method::POST, "/api/v1/auth/login").json(&body)).await;
    let email = person.email.clone();
    Person { email, auth }
}

#[tokio::test]
async fn an_organization_always_has_an_owner() {
    let app = TestApp::start().await;
    let ada = app.sign_up().await;
    let leave = |person: &Person| app.delete(person, &path(person));
    refused(leave(&ada), StatusCode::CONFLICT, ErrorCode::LastOwner).await;
    let demote = app.put(&ada, &path(&ada), json!({ "role": "admin" }));
    refused(demote, StatusCode::CONFLICT, ErrorCode::LastOwner).await;

    // Of two owners who leave at the same moment, one stays.
    let bob = app.join(&ada, ORGANIZATION, Role::Owner).await;
    let (first, second) = tokio::join!(leave(&ada).send(), leave(&bob).send());
    let mut statuses = [first.unwrap().status(), second.unwrap().status()];
    statuses.sort();
    assert_eq!(statuses, [StatusCode::NO_CONTENT, StatusCode::CONFLICT]);
}

#[tokio::test]
async fn ownership_is_handed_on() {
    let app = TestApp::start().await;
    let ada = app.sign_up().await;
    let bob = app.join(&ada, ORGANIZATION, Role::Editor).await;
    let eve = app.sign_up().await;
    let to = |person: &Person| json!({ "user_id": person.auth.user.id });
    let transfer = "/api/v1/organization/transfer";
    let by_editor = app.post(&bob, transfer, to(&bob));
    refused(by_editor, StatusCode::FORBIDDEN, ErrorCode::Forbidden).await;
    let to_stranger = app.post(&ada, transfer, to(&eve));
    refused(to_stranger, StatusCode::NOT_FOUND, ErrorCode::NotFound).await;
    done(app.post(&ada, transfer, to(&bob))).await;
    assert_eq!(roles(&app, &bob).await, [Role::Admin, Role::Owner]);
    done(app.delete(&ada, &path(&ada))).await;
    let me = app.get(&ada, "/api/v1/auth/me");
    refused(me, StatusCode::UNAUTHORIZED, ErrorCode::Unauthorized).await;
    // Signed in again, she has an organization of her own and can be invited.
    let ada = login(&app, &ada).await;
    assert_ne!(
        ada.auth.workspace.organization_id,
        bob.auth.workspace.organization_id
    );
}

#[tokio::test]
async fn a_closed_workspace_is_shut_for_everybody_until_it_is_restored() {
    let fake = FakeOpenAi::start(Reply::Text("Hello!".into())).await;
    let app = TestApp::start_with(|config| config.outbound_allow = vec![fake.place()]).await;
    let ada = app.sign_up().await;
    let close = |person: &Person, id| {
        let path = format!("/api/v1/organization/workspaces/{id}");
        app.request(Method::DELETE, &path).bearer_auth(person.token())
    };
    refused(
        close(&ada, ada.workspace_id()),
        StatusCode::CONFLICT,
        ErrorCode::LastWorkspace,
    )
    .await;
    let shop: Workspace = ok(app.post(&ada, "/api/v1/workspaces", json!({ "name": "Shop" }))).await;
    let in_shop = app.enter(&ada, shop.id).await;
    let provider = app.provider(&in_shop, &fake.base_url()).await;
    let bot = app.deploy(&in_shop, &deployable("Helper", provider)).await;
    let key: Value = ok(app.post(
        &in_shop,
        "/api/v1/api-keys",
        json!({ "name": "CI", "scopes": ["read"] }),
    ))
    .await;
    let ask = || {
        app.request(Method::POST, &format!("/api/v1/bots/{bot}/chat"))
            .json(&json!({ "message": "Hi there" }))
    };
    let _: Value = ok(ask()).await;
    let admin = app.join(&ada, ORGANIZATION, Role::Admin).await;
    refused(
        close(&admin, shop.id),
        StatusCode::FORBIDDEN,
        ErrorCode::Forbidden,
    )
    .await;

    let closed: Closed = ok(close(&ada, shop.id)).await;
    assert!(closed.deletes_at > Utc::now() + TimeDelta::days(6));
    refused(ask(), StatusCode::NOT_FOUND, ErrorCode::NotFound).await;
    let me = app.get(&in_shop, "/api/v1/auth/me");
    refused(me, StatusCode::UNAUTHORIZED, ErrorCode::Unauthorized).await;
    let with_key = || {
        let request = app.request(Method::GET, "/api/v1/bots");
        request.bearer_auth(key["key"].as_str().unwrap())
    };
    refused(with_key(), StatusCode::UNAUTHORIZED, ErrorCode::Unauthorized).await;
    refused(close(&ada, shop.id), StatusCode::NOT_FOUND, ErrorCode::NotFound).await;
    let seen: Organization = ok(app.get(&ada, "/api/v1/organization")).await;
    let marked = seen.workspaces.iter().find(|w| w.id == shop.id).unwrap();
    assert_eq!(marked.deletes_at, Some(closed.deletes_at));

    let restore = format!("/api/v1/organization/workspaces/{}/restore", shop.id);
    done(app.post(&ada, &restore, json!({}))).await;
    let _: Value = ok(ask()).await;
    let _: Value = ok(with_key()).await;
}

#[tokio::test]
async fn a_closed_organization_can_be_restored_by_its_owner() {
    let app = TestApp::start().await;
    let ada = app.sign_up().await;
    let bob = app.join(&ada, ORGANIZATION, Role::Admin).await;
    let id = ada.auth.workspace.organization_id;
    let name = json!({ "name": ada.auth.workspace.organization_name });
    let close = "/api/v1/organization/close";
    refused(
        app.post(&bob, close, &name),
        StatusCode::FORBIDDEN,
        ErrorCode::Forbidden,
    )
    .await;
    let wrong = app.post(&ada, close, json!({ "name": "Another" }));
    refused(
        wrong,
        StatusCode::UNPROCESSABLE_ENTITY,
        ErrorCode::ValidationFailed,
    )
    .await;
    let _: Closed = ok(app.post(&ada, close, &name)).await;
    for person in [&ada, &bob] {
        let me = app.get(person, "/api/v1/auth/me");
        refused(me, StatusCode::UNAUTHORIZED, ErrorCode::Unauthorized).await;
    }
    let (elsewhere, bob) = (login(&app, &ada).await, login(&app, &bob).await);
    let list = "/api/v1/auth/closed-organizations";
    let closed: Vec<ClosedOrganization> = ok(app.get(&elsewhere, list)).await;
    assert_eq!(closed[0].id, id);
    let none: Vec<ClosedOrganization> = ok(app.get(&bob, list)).await;
    assert!(none.is_empty());
    let restore = format!("{list}/{id}/restore");
    refused(
        app.post(&bob, &restore, json!({})),
        StatusCode::NOT_FOUND,
        ErrorCode::NotFound,
    )
    .await;
    done(app.post(&elsewhere, &restore, json!({}))).await;
    let back = app.enter(&elsewhere, ada.workspace_id()).await;
    let me: Me = ok(app.get(&back, "/api/v1/auth/me")).await;
    assert_eq!((me.workspace.organization_id, me.role), (id, Role::Owner));
}

#[tokio::test]
async fn names_are_changed_by_admins() {
    let app = TestApp::start().await;
    let ada = app.sign_up().await;
    let editor = app.join(&ada, ORGANIZATION, Role::Editor).await;
    for path in ["/api/v1/organization", "/api/v1/workspace"] {
        let renamed: Value = ok(app.put(&ada, path, json!({ "name": " Porto Bikes " }))).await;
        assert_eq!(renamed["name"], "Porto Bikes");
        let by_editor = app.put(&editor, path, json!({ "name": "x" }));
        refused(by_editor, StatusCode::FORBIDDEN, ErrorCode::Forbidden).await;
        let empty = app.put(&ada, path, json!({ "name": " " }));
        refused(
            empty,
            StatusCode::UNPROCESSABLE_ENTITY,
            ErrorCode::ValidationFailed,
        )
        .await;
    }
}

#[tokio::test]
async fn strangers_find_nothing_of_another_organization() {
    let app = TestApp::start().await;
    let ada = app.sign_up().await;
    let eve = app.sign_up().await;
    let bob = app.join(&ada, ORGANIZATION, Role::Editor).await;
    let shop: Workspace = ok(app.post(&ada, "/api/v1/workspaces", json!({ "name": "Shop" }))).await;
    let invitation: Value = ok(app.post(
        &ada,
        "/api/v1/organization/invitations",
        json!({ "role": "viewer", "days": 7 }),
    ))
    .await;
    let invitation = invitation["id"].as_str().unwrap();
    let workspace = format!("/api/v1/organization/workspaces/{}", shop.id);
    for request in [
        app.put(&eve, &path(&bob), json!({ "role": "viewer" })),
        app.delete(&eve, &path(&bob)),
        app.put(
            &eve,
            &format!("/api/v1/members/{}", bob.auth.user.id),
            json!({ "role": "viewer" }),
        ),
        app.delete(&eve, &format!("/api/v1/members/{}", bob.auth.user.id)),
        app.delete(&eve, &format!("/api/v1/organization/invitations/{invitation}")),
        app.delete(&eve, &format!("/api/v1/invitations/{invitation}")),
        app.delete(&eve, &workspace),
        app.post(&eve, &format!("{workspace}/restore"), json!({})),
    ] {
        refused(request, StatusCode::NOT_FOUND, ErrorCode::NotFound).await;
    }
    assert_eq!(roles(&app, &ada).await, [Role::Editor, Role::Owner]);
}
