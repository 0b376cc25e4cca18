//! Passkeys: keys that a device or password manager keeps for this site (WebAuthn). Its owner is verified by it each
//! time, by a finger, face or PIN, so that one is two factors by itself.

mod add;
mod sign_in;

use anyhow::Context;
use api_types::ErrorCode;
use api_types::identities::PasskeyChallenge;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde_json::Value;
use url::Url;
use webauthn_rs::prelude::{Webauthn, WebauthnBuilder, WebauthnError};

use crate::{Error, Result, Services};
pub use add::{add_passkey, passkey_registration};
pub use sign_in::{passkey_challenge, verify_passkey};

/// The kind of identity.
pub(super) const KIND: &str = "passkey";

/// What checks passkeys of the site at this address. `None` where browsers know none: they belong to a name, not to an
/// address such as 127.0.0.1.
pub(crate) fn site(public_url: &str) -> anyhow::Result<Option<Webauthn>> {
    let origin = Url::parse(public_url)?;
    let Some(domain) = origin.domain() else {
        return Ok(None);
    };
    let site = WebauthnBuilder::new(domain, &origin)
        .and_then(|builder| builder.rp_name("Botwright").build())
        .context("passkeys can't be set up")?;
    Ok(Some(site))
}

fn of_services(services: &Services) -> Result<&Webauthn> {
    services.passkeys.as_ref().ok_or_else(|| {
        Error::refused(
            ErrorCode::NotFound,
            "Passkeys need a server with a name, not an address of numbers. Choose another way to sign in.",
        )
    })
}

/// What the browser is asked with: the options of `navigator.credentials`, of which the challenge is a part.
fn challenge(secret: String, options: &impl Serialize) -> Result<PasskeyChallenge> {
    let options = serde_json::to_value(options)?;
    Ok(PasskeyChallenge {
        challenge: secret,
        options: options.get("publicKey").cloned().unwrap_or(Value::Null),
    })
}

/// How an identity of this key is named.
fn subject(id: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(id)
}

/// What the browser sent is not a passkey's answer.
fn unreadable() -> Error {
    Error::field("credential", "This is not the answer of a passkey.")
}

fn over() -> Error {
    failed("This took longer than five minutes, or was answered already. Begin again.")
}

fn wrong(error: &WebauthnError) -> Error {
    tracing::warn!(?error, "a passkey's answer is not right");
    failed("The passkey could not be verified. Begin again, or sign in another way.")
}

fn failed(detail: &str) -> Error {
    Error::refused(ErrorCode::SignInFailed, detail)
}
