//! `/members` of the workspace, and `/organization/members`.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Role;

/// Who may enter a workspace, or belongs to an organization.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Member {
    /// The person.
    pub user_id: Uuid,
    /// Name.
    pub name: String,
    /// E-mail address.
    pub email: String,
    /// What they may do: in a workspace the higher of the two roles below.
    pub role: Role,
    /// The role in this workspace alone; absent in the list of an organization.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace_role: Option<Role>,
    /// The role in the organization, which holds in each of its workspaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization_role: Option<Role>,
    /// Whether they are kept out for now: of this workspace, or of the whole organization.
    pub is_suspended: bool,
    /// Since when they are a member.
    pub joined_at: DateTime<Utc>,
}

/// `PUT /members/{user_id}`: what is absent stays as it is.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ChangeMemberRequest {
    /// Another role; not above one's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Keep out, or let in again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_suspended: Option<bool>,
}

/// `POST /organization/transfer`: make somebody the owner and become an admin oneself.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct TransferOwnershipRequest {
    /// A member of the organization.
    pub user_id: Uuid,
}
