//! Who may use which route.

use api_types::tenancy::Role;
use reqwest::StatusCode;

use super::Operation;

/// What somebody needs to be let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Nothing: the list of these is what the world may reach.
    Public,
    /// To be signed in; it is about themselves.
    Person,
    /// An API key; what it may do is the matter of `api_keys.rs`.
    Key,
    /// This role or a higher one in the workspace.
    Workspace(Role),
    /// This role or a higher one in its organization, to which a guest does not belong.
    Organization(Role),
}

use Role::{Admin, Editor, Owner, Viewer};
use Rule::{Key, Organization, Person, Public, Workspace};

/// Every route.
#[rustfmt::skip]
pub const ROUTES: &[(&str, Rule)] = &[
    ("GET /api/v1/api-keys", Workspace(Admin)),
    ("POST /api/v1/api-keys", Workspace(Admin)),
    ("DELETE /api/v1/api-keys/{key_id}", Workspace(Admin)),
    ("GET /api/v1/audit", Workspace(Admin)),
    ("GET /api/v1/audit/export", Workspace(Admin)),
    ("POST /api/v1/auth/account/delete", Person),
    ("GET /api/v1/auth/closed-organizations", Person),
    ("POST /api/v1/auth/closed-organizations/{organization_id}/restore", Person),
    ("POST /api/v1/auth/context", Person),
    ("PUT /api/v1/auth/email", Person),
    ("POST /api/v1/auth/email/resend", Person),
    ("POST /api/v1/auth/email/verify", Public),
    ("GET /api/v1/auth/exports", Person),
    ("POST /api/v1/auth/exports", Person),
    ("DELETE /api/v1/auth/exports/{export_id}", Person),
    ("GET /api/v1/auth/exports/{export_id}/file", Person),
    ("GET /api/v1/auth/identities", Person),
    ("POST /api/v1/auth/identities/link", Person),
    ("POST /api/v1/auth/identities/oauth/{issuer}", Person),
    ("POST /api/v1/auth/identities/passkeys", Person),
    ("POST /api/v1/auth/identities/passkeys/challenge", Person),
    ("POST /api/v1/auth/identities/sign-in", Public),
    ("POST /api/v1/auth/identities/signup", Public),
    ("POST /api/v1/auth/identities/wallets/message", Person),
    ("POST /api/v1/auth/identities/{identity_id}/remove", Person),
    ("POST /api/v1/auth/invitations/accept", Person),
    ("POST /api/v1/auth/invitations/preview", Public),
    ("POST /api/v1/auth/login", Public),
    ("POST /api/v1/auth/logout", Public),
    ("GET /api/v1/auth/me", Person),
    ("PUT /api/v1/auth/me", Person),
    ("GET /api/v1/auth/mfa", Person),
    ("POST /api/v1/auth/mfa", Public),
    ("POST /api/v1/auth/mfa/disable", Person),
    ("POST /api/v1/auth/mfa/enable", Person),
    ("POST /api/v1/auth/mfa/recovery-codes", Person),
    ("POST /api/v1/auth/mfa/setup", Person),
    ("POST /api/v1/auth/oauth/{issuer}", Public),
    ("GET /api/v1/auth/oauth/{issuer}/callback", Public),
    ("POST /api/v1/auth/oauth/{issuer}/callback", Public),
    ("GET /api/v1/auth/options", Public),
    ("POST /api/v1/auth/passkeys/challenge", Public),
    ("POST /api/v1/auth/passkeys/verify", Public),
    ("PUT /api/v1/auth/password", Person),
    ("POST /api/v1/auth/password/forgot", Public),
    ("POST /api/v1/auth/password/reset", Public),
    ("POST /api/v1/auth/refresh", Public),
    ("GET /api/v1/auth/sessions", Person),
    ("DELETE /api/v1/auth/sessions", Person),
    ("DELETE /api/v1/auth/sessions/{session_id}", Person),
    ("POST /api/v1/auth/signup", Public),
    ("POST /api/v1/auth/wallets/message", Public),
    ("POST /api/v1/auth/wallets/verify", Public),
    ("GET /api/v1/bots", Workspace(Viewer)),
    ("GET /api/v1/bots/{bot_id}", Workspace(Viewer)),
    ("DELETE /api/v1/bots/{bot_id}", Workspace(Editor)),
    ("POST /api/v1/bots/{bot_id}/chat", Public),
    ("GET /api/v1/bots/{bot_id}/config", Public),
    ("POST /api/v1/bots/{bot_id}/feedback", Public),
    ("POST /api/v1/bots/{bot_id}/rollback", Workspace(Editor)),
    ("GET /api/v1/bots/{bot_id}/sessions/{session_id}", Public),
    ("PUT /api/v1/bots/{bot_id}/status", Workspace(Editor)),
    ("GET /api/v1/bots/{bot_id}/versions", Workspace(Viewer)),
    ("GET /api/v1/bots/{bot_id}/visitor-secrets", Workspace(Admin)),
    ("POST /api/v1/bots/{bot_id}/visitor-secrets", Workspace(Admin)),
    ("DELETE /api/v1/bots/{bot_id}/visitor-secrets/{secret_id}", Workspace(Admin)),
    ("GET /api/v1/chatbots/draft", Workspace(Viewer)),
    ("POST /api/v1/chatbots/draft", Workspace(Editor)),
    ("GET /api/v1/chatbots/draft/{draft_id}", Workspace(Viewer)),
    ("PUT /api/v1/chatbots/draft/{draft_id}", Workspace(Editor)),
    ("DELETE /api/v1/chatbots/draft/{draft_id}", Workspace(Editor)),
    ("POST /api/v1/chatbots/draft/{draft_id}/deploy", Workspace(Editor)),
    ("GET /api/v1/chatbots/draft/{draft_id}/prompt", Workspace(Viewer)),
    ("POST /api/v1/chatbots/draft/{draft_id}/test", Workspace(Editor)),
    ("GET /api/v1/connections", Workspace(Viewer)),
    ("POST /api/v1/connections", Workspace(Admin)),
    ("DELETE /api/v1/connections/{connection_id}", Workspace(Admin)),
    ("POST /api/v1/connections/{connection_id}/check", Workspace(Admin)),
    ("GET /api/v1/connections/{connection_id}/items", Workspace(Editor)),
    ("GET /api/v1/conversations", Workspace(Viewer)),
    ("GET /api/v1/conversations/{conversation_id}", Workspace(Viewer)),
    ("DELETE /api/v1/conversations/{conversation_id}", Workspace(Admin)),
    ("POST /api/v1/conversations/delete", Workspace(Admin)),
    ("GET /api/v1/conversations/{conversation_id}/messages/{message_id}/retrieval", Workspace(Viewer)),
    ("GET /api/v1/data/exports", Workspace(Admin)),
    ("POST /api/v1/data/exports", Workspace(Admin)),
    ("DELETE /api/v1/data/exports/{export_id}", Workspace(Admin)),
    ("GET /api/v1/data/exports/{export_id}/file", Workspace(Admin)),
    ("GET /api/v1/data/policy", Workspace(Viewer)),
    ("PUT /api/v1/data/policy", Workspace(Admin)),
    ("GET /api/v1/embedding", Workspace(Viewer)),
    ("PUT /api/v1/embedding", Workspace(Admin)),
    ("DELETE /api/v1/embedding/next", Workspace(Admin)),
    ("GET /api/v1/gaps", Workspace(Viewer)),
    ("GET /api/v1/invitations", Workspace(Admin)),
    ("POST /api/v1/invitations", Workspace(Admin)),
    ("DELETE /api/v1/invitations/{invitation_id}", Workspace(Admin)),
    ("GET /api/v1/kb", Workspace(Viewer)),
    ("GET /api/v1/kb/draft", Workspace(Viewer)),
    ("POST /api/v1/kb/draft", Workspace(Editor)),
    ("GET /api/v1/kb/draft/{draft_id}", Workspace(Viewer)),
    ("PUT /api/v1/kb/draft/{draft_id}", Workspace(Editor)),
    ("DELETE /api/v1/kb/draft/{draft_id}", Workspace(Editor)),
    ("POST /api/v1/kb/draft/{draft_id}/finalize", Workspace(Editor)),
    ("POST /api/v1/kb/draft/{draft_id}/pairs/import", Workspace(Editor)),
    ("GET /api/v1/kb/draft/{draft_id}/preview-chunks", Workspace(Viewer)),
    ("PUT /api/v1/kb/draft/{draft_id}/sources", Workspace(Editor)),
    ("DELETE /api/v1/kb/draft/{draft_id}/sources/{source_id}", Workspace(Editor)),
    ("GET /api/v1/kb/draft/{draft_id}/sources/{source_id}/crawl", Workspace(Viewer)),
    ("POST /api/v1/kb/draft/{draft_id}/sources/{source_id}/crawl", Workspace(Editor)),
    ("POST /api/v1/kb/draft/{draft_id}/sources/{source_id}/crawl/cancel", Workspace(Editor)),
    ("GET /api/v1/kb/draft/{draft_id}/sources/{source_id}/pages", Workspace(Viewer)),
    ("DELETE /api/v1/kb/draft/{draft_id}/sources/{source_id}/pages/{page_id}", Workspace(Editor)),
    ("GET /api/v1/kb/draft/{draft_id}/sources/{source_id}/pairs", Workspace(Viewer)),
    ("PUT /api/v1/kb/draft/{draft_id}/sources/{source_id}/pairs", Workspace(Editor)),
    ("GET /api/v1/kb/{kb_id}", Workspace(Viewer)),
    ("PUT /api/v1/kb/{kb_id}", Workspace(Editor)),
    ("DELETE /api/v1/kb/{kb_id}", Workspace(Editor)),
    ("GET /api/v1/kb/{kb_id}/documents", Workspace(Viewer)),
    ("POST /api/v1/kb/{kb_id}/documents/retry-failed", Workspace(Editor)),
    ("PUT /api/v1/kb/{kb_id}/documents/{document_id}", Workspace(Editor)),
    ("DELETE /api/v1/kb/{kb_id}/documents/{document_id}", Workspace(Editor)),
    ("GET /api/v1/kb/{kb_id}/documents/{document_id}/chunks", Workspace(Viewer)),
    ("PUT /api/v1/kb/{kb_id}/documents/{document_id}/chunks/{chunk_id}", Workspace(Editor)),
    ("POST /api/v1/kb/{kb_id}/documents/{document_id}/preview-chunks", Workspace(Editor)),
    ("GET /api/v1/kb/{kb_id}/documents/{document_id}/resting-edits", Workspace(Viewer)),
    ("POST /api/v1/kb/{kb_id}/documents/{document_id}/retry", Workspace(Editor)),
    ("POST /api/v1/kb/{kb_id}/search", Workspace(Viewer)),
    ("GET /api/v1/kb/{kb_id}/sources", Workspace(Viewer)),
    ("GET /api/v1/kb/{kb_id}/sources/{source_id}", Workspace(Viewer)),
    ("PUT /api/v1/kb/{kb_id}/sources/{source_id}", Workspace(Editor)),
    ("DELETE /api/v1/kb/{kb_id}/sources/{source_id}", Workspace(Editor)),
    ("GET /api/v1/kb/{kb_id}/sources/{source_id}/pages", Workspace(Viewer)),
    ("GET /api/v1/kb/{kb_id}/sources/{source_id}/pairs", Workspace(Viewer)),
    ("PUT /api/v1/kb/{kb_id}/sources/{source_id}/pairs", Workspace(Editor)),
    ("POST /api/v1/kb/{kb_id}/sources/{source_id}/pairs", Workspace(Editor)),
    ("POST /api/v1/kb/{kb_id}/sources/{source_id}/pairs/import", Workspace(Editor)),
    ("POST /api/v1/kb/{kb_id}/sources/{source_id}/sync", Workspace(Editor)),
    ("POST /api/v1/kb/{kb_id}/sources/{source_id}/sync/cancel", Workspace(Editor)),
    ("GET /api/v1/members", Workspace(Viewer)),
    ("PUT /api/v1/members/{user_id}", Workspace(Admin)),
    ("DELETE /api/v1/members/{user_id}", Workspace(Admin)),
    ("GET /api/v1/organization", Organization(Viewer)),
    ("PUT /api/v1/organization", Organization(Admin)),
    ("POST /api/v1/organization/close", Organization(Owner)),
    ("GET /api/v1/organization/invitations", Organization(Admin)),
    ("POST /api/v1/organization/invitations", Organization(Admin)),
    ("DELETE /api/v1/organization/invitations/{invitation_id}", Organization(Admin)),
    ("GET /api/v1/organization/members", Organization(Viewer)),
    ("PUT /api/v1/organization/members/{user_id}", Organization(Admin)),
    ("DELETE /api/v1/organization/members/{user_id}", Organization(Admin)),
    ("POST /api/v1/organization/transfer", Organization(Owner)),
    ("DELETE /api/v1/organization/workspaces/{workspace_id}", Organization(Owner)),
    ("POST /api/v1/organization/workspaces/{workspace_id}/restore", Organization(Owner)),
    ("GET /api/v1/providers", Workspace(Viewer)),
    ("POST /api/v1/providers", Workspace(Admin)),
    ("PUT /api/v1/providers/{provider_id}", Workspace(Admin)),
    ("DELETE /api/v1/providers/{provider_id}", Workspace(Admin)),
    ("POST /api/v1/providers/{provider_id}/check", Workspace(Admin)),
    ("GET /api/v1/receipts", Person),
    ("GET /api/v1/receipts/{receipt_id}", Public),
    ("GET /api/v1/test-sets", Workspace(Viewer)),
    ("POST /api/v1/test-sets", Workspace(Editor)),
    ("GET /api/v1/test-sets/{test_set_id}", Workspace(Viewer)),
    ("PUT /api/v1/test-sets/{test_set_id}", Workspace(Editor)),
    ("DELETE /api/v1/test-sets/{test_set_id}", Workspace(Editor)),
    ("GET /api/v1/test-sets/{test_set_id}/cases", Workspace(Viewer)),
    ("POST /api/v1/test-sets/{test_set_id}/cases", Workspace(Editor)),
    ("POST /api/v1/test-sets/{test_set_id}/cases/from-conversation", Workspace(Editor)),
    ("PUT /api/v1/test-sets/{test_set_id}/cases/{case_id}", Workspace(Editor)),
    ("DELETE /api/v1/test-sets/{test_set_id}/cases/{case_id}", Workspace(Editor)),
    ("GET /api/v1/test-sets/{test_set_id}/export", Workspace(Viewer)),
    ("POST /api/v1/test-sets/{test_set_id}/import", Workspace(Editor)),
    ("GET /api/v1/test-sets/{test_set_id}/runs", Workspace(Viewer)),
    ("POST /api/v1/test-sets/{test_set_id}/runs", Workspace(Editor)),
    ("GET /api/v1/test-sets/{test_set_id}/runs/{run_id}", Workspace(Viewer)),
    ("POST /api/v1/test-sets/{test_set_id}/runs/{run_id}/cancel", Workspace(Editor)),
    ("GET /api/v1/usage", Workspace(Admin)),
    ("PUT /api/v1/workspace", Workspace(Admin)),
    ("GET /api/v1/workspaces", Person),
    ("POST /api/v1/workspaces", Organization(Admin)),
    ("POST /v1/chat/completions", Key),
    ("GET /v1/models", Key),
];

/// Reads that need more than that somebody may read: another service, or a source of another kind.
pub const NEEDS_MORE: &[&str] = &[
    "GET /api/v1/kb/draft/{draft_id}/sources/{source_id}/crawl",
    "GET /api/v1/kb/draft/{draft_id}/sources/{source_id}/pages",
    "GET /api/v1/kb/draft/{draft_id}/sources/{source_id}/pairs",
    "GET /api/v1/kb/{kb_id}/sources/{source_id}/pages",
    "GET /api/v1/conversations/{conversation_id}/messages/{message_id}/retrieval",
];

/// What may be saved although it names what is not there: it is looked at when it is deployed.
pub const UNFINISHED: &[&str] = &["PUT /api/v1/chatbots/draft/{draft_id}"];

/// Bodies that take fields nobody knows: those of OpenAI's clients.
pub const OPEN_BODIES: &[&str] = &["POST /v1/chat/completions"];

/// The rule of a route; a test says when there is none.
pub fn rule(operation: &Operation) -> Rule {
    let name = operation.name();
    let found = ROUTES.iter().find(|(route, _)| *route == name);
    found.unwrap_or_else(|| panic!("{name} has no rule")).1
}

/// What a foreign id in the path leads to.
pub fn foreign(operation: &Operation) -> StatusCode {
    match operation.name().as_str() {
        // A token is no id: it is good or it is not.
        "POST /api/v1/auth/invitations/{token}/accept" => StatusCode::GONE,
        _ => StatusCode::NOT_FOUND,
    }
}
