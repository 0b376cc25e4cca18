//! What the team does, and two of them at once.

use api_types::ErrorCode;
use api_types::inbox::{ConversationState as State, InboxCounts};
use api_types::tenancy::Role;
use futures::future::join_all;
use reqwest::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use super::plain;
use crate::support::{done, ok, refused};

#[tokio::test(flavor = "multi_thread")]
async fn of_twenty_who_take_a_conversation_at_once_one_gets_it() {
    let it = plain().await;
    let bob = it
        .app
        .join(&it.ada, "organization/invitations", Role::Editor)
        .await;
    for _ in 0..3 {
        let id = it.waiting().await;
        let tries = (0..20).map(|i| {
            let who = if i % 2 == 0 { &it.ada } else { &bob };
            let request = it.post(who, id, "take", json!({}));
            async move { (who.auth.user.id, request.send().await.unwrap()) }
        });
        let tries = join_all(tries).await;
        let winner = it.conversation(id).await.item.assignee.unwrap().user_id;
        for (who, response) in tries {
            let expected = if who == winner { 200 } else { 409 };
            assert_eq!(response.status(), expected);
            if who != winner {
                let problem: Value = response.json().await.unwrap();
                assert_eq!(problem["code"], "already_taken");
                assert_eq!(problem["current"]["user_id"], json!(winner));
            }
        }
        let now = it.conversation(id).await;
        assert_eq!(now.events.len(), 2, "asked and taken once: {:?}", now.events);
    }
}

#[tokio::test]
async fn who_has_it_answers_and_a_colleague_takes_it_only_by_name() {
    let it = plain().await;
    let bob = it
        .app
        .join(&it.ada, "organization/invitations", Role::Editor)
        .await;
    let id = it.waiting().await;
    it.reply(&it.ada, id, "Hello, this is Ada.").await;
    let taken = ErrorCode::AlreadyTaken;
    let body = json!({ "content": "Hello, this is Bob." });
    refused(it.post(&bob, id, "replies", &body), StatusCode::CONFLICT, taken).await;
    let from_nobody = json!({ "from": Uuid::new_v4() });
    refused(
        it.post(&bob, id, "take", from_nobody),
        StatusCode::CONFLICT,
        taken,
    )
    .await;
    let now = it
        .act(&bob, id, "take", json!({ "from": it.ada.auth.user.id }))
        .await;
    assert_eq!(now.item.assignee.unwrap().user_id, bob.auth.user.id);
    it.reply(&bob, id, "Now it is Bob.").await;
    refused(
        it.post(&it.ada, id, "replies", &body),
        StatusCode::CONFLICT,
        taken,
    )
    .await;

    let ada = json!({ "user_id": it.ada.auth.user.id });
    let now = it.act(&bob, id, "assign", ada).await;
    assert_eq!(
        (now.item.state, now.item.assignee.unwrap().user_id),
        (State::Human, it.ada.auth.user.id)
    );
    let now = it.act(&bob, id, "assign", json!({})).await;
    assert_eq!((now.item.state, now.item.assignee), (State::Waiting, None));
}

#[tokio::test]
async fn it_is_given_only_to_who_may_answer() {
    let it = plain().await;
    let id = it.waiting().await;
    let viewer = it
        .app
        .join(&it.ada, "organization/invitations", Role::Viewer)
        .await;
    let stranger = it.app.sign_up().await;
    for who in [&viewer, &stranger] {
        let body = json!({ "user_id": who.auth.user.id });
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        refused(
            it.post(&it.ada, id, "assign", body),
            status,
            ErrorCode::ValidationFailed,
        )
        .await;
    }
    for what in ["take", "close", "give-back", "typing", "read"] {
        let request = it.post(&viewer, id, what, json!({}));
        refused(request, StatusCode::FORBIDDEN, ErrorCode::Forbidden).await;
        let request = it.post(&stranger, id, what, json!({}));
        refused(request, StatusCode::NOT_FOUND, ErrorCode::NotFound).await;
    }
}

#[tokio::test]
async fn a_reply_that_is_sent_again_is_said_once() {
    let it = plain().await;
    let id = it.waiting().await;
    let body = json!({ "content": "Once.", "key": Uuid::new_v4() });
    it.act(&it.ada, id, "replies", body.clone()).await;
    let now = it.act(&it.ada, id, "replies", body).await;
    let said = now
        .conversation
        .messages
        .iter()
        .filter(|message| message.by_person);
    assert_eq!(said.count(), 1);
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    for content in [" ".to_owned(), "a".repeat(4_001), "a\0b".to_owned()] {
        let body = json!({ "content": content });
        refused(
            it.post(&it.ada, id, "replies", body),
            status,
            ErrorCode::ValidationFailed,
        )
        .await;
    }
}

#[tokio::test]
async fn the_list_is_filtered_searched_and_counted() {
    let it = plain().await;
    let bob = it
        .app
        .join(&it.ada, "organization/invitations", Role::Editor)
        .await;
    let mine = it.waiting().await;
    it.reply(&it.ada, mine, "The blue kettle is in stock.").await;
    let his = it.waiting().await;
    it.act(&bob, his, "take", json!({})).await;
    let open = it.waiting().await;
    let bot = it.chat("Is there a kettle?", None).await.session_id;
    let ids = async |query: &str| -> Vec<Uuid> {
        let items = it.inbox(query).await;
        items.iter().map(|item| item.summary.id).collect()
    };
    assert_eq!(ids("").await, [bot, open, his, mine]);
    assert_eq!(ids("?assignee=me").await, [mine]);
    assert_eq!(ids("?state=human&assignee=me").await, [mine]);
    assert_eq!(ids("?state=waiting&assignee=nobody").await, [open]);
    assert_eq!(ids(&format!("?assignee={}", bob.auth.user.id)).await, [his]);
    assert_eq!(ids("?q=KETTLE").await, [bot, mine]);
    assert_eq!(ids("?q=kettle&state=bot").await, [bot]);
    assert_eq!(
        ids(&format!("?bot_id={}", Uuid::new_v4())).await,
        Vec::<Uuid>::new()
    );
    let counts = async || -> InboxCounts { ok(it.app.get(&it.ada, "/api/v1/inbox/counts")).await };
    let (waiting, own) = (1, 1);
    assert_eq!(
        counts().await,
        InboxCounts {
            waiting,
            mine: own,
            attention: 1
        }
    );
    it.chat("Great!", Some(mine)).await;
    assert_eq!(
        counts().await,
        InboxCounts {
            waiting,
            mine: own,
            attention: 2
        }
    );
    done(it.post(&it.ada, mine, "read", json!({}))).await;
    assert_eq!(
        counts().await,
        InboxCounts {
            waiting,
            mine: own,
            attention: 1
        }
    );
    for query in ["?state=open", "?assignee=bob"] {
        let request = it.app.get(&it.ada, &format!("/api/v1/inbox{query}"));
        refused(
            request,
            StatusCode::UNPROCESSABLE_ENTITY,
            ErrorCode::ValidationFailed,
        )
        .await;
    }
}

#[tokio::test]
async fn notes_are_for_the_team_only() {
    let it = plain().await;
    let id = it.waiting().await;
    let now = it
        .act(&it.ada, id, "notes", json!({ "content": "Secret: a regular." }))
        .await;
    assert_eq!(now.notes[0].author.as_deref(), Some("Test"));
    let path = format!("/api/v1/bots/{}/sessions/{id}", it.bot);
    let session = it.app.request(reqwest::Method::GET, &path);
    assert!(
        !session
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap()
            .contains("Secret")
    );
    let note = format!("/api/v1/inbox/{id}/notes/{}", now.notes[0].id);
    done(it.app.delete(&it.ada, &note)).await;
    refused(
        it.app.delete(&it.ada, &note),
        StatusCode::NOT_FOUND,
        ErrorCode::NotFound,
    )
    .await;
}
