//! Adding a passkey to one's account.

use api_types::identities::{AddPasskeyRequest, PasskeyChallenge};
use api_types::validate::Checker;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use webauthn_rs::prelude::{CredentialID, PasskeyRegistration, RegisterPublicKeyCredential};

use super::{KIND, challenge, of_services, over, subject, unreadable, wrong};
use crate::auth::identities::{self, Proof};
use crate::auth::pending::{self, Kind};
use crate::auth::sign_in;
use crate::{Error, Result, Services};

/// A passkey that is being made, for somebody in one of their sessions.
#[derive(Serialize, Deserialize)]
struct Asked {
    user_id: Uuid,
    session_id: Uuid,
    state: PasskeyRegistration,
}

/// What to make a passkey with, for somebody who proves once more that it is them.
pub async fn passkey_registration(
    services: &Services,
    user_id: Uuid,
    session_id: Uuid,
    current_password: String,
) -> Result<PasskeyChallenge> {
    let site = of_services(services)?;
    let user = sign_in::confirm(&services.db, user_id, session_id, current_password).await?;
    let known = of_person(services, user_id).await?;
    let (options, state) = site
        .start_passkey_registration(user_id, &user.email, &user.name, Some(known))
        .map_err(anyhow::Error::from)?;
    let asked = Asked {
        user_id,
        session_id,
        state,
    };
    let secret = pending::keep(&services.redis, Kind::Registration, &asked).await?;
    let mut challenge = challenge(secret, &options)?;
    // Nobody types a name before they sign in with it: the device has to know whose it is.
    let selection = &mut challenge.options["authenticatorSelection"];
    selection["residentKey"] = "required".into();
    selection["requireResidentKey"] = true.into();
    Ok(challenge)
}

/// The person's passkeys, of which a device makes no second one.
async fn of_person(services: &Services, user_id: Uuid) -> Result<Vec<CredentialID>> {
    let subjects = sqlx::query_scalar!(
        "select subject from identities where user_id = $1 and kind = $2",
        user_id,
        KIND
    )
    .fetch_all(services.db.pool())
    .await?;
    let ids = subjects.iter().filter_map(|it| URL_SAFE_NO_PAD.decode(it).ok());
    Ok(ids.collect())
}

/// Adds the passkey that was made.
pub async fn add_passkey(
    services: &Services,
    user_id: Uuid,
    session_id: Uuid,
    request: AddPasskeyRequest,
) -> Result<()> {
    let site = of_services(services)?;
    let mut check = Checker::default();
    check.length("name", &request.name, 1, 80);
    check.finish().map_err(Error::validation)?;
    let made: RegisterPublicKeyCredential =
        serde_json::from_value(request.credential).map_err(|_| unreadable())?;
    let asked: Option<Asked> = pending::take(&services.redis, Kind::Registration, &request.challenge).await?;
    let asked = asked
        .filter(|asked| asked.user_id == user_id && asked.session_id == session_id)
        .ok_or_else(over)?;
    let passkey = site.finish_passkey_registration(&made, &asked.state);
    let passkey = passkey.map_err(|error| wrong(&error))?;
    let proof = Proof {
        kind: KIND.to_owned(),
        subject: subject(passkey.cred_id()),
        label: request.name.trim().to_owned(),
        name: None,
        email: None,
        email_verified: false,
        is_strong: true,
    };
    let credential = serde_json::to_value(passkey)?;
    identities::add(services, user_id, &proof, Some(credential)).await
}
