//! `/organization`: the organization of the current workspace.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Role;

/// An organization as one of its members sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Organization {
    /// Id.
    pub id: Uuid,
    /// Name.
    pub name: String,
    /// One's own role in it.
    pub role: Role,
    /// Its workspaces by name.
    pub workspaces: Vec<OrganizationWorkspace>,
}

/// A workspace in the list of its organization.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OrganizationWorkspace {
    /// Id.
    pub id: Uuid,
    /// Name.
    pub name: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it is removed with all that is in it. It is closed already, and can be restored until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deletes_at: Option<DateTime<Utc>>,
}

/// `POST /organization/close`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CloseOrganizationRequest {
    /// The name of the organization, typed again, so that nobody closes one by accident.
    pub name: String,
}

/// Answer of `POST /organization/close` and `DELETE /organization/workspaces/{workspace_id}`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Closed {
    /// When it is removed with all that is in it; until then it can be restored.
    pub deletes_at: DateTime<Utc>,
}

/// `GET /auth/closed-organizations`: an organization of one's own that can still be restored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ClosedOrganization {
    /// Id.
    pub id: Uuid,
    /// Name.
    pub name: String,
    /// When it is removed with all that is in it.
    pub deletes_at: DateTime<Utc>,
}
