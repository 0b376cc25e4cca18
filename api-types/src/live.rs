//! What is told live: `GET /api/v1/live`, a WebSocket. `docs/LIVE.md` has its rules.
//!
//! An event says that there is something to read, never what: whoever is told reads it by the routes, which know who may.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What something that changed is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// A conversation, by its id: a message, who answers it, a note.
    Conversation,
    /// A bot, by its id: deployed, taken down, put up, deleted.
    Bot,
    /// A draft of a bot or of a knowledge base, by its id: made, saved, thrown away.
    Draft,
    /// A knowledge base, by its id: its settings, sources, documents, and how far they are.
    KnowledgeBase,
    /// The fetching of a source, by the source's id, in a draft or in a knowledge base.
    Crawl,
    /// A test set, by its id: its cases, and that a run of it began or was stopped.
    TestSet,
    /// A run of a test set, by its id: how far it is.
    TestRun,
    /// The embedding model, by the id of the one in question: how far its change is.
    Embedding,
    /// An archive of the workspace's data, by its id.
    Export,
    /// A lead, by its id.
    Lead,
    /// Gaps of a bot, by the bot's id; by the group's own when the team marked it.
    Gap,
    /// A webhook, by its id: itself, and what was delivered.
    Webhook,
}

/// What is told. None is durable: whoever comes back reads everything again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum LiveEvent {
    /// From now on it is told. Also sent when something may have been missed: read everything again.
    Ready,
    /// Nothing can be told for the moment; `ready` comes when that is over.
    Away,
    /// Something changed: read it again.
    Changed {
        /// What it is.
        what: Topic,
        /// Its id.
        id: Uuid,
    },
    /// Somebody is typing.
    Typing {
        /// In which conversation.
        conversation_id: Uuid,
        /// Who of the team; the visitor when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
    },
    /// Somebody has read a conversation.
    Read {
        /// The conversation.
        conversation_id: Uuid,
        /// Up to which message.
        read_id: Uuid,
        /// Whether it was the visitor.
        by_visitor: bool,
    },
}

impl LiveEvent {
    /// A conversation changed.
    pub const fn conversation(id: Uuid) -> Self {
        Self::Changed {
            what: Topic::Conversation,
            id,
        }
    }
}

/// What a client sends, first and whenever it has a newer token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LiveHello {
    /// The access token.
    pub token: String,
}

/// Why the server closed the socket, beside the codes that every WebSocket knows. 4000 to 4999 are ours to use.
pub mod closed {
    /// The server goes away, or can't tell: come back.
    pub const AGAIN: u16 = 1012;
    /// Something was said that is not understood, or nothing.
    pub const UNCLEAR: u16 = 4400;
    /// The token, its session or the membership ended.
    pub const SIGNED_OUT: u16 = 4401;
    /// This person has too many sockets open.
    pub const TOO_MANY: u16 = 4429;
}
