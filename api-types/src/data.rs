//! Data protection: how long data is kept, exports, and receipts for what was deleted.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Longest time that data can be kept for, in days.
pub const MAX_DAYS: u16 = 3650;
/// Conversations that one request deletes.
pub const MAX_CONVERSATIONS: usize = 100;

/// `GET` and `PUT /data/policy`: what a workspace keeps, for how long.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct DataPolicy {
    /// Days after its last message that a conversation is kept, with its searches, ratings and gaps; 1 to 3650. Without
    /// it, for as long as the workspace is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversations_days: Option<u16>,
    /// Days after it was indexed that an uploaded file is kept; 1 to 3650. Its chunks stay, but can't be cut otherwise
    /// then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub files_days: Option<u16>,
    /// Days after it last changed that a lead is kept, with its submissions, notes and webhook deliveries; 1 to 3650.
    /// Without it, for as long as the workspace is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leads_days: Option<u16>,
    /// Whether e-mail addresses, phone and card numbers are taken out of what visitors write, before it is stored or a
    /// model is asked.
    #[serde(default)]
    pub redacts: bool,
}

/// How far an export is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ExportStatus {
    /// Waits for a worker.
    Queued,
    /// Is being written.
    Running,
    /// Can be downloaded.
    Done,
    /// Could not be made.
    Failed,
}

/// An archive of the data of a workspace or a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Export {
    /// Id.
    pub id: Uuid,
    /// How far it is.
    pub status: ExportStatus,
    /// What is being written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<String>,
    /// Parts that are written.
    pub parts_done: i32,
    /// All parts; 0 before it has begun.
    pub parts_total: i32,
    /// Records written so far.
    pub records: i64,
    /// Bytes, once it is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<i64>,
    /// SHA-256 of the file in hexadecimal, once it is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// When it is removed.
    pub expires_at: DateTime<Utc>,
}

impl Export {
    /// Whether it is still being made.
    pub const fn is_under_way(&self) -> bool {
        matches!(self.status, ExportStatus::Queued | ExportStatus::Running)
    }
}

/// What was deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DeletionKind {
    /// Conversations with visitors.
    Conversations,
    /// People who left their details.
    Leads,
    /// A workspace with all that was in it.
    Workspace,
    /// An organization, after its workspaces.
    Organization,
    /// A person's account.
    Person,
}

impl DeletionKind {
    /// The name used in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Conversations => "conversations",
            Self::Leads => "leads",
            Self::Workspace => "workspace",
            Self::Organization => "organization",
            Self::Person => "person",
        }
    }
}

/// A receipt for a deletion. It holds counts and ids, and nothing of what was deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeletionReceipt {
    /// Id. Random: whoever knows it may read the receipt.
    pub id: Uuid,
    /// What was deleted.
    pub kind: DeletionKind,
    /// The workspace, organization or person; of conversations and leads the workspace they were in.
    pub subject_id: Uuid,
    /// The person who asked for it, if it was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requested_by: Option<Uuid>,
    /// When it was asked for.
    pub requested_at: DateTime<Utc>,
    /// When nothing was left; absent while something is still being removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<DateTime<Utc>>,
    /// How many of what were removed, such as `messages`, `files` or `redis.drafts`.
    pub counts: BTreeMap<String, u64>,
    /// SHA-256, in hexadecimal, of this receipt as JSON without spaces and without this field; once it is finished.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
}

/// `POST /conversations/delete`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct DeleteConversationsRequest {
    /// 1 to 100 conversations: the session ids of visitors. All of them are deleted, or none.
    pub conversation_ids: Vec<Uuid>,
}
