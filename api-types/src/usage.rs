//! What is used, and what the plan allows: `/api/v1/usage`.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// What a plan may limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Quota {
    /// Bots.
    Bots,
    /// Knowledge bases.
    KnowledgeBases,
    /// Documents.
    Documents,
    /// Pages taken from websites and connected services, by month.
    Pages,
    /// Messages of visitors, by month.
    Messages,
    /// People in the organization, guests included.
    Members,
    /// Bytes of documents.
    Storage,
}

impl Quota {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Bots,
        Self::KnowledgeBases,
        Self::Documents,
        Self::Pages,
        Self::Messages,
        Self::Members,
        Self::Storage,
    ];

    /// The name used in the database.
    pub const fn noun(self) -> &'static str {
        match self {
            Self::Bots => "bots",
            Self::KnowledgeBases => "knowledge_bases",
            Self::Documents => "documents",
            Self::Pages => "pages",
            Self::Messages => "messages",
            Self::Members => "members",
            Self::Storage => "storage",
        }
    }

    /// Whether it begins anew each month.
    pub const fn is_monthly(self) -> bool {
        matches!(self, Self::Pages | Self::Messages)
    }

    /// So many of it, for people.
    pub fn words(self, number: i64) -> String {
        let (one, many) = match self {
            Self::Bots => ("bot", "bots"),
            Self::KnowledgeBases => ("knowledge base", "knowledge bases"),
            Self::Documents => ("document", "documents"),
            Self::Pages => ("page a month", "pages a month"),
            Self::Messages => ("message a month", "messages a month"),
            Self::Members => ("member", "members"),
            Self::Storage => ("byte of documents", "bytes of documents"),
        };
        format!("{number} {}", if number == 1 { one } else { many })
    }
}

/// How much of something there is, and how much there may be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct QuotaUse {
    /// Of what.
    pub quota: Quota,
    /// In all workspaces of the organization; what is by month, this month.
    pub used: i64,
    /// Absent: without limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<i64>,
}

/// What a workspace used on one day (UTC).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UsageDay {
    /// The day.
    pub day: NaiveDate,
    /// Messages of visitors.
    pub messages: i64,
    /// Tokens that models were given, as they count them.
    pub prompt_tokens: i64,
    /// Tokens that models wrote.
    pub completion_tokens: i64,
    /// Pages taken from websites and connected services.
    pub pages: i64,
    /// Texts that an embedding model was given.
    pub passages_embedded: i64,
}

/// `GET /usage`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Usage {
    /// The name of the organization's plan.
    pub plan: String,
    /// What the organization has of what its plan allows.
    pub quotas: Vec<QuotaUse>,
    /// What the workspace used in the last 30 days, the oldest first.
    pub days: Vec<UsageDay>,
}
