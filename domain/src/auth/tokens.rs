//! Tokens that we sign: JWTs with HS256. Access tokens are good for 15 minutes and bound to one workspace; challenges are
//! for the second step of signing in.
//!
//! Only tokens just like ours are taken (RFC 8725): one algorithm, no header that names a key, one type for each use.

use api_types::ErrorCode;
use chrono::{DateTime, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::secrets::Secrets;
use crate::{Error, Result};

/// How long an access token is good for, in seconds.
pub const ACCESS_SECONDS: i64 = 15 * 60;
/// How long a sign-in waits for its second step, in seconds.
pub(super) const CHALLENGE_SECONDS: i64 = 5 * 60;
const ISSUER: &str = "botwright";
const AUDIENCE: &str = "botwright-api";
/// How long after its end a token is still taken, in seconds.
const LEEWAY: i64 = 30;
/// How far ahead of ours the clock of the server may be that signed a token, in seconds: one that is six minutes ahead, seen by one
/// that is six minutes behind. A signature of ours is proof enough that there was such a token.
const AHEAD: i64 = 13 * 60;
/// Ours have about 500 bytes.
const MAX_BYTES: usize = 2_000;

/// What a token is for: the `typ` claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Type {
    Access,
    Challenge,
}

/// Any token of ours.
#[derive(Debug, Serialize, Deserialize)]
struct Token<C> {
    #[serde(flatten)]
    claims: C,
    typ: Type,
    iss: String,
    aud: String,
    iat: i64,
    exp: i64,
}

/// What an access token says.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Claims {
    /// The user.
    pub sub: Uuid,
    /// The session: a token ends with it.
    pub sid: Uuid,
    /// The workspace.
    pub ws: Uuid,
}

/// What a challenge says.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Challenge {
    /// The user.
    pub sub: Uuid,
    /// The challenge's row, which goes when it is met.
    pub jti: Uuid,
}

/// Signs an access token.
pub fn sign(secrets: &Secrets, claims: Claims, now: DateTime<Utc>) -> Result<String> {
    encode(secrets, claims, Type::Access, ACCESS_SECONDS, now)
}

/// Signs a challenge.
pub(super) fn sign_challenge(secrets: &Secrets, challenge: Challenge, now: DateTime<Utc>) -> Result<String> {
    encode(secrets, challenge, Type::Challenge, CHALLENGE_SECONDS, now)
}

/// Checks an access token.
pub fn verify(secrets: &Secrets, token: &str) -> Result<Claims> {
    decode(secrets, token, Type::Access).ok_or_else(invalid)
}

/// Checks a challenge.
pub(super) fn verify_challenge(secrets: &Secrets, token: &str) -> Option<Challenge> {
    decode(secrets, token, Type::Challenge)
}

fn encode<C: Serialize>(
    secrets: &Secrets,
    claims: C,
    typ: Type,
    seconds: i64,
    now: DateTime<Utc>,
) -> Result<String> {
    let token = Token {
        claims,
        typ,
        iss: ISSUER.to_owned(),
        aud: AUDIENCE.to_owned(),
        iat: now.timestamp(),
        exp: now.timestamp() + seconds,
    };
    let key = EncodingKey::from_secret(secrets.token_key());
    Ok(jsonwebtoken::encode(&Header::new(Algorithm::HS256), &token, &key).map_err(anyhow::Error::from)?)
}

/// Checks signature, algorithm, type, issuer, audience and times; `None` for what is not a token of ours.
fn decode<C: DeserializeOwned + Clone>(secrets: &Secrets, token: &str, typ: Type) -> Option<C> {
    if token.len() > MAX_BYTES {
        return None;
    }
    let mut validation = Validation::new(Algorithm::HS256);
    validation.set_issuer(&[ISSUER]);
    validation.set_audience(&[AUDIENCE]);
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    validation.validate_nbf = true;
    validation.leeway = LEEWAY.unsigned_abs();
    let decoded = secrets.token_keys().find_map(|key| {
        let key = DecodingKey::from_secret(key);
        jsonwebtoken::decode::<Token<C>>(token, &key, &validation).ok()
    })?;
    let is_plain = decoded.header == Header::new(Algorithm::HS256);
    let is_of_now = decoded.claims.iat <= Utc::now().timestamp() + AHEAD;
    (is_plain && is_of_now && decoded.claims.typ == typ).then_some(decoded.claims.claims)
}

fn invalid() -> Error {
    Error::refused(
        ErrorCode::Unauthorized,
        "The access token is not valid or has expired; sign in again.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::SecretString;

    fn secrets(text: &str) -> Secrets {
        Secrets::new(&text.to_owned().into(), &[])
    }

    fn claims() -> Claims {
        Claims {
            sub: Uuid::now_v7(),
            sid: Uuid::now_v7(),
            ws: Uuid::now_v7(),
        }
    }

    #[test]
    fn a_token_is_good_for_its_time_and_key_only() {
        let ours = secrets("ours ours ours ours ours ours ours");
        let said = claims();
        let token = sign(&ours, said.clone(), Utc::now()).unwrap();
        let heard = verify(&ours, &token).unwrap();
        assert_eq!((heard.sub, heard.sid, heard.ws), (said.sub, said.sid, said.ws));

        assert!(verify(&secrets("theirs theirs theirs theirs theirs"), &token).is_err());
        for minutes in [-16, 14] {
            let now = Utc::now() + chrono::Duration::minutes(minutes);
            let token = sign(&ours, said.clone(), now).unwrap();
            assert!(verify(&ours, &token).is_err(), "{minutes}");
        }
    }

    #[test]
    fn tokens_outlive_a_change_of_the_master_key() {
        let token = sign(
            &secrets("ours ours ours ours ours ours ours"),
            claims(),
            Utc::now(),
        )
        .unwrap();
        let next: SecretString = "next next next next next next next".into();
        let ours: SecretString = "ours ours ours ours ours ours ours".into();
        assert!(verify(&Secrets::new(&next, &[ours]), &token).is_ok());
        assert!(verify(&Secrets::new(&next, &[]), &token).is_err());
    }

    #[test]
    fn a_challenge_is_no_access_token_nor_the_other_way_round() {
        let ours = secrets("ours ours ours ours ours ours ours");
        let challenge = Challenge {
            sub: Uuid::now_v7(),
            jti: Uuid::now_v7(),
        };
        let token = sign_challenge(&ours, challenge.clone(), Utc::now()).unwrap();
        assert_eq!(verify_challenge(&ours, &token).unwrap().jti, challenge.jti);
        assert!(verify(&ours, &token).is_err());
        let access = sign(&ours, claims(), Utc::now()).unwrap();
        assert!(verify_challenge(&ours, &access).is_none());
    }
}
