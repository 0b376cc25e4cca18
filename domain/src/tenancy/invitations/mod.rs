//! Invitations: links that work once, to a workspace or to an organization.

mod accept;
mod organization;
mod workspace;

pub(crate) use accept::accept_in;
pub use accept::{accept, preview};
pub use organization::{
    create as create_for_organization, list as list_of_organization, revoke as revoke_for_organization,
};
pub use workspace::{create, list, revoke};

use api_types::tenancy::{CreateInvitationRequest, Invitation, MAX_INVITATION_DAYS, Role};
use api_types::validate::Checker;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use super::members::check_grant;
use crate::{Error, Result, opaque_token};

/// An invitation that was just made.
#[derive(Debug)]
pub struct NewInvitation {
    /// The row.
    pub invitation: Invitation,
    /// What goes into the link.
    pub token: InvitationToken,
}

/// What is stored of a new invitation.
struct Draft {
    id: Uuid,
    role: Role,
    email: Option<String>,
    token: InvitationToken,
    expires_at: DateTime<Utc>,
}

/// An open invitation as it is stored.
struct Row {
    id: Uuid,
    role: String,
    email: Option<String>,
    invited_by: Option<String>,
    created_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
}

impl TryFrom<Row> for Invitation {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        Ok(Self {
            id: row.id,
            role: row.role.parse().map_err(anyhow::Error::from)?,
            email: row.email,
            invited_by: row.invited_by,
            created_at: row.created_at,
            expires_at: row.expires_at,
        })
    }
}

impl Draft {
    /// Checks a request of somebody whose role is `own`.
    fn new(own: Role, request: &CreateInvitationRequest) -> Result<Self> {
        check_grant(own, request.role)?;
        let email = request
            .email
            .as_deref()
            .map(str::trim)
            .filter(|email| !email.is_empty());
        let mut check = Checker::default();
        check.email_or_nothing("email", email.unwrap_or_default());
        check.require(
            (1..=MAX_INVITATION_DAYS).contains(&request.days),
            "days",
            "Choose 1 to 30 days.",
        );
        check.finish().map_err(Error::validation)?;
        Ok(Self {
            id: Uuid::now_v7(),
            role: request.role,
            email: email.map(str::to_owned),
            token: InvitationToken::random(),
            expires_at: Utc::now() + TimeDelta::days(request.days.into()),
        })
    }

    /// What the audit log says of it beside its name.
    fn details(&self) -> Value {
        json!({ "role": self.role, "email": self.email, "expires_at": self.expires_at })
    }

    fn made(self, invited_by: Option<String>, created_at: DateTime<Utc>) -> NewInvitation {
        NewInvitation {
            invitation: Invitation {
                id: self.id,
                role: self.role,
                email: self.email,
                invited_by,
                created_at,
                expires_at: self.expires_at,
            },
            token: self.token,
        }
    }
}

/// What the link of an invitation holds: 32 random bytes, of which only the hash is kept.
#[derive(Clone)]
pub struct InvitationToken(String);

impl InvitationToken {
    fn random() -> Self {
        Self(opaque_token::random())
    }

    /// The text, for the link.
    pub fn expose(&self) -> &str {
        &self.0
    }

    pub(crate) fn hash(&self) -> Vec<u8> {
        opaque_token::hash(&self.0)
    }
}

impl From<String> for InvitationToken {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl std::fmt::Debug for InvitationToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("InvitationToken")
    }
}
