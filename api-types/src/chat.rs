//! The unified chat endpoint: `POST /api/v1/bots/{bot_id}/chat` and what stands beside it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::bots::Appearance;
use crate::inbox::HandOffStatus;
use crate::leads::LeadForm;
use crate::translations::Language;
use crate::uploads::Attachment;

/// Who said a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum MessageRole {
    /// The visitor.
    User,
    /// The bot.
    Assistant,
}

/// `POST /bots/{bot_id}/chat`. Nothing in here can change prompt, model or flow; unknown fields are refused.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ChatRequest {
    /// 1 to 4,000 characters; none are needed when there are `attachments`.
    pub message: String,
    /// Continue this conversation; a new one is begun when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<Uuid>,
    /// Stream server-sent events instead of one JSON answer.
    #[serde(default)]
    pub stream: bool,
    /// What the site says of the visitor or page, kept with the conversation: up to 20 short strings.
    #[serde(default, skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    pub metadata: std::collections::BTreeMap<String, String>,
    /// Values for `{{name}}` in the bot's instructions and greeting: up to 20 short strings.
    #[serde(default, skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    pub variables: std::collections::BTreeMap<String, String>,
    /// Address of the page that the visitor is on, for figures: only its origin and path are kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
    /// Files that the visitor sent before to `…/uploads`, up to 4. A message that is sent again may name them again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Uuid>,
}

/// A passage an answer rests on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Source {
    /// The number that `[n]` in the text refers to, counted from 1.
    pub n: u32,
    /// The document.
    pub document_id: Uuid,
    /// The document's title.
    pub title: String,
    /// The document's page on the web, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Page in the document, counted from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<i32>,
    /// Headings above the passage.
    pub heading_path: Vec<String>,
    /// The passage itself.
    pub quote: String,
}

/// The whole answer as JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChatResponse {
    /// The text, Markdown, with `[n]` where it rests on a source.
    pub response: String,
    /// The sources the text cites.
    pub sources: Vec<Source>,
    /// Send it with the next message.
    pub session_id: Uuid,
    /// Id of the answer.
    pub message_id: Uuid,
    /// False when the bot said that it does not know.
    pub answered: bool,
    /// True when part of the search was away.
    pub degraded: bool,
    /// True when it is time to show the bot's lead form, see [`BotConfig::lead_form`].
    #[serde(default, skip_serializing_if = "is_false")]
    pub offers_lead_form: bool,
    /// Set when it is up to people: the bot made no answer, and `response` is what the visitor reads meanwhile, if anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hand_off: Option<HandOffStatus>,
}

fn is_false(value: &bool) -> bool {
    !*value
}

/// Tokens spent, if the model says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Usage {
    /// Tokens read.
    pub prompt_tokens: u32,
    /// Tokens written.
    pub completion_tokens: u32,
}

/// One server-sent event. `event:` is the variant's name, `data:` the fields, `id:` is `<message_id>:<n>`.
///
/// Order: `start`, `sources`, any number of `delta`, then `done` or `error`. Where people answer there are no `sources`, and
/// `hand_off` comes before `done`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum ChatEvent {
    /// The turn is accepted.
    Start {
        /// Send it with the next message.
        session_id: Uuid,
        /// Id of the answer to come.
        message_id: Uuid,
    },
    /// What the answer may cite, before its text. It comes again, as a whole, whenever the text is about to cite a passage
    /// by another number: those that are cited are numbered in the order in which they are read.
    Sources {
        /// Numbered passages.
        sources: Vec<Source>,
        /// True when part of the search was away.
        degraded: bool,
    },
    /// The next piece of text.
    Delta {
        /// Markdown; pieces join without a separator.
        text: String,
    },
    /// It is up to people: the message was handed to them, and the bot makes no answer.
    HandOff(HandOffStatus),
    /// The answer is complete and stored.
    Done {
        /// Id of the answer.
        message_id: Uuid,
        /// The sources that the text cites.
        sources: Vec<Source>,
        /// False when the bot said that it does not know.
        answered: bool,
        /// Tokens spent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        usage: Option<Usage>,
        /// Questions the visitor might ask next.
        suggestions: Vec<String>,
        /// True when it is time to show the bot's lead form, see [`BotConfig::lead_form`].
        #[serde(default, skip_serializing_if = "is_false")]
        offers_lead_form: bool,
    },
    /// The answer broke off; what was streamed so far is stored as partial.
    Error {
        /// Stable name.
        code: crate::ErrorCode,
        /// For people.
        message: String,
        /// Whether sending the same message again may help.
        retryable: bool,
    },
}

impl ChatEvent {
    /// The `event:` name.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Start { .. } => "start",
            Self::Sources { .. } => "sources",
            Self::Delta { .. } => "delta",
            Self::HandOff(_) => "hand_off",
            Self::Done { .. } => "done",
            Self::Error { .. } => "error",
        }
    }

    /// Whether nothing follows.
    pub const fn is_last(&self) -> bool {
        matches!(self, Self::Done { .. } | Self::Error { .. })
    }
}

/// `GET /bots/{bot_id}/config`: what the widget needs before the first message. Public.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BotConfig {
    /// The bot.
    pub bot_id: Uuid,
    /// Title of the panel.
    pub title: String,
    /// First message.
    pub greeting: String,
    /// Questions offered before the first message.
    pub suggested_questions: Vec<String>,
    /// How it looks.
    pub appearance: Appearance,
    /// The same as variables of the chat's style sheet.
    pub style: std::collections::BTreeMap<String, String>,
    /// Language of the widget, where the bot's owner chose one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    /// What stands in the box to write in; the widget's own words when empty.
    pub placeholder: String,
    /// Whether it talks only to visitors whom the site vouches for.
    pub verified_only: bool,
    /// The form in which visitors leave their details, if it is on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lead_form: Option<LeadForm>,
    /// Whether visitors may ask for a person.
    #[serde(default, skip_serializing_if = "is_false")]
    pub hands_off: bool,
    /// Whether visitors may send files, see `POST …/uploads`.
    #[serde(default, skip_serializing_if = "is_false")]
    pub uploads: bool,
}

/// One message of a conversation, as the visitor sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SessionMessage {
    /// Id.
    pub id: Uuid,
    /// Who said it.
    pub role: MessageRole,
    /// Markdown.
    pub content: String,
    /// The sources it cites.
    pub sources: Vec<Source>,
    /// The visitor's verdict on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rating: Option<Rating>,
    /// Whether a person wrote it in the bot's place.
    #[serde(default, skip_serializing_if = "is_false")]
    pub by_person: bool,
    /// The person's name, if their account still exists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// The files sent along.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    /// When.
    pub created_at: DateTime<Utc>,
}

/// `GET /bots/{bot_id}/sessions/{session_id}`: a conversation to resume. Public to whoever knows the session id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Session {
    /// The conversation.
    pub session_id: Uuid,
    /// Oldest first: the last 100, or the 100 before the message that was asked for.
    pub messages: Vec<SessionMessage>,
    /// Whether there are messages before these: ask for those `?before=` the first one.
    #[serde(default)]
    pub has_earlier: bool,
    /// Who answers. Follow `GET …/live?after=` from there while it is up to people.
    pub hand_off: HandOffStatus,
}

/// A visitor's verdict on an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Rating {
    /// Helpful.
    Up,
    /// Not helpful.
    Down,
}

impl Rating {
    /// The name in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
        }
    }

    /// The rating of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Up, Self::Down]
            .into_iter()
            .find(|rating| rating.as_str() == name)
    }
}

/// Why an answer did not help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum FeedbackReason {
    /// It is not true.
    Wrong,
    /// Something is missing.
    Incomplete,
    /// It is no answer to the question.
    NotHelpful,
    /// Something else.
    Other,
}

impl FeedbackReason {
    /// The name in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Wrong => "wrong",
            Self::Incomplete => "incomplete",
            Self::NotHelpful => "not_helpful",
            Self::Other => "other",
        }
    }

    /// The reason of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Wrong, Self::Incomplete, Self::NotHelpful, Self::Other]
            .into_iter()
            .find(|reason| reason.as_str() == name)
    }
}

/// `POST /bots/{bot_id}/feedback`. A later verdict on the same answer replaces the one before.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct FeedbackRequest {
    /// The conversation.
    pub session_id: Uuid,
    /// The answer.
    pub message_id: Uuid,
    /// The verdict.
    pub rating: Rating,
    /// Why it did not help; only with `down`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<FeedbackReason>,
    /// What else there is to say of it, up to 1,000 characters; only with `down`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}
