//! What was begun and is waited for: small values in Redis, found by a secret that only the browser at the other end
//! knows, of which the hash is kept. Each is taken once.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::redis::Redis;
use crate::{Result, opaque_token};

/// What is waited for. Secrets of one kind find nothing of another.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    /// Somebody who was sent to an issuer, by the `state`.
    OAuth,
    /// A message for a wallet, by its text, which has a secret in it.
    Wallet,
    /// A passkey that is being made.
    Registration,
    /// A passkey that is asked for.
    Passkey,
    /// What came of it, by a cookie.
    Ticket,
}

impl Kind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::OAuth => "oauth",
            Self::Wallet => "wallet",
            Self::Registration => "registration",
            Self::Passkey => "passkey",
            Self::Ticket => "ticket",
        }
    }

    /// How long it is waited for.
    pub(super) const fn seconds(self) -> u64 {
        match self {
            Self::OAuth | Self::Ticket => 10 * 60,
            Self::Wallet | Self::Registration | Self::Passkey => 5 * 60,
        }
    }

    fn key(self, secret: &str) -> String {
        format!(
            "sign_in:{}:{}",
            self.as_str(),
            hex::encode(opaque_token::hash(secret))
        )
    }
}

/// Keeps a value. Answers the secret that finds it.
pub(super) async fn keep(redis: &Redis, kind: Kind, value: &impl Serialize) -> Result<String> {
    let secret = opaque_token::random();
    keep_as(redis, kind, &secret, value).await?;
    Ok(secret)
}

/// Keeps a value under a secret that is made elsewhere.
pub(super) async fn keep_as(redis: &Redis, kind: Kind, secret: &str, value: &impl Serialize) -> Result<()> {
    redis::cmd("SET")
        .arg(kind.key(secret))
        .arg(serde_json::to_string(value)?)
        .arg("EX")
        .arg(kind.seconds())
        .query_async::<()>(&mut redis.commands())
        .await?;
    Ok(())
}

/// Reads a value, which stays. `None` if it was taken, or it is too late.
pub(super) async fn look<T: DeserializeOwned>(redis: &Redis, kind: Kind, secret: &str) -> Result<Option<T>> {
    read("GET", redis, kind, secret).await
}

/// Takes a value: of many who do so at once, one gets it.
pub(super) async fn take<T: DeserializeOwned>(redis: &Redis, kind: Kind, secret: &str) -> Result<Option<T>> {
    read("GETDEL", redis, kind, secret).await
}

async fn read<T: DeserializeOwned>(
    command: &str,
    redis: &Redis,
    kind: Kind,
    secret: &str,
) -> Result<Option<T>> {
    let found: Option<String> = redis::cmd(command)
        .arg(kind.key(secret))
        .query_async(&mut redis.commands())
        .await?;
    Ok(found.map(|text| serde_json::from_str(&text)).transpose()?)
}
