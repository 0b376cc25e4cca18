//! People who answer in a bot's place: what visitors, the team and replicas see of it.

mod hand_off;
mod live;
mod notifications;
mod settings;
mod streams;
mod team;

use std::ops::Deref;

use api_types::Page;
use api_types::bots::ChatbotContent;
use api_types::chat::ChatResponse;
use api_types::inbox::{AskedForPerson, InboxConversation, InboxItem, VisitorEvent};
use futures::StreamExt;
use futures::stream::BoxStream;
use reqwest::{Method, RequestBuilder};
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::served::Served;
use crate::support::{Person, ok};

/// A server with a bot that hands over to people.
pub struct Fixture(Served);

impl Deref for Fixture {
    type Target = Served;

    fn deref(&self) -> &Served {
        &self.0
    }
}

pub async fn fixture(
    configure: impl FnOnce(&mut domain::config::Config),
    change: impl FnOnce(&mut ChatbotContent),
) -> Fixture {
    let served = Served::start_with("Hello there.", configure, |content| {
        content.hand_off.enabled = true;
        change(content);
    });
    Fixture(served.await)
}

pub async fn plain() -> Fixture {
    fixture(|_| {}, |_| {}).await
}

impl Fixture {
    pub fn public(&self, path: &str, body: impl Serialize) -> RequestBuilder {
        let path = format!("/api/v1/bots/{}/{path}", self.bot);
        self.app.request(Method::POST, &path).json(&body)
    }

    pub async fn chat(&self, message: &str, session_id: Option<Uuid>) -> ChatResponse {
        ok(self.public("chat", json!({ "message": message, "session_id": session_id }))).await
    }

    pub async fn ask(&self, session_id: Option<Uuid>) -> AskedForPerson {
        ok(self.public("hand-off", json!({ "session_id": session_id }))).await
    }

    /// A conversation with an answer of the bot, in which a person was asked for then.
    pub async fn waiting(&self) -> Uuid {
        let chat = self.chat("Hi", None).await;
        self.ask(Some(chat.session_id)).await;
        chat.session_id
    }

    pub fn post(&self, who: &Person, id: Uuid, what: &str, body: impl Serialize) -> RequestBuilder {
        self.app.post(who, &format!("/api/v1/inbox/{id}/{what}"), body)
    }

    pub async fn act(&self, who: &Person, id: Uuid, what: &str, body: Value) -> InboxConversation {
        ok(self.post(who, id, what, body)).await
    }

    pub async fn reply(&self, who: &Person, id: Uuid, content: &str) -> InboxConversation {
        self.act(who, id, "replies", json!({ "content": content })).await
    }

    pub async fn inbox(&self, query: &str) -> Vec<InboxItem> {
        let page: Page<InboxItem> = ok(self.app.get(&self.ada, &format!("/api/v1/inbox{query}"))).await;
        page.items
    }

    pub async fn conversation(&self, id: Uuid) -> InboxConversation {
        ok(self.app.get(&self.ada, &format!("/api/v1/inbox/{id}"))).await
    }

    /// Follows a conversation as its visitor, on the server at `base`.
    pub async fn follow(&self, base: &str, id: Uuid, after: Option<&str>) -> Followed {
        let url = format!("{base}/api/v1/bots/{}/sessions/{id}/live", self.bot);
        let request = self.app.http.get(url);
        let request = match after {
            Some(after) => request.header("last-event-id", after),
            None => request,
        };
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["x-accel-buffering"], "no");
        Followed {
            bytes: response
                .bytes_stream()
                .map(|bytes| bytes.unwrap().to_vec())
                .boxed(),
            text: String::new(),
        }
    }
}

/// A visitor's live stream.
pub struct Followed {
    bytes: BoxStream<'static, Vec<u8>>,
    text: String,
}

impl Followed {
    /// The next event with its id; `None` at the end.
    pub async fn next(&mut self) -> Option<(Option<String>, VisitorEvent)> {
        loop {
            while let Some((block, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| {
                    let line = block.lines().find_map(|line| line.strip_prefix(name));
                    line.map(|value| value.trim_start().to_owned())
                };
                let parsed = field("data:").map(|data| {
                    let event: VisitorEvent = serde_json::from_str(&data).unwrap();
                    assert_eq!(field("event:").as_deref(), Some(event.name()));
                    (field("id:"), event)
                });
                self.text = rest.to_owned();
                if parsed.is_some() {
                    return parsed;
                }
            }
            let bytes = self.bytes.next().await?;
            self.text.push_str(std::str::from_utf8(&bytes).unwrap());
        }
    }

    /// The next message of a person, with its id.
    pub async fn message(&mut self) -> (String, String) {
        loop {
            if let (Some(id), VisitorEvent::Message(message)) = self.next().await.unwrap() {
                assert!(message.by_person);
                return (id, message.content);
            }
        }
    }
}
