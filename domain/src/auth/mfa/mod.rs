//! The second factor: codes of an authenticator app (TOTP, RFC 6238), and recovery codes for when the app is lost.

mod codes;
mod reseal;
mod settings;

use api_types::ErrorCode;
use api_types::auth::{MfaChallenge, MfaRequest};
use chrono::{Duration, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::attempts::{self, Kind};
use super::sessions::Session;
use super::tokens::{self, CHALLENGE_SECONDS, Challenge};
use super::{Device, accounts, sign_in};
use crate::error::Refusal;
use crate::{Error, Result, Services};
pub use reseal::reseal;
pub use settings::{disable, enable, new_recovery_codes, setup, status};

/// Codes that one challenge takes.
const MAX_ATTEMPTS: i32 = 5;

/// The refusal with which the first step of a sign-in asks for the second; `None` without a second factor.
pub(super) async fn challenge(services: &Services, user_id: Uuid) -> Result<Option<Error>> {
    let now = Utc::now();
    let id = Uuid::now_v7();
    let made = sqlx::query!(
        "insert into mfa_challenges (id, user_id, expires_at)
         select $1, user_id, $3 from second_factors where user_id = $2 and enabled_at is not null",
        id,
        user_id,
        now + Duration::seconds(CHALLENGE_SECONDS)
    )
    .execute(services.db.pool())
    .await?;
    if made.rows_affected() == 0 {
        return Ok(None);
    }
    let challenge = Challenge {
        sub: user_id,
        jti: id,
    };
    let current = MfaChallenge {
        challenge: tokens::sign_challenge(&services.secrets, challenge, now)?,
        expires_in: CHALLENGE_SECONDS.unsigned_abs(),
    };
    Ok(Some(Error::Refused(Box::new(Refusal {
        code: ErrorCode::MfaRequired,
        detail: "Signing in also needs a code of your authenticator app, or a recovery code.".to_owned(),
        errors: Vec::new(),
        current: Some(serde_json::to_value(current)?),
        retry_after: None,
    }))))
}

/// The second step: a code for a challenge, which is met once.
pub async fn answer(services: &Services, device: &Device, request: &MfaRequest) -> Result<Session> {
    let challenge = tokens::verify_challenge(&services.secrets, &request.challenge).ok_or_else(over)?;
    let user_id = challenge.sub;
    attempts::begin(&services.db, Kind::Code, &user_id.to_string()).await?;
    let counted = sqlx::query!(
        "update mfa_challenges set attempts = attempts + 1
         where id = $1 and user_id = $2 and expires_at > now() and attempts < $3",
        challenge.jti,
        user_id,
        MAX_ATTEMPTS
    )
    .execute(services.db.pool())
    .await?;
    if counted.rows_affected() == 0 {
        return Err(over());
    }
    let mut tx = services.db.begin().await?;
    let met = sqlx::query!("delete from mfa_challenges where id = $1", challenge.jti)
        .execute(&mut *tx)
        .await?;
    if met.rows_affected() == 0 {
        return Err(over());
    }
    if !codes::take(&mut tx, services, user_id, &request.code).await? {
        return Err(wrong_code());
    }
    attempts::clear(&mut tx, Kind::Code, &user_id.to_string()).await?;
    tx.commit().await?;
    let user = accounts::user(&services.db, user_id).await?;
    sign_in::enter(services, device, user).await
}

/// Removes the second factor, and the other ways to sign in, of an account that changes hands. Answers whether there was
/// a second factor.
pub(super) async fn forget(conn: &mut PgConnection, user_id: Uuid) -> Result<bool> {
    let was_on = remove(conn, user_id).await? > 0;
    sqlx::query!("delete from identities where user_id = $1", user_id)
        .execute(conn)
        .await?;
    Ok(was_on)
}

async fn remove(conn: &mut PgConnection, user_id: Uuid) -> Result<u64> {
    sqlx::query!("delete from recovery_codes where user_id = $1", user_id)
        .execute(&mut *conn)
        .await?;
    sqlx::query!("delete from mfa_challenges where user_id = $1", user_id)
        .execute(&mut *conn)
        .await?;
    let removed = sqlx::query!("delete from second_factors where user_id = $1", user_id)
        .execute(conn)
        .await?;
    Ok(removed.rows_affected())
}

fn over() -> Error {
    Error::refused(
        ErrorCode::Unauthorized,
        "This sign-in took too long, or too many codes were tried. Begin again with your password.",
    )
}

fn wrong_code() -> Error {
    let errors = vec![api_types::FieldError::new(
        "code",
        "This code is wrong, or was used before. Wait for the next one.",
    )];
    let detail = "This code is wrong, or was used before. Wait until the app shows the next one.";
    Error::refused_fields(ErrorCode::InvalidCode, detail, errors)
}
