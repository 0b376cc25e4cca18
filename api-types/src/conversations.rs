//! Conversations and gaps as the team sees them: `/api/v1/conversations`, `/api/v1/gaps`.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::chat::{FeedbackReason, MessageRole, Rating, Source, Usage};
use crate::uploads::Attachment;
use crate::visitors::Visitor;

/// Where a conversation takes place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// The widget or the hosted page.
    Web,
    /// A client of the chat endpoint.
    Api,
    /// A client of the OpenAI-compatible endpoint.
    Openai,
}

impl Channel {
    /// The name used in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Api => "api",
            Self::Openai => "openai",
        }
    }
}

/// A conversation in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConversationSummary {
    /// Id; the visitor's session id.
    pub id: Uuid,
    /// The bot.
    pub bot_id: Uuid,
    /// The bot's name.
    pub bot_name: String,
    /// Where it takes place.
    pub channel: Channel,
    /// The visitor's first message, shortened.
    pub first_message: String,
    /// Messages of both sides.
    pub message_count: i32,
    /// Whether the bot had to say that it does not know.
    pub has_gap: bool,
    /// The visitor, if the site vouches for them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visitor: Option<Visitor>,
    /// The name that was left in the bot's lead form, if one was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lead_name: Option<String>,
    /// When it began.
    pub created_at: DateTime<Utc>,
    /// When the last message came.
    pub last_message_at: DateTime<Utc>,
}

/// How an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum MessageStatus {
    /// Whole.
    Complete,
    /// Broke off.
    Partial,
    /// No text came.
    Failed,
}

impl MessageStatus {
    /// The name used in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Partial => "partial",
            Self::Failed => "failed",
        }
    }
}

/// One message, with what the team wants to know of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TranscriptMessage {
    /// Id.
    pub id: Uuid,
    /// Who said it.
    pub role: MessageRole,
    /// Markdown.
    pub content: String,
    /// The sources it cites.
    pub sources: Vec<Source>,
    /// How it ended.
    pub status: MessageStatus,
    /// False when the bot said that it does not know.
    pub answered: bool,
    /// Whether something was searched for it, so that it can be told why it is what it is.
    pub has_search: bool,
    /// Model that wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Version of the bot that wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bot_version: Option<i32>,
    /// Milliseconds from question to complete answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency_ms: Option<i32>,
    /// Tokens spent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
    /// The visitor's verdict.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rating: Option<Rating>,
    /// Why they did not like it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rating_reason: Option<FeedbackReason>,
    /// What else they said of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rating_comment: Option<String>,
    /// Whether a person wrote it in the bot's place.
    #[serde(default)]
    pub by_person: bool,
    /// The person's name, if their account still exists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// The files that the visitor sent along.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    /// When.
    pub created_at: DateTime<Utc>,
}

/// `GET /conversations/{conversation_id}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Conversation {
    /// The list row.
    #[serde(flatten)]
    pub summary: ConversationSummary,
    /// The lead that was left in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lead_id: Option<Uuid>,
    /// The last of them, oldest first; [`MessagePage`] has those before.
    pub messages: Vec<TranscriptMessage>,
    /// Whether there are messages before these.
    #[serde(default)]
    pub has_earlier: bool,
}

/// `GET /conversations/{conversation_id}/messages`: a part of what was said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MessagePage {
    /// Oldest first.
    pub messages: Vec<TranscriptMessage>,
    /// Whether there are messages before these: ask for those `before` the first one.
    pub has_earlier: bool,
    /// Whether there are messages after these: ask for those `after` the last one.
    pub has_later: bool,
}

/// A question the bot could not answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Gap {
    /// Id.
    pub id: Uuid,
    /// The bot.
    pub bot_id: Uuid,
    /// The bot's name.
    pub bot_name: String,
    /// The conversation, if it is still kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation_id: Option<Uuid>,
    /// What was asked.
    pub question: String,
    /// When.
    pub created_at: DateTime<Utc>,
}
