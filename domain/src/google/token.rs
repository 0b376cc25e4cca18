//! Access tokens, kept in memory until shortly before they expire.

use std::time::{Duration, Instant};

use chrono::Utc;
use moka::Expiry;
use moka::future::Cache;
use reqwest::Method;
use secrecy::SecretString;
use serde_json::Value;
use url::Url;
use uuid::Uuid;

use super::{Key, TIMEOUT};
use crate::outbound::{Failure, Outbound, Reply, said};

/// Tokens are not used in the last part of their life: a request takes its time.
const MARGIN: Duration = Duration::from_secs(60);
/// Largest answer, in bytes.
const MAX_BYTES: usize = 64 * 1024;
/// Connections whose tokens are kept.
const MOST: u64 = 10_000;

/// A token, and how long it is used.
#[derive(Debug, Clone)]
struct Token {
    secret: SecretString,
    good_for: Duration,
}

/// The tokens of connections, by id of the connection: what a key says of itself is no proof that it is its.
#[derive(Debug)]
pub(super) struct Tokens {
    cache: Cache<Uuid, Token>,
}

struct UntilExpired;

impl Expiry<Uuid, Token> for UntilExpired {
    fn expire_after_create(&self, _: &Uuid, token: &Token, _: Instant) -> Option<Duration> {
        Some(token.good_for)
    }
}

impl Default for Tokens {
    fn default() -> Self {
        Self {
            cache: Cache::builder()
                .max_capacity(MOST)
                .expire_after(UntilExpired)
                .build(),
        }
    }
}

impl Tokens {
    /// The token of a connection; asked for once, however many need it.
    pub(super) async fn get(
        &self,
        outbound: &Outbound,
        token_url: &str,
        connection_id: Uuid,
        key: &Key,
    ) -> Result<SecretString, Failure> {
        let fetched = fetch(outbound, token_url, key);
        let token = self.cache.try_get_with(connection_id, fetched).await;
        token
            .map(|token| token.secret)
            .map_err(|failure| (*failure).clone())
    }

    /// Forgets a token that is not taken any more.
    pub(super) async fn forget(&self, connection_id: Uuid) {
        self.cache.invalidate(&connection_id).await;
    }
}

async fn fetch(outbound: &Outbound, token_url: &str, key: &Key) -> Result<Token, Failure> {
    let url = Url::parse(token_url).map_err(|error| Failure::Refused(error.to_string()))?;
    let assertion = key.assertion(token_url, Utc::now()).map_err(|_| {
        Failure::Unauthorized("The key of the service account can't be used to sign.".to_owned())
    })?;
    let form = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
        ("assertion", assertion.as_str()),
    ];
    let body: String = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(form)
        .finish();
    let request = outbound
        .request(Method::POST, &url)
        .map_err(|error| Failure::Refused(error.to_string()))?
        .header(reqwest::header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(body);
    let reply = outbound.ask(request, &url, TIMEOUT, MAX_BYTES).await;
    let reply = reply.map_err(|why| Failure::Away(format!("Google could not be reached. {why}")))?;
    read(reply, key)
}

fn read(reply: Reply, key: &Key) -> Result<Token, Failure> {
    let body: Value = serde_json::from_slice(&reply.body.unwrap_or_default()).unwrap_or_default();
    if reply.status.is_success() {
        let token = body["access_token"].as_str().filter(|token| !token.is_empty());
        let Some(token) = token else {
            return Err(Failure::Away(
                "Google sent something that can't be read.".to_owned(),
            ));
        };
        let seconds = body["expires_in"].as_u64().unwrap_or_default();
        return Ok(Token {
            secret: token.into(),
            good_for: Duration::from_secs(seconds).saturating_sub(MARGIN),
        });
    }
    let why = said(
        body["error_description"].as_str().unwrap_or_default(),
        reply.status,
    );
    let account = &key.client_email;
    Err(
        match (reply.status.as_u16(), body["error"].as_str().unwrap_or_default()) {
            (429, _) => Failure::SlowDown("Google asks to slow down.".to_owned(), reply.retry_after),
            (500.., _) => Failure::Away(format!("Google could not be reached. {why}")),
            // Nothing is wrong with the key.
            (_, "invalid_grant") if why.contains("reasonable timeframe") => Failure::Unauthorized(format!(
                "Google says that the clock of this server is wrong. Set it right, and try again. {why}"
            )),
            (_, "invalid_grant") => Failure::Unauthorized(format!(
                "Google refuses the key of {account}: the key or the service account was deleted or disabled. Make a new key, and connect Google anew with it. {why}"
            )),
            (_, error) => {
                Failure::Unauthorized(format!("Google refuses the key of {account}. {error} {why}"))
            }
        },
    )
}
