//! Who is told that a visitor waits: by mail, by webhook.

use std::sync::{Arc, Mutex};

use api_types::tenancy::Role;
use axum::Router;
use axum::extract::State;
use serde_json::{Value, json};

use super::fixture;
use crate::support::{done, mails, ok};

type Came = Arc<Mutex<Vec<Value>>>;

async fn receiver() -> (Came, String) {
    async fn take(State(came): State<Came>, body: String) {
        came.lock().unwrap().push(serde_json::from_str(&body).unwrap());
    }
    let came = Came::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let place = listener.local_addr().unwrap().to_string();
    let app = Router::new().fallback(take).with_state(came.clone());
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    (came, place)
}

const SUBJECT: &str = "A visitor waits for a person";

#[tokio::test(flavor = "multi_thread")]
async fn a_visitor_who_waits_is_told_by_mail_once_to_who_wants_it() {
    let it = fixture(|config| config.worker = true, |_| {}).await;
    let bob = it
        .app
        .join(&it.ada, "organization/invitations", Role::Editor)
        .await;
    let viewer = it
        .app
        .join(&it.ada, "organization/invitations", Role::Viewer)
        .await;
    let off = it
        .app
        .join(&it.ada, "organization/invitations", Role::Editor)
        .await;
    let path = "/api/v1/inbox/notifications";
    done(it.app.put(&off, path, json!({ "by_mail": false }))).await;
    let before = mails::count(&it.app, &viewer.email).await;
    let id = it.waiting().await;
    for who in [&it.ada, &bob] {
        let mail = mails::first(&it.app, &who.email, SUBJECT).await;
        assert!(mail.contains(&format!("{}/inbox/{id}", it.app.base)), "{mail}");
    }
    // All were written in one transaction.
    assert_eq!(mails::count(&it.app, &viewer.email).await, before);
    assert_eq!(mails::count(&it.app, &off.email).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn webhooks_are_told_of_the_hand_off_and_of_the_end() {
    let (came, place) = receiver().await;
    let allowed = place.clone();
    let it = fixture(
        |config| {
            config.worker = true;
            config.outbound_allow.push(allowed);
        },
        |_| {},
    )
    .await;
    let url = format!("http://{place}/hook");
    let _: Value = ok(it.app.post(&it.ada, "/api/v1/webhooks", json!({ "url": url }))).await;
    let id = it.waiting().await;
    it.act(&it.ada, id, "close", json!({})).await;
    let came = loop {
        let so_far = came.lock().unwrap().clone();
        if so_far.len() == 2 {
            break so_far;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    };
    let mut types: Vec<&str> = came.iter().map(|event| event["type"].as_str().unwrap()).collect();
    types.sort_unstable();
    assert_eq!(types, ["conversation.closed", "handoff.requested"]);
    for event in &came {
        assert_eq!(event["data"]["conversation"]["id"], json!(id));
        assert_eq!(event["data"]["conversation"]["bot_id"], json!(it.bot));
    }
}
