//! What bots could not answer, or answered so that visitors did not like it, in groups: `/api/v1/gaps/groups`.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::FieldError;
use crate::chat::FeedbackReason;
use crate::pairs::Pair;
use crate::validate::Checker;

/// What the team made of a group.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum GapStatus {
    /// Nothing yet.
    #[default]
    Open,
    /// An answer was written. Asked again without success, it is open again.
    Improved,
    /// It needs no answer.
    Dismissed,
}

impl GapStatus {
    /// The name in addresses and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Improved => "improved",
            Self::Dismissed => "dismissed",
        }
    }

    /// The status of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Open, Self::Improved, Self::Dismissed]
            .into_iter()
            .find(|status| status.as_str() == name)
    }
}

/// Why a question is here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum GapKind {
    /// The bot said that it does not know.
    Unanswered,
    /// The answer had a thumbs-down.
    Disliked,
}

/// One time that it was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GapExample {
    /// Id.
    pub id: Uuid,
    /// In the visitor's words.
    pub question: String,
    /// Why it is here.
    pub kind: GapKind,
    /// Why the visitor did not like the answer, if they said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<FeedbackReason>,
    /// What else they said of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// The conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation_id: Option<Uuid>,
    /// When.
    pub asked_at: DateTime<Utc>,
}

/// Questions that ask for the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GapGroup {
    /// Id.
    pub id: Uuid,
    /// The bot.
    pub bot_id: Uuid,
    /// The bot's name.
    pub bot_name: String,
    /// The way it was asked last.
    pub question: String,
    /// How often the bot did not know.
    pub unanswered: i64,
    /// How often the answer had a thumbs-down.
    pub disliked: i64,
    /// When it was asked last.
    pub last_asked_at: DateTime<Utc>,
    /// What the team made of it.
    pub status: GapStatus,
    /// When that was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_at: Option<DateTime<Utc>>,
    /// The last times it was asked, up to ten.
    pub examples: Vec<GapExample>,
}

/// `PUT /gaps/groups/{group_id}`.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SaveGapStatusRequest {
    /// What the team makes of it.
    pub status: GapStatus,
}

/// `POST /gaps/groups/{group_id}/split`.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SplitGapRequest {
    /// The question that does not belong to the group: the id of one of its examples.
    pub gap_id: Uuid,
}

/// `POST /gaps/groups/{group_id}/improve`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ImproveAnswerRequest {
    /// 1 to 500 characters, in one line.
    pub question: String,
    /// 1 to 4,000 characters, Markdown.
    pub answer: String,
    /// Where the pair is added, to its source "Improved answers", which is made when there is none.
    pub knowledge_base_id: Uuid,
    /// Where a case is added that expects the answer to be cited; none is when it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test_set_id: Option<Uuid>,
}

impl ImproveAnswerRequest {
    /// What is added to the knowledge.
    pub fn pair(&self) -> Pair {
        Pair {
            question: self.question.clone(),
            answer: self.answer.clone(),
        }
    }

    /// Every reason why it can't be taken.
    pub fn check(&self) -> Result<(), Vec<FieldError>> {
        let mut check = Checker::default();
        self.pair().check(&mut check, "");
        check.finish()
    }
}

/// What "Improve answer" did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ImprovedAnswer {
    /// The source that holds the pair.
    pub source_id: Uuid,
    /// Its document, which is being read anew.
    pub document_id: Uuid,
    /// The case that was added to the test set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case_id: Option<Uuid>,
}
