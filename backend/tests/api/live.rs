//! The one stream of a workspace: who is let in, what is told to whom, and how it ends.

use api_types::kb::KnowledgeBase;
use api_types::live::{LiveEvent, Topic, closed};
use api_types::tenancy::Role;
use futures::{SinkExt, StreamExt};
use reqwest::StatusCode;
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use uuid::Uuid;

use super::chatbot_drafts::deployable;
use crate::support::fake_openai::{FakeOpenAi, Reply};
use crate::support::{Person, TestApp, done, ok};

/// A socket as the dashboard opens it.
pub struct Socket<S = MaybeTlsStream<TcpStream>>(WebSocketStream<S>);

impl Socket {
    pub async fn open(base: &str) -> Self {
        let url = format!("{}/api/v1/live", base.replacen("http", "ws", 1));
        Self(connect_async(url).await.unwrap().0)
    }

    pub async fn signed_in(base: &str, who: &Person) -> Self {
        let mut socket = Self::open(base).await;
        socket.sign_in(who).await;
        socket
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Socket<S> {
    /// A socket over a connection that was upgraded already.
    pub async fn over(upgraded: S) -> Self {
        Self(WebSocketStream::from_raw_socket(upgraded, protocol::Role::Client, None).await)
    }

    pub async fn say(&mut self, text: impl Into<String>) {
        self.0.send(Message::Text(text.into().into())).await.unwrap();
    }

    pub async fn sign_in(&mut self, who: &Person) {
        self.say(json!({ "token": who.token() }).to_string()).await;
        assert_eq!(self.next().await, LiveEvent::Ready);
    }

    pub async fn next(&mut self) -> LiveEvent {
        loop {
            match self.0.next().await.unwrap().unwrap() {
                Message::Text(text) => return serde_json::from_str(&text).unwrap(),
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// Waits for an event.
    pub async fn until(&mut self, wanted: &LiveEvent) {
        while self.next().await != *wanted {}
    }

    /// Waits for the end, and answers its code.
    pub async fn closed(&mut self) -> Option<u16> {
        loop {
            match self.0.next().await {
                Some(Ok(Message::Close(frame))) => return frame.map(|frame| frame.code.into()),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return None,
            }
        }
    }
}

impl Socket {
    /// Waits until it is told that something changed.
    async fn told(&mut self, what: Topic, id: Uuid) {
        self.until(&LiveEvent::Changed { what, id }).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_looks_is_told_what_changes_and_strangers_are_not() {
    let fake = FakeOpenAi::start(Reply::Text("Hello.".into())).await;
    let app = TestApp::start_with(|config| config.outbound_allow = vec![fake.place()]).await;
    let ada = app.sign_up().await;
    let replica = app.replica().await;
    let viewer = app.join(&ada, "organization/invitations", Role::Viewer).await;
    let stranger = app.sign_up().await;
    let mut here = Socket::signed_in(&replica.base, &ada).await;
    let mut theirs = Socket::signed_in(&app.base, &viewer).await;
    let mut elsewhere = Socket::signed_in(&app.base, &stranger).await;

    let content = deployable("Guide", app.provider(&ada, &fake.base_url()).await);
    let draft = app.draft(&ada, &content).await;
    here.told(Topic::Draft, draft.id).await;
    let path = format!("/api/v1/chatbots/draft/{}", draft.id);
    let deployed: Value = ok(app.post(&ada, &format!("{path}/deploy"), json!({}))).await;
    let bot: Uuid = deployed["bot_id"].as_str().unwrap().parse().unwrap();
    here.told(Topic::Bot, bot).await;
    theirs.told(Topic::Bot, bot).await;
    let path = format!("/api/v1/bots/{bot}/status");
    done(app.put(&ada, &path, json!({ "status": "offline" }))).await;
    here.told(Topic::Bot, bot).await;

    let set: Value = ok(app.post(&ada, "/api/v1/test-sets", json!({ "name": "Basics" }))).await;
    let set: Uuid = set["id"].as_str().unwrap().parse().unwrap();
    here.told(Topic::TestSet, set).await;

    // The first that a stranger is told of is their own.
    let own = app.draft(&stranger, &content).await;
    assert_eq!(
        elsewhere.next().await,
        LiveEvent::Changed {
            what: Topic::Draft,
            id: own.id
        }
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_in_another_process_tells_how_far_it_is() {
    let app = TestApp::start_with(|config| config.worker = true).await;
    let ada = app.sign_up().await;
    let mut socket = Socket::signed_in(&app.base, &ada).await;
    let base = app
        .finalize(&ada, "Guide", &[("Warranty", "The warranty lasts 37 months.")])
        .await;
    // Whoever reads when told, and only then, sees the end of it.
    loop {
        socket.told(Topic::KnowledgeBase, base).await;
        let now: KnowledgeBase = ok(app.get(&ada, &format!("/api/v1/kb/{base}"))).await;
        if !now.progress.in_progress() {
            assert_eq!(now.progress.indexed, 1);
            break;
        }
    }
    let export: Value = ok(app.post(&ada, "/api/v1/data/exports", json!({}))).await;
    let export: Uuid = export["id"].as_str().unwrap().parse().unwrap();
    loop {
        socket.told(Topic::Export, export).await;
        let all: Vec<Value> = ok(app.get(&ada, "/api/v1/data/exports")).await;
        if all[0]["status"] == "done" {
            break;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_holds_so_many_sockets_and_no_more() {
    let app = TestApp::start().await;
    let ada = app.sign_up().await;
    let mut open = Vec::new();
    for _ in 0..20 {
        open.push(Socket::signed_in(&app.base, &ada).await);
    }
    let hello = json!({ "token": ada.token() }).to_string();
    let mut one_more = Socket::open(&app.base).await;
    one_more.say(&hello).await;
    assert_eq!(one_more.closed().await, Some(closed::TOO_MANY));
    // Others are not in the way of each other.
    let bob = app.sign_up().await;
    Socket::signed_in(&app.base, &bob).await;

    let mut last = open.pop().unwrap();
    last.say("no token").await;
    assert_eq!(last.closed().await, Some(closed::UNCLEAR));
    // Its place is free as soon as the server is done with it.
    loop {
        let mut again = Socket::open(&app.base).await;
        again.say(&hello).await;
        match again.0.next().await {
            Some(Ok(Message::Text(_))) => break,
            Some(Ok(Message::Close(_))) => {}
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stops_asks_to_come_back() {
    let app = TestApp::start().await;
    let ada = app.sign_up().await;
    let replica = app.replica().await;
    let mut socket = Socket::signed_in(&replica.base, &ada).await;
    drop(replica);
    assert_eq!(socket.closed().await, Some(closed::AGAIN));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_is_for_who_is_signed_in_and_for_pages_of_our_own() {
    let app = TestApp::start().await;
    let ada = app.sign_up().await;
    let url = format!("{}/api/v1/live", app.base.replacen("http", "ws", 1));
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
    own.headers_mut().insert("origin", app.base.parse().unwrap());
    connect_async(own).await.unwrap();

    let key = json!({ "name": "CI", "scopes": ["read", "write"] });
    let key: serde_json::Value = ok(app.post(&ada, "/api/v1/api-keys", key)).await;
    for (said, code) in [
        (json!({ "token": "eyJhbGciOiJub25lIn0.e30." }).to_string(), 4401),
        (json!({ "token": key["key"] }).to_string(), 4401),
        (
            json!({ "token": ada.token(), "workspace_id": Uuid::nil() }).to_string(),
            4400,
        ),
        ("hello".to_owned(), 4400),
    ] {
        let mut socket = Socket::open(&app.base).await;
        socket.say(&said).await;
        assert_eq!(socket.closed().await, Some(code), "{said}");
    }

    // A token of somebody else does not go on with it.
    let stranger = app.sign_up().await;
    let mut socket = Socket::signed_in(&app.base, &ada).await;
    socket.say(json!({ "token": stranger.token() }).to_string()).await;
    assert_eq!(socket.closed().await, Some(4401));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_ends_with_the_session_or_the_membership() {
    let app = TestApp::start().await;
    let ada = app.sign_up().await;
    let bob = app.join(&ada, "organization/invitations", Role::Editor).await;
    let eve = app.join(&ada, "organization/invitations", Role::Editor).await;
    let mut of_bob = Socket::signed_in(&app.base, &bob).await;
    let mut of_eve = Socket::signed_in(&app.base, &eve).await;
    let path = format!("/api/v1/organization/members/{}", bob.auth.user.id);
    done(app.put(&ada, &path, json!({ "is_suspended": true }))).await;
    let mut database = PgConnection::connect(app.database.url.as_str()).await.unwrap();
    sqlx::query("update sessions set revoked_at = now() where user_id = $1")
        .bind(eve.auth.user.id)
        .execute(&mut database)
        .await
        .unwrap();
    let codes = tokio::join!(of_bob.closed(), of_eve.closed());
    assert_eq!(codes, (Some(4401), Some(4401)));
}
