//! Links in mails: 32 random bytes behind the `#`, which browsers send to nobody, of which only the hash is kept.

use api_types::ErrorCode;
use chrono::{Duration, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{Error, Result, Services, opaque_token};

/// What a link proves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// The account's address is theirs.
    Confirm,
    /// They may choose a new password.
    Reset,
    /// The new address is theirs.
    Change,
}

impl Purpose {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Confirm => "confirm",
            Self::Reset => "reset",
            Self::Change => "change",
        }
    }

    const fn lifetime(self) -> Duration {
        match self {
            Self::Confirm => Duration::days(3),
            Self::Reset => Duration::minutes(30),
            Self::Change => Duration::days(1),
        }
    }

    /// The dashboard's page.
    const fn page(self) -> &'static str {
        match self {
            Self::Confirm | Self::Change => "verify",
            Self::Reset => "reset",
        }
    }
}

/// Makes the link for a mail to `email`. Older ones of this purpose no longer work.
pub(super) async fn make(
    conn: &mut PgConnection,
    services: &Services,
    purpose: Purpose,
    user_id: Uuid,
    email: &str,
) -> Result<String> {
    sqlx::query!(
        "delete from email_tokens where user_id = $1 and purpose = $2",
        user_id,
        purpose.as_str()
    )
    .execute(&mut *conn)
    .await?;
    let token = opaque_token::random();
    sqlx::query!(
        "insert into email_tokens (token_hash, user_id, purpose, email, expires_at) values ($1, $2, $3, $4, $5)",
        hash(&token),
        user_id,
        purpose.as_str(),
        email,
        Utc::now() + purpose.lifetime()
    )
    .execute(conn)
    .await?;
    Ok(format!("{}/{}#{token}", services.public_url, purpose.page()))
}

/// Whether a link was made within the last minute: a person needs no second mail, and nobody is to be flooded.
pub(super) async fn is_fresh(conn: &mut PgConnection, purpose: Purpose, user_id: Uuid) -> Result<bool> {
    let fresh = sqlx::query_scalar!(
        r#"select exists (
               select from email_tokens
               where user_id = $1 and purpose = $2 and created_at > now() - interval '1 minute'
           ) as "fresh!""#,
        user_id,
        purpose.as_str()
    )
    .fetch_one(conn)
    .await?;
    Ok(fresh)
}

/// What is kept of what stands in a link.
pub(super) fn hash(token: &str) -> Vec<u8> {
    opaque_token::hash(token.trim())
}

/// The page that asks for a new password, for mails that tell of a change.
pub(super) fn forgot(services: &Services) -> String {
    format!("{}/forgot", services.public_url)
}

/// The link is not, or no longer, good for anything.
pub(super) fn invalid() -> Error {
    Error::refused(
        ErrorCode::LinkInvalid,
        "This link does not work: it was used before, is too old or incomplete, or a newer one was sent. Nothing was \
         changed; ask for a new one.",
    )
}
