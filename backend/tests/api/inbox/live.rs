//! What is told live, on two servers that share Postgres and Redis.

use api_types::chat::ChatResponse;
use api_types::inbox::{ConversationState as State, InboxEvent, VisitorEvent};
use api_types::tenancy::Role;
use futures::{SinkExt, StreamExt};
use reqwest::StatusCode;
use serde_json::json;
use sqlx::{Connection, PgConnection};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use uuid::Uuid;

use super::plain;
use crate::support::{Person, done, ok};

/// A socket as the dashboard opens it.
struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    async fn open(base: &str) -> Self {
        let url = format!("{}/api/v1/inbox/live", base.replacen("http", "ws", 1));
        Self(connect_async(url).await.unwrap().0)
    }

    async fn say(&mut self, text: impl Into<String>) {
        self.0.send(Message::Text(text.into().into())).await.unwrap();
    }

    async fn signed_in(base: &str, who: &Person) -> Self {
        let mut socket = Self::open(base).await;
        socket.say(json!({ "token": who.token() }).to_string()).await;
        assert_eq!(socket.next().await, InboxEvent::Ready);
        socket
    }

    async fn next(&mut self) -> InboxEvent {
        loop {
            match self.0.next().await.unwrap().unwrap() {
                Message::Text(text) => return serde_json::from_str(&text).unwrap(),
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// Waits for an event.
    async fn until(&mut self, wanted: &InboxEvent) {
        while self.next().await != *wanted {}
    }

    /// Waits for the end, and answers its code.
    async fn closed(&mut self) -> Option<u16> {
        loop {
            match self.0.next().await {
                Some(Ok(Message::Close(frame))) => return frame.map(|frame| frame.code.into()),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return None,
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_on_one_server_is_told_on_the_other() {
    let it = plain().await;
    let replica = it.app.replica().await;
    let mut here = Socket::signed_in(&it.app.base, &it.ada).await;
    let mut there = Socket::signed_in(&replica.base, &it.ada).await;
    let stranger = it.app.sign_up().await;
    let mut elsewhere = Socket::signed_in(&replica.base, &stranger).await;

    let id = it.waiting().await;
    let changed = InboxEvent::Changed { conversation_id: id };
    here.until(&changed).await;
    there.until(&changed).await;
    let read_id = it.conversation(id).await.conversation.messages[1].id;
    let signal = json!({ "is_typing": true, "read_id": read_id });
    done(it.public(&format!("sessions/{id}/signals"), signal)).await;
    let typing = InboxEvent::Typing {
        conversation_id: id,
        name: None,
    };
    there.until(&typing).await;
    let read = InboxEvent::Read {
        conversation_id: id,
        read_id,
        by_visitor: true,
    };
    there.until(&read).await;
    assert_eq!(it.conversation(id).await.visitor_read_id, Some(read_id));

    // The stranger is told of their own workspace, and of nothing before.
    let theirs = it.app.state.services.clone();
    let event = InboxEvent::Changed {
        conversation_id: Uuid::nil(),
    };
    publish(&theirs, stranger.workspace_id(), &event).await;
    assert_eq!(elsewhere.next().await, event);
}

async fn publish(services: &domain::Services, workspace_id: Uuid, event: &InboxEvent) {
    redis::cmd("PUBLISH")
        .arg(format!("inbox:{workspace_id}"))
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

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_is_for_who_is_signed_in_and_for_pages_of_our_own() {
    let it = plain().await;
    let url = format!("{}/api/v1/inbox/live", it.app.base.replacen("http", "ws", 1));
    let mut foreign = url.as_str().into_client_request().unwrap();
    foreign
        .headers_mut()
        .insert("origin", "https://evil.example".parse().unwrap());
    let refusal = connect_async(foreign).await.unwrap_err();
    assert!(
        refusal.to_string().contains(StatusCode::FORBIDDEN.as_str()),
        "{refusal}"
    );
    let mut own = url.as_str().into_client_request().unwrap();
    own.headers_mut().insert("origin", it.app.base.parse().unwrap());
    connect_async(own).await.unwrap();

    let key = json!({ "name": "CI", "scopes": ["read", "write"] });
    let key: serde_json::Value = ok(it.app.post(&it.ada, "/api/v1/api-keys", key)).await;
    for (said, code) in [
        (json!({ "token": "eyJhbGciOiJub25lIn0.e30." }).to_string(), 4401),
        (json!({ "token": key["key"] }).to_string(), 4401),
        (
            json!({ "token": it.ada.token(), "workspace_id": Uuid::nil() }).to_string(),
            4400,
        ),
        ("hello".to_owned(), 4400),
    ] {
        let mut socket = Socket::open(&it.app.base).await;
        socket.say(&said).await;
        assert_eq!(socket.closed().await, Some(code), "{said}");
    }

    // A token of somebody else does not go on with it.
    let stranger = it.app.sign_up().await;
    let mut socket = Socket::signed_in(&it.app.base, &it.ada).await;
    socket.say(json!({ "token": stranger.token() }).to_string()).await;
    assert_eq!(socket.closed().await, Some(4401));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_ends_with_the_session_or_the_membership() {
    let it = plain().await;
    let bob = it
        .app
        .join(&it.ada, "organization/invitations", Role::Editor)
        .await;
    let eve = it
        .app
        .join(&it.ada, "organization/invitations", Role::Editor)
        .await;
    let mut of_bob = Socket::signed_in(&it.app.base, &bob).await;
    let mut of_eve = Socket::signed_in(&it.app.base, &eve).await;
    let path = format!("/api/v1/organization/members/{}", bob.auth.user.id);
    done(it.app.put(&it.ada, &path, json!({ "is_suspended": true }))).await;
    let mut database = PgConnection::connect(it.app.database.url.as_str()).await.unwrap();
    sqlx::query("update sessions set revoked_at = now() where user_id = $1")
        .bind(eve.auth.user.id)
        .execute(&mut database)
        .await
        .unwrap();
    let codes = tokio::join!(of_bob.closed(), of_eve.closed());
    assert_eq!(codes, (Some(4401), Some(4401)));
}
