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

use futures::stream::BoxStream;
use serde::{Deserialize, Serialize};

pub use api_types::chat::Usage;
pub use breaker::Breakers;

use crate::Result;

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

/// One message of a prompt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said.
    pub content: String,
}

impl Message {
    /// Shorthand constructor.
    pub fn new(role: Role, content: impl Into<String>) -> Self {
        Self {
            role,
            content: content.into(),
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
pub type PieceStream = BoxStream<'static, Result<Piece>>;
