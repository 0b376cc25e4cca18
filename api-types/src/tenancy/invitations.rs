//! `/invitations` to the workspace, `/organization/invitations`, and what a link shows.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Role;

/// Longest time that an invitation is open.
pub const MAX_INVITATION_DAYS: u8 = 30;

/// An invitation that is still open.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Invitation {
    /// Id.
    pub id: Uuid,
    /// The role it gives.
    pub role: Role,
    /// Only the account with this e-mail address can accept it; whoever has the link, when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Name of who made it, unless they are gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invited_by: Option<String>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
}

/// `POST /invitations`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CreateInvitationRequest {
    /// The role it gives; not above one's own.
    pub role: Role,
    /// Whom it is for; whoever has the link, when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// For how many days it is open, 1 to 30.
    pub days: u8,
}

/// Answer of `POST /invitations`: the only time the link is shown.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreatedInvitation {
    /// The list row.
    #[serde(flatten)]
    pub invitation: Invitation,
    /// The link to hand on. It works once; what makes it work follows `#`, which browsers send to nobody.
    pub link: String,
}

/// `POST /auth/invitations/preview` and `/accept`: an invitation, by the token of its link.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PresentInvitationRequest {
    /// What follows `#` in the link.
    pub token: String,
}

/// Answer of `POST /auth/invitations/preview`: what a link invites to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct InvitationPreview {
    /// The organization.
    pub organization_name: String,
    /// The workspace; all of the organization's, when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace_name: Option<String>,
    /// The role it gives.
    pub role: Role,
    /// Only the account with this e-mail address can accept it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Name of who made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invited_by: Option<String>,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
}
