//! Files that visitors send: what is taken, whose they are, what the bot makes of them, and when they go.

mod answers;
mod life;
mod limits;
mod taken;

use std::ops::Deref;

use api_types::bots::ChatbotContent;
use api_types::chat::ChatResponse;
use api_types::uploads::Attachment;
use reqwest::multipart::{Form, Part};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use super::served::Served;
use crate::support::ok;

/// The smallest PNG there is: one pixel.
pub const PNG: &[u8] = &[
    0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0x0d, b'I', b'H', b'D', b'R', 0, 0, 0, 1, 0, 0,
    0, 1, 8, 6, 0, 0, 0, 0x1f, 0x15, 0xc4, 0x89, 0, 0, 0, 0x0d, b'I', b'D', b'A', b'T', 0x78, 0x9c, 0x63,
    0xf8, 0xcf, 0xc0, 0xf0, 0x1f, 0, 5, 0, 1, 0xff, 0x56, 0xc7, 0x2f, 0x0d, 0, 0, 0, 0, b'I', b'E', b'N',
    b'D', 0xae, 0x42, 0x60, 0x82,
];

/// A server with a bot that takes files.
pub struct Fixture(Served);

impl Deref for Fixture {
    type Target = Served;

    fn deref(&self) -> &Served {
        &self.0
    }
}

pub async fn fixture(change: impl FnOnce(&mut ChatbotContent)) -> Fixture {
    fixture_with(|_| {}, change).await
}

pub async fn fixture_with(
    configure: impl FnOnce(&mut domain::config::Config),
    change: impl FnOnce(&mut ChatbotContent),
) -> Fixture {
    let served = Served::start_with("I have read it.", configure, |content| {
        content.uploads.enabled = true;
        change(content);
    });
    Fixture(served.await)
}

pub async fn plain() -> Fixture {
    fixture(|_| {}).await
}

pub fn form(name: &str, bytes: &[u8]) -> Form {
    let part = Part::bytes(bytes.to_vec()).file_name(name.to_owned());
    Form::new().part("file", part)
}

impl Fixture {
    pub fn public(&self, path: &str) -> RequestBuilder {
        self.app
            .request(Method::POST, &format!("/api/v1/bots/{}/{path}", self.bot))
    }

    pub fn send(&self, name: &str, bytes: &[u8]) -> RequestBuilder {
        self.public("uploads").multipart(form(name, bytes))
    }

    pub async fn sent(&self, name: &str, bytes: &[u8]) -> Attachment {
        ok(self.send(name, bytes)).await
    }

    pub fn say(&self, message: &str, session_id: Option<Uuid>, attachments: &[Uuid]) -> RequestBuilder {
        let body = json!({ "message": message, "session_id": session_id, "attachments": attachments });
        self.public("chat").json(&body)
    }

    pub async fn said(&self, message: &str, session_id: Option<Uuid>, attachments: &[Uuid]) -> ChatResponse {
        ok(self.say(message, session_id, attachments)).await
    }

    /// What the model was asked last.
    pub fn asked(&self) -> Value {
        self.fake.requests().last().unwrap().body.clone()
    }

    /// The last message of it, where it is nothing but text.
    pub fn prompt(&self) -> String {
        let messages = self.asked()["messages"].as_array().unwrap().clone();
        messages.last().unwrap()["content"].as_str().unwrap().to_owned()
    }

    pub fn file_path(conversation: Uuid, id: Uuid) -> String {
        format!("/api/v1/conversations/{conversation}/attachments/{id}")
    }

    pub async fn owner(&self) -> PgConnection {
        PgConnection::connect(self.app.database.url.as_str())
            .await
            .unwrap()
    }

    /// How many files there are in storage.
    pub fn files(&self) -> usize {
        let folder = self.app.state.config.data_dir.join("files/uploads");
        let workspaces = std::fs::read_dir(folder).into_iter().flatten();
        workspaces
            .map(|workspace| std::fs::read_dir(workspace.unwrap().path()).unwrap().count())
            .sum()
    }
}
