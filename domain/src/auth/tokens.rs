//! Access tokens: JWTs signed with HS256, good for 15 minutes, bound to one workspace.

use api_types::ErrorCode;
use chrono::{DateTime, Duration, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::secrets::Secrets;
use crate::{Error, Result};

/// How long an access token is good for, in seconds.
pub const ACCESS_SECONDS: i64 = 15 * 60;
const ISSUER: &str = "botwright";
const AUDIENCE: &str = "botwright-api";
/// The `typ` claim of access tokens; other kinds of token will carry another one.
const TYPE: &str = "access";

/// What an access token says.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Claims {
    /// The user.
    pub sub: Uuid,
    /// The session, so that a token ends with its session when it is next refreshed.
    pub sid: Uuid,
    /// The workspace.
    pub ws: Uuid,
    typ: String,
    iss: String,
    aud: String,
    iat: i64,
    exp: i64,
}

/// Signs a token.
pub(super) fn sign(
    secrets: &Secrets,
    user_id: Uuid,
    session_id: Uuid,
    workspace_id: Uuid,
    now: DateTime<Utc>,
) -> Result<String> {
    let claims = Claims {
        sub: user_id,
        sid: session_id,
        ws: workspace_id,
        typ: TYPE.to_owned(),
        iss: ISSUER.to_owned(),
        aud: AUDIENCE.to_owned(),
        iat: now.timestamp(),
        exp: (now + Duration::seconds(ACCESS_SECONDS)).timestamp(),
    };
    let key = EncodingKey::from_secret(secrets.token_key());
    Ok(jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key).map_err(anyhow::Error::from)?)
}

/// Checks signature, algorithm, type, issuer, audience and time.
pub(super) fn verify(secrets: &Secrets, token: &str) -> Result<Claims> {
    let mut validation = Validation::new(Algorithm::HS256);
    validation.set_issuer(&[ISSUER]);
    validation.set_audience(&[AUDIENCE]);
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    validation.leeway = 30;
    let key = DecodingKey::from_secret(secrets.token_key());
    let claims = jsonwebtoken::decode::<Claims>(token, &key, &validation)
        .map_err(|_| invalid())?
        .claims;
    if claims.typ != TYPE {
        return Err(invalid());
    }
    Ok(claims)
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

    fn secrets(text: &str) -> Secrets {
        Secrets::new(&text.to_owned().into())
    }

    #[test]
    fn a_token_is_good_for_its_time_and_key_only() {
        let ours = secrets("ours ours ours ours ours ours ours");
        let [user, session, workspace] = [Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7()];
        let token = sign(&ours, user, session, workspace, Utc::now()).unwrap();
        let claims = verify(&ours, &token).unwrap();
        assert_eq!((claims.sub, claims.sid, claims.ws), (user, session, workspace));

        assert!(verify(&secrets("theirs theirs theirs theirs theirs"), &token).is_err());
        let old = sign(
            &ours,
            user,
            session,
            workspace,
            Utc::now() - Duration::minutes(16),
        )
        .unwrap();
        assert!(verify(&ours, &old).is_err());
    }

    #[test]
    fn other_algorithms_and_types_are_refused() {
        let ours = secrets("ours ours ours ours ours ours ours");
        let key = EncodingKey::from_secret(ours.token_key());
        let now = Utc::now().timestamp();
        let claims = |typ: &str| Claims {
            sub: Uuid::nil(),
            sid: Uuid::nil(),
            ws: Uuid::nil(),
            typ: typ.to_owned(),
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            iat: now,
            exp: now + 60,
        };
        let good = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims(TYPE), &key).unwrap();
        assert!(verify(&ours, &good).is_ok());
        let hs512 = jsonwebtoken::encode(&Header::new(Algorithm::HS512), &claims(TYPE), &key).unwrap();
        assert!(verify(&ours, &hs512).is_err());
        let visitor = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims("visitor"), &key).unwrap();
        assert!(verify(&ours, &visitor).is_err());
        assert!(verify(&ours, "eyJhbGciOiJub25lIn0.e30.").is_err());
    }
}
