//! Signing in with a passkey. The device says whose it is.

use api_types::identities::{PasskeyAnswer, PasskeyChallenge};
use webauthn_rs::prelude::{DiscoverableAuthentication, Passkey, PublicKeyCredential};

use super::{KIND, challenge, failed, of_services, over, subject, unreadable, wrong};
use crate::auth::identities::{Outcome, Proof, Purpose, Ticket};
use crate::auth::pending::{self, Kind};
use crate::{Result, Services};

/// What to ask a passkey with.
pub async fn passkey_challenge(services: &Services) -> Result<PasskeyChallenge> {
    let site = of_services(services)?;
    let (options, state) = site
        .start_discoverable_authentication()
        .map_err(anyhow::Error::from)?;
    let secret = pending::keep(&services.redis, Kind::Passkey, &state).await?;
    challenge(secret, &options)
}

/// Takes the answer of a passkey. Answers a ticket for the browser that goes on with it.
pub async fn verify_passkey(services: &Services, request: PasskeyAnswer) -> Result<String> {
    let site = of_services(services)?;
    let answer: PublicKeyCredential = serde_json::from_value(request.credential).map_err(|_| unreadable())?;
    let state: Option<DiscoverableAuthentication> =
        pending::take(&services.redis, Kind::Passkey, &request.challenge).await?;
    let state = state.ok_or_else(over)?;
    let (user_id, id) = site
        .identify_discoverable_authentication(&answer)
        .map_err(|error| wrong(&error))?;
    let subject = subject(id);

    // Locked, so that of two answers with one count the later one is found out.
    let mut tx = services.db.begin().await?;
    let row = sqlx::query!(
        r#"select label, credential as "credential!" from identities
           where kind = $1 and subject = $2 and user_id = $3 and credential is not null
           for update"#,
        KIND,
        subject,
        user_id
    )
    .fetch_optional(&mut *tx)
    .await?;
    let row = row.ok_or_else(|| {
        failed("This passkey belongs to no account here, or was removed. Sign in another way.")
    })?;
    let mut passkey: Passkey = serde_json::from_value(row.credential)?;
    let result = site
        .finish_discoverable_authentication_v2(&answer, state, &passkey)
        .map_err(|error| wrong(&error))?;
    if !result.user_verified() {
        return Err(failed(
            "The passkey did not verify who you are. Sign in another way.",
        ));
    }
    if passkey.update_credential(&result) == Some(true) {
        sqlx::query!(
            "update identities set credential = $3 where kind = $1 and subject = $2",
            KIND,
            subject,
            serde_json::to_value(&passkey)?
        )
        .execute(&mut *tx)
        .await?;
    }
    tx.commit().await?;
    ticket(services, subject, row.label).await
}

async fn ticket(services: &Services, subject: String, label: String) -> Result<String> {
    let proof = Proof {
        kind: KIND.to_owned(),
        subject,
        label,
        name: None,
        email: None,
        email_verified: false,
        is_strong: true,
    };
    let ticket = Ticket {
        purpose: Purpose::SignIn,
        outcome: Outcome::Proven(proof),
    };
    pending::keep(&services.redis, Kind::Ticket, &ticket).await
}
