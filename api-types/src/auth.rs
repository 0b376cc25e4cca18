//! Accounts and sessions: `/api/v1/auth/…`.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::identities::Issuer;
use crate::tenancy::{Role, Workspace};

/// `POST /auth/signup`: makes the account, an organization and a first workspace.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SignupRequest {
    /// E-mail address, the login name; compared without regard to case.
    pub email: String,
    /// 10 to 128 characters, not easily guessed, without the person's own name or address.
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
    /// Whether the person confirmed that the address is theirs.
    pub email_verified: bool,
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
    /// The role in that workspace.
    pub role: Role,
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
    /// The role in the organization of that workspace; absent for guests, who don't belong to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization_role: Option<Role>,
    /// Every workspace the person can switch to.
    pub workspaces: Vec<Workspace>,
}

/// `PUT /auth/me`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SaveProfileRequest {
    /// How the person wants to be called, 1 to 80 characters.
    pub name: String,
}

/// `POST /auth/password/forgot`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ForgotPasswordRequest {
    /// E-mail address of the account.
    pub email: String,
}

/// `POST /auth/password/reset`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ResetPasswordRequest {
    /// What follows `#` in the link of the mail.
    pub token: String,
    /// The new password.
    pub password: String,
}

/// `PUT /auth/password`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ChangePasswordRequest {
    /// The password as it is; empty for whoever has none and signed in within the last ten minutes.
    #[serde(default)]
    pub current_password: String,
    /// The new password.
    pub password: String,
}

/// `PUT /auth/email`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ChangeEmailRequest {
    /// The new address. It takes effect once it is confirmed.
    pub email: String,
    /// The account's password; empty for whoever has none and signed in within the last ten minutes.
    #[serde(default)]
    pub current_password: String,
}

/// `POST /auth/email/verify`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct VerifyEmailRequest {
    /// What follows `#` in the link of the mail.
    pub token: String,
}

/// Answer of `POST /auth/email/verify`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct VerifiedEmail {
    /// The address that is confirmed now.
    pub email: String,
}

/// A place where the person is signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SessionInfo {
    /// Id.
    pub id: Uuid,
    /// Browser and system in plain words, such as `Firefox on Linux`.
    pub device: String,
    /// The address it was last seen at.
    pub address: String,
    /// When the person signed in there.
    pub created_at: DateTime<Utc>,
    /// When it last renewed its access, to within 15 minutes.
    pub last_used_at: DateTime<Utc>,
    /// Whether it is the one that asks.
    pub is_current: bool,
}

/// `current` of the problem `mfa_required`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MfaChallenge {
    /// To be sent back with the code; works once.
    pub challenge: String,
    /// Seconds until it expires.
    pub expires_in: u64,
}

/// `POST /auth/mfa`: the second step of signing in.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct MfaRequest {
    /// What the first step answered.
    pub challenge: String,
    /// Six digits of the authenticator app, or a recovery code.
    pub code: String,
}

/// `GET /auth/mfa`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MfaStatus {
    /// Whether signing in asks for a code.
    pub enabled: bool,
    /// Recovery codes that were not used yet.
    pub recovery_codes_left: u32,
}

/// Whoever changes how they sign in gives their password once more.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PasswordRequest {
    /// The account's password; empty for whoever has none and signed in within the last ten minutes.
    #[serde(default)]
    pub current_password: String,
}

/// Answer of `POST /auth/mfa/setup`: what the authenticator app has to know.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MfaSetup {
    /// The secret in base 32, for typing in.
    pub secret: String,
    /// The same as an `otpauth://` address.
    pub uri: String,
    /// Width and height of the QR code of that address, in modules, without a margin.
    pub qr_size: u32,
    /// Its dark modules, as the path of an SVG of that size.
    pub qr_path: String,
}

/// `POST /auth/mfa/enable`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct EnableMfaRequest {
    /// A code of the app, which shows that it was set up.
    pub code: String,
}

/// Codes that stand in for the app, each once. They are shown now and never again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RecoveryCodes {
    /// The codes.
    pub codes: Vec<String>,
}

/// `GET /auth/options`: what the pages for signing in offer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignInOptions {
    /// Whether mails are not sent but shown at `/outbox`, to whoever asks.
    pub outbox: bool,
    /// Services that people can sign in with.
    pub issuers: Vec<Issuer>,
    /// Whether they can sign in with a wallet.
    pub wallets: bool,
    /// Whether they can sign in with a passkey.
    pub passkeys: bool,
}
