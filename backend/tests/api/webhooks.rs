//! Webhooks over HTTP, against a server that checks what it is sent.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use api_types::audit::AuditEntry;
use api_types::data::DeletionReceipt;
use api_types::webhooks::{CreatedWebhook, Delivery, DeliveryStatus, MAX_WEBHOOKS, Webhook};
use api_types::{ErrorCode, Page};
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use super::data::number;
use super::leads::{Fixture, fixture};
use crate::support::{TestApp, done, ok, refused};

/// What came, and what is answered to it: 200 when nothing is left.
#[derive(Default)]
struct Inbox {
    came: Vec<(HeaderMap, String)>,
    answers: VecDeque<u16>,
}

type Shared = Arc<Mutex<Inbox>>;

/// A server for webhooks; its place.
async fn receiver() -> (Shared, String) {
    async fn take(State(inbox): State<Shared>, headers: HeaderMap, body: String) -> impl IntoResponse {
        let mut inbox = inbox.lock().unwrap();
        inbox.came.push((headers, body));
        let status = StatusCode::from_u16(inbox.answers.pop_front().unwrap_or(200)).unwrap();
        (status, "A secret of the inner network")
    }
    let inbox = Shared::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let place = listener.local_addr().unwrap().to_string();
    let app = Router::new().fallback(take).with_state(inbox.clone());
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    (inbox, place)
}

struct Hooked {
    fixture: Fixture,
    inbox: Shared,
    webhook: Webhook,
    secret: String,
    path: String,
}

async fn hooked() -> Hooked {
    let (inbox, place) = receiver().await;
    let allowed = place.clone();
    let fixture = fixture(|config| {
        config.worker = true;
        config.outbound_allow.push(allowed);
    })
    .await;
    let url = format!("http://{place}/hooks/leads?key=1");
    let created: CreatedWebhook =
        ok(fixture
            .app
            .post(&fixture.ada, "/api/v1/webhooks", json!({ "url": url })))
        .await;
    assert_eq!(created.webhook.url, url);
    assert!(created.secret.ends_with(&created.webhook.hint));
    Hooked {
        path: format!("/api/v1/webhooks/{}", created.webhook.id),
        fixture,
        inbox,
        webhook: created.webhook,
        secret: created.secret,
    }
}

impl Hooked {
    async fn deliveries(&self) -> Vec<Delivery> {
        ok(self
            .fixture
            .app
            .get(&self.fixture.ada, &format!("{}/deliveries", self.path)))
        .await
    }

    /// Waits until the newest delivery is as wanted.
    async fn newest(&self, wanted: impl Fn(&Delivery) -> bool) -> Delivery {
        loop {
            if let Some(newest) = self.deliveries().await.into_iter().next()
                && wanted(&newest)
            {
                return newest;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    fn came(&self) -> Vec<(HeaderMap, String)> {
        self.inbox.lock().unwrap().came.clone()
    }

    /// Checks the signature as a receiver does by the specification, and reads the body.
    fn verified(&self, (headers, body): &(HeaderMap, String)) -> Value {
        let header = |name: &str| headers[name].to_str().unwrap();
        let key = STANDARD
            .decode(self.secret.strip_prefix("whsec_").unwrap())
            .unwrap();
        let signed = format!("{}.{}.{body}", header("webhook-id"), header("webhook-timestamp"));
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&key).unwrap();
        mac.update(signed.as_bytes());
        let expected = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
        assert_eq!(header("webhook-signature"), expected);
        let age = chrono::Utc::now().timestamp() - header("webhook-timestamp").parse::<i64>().unwrap();
        assert!((0..60).contains(&age), "{age}");
        assert_eq!(header("content-type"), "application/json");
        serde_json::from_str(body).unwrap()
    }
}

fn is_over(delivery: &Delivery) -> bool {
    delivery.status != DeliveryStatus::Waiting
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_is_told_signed_and_again_after_a_failure() {
    let hooked = hooked().await;
    let fixture = &hooked.fixture;
    hooked.inbox.lock().unwrap().answers.push_back(503);
    done(fixture.leave(json!({ "name": "Ada", "email": "ada@example.com" }))).await;
    let delivery = hooked.newest(is_over).await;
    assert_eq!(
        (delivery.status, delivery.attempts),
        (DeliveryStatus::Delivered, 2)
    );
    assert_eq!((delivery.http_status, delivery.error), (Some(200), None));
    let came = hooked.came();
    assert_eq!(came.len(), 2);
    assert_eq!(came[0].1, came[1].1, "the same text at each try");
    assert_eq!(came[0].0["webhook-id"], came[1].0["webhook-id"]);
    let lead = fixture.leads("").await.remove(0);
    for request in &came {
        let event = hooked.verified(request);
        assert_eq!(event["type"], "lead.created");
        assert_eq!(event["data"]["lead"]["id"], json!(lead.id));
        assert_eq!(
            event["data"]["lead"]["answers"],
            json!({ "name": "Ada", "email": "ada@example.com" })
        );
        assert_eq!(event["data"]["lead"]["consent"]["text"], "I agree to be called.");
    }

    done(fixture.leave(json!({ "name": "Ada L.", "email": "ada@example.com" }))).await;
    let second = hooked
        .newest(|newest| newest.id != delivery.id && is_over(newest))
        .await;
    assert_eq!(second.event, "lead.updated");
    let event = hooked.verified(&hooked.came()[2]);
    assert_eq!(event["data"]["lead"]["submissions"], 2);

    // What was told of a lead goes with it.
    let receipt: DeletionReceipt = ok(fixture
        .app
        .delete(&fixture.ada, &format!("/api/v1/leads/{}", lead.id)))
    .await;
    assert_eq!(receipt.counts["webhook_deliveries"], 2);
    assert_eq!(hooked.deliveries().await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_says_is_told_in_our_words_and_sent_again_on_demand() {
    let hooked = hooked().await;
    let (app, ada) = (&hooked.fixture.app, &hooked.fixture.ada);
    hooked.inbox.lock().unwrap().answers.push_back(302);
    let test: Delivery = ok(app.post(ada, &format!("{}/test", hooked.path), json!({}))).await;
    assert_eq!(
        (test.event.as_str(), test.status),
        ("webhook.test", DeliveryStatus::Waiting)
    );
    let failed = hooked.newest(|newest| newest.error.is_some()).await;
    assert_eq!(failed.http_status, Some(302));
    let said = failed.error.unwrap();
    assert!(said.contains("elsewhere") && !said.contains("secret"), "{said}");
    let again = format!("{}/deliveries/{}/retry", hooked.path, test.id);
    let _: Delivery = ok(app.post(ada, &again, json!({}))).await;
    hooked
        .newest(|newest| newest.status == DeliveryStatus::Delivered)
        .await;
    assert_eq!(hooked.verified(&hooked.came()[0])["type"], "webhook.test");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_gone_is_told_no_more() {
    let hooked = hooked().await;
    let (app, ada) = (&hooked.fixture.app, &hooked.fixture.ada);
    hooked.inbox.lock().unwrap().answers.push_back(410);
    done(hooked.fixture.leave(json!({ "name": "Ada" }))).await;
    let gone = hooked.newest(is_over).await;
    assert_eq!((gone.status, gone.attempts), (DeliveryStatus::Failed, 1));
    loop {
        let all: Vec<Webhook> = ok(app.get(ada, "/api/v1/webhooks")).await;
        if !all[0].is_enabled {
            assert!(all[0].disabled_for.as_deref().unwrap().contains("410"));
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    done(hooked.fixture.leave(json!({ "name": "Bob" }))).await;
    assert_eq!(
        hooked.deliveries().await.len(),
        1,
        "one that is off is told nothing"
    );
    // A test shows whether it is back.
    let _: Delivery = ok(app.post(ada, &format!("{}/test", hooked.path), json!({}))).await;
    hooked
        .newest(|newest| newest.status == DeliveryStatus::Delivered)
        .await;
    let on = json!({ "url": hooked.webhook.url, "is_enabled": true });
    let saved: Webhook = ok(app.put(ada, &hooked.path, on)).await;
    assert_eq!((saved.is_enabled, saved.disabled_for), (true, None));
}

#[tokio::test]
async fn webhooks_go_to_public_places_only_and_secrets_are_shown_once() {
    let app = TestApp::start().await;
    let ada = app.sign_up().await;
    let path = "/api/v1/webhooks";
    for (url, code) in [
        ("not an address", ErrorCode::ValidationFailed),
        ("ftp://example.com/", ErrorCode::ValidationFailed),
        ("http://127.0.0.1/", ErrorCode::UrlForbidden),
        ("http://[::ffff:10.0.0.1]/", ErrorCode::UrlForbidden),
        ("http://localhost/", ErrorCode::UrlForbidden),
        ("https://example.com:8443/", ErrorCode::UrlForbidden),
        ("https://ada:secret@example.com/", ErrorCode::UrlForbidden),
    ] {
        let response = app.post(&ada, path, json!({ "url": url })).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY, "{url}");
        let problem: Value = response.json().await.unwrap();
        assert_eq!(problem["code"], json!(code), "{url}");
    }
    let url = "https://hooks.example/secret-path";
    let created: CreatedWebhook = ok(app.post(&ada, path, json!({ "url": url }))).await;
    let listed = app.get(&ada, path).send().await.unwrap().text().await.unwrap();
    assert!(!listed.contains(&created.secret) && listed.contains(&created.webhook.hint));
    for _ in 1..MAX_WEBHOOKS {
        let _: CreatedWebhook = ok(app.post(&ada, path, json!({ "url": url }))).await;
    }
    let more = app.post(&ada, path, json!({ "url": url }));
    refused(more, StatusCode::CONFLICT, ErrorCode::InUse).await;
    done(app.delete(&ada, &format!("{path}/{}", created.webhook.id))).await;
    let log: Page<AuditEntry> = ok(app.get(&ada, "/api/v1/audit?action=webhook.delete")).await;
    assert_eq!(log.items[0].object.name.as_deref(), Some("hooks.example"));
    assert!(!serde_json::to_string(&log.items).unwrap().contains("secret-path"));
    assert_eq!(number(&app, "select count(*) from webhooks").await, 4);
}
