//! Signing in with an account elsewhere: OAuth 2.0 and OpenID Connect.
//!
//! `begin` sends the browser to the issuer with a `state` that is good once, in this browser, for ten minutes;
//! `callback` takes what it comes back with. What comes of it, good or bad, is kept as a ticket in a cookie, and the
//! dashboard goes on from there: nothing that opens an account ever stands in an address.

mod apple;
mod discovery;
mod github;
mod http;
mod issuers;
mod openid;

use api_types::ErrorCode;
use api_types::identities::BeginOAuthRequest;
use openidconnect::PkceCodeChallenge;
use serde::{Deserialize, Serialize};
use url::form_urlencoded;
use uuid::Uuid;

use super::identities::{Outcome, Proof, Purpose, Ticket};
use super::pending::{self, Kind};
use super::sign_in;
use crate::{Error, Result, Services, opaque_token};
use github::GitHub;
pub use issuers::Issuers;
use issuers::{Issuer, Protocol};

/// Longest address that is gone on with, in bytes.
const MAX_NEXT: usize = 2_000;

/// Somebody who was sent to an issuer.
#[derive(Serialize, Deserialize)]
struct Attempt {
    issuer: String,
    /// SHA-256 of the browser's cookie.
    browser: String,
    /// Comes back in the ID token.
    nonce: String,
    /// The secret behind the code challenge.
    verifier: String,
    purpose: Purpose,
    /// Where to go on, as a query.
    query: String,
}

/// What a browser is sent away with.
#[derive(Debug)]
pub struct Begun {
    /// The page of the issuer.
    pub url: String,
    /// For a cookie: it must come back with this.
    pub browser: String,
    /// Whether it comes back by a form of the issuer's, so that the cookie has to be sent along from there.
    pub posts: bool,
}

/// What a browser comes back with.
#[derive(Debug, Default, Deserialize)]
pub struct OAuthAnswer {
    /// What we sent it away with.
    pub state: Option<String>,
    /// What the tokens are had for.
    pub code: Option<String>,
    /// Why there is no code.
    pub error: Option<String>,
    /// Which issuer says so (RFC 9207).
    pub iss: Option<String>,
    /// Apple's: who they say they are.
    pub user: Option<String>,
}

/// Where a browser goes on.
#[derive(Debug)]
pub struct Returned {
    /// A page of the dashboard.
    pub url: String,
    /// For a cookie: what came of it. `None` if it can't be told what was begun.
    pub ticket: Option<String>,
}

/// Begins to sign in.
pub async fn begin(services: &Services, issuer: &str, request: &BeginOAuthRequest) -> Result<Begun> {
    let query = query(request)?;
    start(services, issuer, Purpose::SignIn, query).await
}

/// Begins to add an account elsewhere to that of somebody who proves once more that it is them.
pub async fn begin_link(
    services: &Services,
    user_id: Uuid,
    session_id: Uuid,
    issuer: &str,
    current_password: String,
) -> Result<Begun> {
    services.issuers.find(issuer)?;
    sign_in::confirm(&services.db, user_id, session_id, current_password).await?;
    let purpose = Purpose::Link { user_id, session_id };
    start(services, issuer, purpose, String::new()).await
}

async fn start(services: &Services, issuer: &str, purpose: Purpose, query: String) -> Result<Begun> {
    let issuer = services.issuers.find(issuer)?;
    let browser = opaque_token::random();
    let nonce = opaque_token::random();
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let attempt = Attempt {
        issuer: issuer.id.clone(),
        browser: hex::encode(opaque_token::hash(&browser)),
        nonce: nonce.clone(),
        verifier: verifier.into_secret(),
        purpose,
        query,
    };
    let state = pending::keep(&services.redis, Kind::OAuth, &attempt).await?;
    let url = match &issuer.protocol {
        Protocol::GitHub { url, api_url, secret } => {
            let github = GitHub { url, api_url, secret };
            github.authorize_url(services, issuer, state, challenge)?
        }
        _ => openid::authorize_url(services, issuer, state, nonce, challenge).await?,
    };
    Ok(Begun {
        url,
        browser,
        posts: issuer.posts(),
    })
}

/// Takes what a browser comes back with. `browser` is its cookie.
pub async fn callback(
    services: &Services,
    issuer: &str,
    browser: Option<&str>,
    answer: OAuthAnswer,
) -> Result<Returned> {
    let state = answer.state.clone().unwrap_or_default();
    // Taken first: whatever comes of it, it is over.
    let attempt: Option<Attempt> = pending::take(&services.redis, Kind::OAuth, &state).await?;
    let attempt = attempt.filter(|attempt| {
        let is_same = browser.is_some_and(|it| hex::encode(opaque_token::hash(it)) == attempt.browser);
        is_same && attempt.issuer == issuer
    });
    let Some(attempt) = attempt else {
        return Ok(Returned {
            url: page(services, Purpose::SignIn, ""),
            ticket: None,
        });
    };
    let (purpose, url) = (attempt.purpose, page(services, attempt.purpose, &attempt.query));
    let issuer = services.issuers.find(issuer)?;
    let outcome = match read(services, issuer, attempt, answer).await {
        Ok(proof) => Outcome::Proven(proof),
        Err(Error::Refused(refusal)) => Outcome::Refused {
            code: refusal.code,
            detail: refusal.detail,
        },
        Err(other) => return Err(other),
    };
    let ticket = pending::keep(&services.redis, Kind::Ticket, &Ticket { purpose, outcome }).await?;
    Ok(Returned {
        url,
        ticket: Some(ticket),
    })
}

async fn read(services: &Services, issuer: &Issuer, attempt: Attempt, answer: OAuthAnswer) -> Result<Proof> {
    if answer.error.as_deref() == Some("access_denied")
        || answer.error.as_deref() == Some("user_cancelled_authorize")
    {
        return Err(Error::refused(
            ErrorCode::SignInFailed,
            format!("You did not go on at {}. Nothing was changed.", issuer.label),
        ));
    }
    if let Some(error) = &answer.error {
        return Err(refused(issuer, error));
    }
    if answer.iss.as_ref().is_some_and(|iss| !issuer.is_called(iss)) {
        return Err(refused(issuer, "the answer is another one's"));
    }
    let code = answer.code.unwrap_or_default();
    let mut proof = match &issuer.protocol {
        Protocol::GitHub { url, api_url, secret } => {
            let github = GitHub { url, api_url, secret };
            github.redeem(services, issuer, attempt, code).await?
        }
        _ => openid::redeem(services, issuer, attempt, code).await?,
    };
    if proof.name.is_none() && issuer.posts() {
        proof.name = answer.user.as_deref().and_then(apple::name);
    }
    Ok(proof)
}

/// The page that goes on, with what it needs to know.
fn page(services: &Services, purpose: Purpose, query: &str) -> String {
    let path = match purpose {
        Purpose::SignIn => "/sign-in/finish",
        Purpose::Link { .. } => "/account/link",
    };
    let mark = if query.is_empty() { "" } else { "?" };
    format!("{}{path}{mark}{query}", services.public_url)
}

/// What the sign-in pages know each other by.
fn query(request: &BeginOAuthRequest) -> Result<String> {
    let mut query = form_urlencoded::Serializer::new(String::new());
    if let Some(next) = &request.next {
        // A browser takes `//host` and `/\host` for another place.
        let is_path = next.starts_with('/') && !next.starts_with("//") && !next.contains('\\');
        let is_plain = next.len() <= MAX_NEXT && !next.chars().any(char::is_control);
        if !is_path || !is_plain {
            return Err(Error::field("next", "This is not a page of this server."));
        }
        query.append_pair("next", next);
    }
    Ok(query.finish())
}

/// Where an issuer sends browsers back to, exactly as it is registered there.
fn redirect_url(services: &Services, issuer: &Issuer) -> String {
    format!("{}/api/v1/auth/oauth/{}/callback", services.public_url, issuer.id)
}

/// The issuer does not vouch for them.
fn refused(issuer: &Issuer, why: &str) -> Error {
    let why: String = why.chars().filter(|c| !c.is_control()).take(200).collect();
    Error::refused(
        ErrorCode::SignInFailed,
        format!("{} did not sign you in: {why}. Try again.", issuer.label),
    )
}

/// The issuer can't be asked.
fn away(issuer: &Issuer, why: &str) -> Error {
    tracing::warn!(issuer = issuer.id, why, "an issuer can't be asked");
    Error::refused(
        ErrorCode::IssuerUnavailable,
        format!(
            "{} can't be asked right now. Try again in a moment, or sign in another way.",
            issuer.label
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_of_our_own_are_gone_on_with() {
        let with = |next: &str| {
            query(&BeginOAuthRequest {
                next: Some(next.to_owned()),
            })
        };
        assert_eq!(with("/bots?tab=a&b").unwrap(), "next=%2Fbots%3Ftab%3Da%26b");
        for away in [
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "\\/evil.example",
            "javascript:alert(1)",
            "bots",
            "",
            "/a\r\nSet-Cookie: x",
        ] {
            assert!(with(away).is_err(), "{away}");
        }
        assert!(with(&format!("/{}", "a".repeat(MAX_NEXT))).is_err());
    }
}
