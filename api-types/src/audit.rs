//! The audit log: `/api/v1/audit`.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! actions {
    ($($action:ident $name:literal $words:literal,)*) => {
        /// Everything that is written down. The names, `<noun>.<verb>`, stay what they are, because old entries have them.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum AuditAction {
            $(#[doc = $words] $action,)*
        }

        impl AuditAction {
            /// Every action, by noun.
            pub const ALL: &[Self] = &[$(Self::$action),*];

            /// The name in the log.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$action => $name,)*
                }
            }

            /// What was done, for people: it follows a name, as in "Ada deployed a bot".
            pub const fn words(self) -> &'static str {
                match self {
                    $(Self::$action => $words,)*
                }
            }
        }
    };
}

actions! {
    ApiKeyCreate "api_key.create" "made an API key",
    ApiKeyDelete "api_key.delete" "revoked an API key",
    AuditExport "audit.export" "exported the audit log",
    BotAddVisitorSecret "bot.add_visitor_secret" "made a secret for a bot's visitors",
    BotDelete "bot.delete" "deleted a bot",
    BotDeleteVisitorSecret "bot.delete_visitor_secret" "deleted a secret for a bot's visitors",
    BotDeploy "bot.deploy" "deployed a bot",
    BotOverrideTests "bot.override_tests" "deployed a bot although its tests did not pass",
    BotRollback "bot.rollback" "rolled a bot back",
    BotSetStatus "bot.set_status" "took a bot down or put it up again",
    CannedReplyDelete "canned_reply.delete" "deleted a canned reply",
    CannedReplySave "canned_reply.save" "wrote a canned reply",
    ChunkUpdate "chunk.update" "changed a chunk",
    ConnectionCreate "connection.create" "connected a service",
    ConnectionDelete "connection.delete" "deleted a connection",
    ConversationDelete "conversation.delete" "deleted conversations",
    DataExport "data.export" "had the workspace's data exported",
    DataExportDelete "data.export_delete" "deleted an export",
    DataExportDownload "data.export_download" "downloaded an export",
    DataPolicyChange "data.policy_change" "changed how long data is kept",
    DataRetention "data.retention" "removed what is older than it is kept",
    DocumentDelete "document.delete" "deleted a document",
    DocumentRetry "document.retry" "had a document read again",
    DocumentUpdate "document.update" "changed what is said about a document",
    EmbeddingCancel "embedding.cancel" "stayed with the embedding model",
    EmbeddingChange "embedding.change" "chose another embedding model",
    EmbeddingSwitch "embedding.switch" "switched to the new embedding model",
    InvitationAccept "invitation.accept" "accepted an invitation to the workspace",
    InvitationCreate "invitation.create" "invited somebody to the workspace",
    InvitationRevoke "invitation.revoke" "took an invitation back",
    KnowledgeBaseDelete "knowledge_base.delete" "deleted a knowledge base",
    KnowledgeBaseFinalize "knowledge_base.finalize" "made or extended a knowledge base",
    KnowledgeBaseRetryFailed "knowledge_base.retry_failed" "had all failed documents read again",
    KnowledgeBaseUpdate "knowledge_base.update" "changed the settings of a knowledge base",
    LeadAddNote "lead.add_note" "wrote a note on a lead",
    LeadDelete "lead.delete" "deleted a lead",
    LeadDeleteNote "lead.delete_note" "deleted a note on a lead",
    LeadExport "lead.export" "exported leads",
    LeadSetStatus "lead.set_status" "changed how far a lead is",
    MemberAccountDelete "member.account_delete" "deleted their account",
    MemberChange "member.change" "changed what a member may do",
    MemberLeave "member.leave" "left the workspace",
    MemberRemove "member.remove" "removed a member",
    OfficeHoursChange "office_hours.change" "changed the office hours",
    OrganizationClose "organization.close" "deleted the organization",
    OrganizationRename "organization.rename" "renamed the organization",
    OrganizationTransfer "organization.transfer" "handed the organization on",
    OrganizationInvitationAccept "organization_invitation.accept" "accepted an invitation to the organization",
    OrganizationInvitationCreate "organization_invitation.create" "invited somebody to the organization",
    OrganizationInvitationRevoke "organization_invitation.revoke" "took an invitation to the organization back",
    OrganizationMemberAccountDelete "organization_member.account_delete" "deleted their account",
    OrganizationMemberChange "organization_member.change" "changed what a member of the organization may do",
    OrganizationMemberLeave "organization_member.leave" "left the organization",
    OrganizationMemberRemove "organization_member.remove" "removed a member of the organization",
    ProviderCreate "provider.create" "connected a provider",
    ProviderDelete "provider.delete" "disconnected a provider",
    ProviderUpdate "provider.update" "changed a provider",
    SourceCancelSync "source.cancel_sync" "stopped a sync",
    SourceDelete "source.delete" "deleted a source",
    SourceRemoveGonePages "source.remove_gone_pages" "removed documents whose pages are gone",
    SourceSavePairs "source.save_pairs" "changed questions and answers",
    SourceSchedule "source.schedule" "changed how often a source is fetched",
    SourceSync "source.sync" "fetched a source again",
    TestRunCancel "test_run.cancel" "stopped a test run",
    TestRunStart "test_run.start" "ran a test set",
    TestSetChangeCases "test_set.change_cases" "changed the cases of a test set",
    TestSetCreate "test_set.create" "made a test set",
    TestSetDelete "test_set.delete" "deleted a test set",
    TestSetRename "test_set.rename" "renamed a test set",
    WebhookCreate "webhook.create" "made a webhook",
    WebhookDelete "webhook.delete" "deleted a webhook",
    WebhookUpdate "webhook.update" "changed a webhook",
    WorkspaceClose "workspace.close" "deleted a workspace",
    WorkspaceCreate "workspace.create" "made the workspace",
    WorkspaceRename "workspace.rename" "renamed the workspace",
    WorkspaceRestore "workspace.restore" "restored a workspace",
}

impl AuditAction {
    /// The action of this name; `None` for one of another version.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|action| action.as_str() == name)
    }
}

/// What kind of actor did it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum AuditActorKind {
    /// A member.
    User,
    /// A program with an API key.
    ApiKey,
    /// A job in the background.
    Worker,
    /// A command of whoever runs the server.
    Operator,
    /// Somebody on a site where a bot is embedded.
    Visitor,
    /// Not written down: the entry is older than this column.
    Unknown,
}

/// Who did it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditActor {
    /// What kind.
    pub kind: AuditActorKind,
    /// The person or key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Uuid>,
    /// Its name as it was then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// What it was done to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditObject {
    /// What it is, such as `bot`: the noun of the action.
    pub kind: String,
    /// Its id. It may have been deleted since.
    pub id: Uuid,
    /// Its name as it was then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// One entry. Nobody can change or delete it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditEntry {
    /// Id.
    pub id: Uuid,
    /// Place in the workspace's chain, from 1, without gaps.
    pub position: i64,
    /// When.
    pub created_at: DateTime<Utc>,
    /// Who.
    pub actor: AuditActor,
    /// The address that the request came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The request's id, under which the server logged it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<Uuid>,
    /// What was done: `<noun>.<verb>`.
    pub action: String,
    /// To what.
    pub object: AuditObject,
    /// More about it; what it holds depends on the action. Never a secret.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub details: serde_json::Value,
    /// The hash of the entry before, in hexadecimal.
    pub previous_hash: String,
    /// The entry's own hash, over all of it and `previous_hash`.
    pub hash: String,
}

/// Which entries: `GET /audit`. Everything that is set must be so.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
pub struct AuditFilter {
    /// The name of an action.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// The id of a person or key, a part of the name that it had, or a kind of actor such as `worker`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// The id of what it was done to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object_id: Option<Uuid>,
    /// Not before this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<DateTime<Utc>>,
    /// Before this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<DateTime<Utc>>,
}

/// The file that `GET /audit/export` makes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum AuditFormat {
    /// For spreadsheets.
    #[default]
    Csv,
    /// One JSON object a line, with everything, hashes included.
    Jsonl,
}

impl AuditFormat {
    /// The name in addresses and of files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Jsonl => "jsonl",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_are_named_once_by_noun_and_verb() {
        let names: Vec<&str> = AuditAction::ALL.iter().map(|action| action.as_str()).collect();
        assert!(names.is_sorted(), "so that a list of them is in order");
        for action in AuditAction::ALL {
            let (noun, verb) = action.as_str().split_once('.').unwrap();
            assert!(!noun.is_empty() && !verb.contains('.'));
            assert_eq!(AuditAction::from_name(action.as_str()), Some(*action));
        }
        assert_eq!(AuditAction::from_name("bot.explode"), None);
    }
}
