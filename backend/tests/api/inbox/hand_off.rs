//! From the bot to a person and back, as the visitor and the team see it.

use api_types::ErrorCode;
use api_types::analytics::Analytics;
use api_types::chat::{BotConfig, ChatEvent, Session};
use api_types::inbox::{ConversationEventKind as Kind, ConversationState as State};
use api_types::leads::{LeadField, LeadFieldKind};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{fixture, plain};
use crate::support::{done, ok, refused};

#[tokio::test]
async fn a_person_answers_in_the_bots_place_until_it_is_given_back() {
    let it = plain().await;
    let first = it.chat("Hi", None).await;
    assert_eq!((first.response.as_str(), first.hand_off), ("Hello there.", None));
    let id = first.session_id;

    let asked = it.ask(Some(id)).await;
    assert_eq!(asked.session_id, id);
    assert_eq!(
        (asked.status.state, asked.status.name.as_deref()),
        (State::Waiting, None)
    );
    assert_eq!(asked.message, it.content.hand_off.message);
    let again = it.ask(Some(id)).await;
    assert_eq!(
        (again.message.as_str(), again.status),
        ("", asked.status),
        "asked once"
    );

    let requests = it.fake.requests().len();
    let waiting = it.chat("It is about my order", Some(id)).await;
    assert_eq!(waiting.response, "");
    assert_eq!(waiting.hand_off.unwrap().state, State::Waiting);
    assert_eq!(it.fake.requests().len(), requests, "no model was asked");

    let [item] = it.inbox("?state=waiting,human").await.try_into().unwrap();
    assert_eq!(
        (item.summary.id, item.state, item.unread),
        (id, State::Waiting, 2)
    );
    assert_eq!(item.last_message, "It is about my order");

    let taken = it.act(&it.ada, id, "take", json!({})).await;
    assert_eq!(taken.item.state, State::Human);
    let said = it.reply(&it.ada, id, " I am looking at it. ").await;
    assert_eq!(said.item.unread, 0);
    let last = said.conversation.messages.last().unwrap();
    assert_eq!(
        (last.content.as_str(), last.by_person, last.author.as_deref()),
        ("I am looking at it.", true, Some("Test"))
    );
    let session: Session = ok(it
        .app
        .request(Method::GET, &format!("/api/v1/bots/{}/sessions/{id}", it.bot)))
    .await;
    assert_eq!(session.hand_off.name.as_deref(), Some("Test"));
    assert!(session.messages.last().unwrap().by_person);

    let heard = it.chat("Thanks", Some(id)).await;
    assert_eq!(heard.hand_off.unwrap().name.as_deref(), Some("Test"));
    it.act(&it.ada, id, "give-back", json!({})).await;
    let back = it.chat("And who are you?", Some(id)).await;
    assert_eq!((back.response.as_str(), back.hand_off), ("Hello there.", None));

    let kinds: Vec<Kind> = it
        .conversation(id)
        .await
        .events
        .iter()
        .map(|event| event.kind)
        .collect();
    assert_eq!(kinds, [Kind::Asked, Kind::Taken, Kind::GivenBack]);
}

#[tokio::test]
async fn words_ask_for_a_person_too_unless_that_is_off() {
    let it = plain().await;
    let asked = it.chat("Can I talk to a human?", None).await;
    assert_eq!(asked.response, it.content.hand_off.message);
    assert_eq!(asked.hand_off.unwrap().state, State::Waiting);

    let off = fixture(|_| {}, |content| content.hand_off.on_words = false).await;
    let chat = off.chat("Can I talk to a human?", None).await;
    assert_eq!((chat.response.as_str(), chat.hand_off), ("Hello there.", None));

    let none = fixture(|_| {}, |content| content.hand_off.enabled = false).await;
    let chat = none.chat("Can I talk to a human?", None).await;
    assert_eq!(chat.hand_off, None);
    refused(
        none.public("hand-off", json!({})),
        StatusCode::NOT_FOUND,
        ErrorCode::NotFound,
    )
    .await;
    let config = |it: &super::Fixture| {
        it.app
            .request(Method::GET, &format!("/api/v1/bots/{}/config", it.bot))
    };
    let (on, off): (BotConfig, BotConfig) = (ok(config(&it)).await, ok(config(&none)).await);
    assert!(on.hands_off && !off.hands_off);
}

#[tokio::test]
async fn the_stream_says_so_before_it_is_done_and_can_be_resumed() {
    let it = plain().await;
    let body = json!({ "message": "A human, please", "stream": true });
    let text = it
        .public("chat", body)
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    let events: Vec<ChatEvent> = text
        .lines()
        .filter_map(|line| line.strip_prefix("data: "))
        .map(|data| serde_json::from_str(data).unwrap())
        .collect();
    let names: Vec<&str> = events.iter().map(ChatEvent::name).collect();
    assert_eq!(names, ["start", "delta", "hand_off", "done"]);
    let ChatEvent::Start {
        session_id,
        message_id,
    } = events[0]
    else {
        panic!("{events:?}");
    };
    let rest = it
        .public("chat", json!({ "message": "-", "session_id": session_id }))
        .header("last-event-id", format!("{message_id}:2"));
    let rest = rest.send().await.unwrap().text().await.unwrap();
    assert!(
        rest.contains("event: hand_off") && rest.contains("event: done"),
        "{rest}"
    );
    assert!(!rest.contains("event: delta"), "{rest}");
}

#[tokio::test]
async fn who_writes_after_it_was_closed_talks_to_the_bot() {
    let it = plain().await;
    let id = it.waiting().await;
    it.reply(&it.ada, id, "Done.").await;
    let closed = it.act(&it.ada, id, "close", json!({})).await;
    assert_eq!(closed.item.state, State::Closed);
    assert_eq!(it.inbox("?state=closed").await.len(), 1);
    let chat = it.chat("One more thing", Some(id)).await;
    assert_eq!(chat.response, "Hello there.");
    let now = it.conversation(id).await;
    assert_eq!((now.item.state, now.item.assignee), (State::Bot, None));
    assert_eq!(now.events.last().unwrap().kind, Kind::Reopened);
}

#[tokio::test]
async fn out_of_hours_the_lead_form_stands_in() {
    let closed =
        json!({ "is_limited": true, "time_zone": "Europe/Paris", "days": [[], [], [], [], [], [], []] });
    let it = fixture(
        |_| {},
        |content| {
            content.lead_form.enabled = true;
            content.lead_form.fields = vec![LeadField {
                key: "email".into(),
                label: "Your address".into(),
                kind: LeadFieldKind::Email,
                required: true,
                options: Vec::new(),
            }];
        },
    )
    .await;
    done(it.app.put(&it.ada, "/api/v1/inbox/office-hours", &closed)).await;
    let asked = it.ask(None).await;
    assert_eq!(asked.message, it.content.hand_off.closed_message);
    assert_eq!((asked.status.state, asked.offers_lead_form), (State::Bot, true));
    let body =
        json!({ "answers": { "email": "eve@example.com" }, "session_id": asked.session_id, "consent": true });
    done(it.public("leads", body)).await;
    let again = it.chat("Let me talk to a human", Some(asked.session_id)).await;
    assert!(!again.offers_lead_form, "they left their details");
    assert_eq!(it.inbox("?state=waiting").await, []);

    // Without a form the conversation waits until somebody comes.
    let it = plain().await;
    done(it.app.put(&it.ada, "/api/v1/inbox/office-hours", &closed)).await;
    let asked = it.ask(None).await;
    assert_eq!(asked.message, it.content.hand_off.closed_message);
    assert_eq!(
        (asked.status.state, asked.offers_lead_form),
        (State::Waiting, false)
    );
}

#[tokio::test]
async fn hand_offs_are_counted_once_and_are_no_deflections() {
    let it = plain().await;
    let id = it.waiting().await;
    it.chat("Bye", None).await;
    it.act(&it.ada, id, "take", json!({})).await;
    it.act(&it.ada, id, "give-back", json!({})).await;
    it.ask(Some(id)).await;
    it.act(&it.ada, id, "close", json!({})).await;
    it.ask(None).await;
    let report: Analytics = ok(it.app.get(&it.ada, "/api/v1/analytics")).await;
    let value = serde_json::to_value(&report).unwrap();
    let now = &value["totals"];
    let figures: Vec<&Value> = ["sessions", "hand_offs", "deflected"]
        .iter()
        .map(|name| &now[name])
        .collect();
    assert_eq!(figures, [&json!(3), &json!(2), &json!(1)], "{value}");
}

#[tokio::test]
async fn public_bodies_take_no_more_than_they_name_and_sessions_are_of_one_bot() {
    let it = plain().await;
    let id = it.waiting().await;
    for (path, body) in [
        ("hand-off".to_owned(), json!({ "state": "human" })),
        (
            format!("sessions/{id}/signals"),
            json!({ "is_typing": true, "name": "Root" }),
        ),
    ] {
        let problem = it.public(&path, body).send().await.unwrap();
        assert_eq!(problem.status(), StatusCode::UNPROCESSABLE_ENTITY, "{path}");
    }
    let content = api_types::bots::ChatbotContent {
        name: "Other".into(),
        ..it.content.clone()
    };
    let other = it.app.deploy(&it.ada, &content).await;
    let requests = [
        it.app
            .request(Method::POST, &format!("/api/v1/bots/{other}/hand-off"))
            .json(&json!({ "session_id": id })),
        it.app
            .request(
                Method::POST,
                &format!("/api/v1/bots/{other}/sessions/{id}/signals"),
            )
            .json(&json!({ "is_typing": true })),
        it.app
            .request(Method::GET, &format!("/api/v1/bots/{other}/sessions/{id}/live")),
    ];
    for request in requests {
        refused(request, StatusCode::NOT_FOUND, ErrorCode::SessionNotFound).await;
    }
}
