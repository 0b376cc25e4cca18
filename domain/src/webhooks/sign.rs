//! Secrets and signatures as the Standard Webhooks specification has them.

use anyhow::Context;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use uuid::Uuid;

/// What a secret begins with.
const PREFIX: &str = "whsec_";

/// A new secret: 32 random bytes.
pub(super) fn new_secret() -> String {
    format!("{PREFIX}{}", STANDARD.encode(rand::random::<[u8; 32]>()))
}

/// To what the sealed secret of a webhook is bound.
pub(super) fn binding(webhook_id: Uuid) -> String {
    format!("webhook {webhook_id}")
}

/// The header `webhook-signature`: over the id, the time in seconds and the body, with dots between.
pub(super) fn signature(
    secret: &SecretString,
    id: &str,
    timestamp: i64,
    body: &str,
) -> anyhow::Result<String> {
    let key = secret.expose_secret().trim_start_matches(PREFIX);
    let key = STANDARD
        .decode(key)
        .context("the secret of a webhook is no Base64")?;
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&key)?;
    mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
    Ok(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_as_the_example_of_the_specification() {
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into();
        let signed = signature(
            &secret,
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            r#"{"test": 2432232314}"#,
        );
        assert_eq!(signed.unwrap(), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn secrets_are_long_and_differ() {
        let secrets = [new_secret(), new_secret()];
        assert_ne!(secrets[0], secrets[1]);
        for secret in secrets {
            let key = STANDARD.decode(secret.strip_prefix(PREFIX).unwrap()).unwrap();
            assert_eq!(key.len(), 32);
        }
    }
}
