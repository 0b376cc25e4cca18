//! What is deleted is gone: from every table, from Redis, from files and from jobs; and a receipt says so.

use api_types::ErrorCode;
use api_types::audit::AuditEntry;
use api_types::data::{DeletionKind, DeletionReceipt};
use api_types::tenancy::Role;
use api_types::{Page, auth::AuthResponse};
use domain::tenancy::purge_due;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::chatbot_drafts::deployable;
use super::data::{execute, exported, number, worker_services};
use super::kb::indexed;
use super::served::Served;
use crate::support::fake_openai::{FakeOpenAi, Reply};
use crate::support::{Person, TestApp, ok, refused, traces};

fn marker(what: &str) -> String {
    format!("{what}{}", Uuid::new_v4().simple())
}

/// Whether the hash of a receipt is that of the rest of it.
fn is_sealed(receipt: &DeletionReceipt) -> bool {
    let bare = DeletionReceipt {
        sha256: None,
        ..receipt.clone()
    };
    let hash = hex::encode(Sha256::digest(serde_json::to_vec(&bare).unwrap()));
    receipt.finished_at.is_some() && receipt.sha256 == Some(hash)
}

async fn presented(app: &TestApp, id: Uuid) -> DeletionReceipt {
    ok(app.request(Method::GET, &format!("/api/v1/receipts/{id}"))).await
}

/// A finished receipt, once there is one.
async fn finished(app: &TestApp, id: Uuid) -> DeletionReceipt {
    loop {
        let receipt = presented(app, id).await;
        if receipt.finished_at.is_some() {
            return receipt;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_left_of_a_conversation() {
    let Served {
        app, ada, bot, fake, ..
    } = Served::start("x").await;
    let editor = app.join(&ada, "invitations", Role::Editor).await;
    let (asked, answered, kept) = (marker("asked"), marker("answered"), marker("kept"));
    let ask = async |message: &str, session: Option<&Value>| -> Value {
        let request = app.request(Method::POST, &format!("/api/v1/bots/{bot}/chat"));
        // As a stream, whose events are kept so that it can be resumed.
        let mut body = json!({ "message": message, "stream": true });
        match session {
            Some(session) => body["session_id"] = session.clone(),
            None => body["metadata"] = json!({ "page": message }),
        }
        let text = request.json(&body).send().await.unwrap().text().await.unwrap();
        let start = text.lines().find_map(|line| line.strip_prefix("data: "));
        serde_json::from_str(start.unwrap_or_else(|| panic!("no events: {text}"))).unwrap()
    };
    fake.reply([Reply::Text(format!("It is {answered}."))]);
    let first = ask(&asked, None).await;
    let session = &first["session_id"];
    fake.reply([Reply::Text("NO_ANSWER".into())]);
    ask(
        &format!("Where is the parcel with the number {asked} now, please?"),
        Some(session),
    )
    .await;
    let other = ask(&kept, None).await;
    let places = traces::of(&app, &asked).await;
    assert_eq!(
        places,
        [
            "public.conversations",
            "public.gaps",
            "public.messages",
            "public.retrievals"
        ]
    );
    assert!(
        traces::of(&app, &answered)
            .await
            .contains(&"redis stream".to_owned())
    );
    let before = traces::of(&app, &kept).await;

    let path = format!("/api/v1/conversations/{}", session.as_str().unwrap());
    refused(
        app.delete(&editor, &path),
        StatusCode::FORBIDDEN,
        ErrorCode::Forbidden,
    )
    .await;
    let receipt: DeletionReceipt = ok(app.delete(&ada, &path)).await;
    for marker in [&asked, &answered] {
        assert_eq!(traces::of(&app, marker).await, Vec::<String>::new());
    }
    assert_eq!(traces::of(&app, &kept).await, before);
    assert!(is_sealed(&receipt), "{receipt:?}");
    assert_eq!(
        (
            receipt.counts["conversations"],
            receipt.counts["messages"],
            receipt.counts["gaps"]
        ),
        (1, 4, 1)
    );
    assert_eq!(receipt.counts["redis.streams"], 2);
    assert_eq!(presented(&app, receipt.id).await, receipt);
    let listed: Vec<DeletionReceipt> = ok(app.get(&ada, "/api/v1/receipts")).await;
    assert_eq!(listed, [receipt]);
    let none: Vec<DeletionReceipt> = ok(app.get(&editor, "/api/v1/receipts")).await;
    assert!(none.is_empty());
    let log: Page<AuditEntry> = ok(app.get(&ada, "/api/v1/audit?action=conversation.delete")).await;
    assert_eq!(log.items[0].object.id.to_string(), session.as_str().unwrap());
    refused(
        app.delete(&ada, &path),
        StatusCode::NOT_FOUND,
        ErrorCode::NotFound,
    )
    .await;

    // Several at once: all or none.
    let many = "/api/v1/conversations/delete";
    let with_unknown = json!({ "conversation_ids": [other["session_id"], Uuid::new_v4()] });
    refused(
        app.post(&ada, many, with_unknown),
        StatusCode::NOT_FOUND,
        ErrorCode::NotFound,
    )
    .await;
    let empty = app.post(&ada, many, json!({ "conversation_ids": [] }));
    refused(
        empty,
        StatusCode::UNPROCESSABLE_ENTITY,
        ErrorCode::ValidationFailed,
    )
    .await;
    let twice = json!({ "conversation_ids": [other["session_id"], other["session_id"]] });
    let receipt: DeletionReceipt = ok(app.post(&ada, many, twice)).await;
    assert_eq!(receipt.counts["conversations"], 1);
    assert_eq!(traces::of(&app, &kept).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_to_a_deleted_conversation_leaves_nothing_behind() {
    let hold = std::sync::Arc::new(tokio::sync::Notify::new());
    let answered = marker("answered");
    let reply = Reply::Held(format!("It is {answered} and nothing else."), hold.clone());
    let Served {
        app,
        ada,
        bot,
        fake: _fake,
        ..
    } = Served::start(reply).await;
    let request = app.request(Method::POST, &format!("/api/v1/bots/{bot}/chat"));
    let request = request.json(&json!({ "message": "Hello?", "stream": true }));
    let running = tokio::spawn(async move { request.send().await.unwrap().text().await.unwrap() });
    while !traces::of(&app, &answered)
        .await
        .contains(&"redis stream".to_owned())
    {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let page: Page<Value> = ok(app.get(&ada, "/api/v1/conversations")).await;
    let id = page.items[0]["id"].as_str().unwrap();
    let _: DeletionReceipt = ok(app.delete(&ada, &format!("/api/v1/conversations/{id}"))).await;
    hold.notify_one();
    let text = running.await.unwrap();
    assert!(text.contains("event: error"), "{text}");
    while !traces::of(&app, &answered).await.is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_left_of_a_workspace_but_its_receipt() {
    let fake = FakeOpenAi::start(Reply::Text("Hello.".into())).await;
    let app = TestApp::start_with(|config| {
        config.outbound_allow = vec![fake.place()];
        config.worker = true;
    })
    .await;
    let ada = app.sign_up().await;
    let admin = app.join(&ada, "organization/invitations", Role::Admin).await;
    let shop: Value = ok(app.post(&ada, "/api/v1/workspaces", json!({ "name": "Shop" }))).await;
    let shop: Uuid = shop["id"].as_str().unwrap().parse().unwrap();
    let in_shop = app.enter(&ada, shop).await;
    let mark = marker("mark");
    let provider = app.provider(&in_shop, &fake.base_url()).await;
    let content = deployable(&mark, provider);
    let bot = app.deploy(&in_shop, &content).await;
    app.draft(&in_shop, &content).await;
    let kb = app
        .finalize(&in_shop, &mark, &[(mark.as_str(), &format!("All about {mark}."))])
        .await;
    indexed(&app, &in_shop, kb).await;
    app.kb_draft(
        &in_shop,
        &mark,
        &[(mark.as_str(), &format!("More about {mark}."))],
    )
    .await;
    exported(&app, &in_shop, "/api/v1/data/exports").await;
    let ask = app.request(Method::POST, &format!("/api/v1/bots/{bot}/chat"));
    let _: Value = ok(ask.json(&json!({ "message": mark }))).await;
    assert!(traces::of(&app, &mark).await.len() > 8);

    let path = format!("/api/v1/organization/workspaces/{shop}");
    let _: Value = ok(app.delete(&ada, &path)).await;
    execute(
        &app,
        "update workspaces set deletes_at = now() where name = 'Shop'",
    )
    .await;
    assert_eq!(purge_due(&worker_services(&app)).await.unwrap(), 1);
    assert_eq!(traces::of(&app, &mark).await, Vec::<String>::new());
    // The session went with the workspace that it was in.
    let ada = login(&app, &ada).await;
    let receipts: Vec<DeletionReceipt> = ok(app.get(&ada, "/api/v1/receipts")).await;
    let [receipt] = &receipts[..] else {
        panic!("{receipts:?}")
    };
    assert!(is_sealed(receipt), "{receipt:?}");
    assert_eq!(
        (receipt.kind, receipt.subject_id),
        (DeletionKind::Workspace, shop)
    );
    assert_eq!(receipt.requested_by, Some(ada.auth.user.id));
    for (what, least) in [
        ("bots", 1),
        ("messages", 2),
        ("chunks", 1),
        ("files", 2),
        ("redis.drafts", 2),
        ("audit_log", 5),
    ] {
        assert!(
            receipt.counts.get(what).is_some_and(|count| *count >= least),
            "{what}: {receipt:?}"
        );
    }
    let none: Vec<DeletionReceipt> = ok(app.get(&admin, "/api/v1/receipts")).await;
    assert!(none.is_empty(), "of the organization, for its owners");
}

async fn login(app: &TestApp, person: &Person) -> Person {
    let body = json!({ "email": person.email, "password": "correct horse battery" });
    let auth = ok(app.request(Method::POST, "/api/v1/auth/login").json(&body)).await;
    Person {
        email: person.email.clone(),
        auth,
    }
}

async fn delete_account(app: &TestApp, person: &Person) -> DeletionReceipt {
    let body = json!({ "current_password": "correct horse battery" });
    ok(app.post(person, "/api/v1/auth/account/delete", body)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_left_of_an_account() {
    let app = TestApp::start_with(|config| config.worker = true).await;
    let ada = app.sign_up().await;
    let email = format!("{}@example.com", marker("bob"));
    let name = marker("Bob");
    let body = json!({ "email": email, "password": "correct horse battery", "name": name });
    let auth: AuthResponse = ok(app.request(Method::POST, "/api/v1/auth/signup").json(&body)).await;
    let bob = Person {
        email: email.clone(),
        auth,
    };
    // A member elsewhere, with an invitation in their name, and one to them that is still open.
    let token = app.invite(&ada, "organization/invitations", Role::Editor).await;
    let body = json!({ "token": token });
    let _: Value = ok(app.post(&bob, "/api/v1/auth/invitations/accept", body)).await;
    for to in ["invitations", "organization/invitations"] {
        let body = json!({ "role": "viewer", "days": 7, "email": email });
        let _: Value = ok(app.post(&ada, &format!("/api/v1/{to}"), body)).await;
    }
    let forgot = app.request(Method::POST, "/api/v1/auth/password/forgot");
    assert!(
        forgot
            .json(&json!({ "email": email }))
            .send()
            .await
            .unwrap()
            .status()
            .is_success()
    );
    let kb = app
        .finalize(&bob, "Mine", &[("Mine", &format!("All about {name}."))])
        .await;
    indexed(&app, &bob, kb).await;
    app.kb_draft(&bob, &name, &[("Draft", "Unfinished.")]).await;
    exported(&app, &bob, "/api/v1/auth/exports").await;
    assert!(
        traces::of(&app, &email).await.len() >= 5,
        "{:?}",
        traces::of(&app, &email).await
    );
    let own = bob.auth.workspace.organization_id;

    let wrong = app.post(
        &bob,
        "/api/v1/auth/account/delete",
        json!({ "current_password": "wrong" }),
    );
    refused(wrong, StatusCode::UNAUTHORIZED, ErrorCode::InvalidCredentials).await;
    let open = delete_account(&app, &bob).await;
    assert_eq!((open.kind, open.finished_at), (DeletionKind::Person, None));
    let me = app.get(&bob, "/api/v1/auth/me");
    refused(me, StatusCode::UNAUTHORIZED, ErrorCode::Unauthorized).await;
    let login = app.request(Method::POST, "/api/v1/auth/login");
    let login = login.json(&json!({ "email": email, "password": "correct horse battery" }));
    refused(login, StatusCode::UNAUTHORIZED, ErrorCode::InvalidCredentials).await;

    let receipt = finished(&app, open.id).await;
    assert!(is_sealed(&receipt), "{receipt:?}");
    assert_eq!(
        (
            receipt.counts["accounts"],
            receipt.counts["workspaces"],
            receipt.counts["invitations"]
        ),
        (1, 1, 2)
    );
    assert!(receipt.counts["files"] >= 1);
    // The log of a workspace of others keeps whom it invited, and names as they were: it can't be changed.
    assert_eq!(traces::of(&app, &email).await, ["public.audit_log"]);
    assert_eq!(traces::of(&app, &name).await, ["public.audit_log"]);
    assert_eq!(
        number(
            &app,
            &format!("select count(*) from organizations where id = '{own}'")
        )
        .await,
        0
    );
    let log: Page<AuditEntry> =
        ok(app.get(&ada, "/api/v1/audit?action=organization_member.account_delete")).await;
    assert_eq!(log.items[0].object.id, bob.auth.user.id);
    let members: Vec<Value> = ok(app.get(&ada, "/api/v1/organization/members")).await;
    assert_eq!(members.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organization_is_not_left_without_an_owner() {
    let app = TestApp::start().await;
    let ada = app.sign_up().await;
    let guest = app.join(&ada, "invitations", Role::Viewer).await;
    let body = json!({ "current_password": "correct horse battery" });
    let delete = || app.post(&ada, "/api/v1/auth/account/delete", &body);
    let problem = refused(delete(), StatusCode::CONFLICT, ErrorCode::LastOwner).await;
    assert!(
        problem.detail.contains(&ada.auth.workspace.organization_name),
        "{}",
        problem.detail
    );
    let me: Value = ok(app.get(&ada, "/api/v1/auth/me")).await;
    assert_eq!(me["user"]["email"], ada.email, "nothing was deleted");
    // With another owner it goes on.
    let bob = app.join(&ada, "organization/invitations", Role::Owner).await;
    let _: DeletionReceipt = ok(delete()).await;
    let members: Vec<Value> = ok(app.get(&bob, "/api/v1/organization/members")).await;
    assert_eq!(members.len(), 1);
    let me: Value = ok(app.get(&guest, "/api/v1/auth/me")).await;
    assert_eq!(me["role"], "viewer");
    refused(
        app.request(Method::GET, &format!("/api/v1/receipts/{}", Uuid::new_v4())),
        StatusCode::NOT_FOUND,
        ErrorCode::NotFound,
    )
    .await;
}
