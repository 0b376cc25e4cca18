//! Leads: people who left their details with a bot. `/api/v1/leads`, and `/api/v1/bots/{bot_id}/leads` for visitors.

mod form;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use form::{
    LeadField, LeadFieldKind, LeadForm, LeadTiming, MAX_FIELDS, MAX_MESSAGES_BEFORE, MAX_OPTIONS, email_key,
    key_for, phone_key,
};

/// Longest note, in characters.
pub const MAX_NOTE_CHARS: usize = 4_000;

/// `POST /bots/{bot_id}/leads`: what a visitor filled in. Unknown fields are refused.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SubmitLeadRequest {
    /// The answers by the keys of the form's fields.
    pub answers: BTreeMap<String, String>,
    /// Whether the visitor agreed to the form's consent text.
    #[serde(default)]
    pub consent: bool,
    /// The conversation it belongs to; one is begun when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<Uuid>,
    /// Address of the page it was filled in on, up to 2,048 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page_url: Option<String>,
}

/// Answer of `POST /bots/{bot_id}/leads`. It does not tell whether the person was known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SubmittedLead {
    /// Send it with the next message.
    pub session_id: Uuid,
    /// What the form says then.
    pub message: String,
}

/// How far the team is with a lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum LeadStatus {
    /// Nobody has done anything yet.
    #[default]
    New,
    /// Somebody got in touch.
    Contacted,
    /// It is worth going on.
    Qualified,
    /// Became a customer.
    Won,
    /// Did not.
    Lost,
}

impl LeadStatus {
    /// Every status, in the order of the pipeline.
    pub const ALL: [Self; 5] = [Self::New, Self::Contacted, Self::Qualified, Self::Won, Self::Lost];

    /// The name used in the database and in files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Contacted => "contacted",
            Self::Qualified => "qualified",
            Self::Won => "won",
            Self::Lost => "lost",
        }
    }

    /// The status of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == name)
    }
}

/// An answer, with its question as it was then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LeadAnswer {
    /// The field's key.
    pub key: String,
    /// What the visitor read.
    pub label: String,
    /// What they filled in.
    pub value: String,
}

/// A lead in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LeadSummary {
    /// Id.
    pub id: Uuid,
    /// The bot that details were left with last; absent once it is deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bot_id: Option<Uuid>,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bot_name: Option<String>,
    /// The answer to the field `name`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The answer to the first field for an e-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The answer to the first field for a phone number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// How far the team is.
    pub status: LeadStatus,
    /// How often details were left.
    pub submissions: i32,
    /// When details were left first.
    pub created_at: DateTime<Utc>,
    /// When details were left last.
    pub submitted_at: DateTime<Utc>,
}

impl LeadSummary {
    /// What to call the person.
    pub fn title(&self) -> &str {
        let known = [&self.name, &self.email, &self.phone];
        known
            .into_iter()
            .flatten()
            .next()
            .map_or("Somebody", String::as_str)
    }
}

/// What a visitor agreed to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LeadConsent {
    /// The text, word by word.
    pub text: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// One time that details were left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LeadSubmission {
    /// Id.
    pub id: Uuid,
    /// What was filled in.
    pub answers: Vec<LeadAnswer>,
    /// What was agreed to, word by word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<String>,
    /// The conversation, if it is still kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation_id: Option<Uuid>,
    /// The page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page_url: Option<String>,
    /// When.
    pub created_at: DateTime<Utc>,
}

/// What somebody of the team wrote down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LeadNote {
    /// Id.
    pub id: Uuid,
    /// Who; absent for programs, and once the account is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// The note.
    pub content: String,
    /// When.
    pub created_at: DateTime<Utc>,
}

/// `GET /leads/{lead_id}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Lead {
    /// The list row.
    #[serde(flatten)]
    pub summary: LeadSummary,
    /// The newest answer to each question.
    pub answers: Vec<LeadAnswer>,
    /// What was agreed to last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<LeadConsent>,
    /// The newest conversation, if it is still kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation_id: Option<Uuid>,
    /// The page that details were left on last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page_url: Option<String>,
    /// The last 50 times that details were left, newest first.
    pub history: Vec<LeadSubmission>,
    /// Newest first.
    pub notes: Vec<LeadNote>,
    /// When anything about it changed last; it is kept for so many days after that.
    pub updated_at: DateTime<Utc>,
}

/// `PUT /leads/{lead_id}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SaveLeadRequest {
    /// How far the team is.
    pub status: LeadStatus,
}

/// `POST /leads/{lead_id}/notes`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AddNoteRequest {
    /// 1 to 4,000 characters.
    pub content: String,
}

/// Which leads: `GET /leads`. Everything that is set must be so.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
pub struct LeadFilter {
    /// A part of a name, an address, a number or any other answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search: Option<String>,
    /// How far the team is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<LeadStatus>,
    /// The bot that details were left with last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bot_id: Option<Uuid>,
}

/// The file that `GET /leads/export` makes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum LeadFormat {
    /// Comma-separated, in UTF-8.
    #[default]
    Csv,
    /// A workbook of Excel.
    Xlsx,
}

impl LeadFormat {
    /// The name in addresses and of files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
        }
    }
}
