//! Drafts: unpublished work in Redis for 24 hours, saved with compare-and-set on `version`.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::bots::ChatbotContent;

/// A draft of any kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Draft<T> {
    /// Id of the draft.
    pub id: Uuid,
    /// Grows by one with each save; send it back with the next.
    pub version: i64,
    /// The deployed object this draft edits; absent for a new one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Uuid>,
    /// What is being made.
    pub content: T,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last saved.
    pub updated_at: DateTime<Utc>,
    /// When it goes away unless saved again.
    pub expires_at: DateTime<Utc>,
}

/// A draft in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DraftSummary {
    /// Id of the draft.
    pub id: Uuid,
    /// Name in the content; may be empty.
    pub name: String,
    /// The deployed object this draft edits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Uuid>,
    /// Grows with each save; 1 while nothing was saved since it was begun.
    pub version: i64,
    /// When it was last saved.
    pub updated_at: DateTime<Utc>,
    /// When it goes away unless saved again.
    pub expires_at: DateTime<Utc>,
}

/// `POST …/draft`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct CreateDraftRequest {
    /// Edit this deployed bot or knowledge base; a new one when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Uuid>,
}

/// `PUT /chatbots/draft/{draft_id}`: the whole content, on top of the version that was read.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SaveChatbotDraftRequest {
    /// The version this save is based on.
    pub version: i64,
    /// The new content.
    pub content: ChatbotContent,
}

/// One earlier turn, sent along with a test because tests leave no trace on the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct TestTurn {
    /// Who said it.
    pub role: crate::chat::MessageRole,
    /// What was said.
    pub content: String,
}

/// `POST /chatbots/draft/{draft_id}/test`: one turn with the real engine; answered as `chat` is, streamed.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct TestDraftRequest {
    /// 1 to 4,000 characters.
    pub message: String,
    /// Earlier turns of this test, oldest first, up to 20.
    #[serde(default)]
    pub history: Vec<TestTurn>,
}
