//! The address of an account: confirming it, and changing it.

use api_types::auth::{ChangeEmailRequest, VerifiedEmail, VerifyEmailRequest};
use api_types::validate::Checker;
use sqlx::PgConnection;
use uuid::Uuid;

use super::accounts::{self, email_taken};
use super::links::{self, Purpose};
use super::sign_in;
use crate::error::violates;
use crate::mail::{self, Template};
use crate::{Error, Result, Services};

/// Mails the link that confirms the account's address again; at most one a minute, and none once it is confirmed.
pub async fn resend_verification(services: &Services, user_id: Uuid) -> Result<()> {
    let user = accounts::user(&services.db, user_id).await?;
    let mut tx = services.db.begin().await?;
    if user.email_verified {
        return Ok(());
    }
    if links::is_fresh(&mut tx, Purpose::Confirm, user_id).await? {
        let detail = "A mail was sent less than a minute ago. Look for it, also among the junk.";
        return Err(Error::too_often(detail, 60));
    }
    accounts::mail_confirmation(&mut tx, services, &user).await?;
    Ok(tx.commit().await?)
}

/// Mails a link to the new address of somebody who proves once more that it is them. Until it is followed, nothing changes.
pub async fn change_email(
    services: &Services,
    user_id: Uuid,
    session_id: Uuid,
    request: ChangeEmailRequest,
) -> Result<()> {
    let email = request.email.trim();
    let mut check = Checker::default();
    check.email("email", email);
    check.finish().map_err(Error::validation)?;
    let user = sign_in::confirm(&services.db, user_id, session_id, request.current_password).await?;
    if user.email == email {
        return Err(Error::field("email", "This is your address already."));
    }
    let is_taken = sqlx::query_scalar!(
        r#"select exists (select from users where lower(email) = lower($1) and id <> $2) as "taken!""#,
        email,
        user_id
    )
    .fetch_one(services.db.pool())
    .await?;
    if is_taken {
        return Err(taken());
    }
    let mut tx = services.db.begin().await?;
    if links::is_fresh(&mut tx, Purpose::Change, user_id).await? {
        let detail = "A mail was sent less than a minute ago. Look for it, also among the junk, or try again in a minute.";
        return Err(Error::too_often(detail, 60));
    }
    let link = links::make(&mut tx, services, Purpose::Change, user_id, email).await?;
    mail::post(&mut tx, Some(user_id), email, Template::Change { link: &link }).await?;
    Ok(tx.commit().await?)
}

/// Confirms an address by the link of a mail. The link of the first address may be followed again, as some mail servers
/// do before people can.
pub async fn verify_email(services: &Services, request: &VerifyEmailRequest) -> Result<VerifiedEmail> {
    let token_hash = links::hash(&request.token);
    let mut tx = services.db.begin().await?;
    let found = sqlx::query!(
        "select t.user_id, t.email, t.purpose, u.email as old_email
         from email_tokens t join users u on u.id = t.user_id
         where t.token_hash = $1 and t.purpose in ('confirm', 'change') and t.expires_at > now()
         for update of t",
        token_hash
    )
    .fetch_optional(&mut *tx)
    .await?;
    let link = found.ok_or_else(links::invalid)?;
    if link.purpose == Purpose::Change.as_str() {
        replace(&mut tx, link.user_id, &link.email).await?;
        let template = Template::EmailChanged { email: &link.email };
        mail::post(&mut tx, Some(link.user_id), &link.old_email, template).await?;
    } else {
        let confirmed = sqlx::query!(
            "update users set email_verified_at = coalesce(email_verified_at, now()) where id = $1 and email = $2",
            link.user_id,
            link.email
        )
        .execute(&mut *tx)
        .await?;
        if confirmed.rows_affected() == 0 {
            return Err(links::invalid());
        }
    }
    tx.commit().await?;
    Ok(VerifiedEmail { email: link.email })
}

/// Sets the new address. Links that were sent to the old one are worth nothing any more.
async fn replace(conn: &mut PgConnection, user_id: Uuid, email: &str) -> Result<()> {
    let updated = sqlx::query!(
        "update users set email = $2, email_verified_at = now() where id = $1",
        user_id,
        email
    )
    .execute(&mut *conn)
    .await;
    match updated {
        Err(error) if violates(&error, "users_email_key") => return Err(taken()),
        other => other?,
    };
    sqlx::query!("delete from email_tokens where user_id = $1", user_id)
        .execute(conn)
        .await?;
    Ok(())
}

fn taken() -> Error {
    email_taken("Another account has this e-mail address; yours stays as it is.")
}
