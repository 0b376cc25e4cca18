//! Tokens of sites about their visitors: JWTs with HS256, signed with a secret of the bot, good for an hour at most.
//!
//! Claims: `sub` (the site's id of the visitor), `exp`, and if wanted `iat`, `nbf`, `name`, `email` and `aud`, which is
//! then the bot's id. As with our own tokens (RFC 8725) there is one algorithm, and no header that names a key.

use api_types::ErrorCode;
use api_types::visitors::{MAX_VISITOR_TOKEN_SECONDS, Visitor};
use chrono::Utc;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation};
use secrecy::ExposeSecret;
use serde::Deserialize;

use super::secrets::open;
use crate::bots::LiveBot;
use crate::secrets::Secrets;
use crate::{Error, Result};

/// How far the site's clock may be apart from ours, in seconds.
const LEEWAY: i64 = 60;
const MAX_BYTES: usize = 4_096;

#[derive(Debug, Clone, Deserialize)]
struct Claims {
    sub: String,
    exp: i64,
    #[serde(default)]
    iat: Option<i64>,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    email: Option<String>,
}

/// Who the visitor is, if the site says so. A token that is not good is refused, also where none is needed: the site
/// means to say something.
pub fn verify(secrets: &Secrets, bot: &LiveBot, token: Option<&str>) -> Result<Option<Visitor>> {
    let Some(token) = token else {
        if bot.content.access.verified_only {
            let detail =
                "This bot talks to signed-in visitors of its site only. Sign in there and try again.";
            return Err(unverified(detail));
        }
        return Ok(None);
    };
    let claims = decode(secrets, bot, token).map_err(unverified)?;
    check(&claims).map_err(unverified)?;
    Ok(Some(Visitor {
        id: claims.sub,
        name: claims.name,
        email: claims.email,
    }))
}

fn decode(secrets: &Secrets, bot: &LiveBot, token: &str) -> Result<Claims, &'static str> {
    if token.len() > MAX_BYTES {
        return Err("The visitor's token is too long.");
    }
    if bot.visitor_secrets.is_empty() {
        return Err("This bot has no secret for visitors' tokens; make one on its page.");
    }
    check_header(token)?;
    let mut validation = Validation::new(Algorithm::HS256);
    validation.set_required_spec_claims(&["exp", "sub"]);
    validation.validate_nbf = true;
    validation.leeway = LEEWAY.unsigned_abs();
    // Only looked at if it is there.
    validation.set_audience(&[bot.id]);
    let mut reason = "The visitor's token is not signed with a secret of this bot.";
    for sealed in &bot.visitor_secrets {
        let Ok(secret) = open(secrets, bot.id, sealed) else {
            tracing::error!(bot_id = %bot.id, "a secret for visitors' tokens can't be opened");
            continue;
        };
        let key = DecodingKey::from_secret(secret.expose_secret().as_bytes());
        match jsonwebtoken::decode::<Claims>(token, &key, &validation) {
            Ok(decoded) => return Ok(decoded.claims),
            Err(error) => reason = describe(error.kind()).unwrap_or(reason),
        }
    }
    Err(reason)
}

fn check_header(token: &str) -> Result<(), &'static str> {
    let not_one = "The visitor's token is no JSON Web Token signed with HS256.";
    let header = jsonwebtoken::decode_header(token).map_err(|_| not_one)?;
    if header.alg != Algorithm::HS256 {
        return Err(not_one);
    }
    let plain = Header {
        typ: header.typ.clone(),
        ..Header::new(Algorithm::HS256)
    };
    if header != plain {
        return Err("The visitor's token has a header other than `alg` and `typ`; leave the others out.");
    }
    Ok(())
}

/// What is wrong with a token whose signature is right.
fn describe(kind: &ErrorKind) -> Option<&'static str> {
    match kind {
        ErrorKind::ExpiredSignature => Some("The visitor's token has expired; get a new one from the site."),
        ErrorKind::ImmatureSignature => {
            Some("The visitor's token is not good yet (`nbf`): check the site's clock.")
        }
        ErrorKind::InvalidAudience => Some("The visitor's token is for another bot (`aud`)."),
        ErrorKind::MissingRequiredClaim(_) | ErrorKind::Json(_) => {
            Some("The visitor's token needs `sub` (text) and `exp` (seconds since 1970).")
        }
        _ => None,
    }
}

fn check(claims: &Claims) -> Result<(), &'static str> {
    let now = Utc::now().timestamp();
    if claims.exp > now + MAX_VISITOR_TOKEN_SECONDS + LEEWAY {
        return Err("The visitor's token is good for more than an hour; let `exp` be nearer.");
    }
    if claims.iat.is_some_and(|iat| iat > now + LEEWAY) {
        return Err("The visitor's token is from the future (`iat`): check the site's clock.");
    }
    let fits = |text: &str, min: usize, max: usize| {
        (min..=max).contains(&text.chars().count()) && !text.contains('\0')
    };
    if !fits(&claims.sub, 1, 200) || claims.sub.trim().is_empty() {
        return Err("The visitor's token needs an id of 1 to 200 characters as `sub`.");
    }
    let texts = [claims.name.as_deref(), claims.email.as_deref()];
    if !texts.into_iter().flatten().all(|text| fits(text, 0, 200)) {
        return Err("`name` and `email` of the visitor's token have at most 200 characters.");
    }
    Ok(())
}

fn unverified(detail: &str) -> Error {
    Error::refused(ErrorCode::VisitorUnverified, detail)
}
