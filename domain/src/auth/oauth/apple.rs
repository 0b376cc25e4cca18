//! What is Apple's own: a secret that we sign, and a name that comes beside the token.

use anyhow::Context;
use chrono::Utc;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use openidconnect::ClientSecret;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};

use crate::Result;
use crate::config::Apple;

/// How long a secret is good for, in seconds; one is made for each sign-in.
const SECONDS: i64 = 5 * 60;

/// The key that Apple gave us, and its names.
pub(super) struct SigningKey {
    team_id: String,
    key_id: String,
    key: EncodingKey,
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SigningKey({})", self.key_id)
    }
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    iat: i64,
    exp: i64,
    aud: &'a str,
    sub: &'a str,
}

impl SigningKey {
    /// Reads the key. A file's line breaks may be written as `\n`, for the environment.
    pub(super) fn new(settings: &Apple) -> anyhow::Result<Self> {
        let pem = settings.private_key.expose_secret().replace("\\n", "\n");
        let key = EncodingKey::from_ec_pem(pem.as_bytes())
            .context("sign_in.apple.private_key is not the text of an AuthKey_….p8 file")?;
        Ok(Self {
            team_id: settings.team_id.clone(),
            key_id: settings.key_id.clone(),
            key,
        })
    }

    /// The secret of one request.
    pub(super) fn secret(&self, client_id: &str, issuer: &str) -> Result<ClientSecret> {
        let mut header = Header::new(Algorithm::ES256);
        header.kid = Some(self.key_id.clone());
        let now = Utc::now().timestamp();
        let claims = Claims {
            iss: &self.team_id,
            iat: now,
            exp: now + SECONDS,
            aud: issuer,
            sub: client_id,
        };
        let signed = jsonwebtoken::encode(&header, &claims, &self.key).map_err(anyhow::Error::from)?;
        Ok(ClientSecret::new(signed))
    }
}

/// The name that Apple sends along the first time, unsigned: good for a form to begin with, and nothing else.
pub(super) fn name(user: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct User {
        name: Name,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Name {
        #[serde(default)]
        first_name: String,
        #[serde(default)]
        last_name: String,
    }
    let User { name } = serde_json::from_str(user).ok()?;
    let name = format!("{} {}", name.first_name.trim(), name.last_name.trim());
    let name: String = name.trim().chars().take(80).collect();
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_is_read_if_it_is_there() {
        let user = r#"{"name":{"firstName":"Ada","lastName":"Lovelace"},"email":"ada@example.com"}"#;
        assert_eq!(name(user).as_deref(), Some("Ada Lovelace"));
        for nothing in ["", "{}", r#"{"name":{}}"#, r#"{"name":{"firstName":" "}}"#, "[1]"] {
            assert_eq!(name(nothing), None, "{nothing}");
        }
    }
}
