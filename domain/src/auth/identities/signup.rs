//! Making an account for somebody without a password.

use api_types::identities::IdentitySignupRequest;
use api_types::validate;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::super::accounts::{self, NewPerson, email_taken};
use super::super::sessions::{self, Session};
use super::{Device, Proof, Purpose, proven, take, way};
use crate::{Error, Result, Services};

/// Makes an account for whoever the ticket of this browser proves, and signs in. The ticket is used up only when that
/// works, so that an address can be corrected.
pub async fn signup_with_identity(
    services: &Services,
    device: &Device,
    ticket: &str,
    request: IdentitySignupRequest,
) -> Result<Session> {
    validate::identity_signup(&request).map_err(Error::validation)?;
    let proof = proven(services, ticket, Purpose::SignIn).await?;
    if proof.is_strong {
        // A passkey is made for an account.
        return Err(super::over());
    }
    let is_verified = is_theirs(&proof, &request.email);
    let person = NewPerson {
        email: request.email,
        name: request.name,
        password_hash: None,
        is_verified,
        invitation: request.invitation,
    };
    let (mut tx, user, workspace_id) = accounts::found(&services.db, &services.plans, person)
        .await
        .map_err(|error| match error.code() {
            api_types::ErrorCode::EmailTaken => has_account(services, &proof),
            _ => error,
        })?;
    if !insert(&mut tx, user.id, &proof, None).await? {
        // Another tab was faster.
        return Err(super::over());
    }
    if !is_verified {
        accounts::mail_confirmation(&mut tx, services, &user).await?;
    }
    take(services, ticket).await?;
    tx.commit().await?;
    sessions::begin(&services.db, &services.secrets, user, workspace_id, device).await
}

/// Whether the issuer says that this address is theirs.
fn is_theirs(proof: &Proof, email: &str) -> bool {
    let is_same = |known: &String| known.to_lowercase() == email.trim().to_lowercase();
    proof.email_verified && proof.email.as_ref().is_some_and(is_same)
}

/// Writes an identity. Answers whether it was free.
pub(super) async fn insert(
    conn: &mut PgConnection,
    user_id: Uuid,
    proof: &Proof,
    credential: Option<Value>,
) -> Result<bool> {
    let inserted = sqlx::query!(
        "insert into identities (id, user_id, kind, subject, label, credential) values ($1, $2, $3, $4, $5, $6)
         on conflict (kind, subject) do nothing",
        Uuid::now_v7(),
        user_id,
        proof.kind,
        proof.subject,
        proof.short_label(),
        credential
    )
    .execute(conn)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

fn has_account(services: &Services, proof: &Proof) -> Error {
    email_taken(&format!(
        "There is an account with this e-mail address. Sign in to it as you did before, then add this way under \
         Account: {}.",
        way(services, &proof.kind)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_confirmed_only_if_the_issuer_says_so_of_this_one() {
        let proof = |email: Option<&str>, email_verified| Proof {
            kind: "https://id.example.com".to_owned(),
            subject: "1".to_owned(),
            label: String::new(),
            name: None,
            email: email.map(str::to_owned),
            email_verified,
            is_strong: false,
        };
        assert!(is_theirs(
            &proof(Some("Ada@example.com"), true),
            " ada@example.com"
        ));
        assert!(!is_theirs(
            &proof(Some("ada@example.com"), false),
            "ada@example.com"
        ));
        assert!(!is_theirs(
            &proof(Some("ada@example.com"), true),
            "eve@example.com"
        ));
        assert!(!is_theirs(&proof(None, true), "ada@example.com"));
        assert!(!is_theirs(&proof(None, true), ""));
    }
}
