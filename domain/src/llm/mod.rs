//! Models: whoever writes the answer, puts passages in order, or makes vectors.
//!
//! [`openai`] talks to any OpenAI-compatible server, [`extractive`] quotes the passages without any model. Both
//! answer with a [`PieceStream`]. [`rerank`] asks a model which passages are best, [`embed`] what they mean.

mod breaker;
pub mod embed;
pub mod extractive;
mod failure;
pub mod openai;
mod post;
pub mod rerank;

use std::fmt;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures::stream::BoxStream;
use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Value, json};

pub use api_types::chat::Usage;
pub use breaker::Breakers;

/// Who speaks in a prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Our instructions.
    System,
    /// The visitor.
    User,
    /// The bot.
    Assistant,
}

/// One message of a prompt. As JSON it is what OpenAI's API takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said.
    pub content: String,
    /// What is shown with it, for models that can see.
    pub pictures: Vec<Picture>,
}

/// A picture that a model is shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    /// Such as `image/png`.
    pub media_type: String,
    /// The file.
    pub bytes: Arc<[u8]>,
}

impl fmt::Debug for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Picture({}, {} bytes)", self.media_type, self.bytes.len())
    }
}

impl Serialize for Message {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("role", &self.role)?;
        if self.pictures.is_empty() {
            map.serialize_entry("content", &self.content)?;
        } else {
            let shown = self.pictures.iter().map(Picture::part);
            let parts: Vec<Value> = std::iter::once(json!({ "type": "text", "text": self.content }))
                .chain(shown)
                .collect();
            map.serialize_entry("content", &parts)?;
        }
        map.end()
    }
}

impl Picture {
    fn part(&self) -> Value {
        let url = format!("data:{};base64,{}", self.media_type, STANDARD.encode(&self.bytes));
        json!({ "type": "image_url", "image_url": { "url": url } })
    }
}

impl Message {
    /// Shorthand constructor.
    pub fn new(role: Role, content: impl Into<String>) -> Self {
        Self {
            role,
            content: content.into(),
            pictures: Vec::new(),
        }
    }
}

/// What a model is asked.
#[derive(Debug, Clone, PartialEq)]
pub struct ChatCompletion {
    /// The provider's name of the model.
    pub model: String,
    /// The prompt, oldest message first.
    pub messages: Vec<Message>,
    /// 0 to 2; the provider's default when absent.
    pub temperature: Option<f32>,
    /// The most tokens to write.
    pub max_tokens: u32,
}

/// The next bit of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Text; pieces join without a separator.
    Text(String),
    /// What the answer cost, at most once, after the text.
    Usage(Usage),
}

/// An answer as it is written. It ends after the last piece or the first error.
pub type PieceStream = BoxStream<'static, crate::Result<Piece>>;
