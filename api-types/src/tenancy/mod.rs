//! Organizations, workspaces, who may enter them and who is invited: `/api/v1/{workspaces,members,invitations,organization}`.

mod invitations;
mod members;
mod organization;

pub use invitations::{
    CreateInvitationRequest, CreatedInvitation, Invitation, InvitationPreview, MAX_INVITATION_DAYS,
    PresentInvitationRequest,
};
pub use members::{ChangeMemberRequest, Member, TransferOwnershipRequest};
pub use organization::{
    CloseOrganizationRequest, Closed, ClosedOrganization, Organization, OrganizationWorkspace,
};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What a member may do, from most to least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Reads everything.
    Viewer,
    /// Builds and deploys bots and knowledge bases.
    Editor,
    /// Also manages providers, keys and members.
    Admin,
    /// Also manages the organization.
    Owner,
}

impl Role {
    /// The name used in the database and in tokens.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Editor => "editor",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }
}

impl std::str::FromStr for Role {
    type Err = UnknownRole;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "viewer" => Ok(Self::Viewer),
            "editor" => Ok(Self::Editor),
            "admin" => Ok(Self::Admin),
            "owner" => Ok(Self::Owner),
            _ => Err(UnknownRole),
        }
    }
}

/// The name is not one of the four roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownRole;

impl std::fmt::Display for UnknownRole {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("not a role: expected owner, admin, editor or viewer")
    }
}

impl std::error::Error for UnknownRole {}

/// A workspace: the tenant that owns bots, knowledge bases and conversations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Workspace {
    /// Id.
    pub id: Uuid,
    /// The organization it belongs to.
    pub organization_id: Uuid,
    /// Name of that organization.
    pub organization_name: String,
    /// Name, unique in the organization.
    pub name: String,
}

/// `POST /workspaces`, a further workspace in the organization of the current one, and `PUT` of a workspace or of the
/// organization, another name.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SaveNameRequest {
    /// 1 to 80 characters.
    pub name: String,
}
