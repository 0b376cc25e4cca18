//! Other ways to sign in than the password: who somebody is to whom vouches for them.
//!
//! Each way ends in a [`Proof`]. One that belongs to an account signs in; one that is new makes an account after its
//! owner said how they want to be called and reached, or is added to the account of somebody who is signed in. It never
//! joins an account by itself because the e-mail addresses are the same: whoever signed up there with somebody else's
//! address would be let in.

mod manage;
mod signup;

use api_types::ErrorCode;
use api_types::identities::{IdentityKind, NewIdentity, WalletKind};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::pending::{self, Kind};
use super::sessions::Session;
use super::{Device, accounts, passkeys, sign_in};
use crate::error::Refusal;
use crate::{Error, Result, Services};
pub(super) use manage::add;
pub use manage::{identities, link, remove_identity};
pub use signup::signup_with_identity;

/// Longest label that is kept, in characters.
const MAX_LABEL: usize = 200;

/// Who somebody was proven to be.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Proof {
    /// Who vouches for them: the issuer's address, the kind of wallet, or a passkey.
    pub kind: String,
    /// Who they are there: an id that never changes.
    pub subject: String,
    /// What they are called in a list.
    pub label: String,
    /// How they call themselves there.
    pub name: Option<String>,
    /// Their e-mail address there.
    pub email: Option<String>,
    /// Whether who vouches for them says that it is theirs.
    pub email_verified: bool,
    /// Whether it is two factors by itself, so that no second one is asked for.
    #[serde(default)]
    pub is_strong: bool,
}

impl Proof {
    /// The label as it is stored.
    fn short_label(&self) -> String {
        let plain = self.label.chars().filter(|c| !c.is_control());
        plain.take(MAX_LABEL).collect()
    }
}

/// What somebody proves who they are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Purpose {
    /// To sign in.
    SignIn,
    /// To add a way to their account.
    Link {
        /// The person.
        user_id: Uuid,
        /// The session that they confirmed it in.
        session_id: Uuid,
    },
}

/// What came of it, kept for the browser that began it.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Ticket {
    pub purpose: Purpose,
    pub outcome: Outcome,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Outcome {
    Proven(Proof),
    Refused { code: ErrorCode, detail: String },
}

/// Signs in whoever the ticket of this browser proves. It is used up, unless they have no account yet: then it is good
/// for [`signup_with_identity`].
pub async fn finish(services: &Services, device: &Device, ticket: &str) -> Result<Session> {
    let proof = proven(services, ticket, Purpose::SignIn).await?;
    match find(services, &proof).await? {
        Some(user_id) => {
            take(services, ticket).await?;
            enter(services, device, user_id, &proof).await
        }
        // A passkey is made for an account: it was removed just now.
        None if proof.is_strong => Err(over()),
        None => Err(unknown(services, &proof)?),
    }
}

/// What a ticket proves. The refusal, and the ticket with it, is used up.
async fn proven(services: &Services, ticket: &str, purpose: Purpose) -> Result<Proof> {
    let found: Option<Ticket> = pending::look(&services.redis, Kind::Ticket, ticket).await?;
    let found = found.filter(|found| found.purpose == purpose).ok_or_else(over)?;
    match found.outcome {
        Outcome::Proven(proof) => Ok(proof),
        Outcome::Refused { code, detail } => {
            take(services, ticket).await?;
            Err(Error::refused(code, detail))
        }
    }
}

/// Uses a ticket up; of many who do so at once, one may go on.
async fn take(services: &Services, ticket: &str) -> Result<()> {
    let taken: Option<Ticket> = pending::take(&services.redis, Kind::Ticket, ticket).await?;
    taken.map(|_| ()).ok_or_else(over)
}

/// Whom an identity belongs to.
async fn find(services: &Services, proof: &Proof) -> Result<Option<Uuid>> {
    let found = sqlx::query_scalar!(
        "select user_id from identities where kind = $1 and subject = $2",
        proof.kind,
        proof.subject
    )
    .fetch_optional(services.db.pool())
    .await?;
    Ok(found)
}

/// Lets its owner in, through the gate that all ways lead to.
async fn enter(services: &Services, device: &Device, user_id: Uuid, proof: &Proof) -> Result<Session> {
    sqlx::query!(
        "update identities set last_used_at = now(), label = $3 where kind = $1 and subject = $2",
        proof.kind,
        proof.subject,
        proof.short_label()
    )
    .execute(services.db.pool())
    .await?;
    let user = accounts::user(&services.db, user_id).await?;
    if proof.is_strong {
        return sign_in::enter(services, device, user).await;
    }
    sign_in::admit(services, device, user).await
}

/// A kind of identity in words.
fn way(services: &Services, kind: &str) -> String {
    match sort(kind) {
        IdentityKind::Wallet => {
            let wallet = WalletKind::ALL.into_iter().find(|wallet| wallet.as_str() == kind);
            wallet.map_or_else(
                || kind.to_owned(),
                |wallet| format!("{} wallet", wallet.network()),
            )
        }
        IdentityKind::Passkey => "Passkey".to_owned(),
        IdentityKind::Issuer => services.issuers.way(kind),
    }
}

/// What sort of way a kind is. Issuers are known by their address.
fn sort(kind: &str) -> IdentityKind {
    if kind == passkeys::KIND {
        IdentityKind::Passkey
    } else if kind.contains(':') {
        IdentityKind::Issuer
    } else {
        IdentityKind::Wallet
    }
}

/// There is no account yet: what is known of them, for the form that makes one.
fn unknown(services: &Services, proof: &Proof) -> Result<Error> {
    let way = way(services, &proof.kind);
    let detail = format!(
        "There is no account for this sign-in yet: {way}, {}. Make one; or, if you have an account, sign in as you did \
         before and add this way under Account.",
        proof.short_label()
    );
    let current = NewIdentity {
        way,
        label: proof.short_label(),
        name: proof.name.clone(),
        email: proof.email.clone(),
    };
    Ok(Error::Refused(Box::new(Refusal {
        code: ErrorCode::SignUpRequired,
        detail,
        errors: Vec::new(),
        current: Some(serde_json::to_value(current)?),
        retry_after: None,
    })))
}

/// It is not there: used, too late, or of another browser.
pub(super) fn over() -> Error {
    Error::refused(
        ErrorCode::SignInFailed,
        "This sign-in was used already, took longer than ten minutes, or was begun in another browser. Begin again.",
    )
}
