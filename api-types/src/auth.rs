//! Accounts and sessions: `/api/v1/auth/…`.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::tenancy::{Role, Workspace};

/// `POST /auth/signup`: makes the account, an organization and a first workspace.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SignupRequest {
    /// E-mail address, the login name; compared without regard to case.
    pub email: String,
    /// 10 to 128 characters.
    pub password: String,
    /// How the person wants to be called, 1 to 80 characters.
    pub name: String,
    /// The token of an invitation: they join what it leads to, and get no organization of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invitation: Option<String>,
}

/// `POST /auth/login`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct LoginRequest {
    /// E-mail address.
    pub email: String,
    /// Password.
    pub password: String,
}

/// `POST /auth/context`: continue in another workspace.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ContextRequest {
    /// The workspace to switch to; the user must be a member.
    pub workspace_id: Uuid,
}

/// A person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct User {
    /// Id.
    pub id: Uuid,
    /// E-mail address.
    pub email: String,
    /// Display name.
    pub name: String,
}

/// Answer of `signup`, `login`, `refresh` and `context`. The refresh token travels beside it in an HttpOnly cookie.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuthResponse {
    /// JWT to send as `Authorization: Bearer …`.
    pub access_token: String,
    /// Always `Bearer`.
    pub token_type: String,
    /// Seconds until the access token expires.
    pub expires_in: u64,
    /// Who signed in.
    pub user: User,
    /// The workspace the token is for.
    pub workspace: Workspace,
}

/// `GET /auth/me`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Me {
    /// Who is signed in.
    pub user: User,
    /// The workspace of the token.
    pub workspace: Workspace,
    /// The role in that workspace.
    pub role: Role,
    /// Every workspace the person can switch to.
    pub workspaces: Vec<Workspace>,
}
