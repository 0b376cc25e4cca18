//! What is over.

use crate::Result;
use crate::db::Db;

/// Removes links, challenges and counts that are over, and sessions that ended a month ago.
pub async fn sweep(db: &Db) -> Result<()> {
    let pool = db.pool();
    sqlx::query!("delete from email_tokens where expires_at < now()")
        .execute(pool)
        .await?;
    sqlx::query!("delete from mfa_challenges where expires_at < now()")
        .execute(pool)
        .await?;
    sqlx::query!("delete from sign_in_attempts where last_at < now() - interval '1 day'")
        .execute(pool)
        .await?;
    sqlx::query!(
        "delete from sessions
         where revoked_at < now() - interval '30 days' or last_used_at < now() - interval '60 days'"
    )
    .execute(pool)
    .await?;
    Ok(())
}
