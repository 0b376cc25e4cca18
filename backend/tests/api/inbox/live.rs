//! What is told live, on two servers that share Postgres and Redis.

use api_types::chat::ChatResponse;
use api_types::inbox::{ConversationState as State, VisitorEvent};
use api_types::live::LiveEvent;
use serde_json::json;
use uuid::Uuid;

use super::plain;
use crate::api::live::Socket;
use crate::support::done;

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_on_one_server_is_told_on_the_other() {
    let it = plain().await;
    let replica = it.app.replica().await;
    let mut here = Socket::signed_in(&it.app.base, &it.ada).await;
    let mut there = Socket::signed_in(&replica.base, &it.ada).await;
    let stranger = it.app.sign_up().await;
    let mut elsewhere = Socket::signed_in(&replica.base, &stranger).await;

    let id = it.waiting().await;
    let changed = LiveEvent::conversation(id);
    here.until(&changed).await;
    there.until(&changed).await;
    let read_id = it.conversation(id).await.conversation.messages[1].id;
    let signal = json!({ "is_typing": true, "read_id": read_id });
    done(it.public(&format!("sessions/{id}/signals"), signal)).await;
    let typing = LiveEvent::Typing {
        conversation_id: id,
        name: None,
    };
    there.until(&typing).await;
    let read = LiveEvent::Read {
        conversation_id: id,
        read_id,
        by_visitor: true,
    };
    there.until(&read).await;
    assert_eq!(it.conversation(id).await.visitor_read_id, Some(read_id));

    // The stranger is told of their own workspace, and of nothing before.
    let theirs = it.app.state.services.clone();
    let event = LiveEvent::conversation(Uuid::nil());
    publish(&theirs, stranger.workspace_id(), &event).await;
    assert_eq!(elsewhere.next().await, event);
}

async fn publish(services: &domain::Services, workspace_id: Uuid, event: &LiveEvent) {
    redis::cmd("PUBLISH")
        .arg(format!("live:{workspace_id}"))
        .arg(serde_json::to_string(event).unwrap())
        .query_async::<()>(&mut services.redis.commands())
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visitor_follows_on_any_server_without_a_gap_or_a_repeat() {
    let it = plain().await;
    let replica = it.app.replica().await;
    let id = it.waiting().await;
    let mut first = it.follow(&it.app.base, id, None).await;
    let Some((Some(_), VisitorEvent::State(status))) = first.next().await else {
        panic!("no state first");
    };
    assert_eq!(status.state, State::Waiting);
    it.reply(&it.ada, id, "one").await;
    let taken = first.next().await.unwrap();
    assert!(
        matches!(&taken, (Some(_), VisitorEvent::State(status)) if status.name.as_deref() == Some("Test")),
        "{taken:?}"
    );
    let (n, text) = first.message().await;
    assert_eq!(text, "one");
    drop(first);

    // What is written while nobody follows is not lost, nor what is written at the very time that somebody comes back.
    it.reply(&it.ada, id, "two").await;
    let _: ChatResponse = it.chat("I am still here", Some(id)).await;
    let (mut second, ()) = tokio::join!(it.follow(&replica.base, id, Some(&n)), async {
        it.reply(&it.ada, id, "three").await;
    });
    it.reply(&it.ada, id, "four").await;
    let mut seen = Vec::new();
    let mut last = n.parse::<i32>().unwrap();
    while seen.len() < 3 {
        let (n, text) = second.message().await;
        let n = n.parse::<i32>().unwrap();
        assert!(n > last, "{n} after {last}");
        last = n;
        seen.push(text);
    }
    assert_eq!(seen, ["two", "three", "four"]);

    done(it.post(&it.ada, id, "typing", json!({}))).await;
    done(it.post(&it.ada, id, "read", json!({}))).await;
    let (typing, read) = (second.next().await.unwrap(), second.next().await.unwrap());
    assert!(
        matches!(typing, (None, VisitorEvent::Typing { ref name }) if name == "Test"),
        "{typing:?}"
    );
    assert!(matches!(read, (None, VisitorEvent::Read { .. })), "{read:?}");
    it.act(&it.ada, id, "give-back", json!({})).await;
    let back = second.next().await.unwrap();
    assert!(
        matches!(&back, (Some(_), VisitorEvent::State(status)) if status.state == State::Bot),
        "{back:?}"
    );
}
