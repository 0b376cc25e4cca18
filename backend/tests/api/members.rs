use api_types::ErrorCode;
use api_types::auth::AuthResponse;
use api_types::tenancy::{Member, Role};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Person, TestApp, done, ok, refused};

const WORKSPACE: &str = "invitations";
const ORGANIZATION: &str = "organization/invitations";

fn path(person: &Person) -> String {
    format!("/api/v1/members/{}", person.auth.user.id)
}

async fn members(app: &TestApp, person: &Person) -> Vec<Member> {
    ok(app.get(person, "/api/v1/members")).await
}

#[tokio::test]
async fn the_list_tells_members_of_the_organization_from_guests() {
    let app = TestApp::start().await;
    let ada = app.sign_up().await;
    let guest = app.join(&ada, WORKSPACE, Role::Viewer).await;
    let colleague = app.join(&ada, ORGANIZATION, Role::Editor).await;
    let list = members(&app, &guest).await;
    assert_eq!(list.len(), 3);
    let of = |person: &Person| list.iter().find(|m| m.user_id == person.auth.user.id).unwrap();
    assert_eq!(
        (of(&ada).role, of(&ada).organization_role),
        (Role::Owner, Some(Role::Owner))
    );
    assert_eq!(
        (of(&guest).workspace_role, of(&guest).organization_role),
        (Some(Role::Viewer), None)
    );
    assert_eq!(
        (of(&colleague).workspace_role, of(&colleague).organization_role),
        (None, Some(Role::Editor))
    );
}

#[tokio::test]
async fn a_change_of_role_counts_at_once() {
    let app = TestApp::start().await;
    let ada = app.sign_up().await;
    let guest = app.join(&ada, WORKSPACE, Role::Viewer).await;
    let create = || app.post(&guest, "/api/v1/chatbots/draft", json!({}));
    refused(create(), StatusCode::FORBIDDEN, ErrorCode::Forbidden).await;
    let changed: Member = ok(app.put(&ada, &path(&guest), json!({ "role": "editor" }))).await;
    assert_eq!(changed.role, Role::Editor);
    let _: Value = ok(create()).await;
    // A role of the workspace can raise one of the organization, not lower it.
    let colleague = app.join(&ada, ORGANIZATION, Role::Editor).await;
    for (role, counts) in [("admin", Role::Admin), ("viewer", Role::Editor)] {
        let changed: Member = ok(app.put(&ada, &path(&colleague), json!({ "role": role }))).await;
        assert_eq!(changed.role, counts);
    }
}

#[tokio::test]
async fn nobody_changes_those_above_them() {
    let app = TestApp::start().await;
    let ada = app.sign_up().await;
    let admin = app.join(&ada, WORKSPACE, Role::Admin).await;
    let guest = app.join(&ada, WORKSPACE, Role::Viewer).await;
    for (person, target, body) in [
        (&admin, &ada, json!({ "role": "viewer" })),
        (&admin, &ada, json!({ "is_suspended": true })),
        (&admin, &guest, json!({ "role": "owner" })),
        (&admin, &admin, json!({ "role": "owner" })),
        (&admin, &admin, json!({ "is_suspended": true })),
        (&guest, &guest, json!({ "role": "admin" })),
        (&guest, &admin, json!({ "is_suspended": true })),
    ] {
        let change = app.put(person, &path(target), &body);
        refused(change, StatusCode::FORBIDDEN, ErrorCode::Forbidden).await;
    }
    for (person, target) in [(&admin, &ada), (&guest, &admin)] {
        let remove = app.delete(person, &path(target));
        refused(remove, StatusCode::FORBIDDEN, ErrorCode::Forbidden).await;
    }
}

#[tokio::test]
async fn who_is_suspended_is_out_at_once_and_comes_back_as_they_were() {
    let app = TestApp::start().await;
    let ada = app.sign_up().await;
    for to in [WORKSPACE, ORGANIZATION] {
        let person = app.join(&ada, to, Role::Admin).await;
        let key: Value = ok(app.post(
            &person,
            "/api/v1/api-keys",
            json!({ "name": "Theirs", "scopes": ["read"] }),
        ))
        .await;
        let with_key = || {
            let request = app.request(Method::GET, "/api/v1/bots");
            request.bearer_auth(key["key"].as_str().unwrap())
        };
        let _: Value = ok(with_key()).await;
        let member = if to == WORKSPACE {
            path(&person)
        } else {
            format!("/api/v1/organization/members/{}", person.auth.user.id)
        };
        done(app.put(&ada, &member, json!({ "is_suspended": true }))).await;
        let me = || app.get(&person, "/api/v1/auth/me");
        refused(me(), StatusCode::UNAUTHORIZED, ErrorCode::Unauthorized).await;
        refused(with_key(), StatusCode::UNAUTHORIZED, ErrorCode::Unauthorized).await;
        // Their session leads to an organization of their own, not back in.
        let body = json!({ "email": person.email, "password": "correct horse battery" });
        let auth: AuthResponse = ok(app.request(Method::POST, "/api/v1/auth/login").json(&body)).await;
        assert_ne!(auth.workspace.organization_id, ada.auth.workspace.organization_id);
        let elsewhere = Person {
            email: person.email.clone(),
            auth,
        };
        let back = json!({ "workspace_id": ada.workspace_id() });
        let back = app.post(&elsewhere, "/api/v1/auth/context", back);
        refused(back, StatusCode::NOT_FOUND, ErrorCode::NotFound).await;
        let token = app.invite(&ada, to, Role::Admin).await;
        let again = app.post(
            &elsewhere,
            "/api/v1/auth/invitations/accept",
            json!({ "token": token }),
        );
        refused(again, StatusCode::FORBIDDEN, ErrorCode::Forbidden).await;

        done(app.put(&ada, &member, json!({ "is_suspended": false }))).await;
        let back = app.enter(&elsewhere, ada.workspace_id()).await;
        let list = members(&app, &back).await;
        let found = list.iter().find(|m| m.user_id == person.auth.user.id).unwrap();
        assert_eq!((found.role, found.is_suspended), (Role::Admin, false));
        let _: Value = ok(with_key()).await;
    }
}

#[tokio::test]
async fn guests_leave_or_are_removed_and_others_only_by_their_organization() {
    let app = TestApp::start().await;
    let ada = app.sign_up().await;
    let guest = app.join(&ada, WORKSPACE, Role::Viewer).await;
    done(app.delete(&guest, &path(&guest))).await;
    let me = app.get(&guest, "/api/v1/auth/me");
    refused(me, StatusCode::UNAUTHORIZED, ErrorCode::Unauthorized).await;
    let guest = app.join(&ada, WORKSPACE, Role::Viewer).await;
    done(app.delete(&ada, &path(&guest))).await;
    let again = app.delete(&ada, &path(&guest));
    refused(again, StatusCode::NOT_FOUND, ErrorCode::NotFound).await;
    let colleague = app.join(&ada, ORGANIZATION, Role::Viewer).await;
    let remove = app.delete(&ada, &path(&colleague));
    refused(remove, StatusCode::FORBIDDEN, ErrorCode::Forbidden).await;
}
