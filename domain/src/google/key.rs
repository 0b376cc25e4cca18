//! Keys of service accounts.

use chrono::{DateTime, Utc};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

/// Largest key that is read, in bytes; Google's have about 2,400.
const MAX_KEY_BYTES: usize = 10_000;
/// What is asked for: to read what is shared, nothing else.
const SCOPE: &str = "https://www.googleapis.com/auth/drive.readonly";
/// How long an assertion is good for, in seconds: the most that Google takes.
const ASSERTION_SECONDS: i64 = 60 * 60;

/// The key of a service account, of which only what is needed is kept.
#[derive(Debug, Clone, Deserialize)]
pub struct Key {
    /// The address with which files and folders are shared.
    pub client_email: String,
    /// The key's id, which Google's console lists.
    pub private_key_id: String,
    /// The project that the account belongs to.
    #[serde(default)]
    pub project_id: String,
    private_key: SecretString,
    token_uri: String,
    #[serde(rename = "type")]
    kind: String,
}

/// What an assertion says.
#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    scope: &'static str,
    aud: &'a str,
    iat: i64,
    exp: i64,
}

impl Key {
    /// Reads a key as Google's console gave it. `token_uri` is the only place that assertions are sent to; a key that
    /// names another one is refused. The error says what to do.
    pub fn parse(json: &str, token_uri: &str) -> Result<Self, String> {
        const AGAIN: &str = "Paste the whole file as it was downloaded from the Google Cloud console.";
        if json.len() > MAX_KEY_BYTES {
            return Err(format!("This is too long for a key. {AGAIN}"));
        }
        let value: serde_json::Value =
            serde_json::from_str(json).map_err(|_| format!("This is not the JSON of a key. {AGAIN}"))?;
        if value["type"] != "service_account" {
            return Err(
                "This is not the key of a service account (\"type\": \"service_account\"). Make one under IAM & Admin → Service Accounts → Keys."
                    .to_owned(),
            );
        }
        let key: Self = serde_json::from_value(value).map_err(|_| {
            format!("The key lacks client_email, private_key_id, private_key or token_uri. {AGAIN}")
        })?;
        if key.token_uri != token_uri {
            return Err(format!(
                "token_uri must be {token_uri}. Make a new key in the Google Cloud console."
            ));
        }
        if !is_address(&key.client_email) {
            return Err(format!(
                "client_email is no address of a service account. {AGAIN}"
            ));
        }
        if !is_id(&key.private_key_id) || !(key.project_id.is_empty() || is_id(&key.project_id)) {
            return Err(format!("private_key_id or project_id is damaged. {AGAIN}"));
        }
        key.assertion(token_uri, Utc::now())
            .map_err(|_| format!("private_key can't be read. {AGAIN}"))?;
        Ok(key)
    }

    /// What is worth keeping, as JSON to be sealed; [`Key::parse`] reads it again.
    pub fn to_json(&self) -> String {
        serde_json::json!({
            "type": self.kind,
            "client_email": self.client_email,
            "private_key_id": self.private_key_id,
            "private_key": self.private_key.expose_secret(),
            "project_id": self.project_id,
            "token_uri": self.token_uri,
        })
        .to_string()
    }

    /// Says who we are, signed, to be exchanged for an access token at `audience`.
    pub(super) fn assertion(
        &self,
        audience: &str,
        now: DateTime<Utc>,
    ) -> jsonwebtoken::errors::Result<String> {
        let header = Header {
            kid: Some(self.private_key_id.clone()),
            ..Header::new(Algorithm::RS256)
        };
        let claims = Claims {
            iss: &self.client_email,
            scope: SCOPE,
            aud: audience,
            iat: now.timestamp(),
            exp: now.timestamp() + ASSERTION_SECONDS,
        };
        let key = EncodingKey::from_rsa_pem(self.private_key.expose_secret().as_bytes())?;
        jsonwebtoken::encode(&header, &claims, &key)
    }
}

fn is_address(text: &str) -> bool {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b'@' | b':');
    api_types::validate::is_email(text) && text.bytes().all(is_plain)
}

fn is_id(text: &str) -> bool {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b':');
    (1..=100).contains(&text.len()) && text.bytes().all(is_plain)
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::Validation;
    use serde_json::{Value, json};

    use super::*;
    use crate::google::service_account::{ACCOUNT, KEY_ID, key_file, public_key};

    const TOKEN_URI: &str = "https://oauth2.googleapis.com/token";

    #[test]
    fn a_key_signs_for_its_account() {
        let key = Key::parse(&key_file(TOKEN_URI), TOKEN_URI).unwrap();
        assert_eq!(key.client_email, ACCOUNT);
        assert!(!format!("{key:?}").contains("PRIVATE KEY"));
        let now = Utc::now();
        let assertion = key.assertion(TOKEN_URI, now).unwrap();
        let mut validation = Validation::new(Algorithm::RS256);
        validation.set_audience(&[TOKEN_URI]);
        let decoded = jsonwebtoken::decode::<Value>(&assertion, &public_key(), &validation).unwrap();
        assert_eq!(decoded.header.kid.as_deref(), Some(KEY_ID));
        assert_eq!(
            decoded.claims,
            json!({ "iss": key.client_email, "scope": SCOPE, "aud": TOKEN_URI,
                "iat": now.timestamp(), "exp": now.timestamp() + 3600 })
        );
    }

    #[test]
    fn what_is_kept_is_a_key_again() {
        let kept = Key::parse(&key_file(TOKEN_URI), TOKEN_URI).unwrap().to_json();
        assert!(!kept.contains("client_x509_cert_url"));
        let again = Key::parse(&kept, TOKEN_URI).unwrap();
        assert_eq!(again.to_json(), kept);
    }

    #[test]
    fn other_keys_are_refused_with_what_to_do() {
        let changed = |name: &str, value: Value| {
            let mut key: Value = serde_json::from_str(&key_file(TOKEN_URI)).unwrap();
            key[name] = value;
            Key::parse(&key.to_string(), TOKEN_URI).unwrap_err()
        };
        assert!(changed("type", json!("authorized_user")).contains("key of a service account"));
        assert!(changed("token_uri", json!("https://evil.example/token")).contains("token_uri must be"));
        assert!(
            changed("token_uri", json!("https://oauth2.googleapis.com/token/")).contains("token_uri must be")
        );
        assert!(
            changed(
                "private_key",
                json!("-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----")
            )
            .contains("private_key can't be read")
        );
        assert!(changed("private_key", Value::Null).contains("lacks"));
        assert!(changed("client_email", json!("a b@example.com")).contains("client_email"));
        assert!(changed("project_id", json!("a/../b")).contains("damaged"));
        assert!(
            Key::parse("ntn_token", TOKEN_URI)
                .unwrap_err()
                .contains("not the JSON")
        );
        assert!(
            Key::parse(&"x".repeat(MAX_KEY_BYTES + 1), TOKEN_URI)
                .unwrap_err()
                .contains("too long")
        );
    }
}
