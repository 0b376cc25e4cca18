//! Passwords that were forgotten, or are changed.

use api_types::auth::{ChangePasswordRequest, ForgotPasswordRequest, ResetPasswordRequest};
use api_types::validate::Checker;
use sqlx::PgConnection;
use uuid::Uuid;

use super::attempts::{self, Kind};
use super::links::{self, Purpose};
use super::{mfa, password, sessions, sign_in};
use crate::jobs::{Job, enqueue};
use crate::mail::{self, Template};
use crate::{Error, Result, Services};

/// Has a link for a new password mailed. The answer is the same whether or not there is such an account, and takes as
/// long: a job finds out.
pub async fn forgot_password(services: &Services, request: &ForgotPasswordRequest) -> Result<()> {
    let email = request.email.trim();
    let mut check = Checker::default();
    check.email("email", email);
    check.finish().map_err(Error::validation)?;
    let mut tx = services.db.begin().await?;
    let email = email.to_owned();
    enqueue(&mut tx, &Job::MailReset { email }).await?;
    Ok(tx.commit().await?)
}

/// What the job does. At most one mail a minute.
pub async fn mail_reset(services: &Services, email: &str) -> Result<()> {
    let mut tx = services.db.begin().await?;
    let found = sqlx::query!(
        "select id, email from users where lower(email) = lower($1)",
        email
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(user) = found else { return Ok(()) };
    if links::is_fresh(&mut tx, Purpose::Reset, user.id).await? {
        return Ok(());
    }
    let link = links::make(&mut tx, services, Purpose::Reset, user.id, &user.email).await?;
    mail::post(
        &mut tx,
        Some(user.id),
        &user.email,
        Template::Reset { link: &link },
    )
    .await?;
    Ok(tx.commit().await?)
}

/// Sets the password by the link of a mail, which also shows that the address is theirs. Every session ends, and whoever
/// was locked out is not any more.
pub async fn reset_password(services: &Services, request: ResetPasswordRequest) -> Result<()> {
    let token_hash = links::hash(&request.token);
    let found = sqlx::query!(
        "select u.id, u.email, u.name, u.email_verified_at from email_tokens t join users u on u.id = t.user_id
         where t.token_hash = $1 and t.purpose = 'reset' and t.expires_at > now()",
        token_hash
    )
    .fetch_optional(services.db.pool())
    .await?;
    let user = found.ok_or_else(links::invalid)?;
    password::check(&request.password, &[&user.email, &user.name]).await?;
    let hash = password::hash(request.password).await?;

    let mut tx = services.db.begin().await?;
    let taken = sqlx::query!(
        "delete from email_tokens where token_hash = $1 and purpose = 'reset' and expires_at > now()",
        token_hash
    )
    .execute(&mut *tx)
    .await?;
    if taken.rows_affected() == 0 {
        return Err(links::invalid());
    }
    sqlx::query!(
        "update users set email_verified_at = coalesce(email_verified_at, now()) where id = $1",
        user.id
    )
    .execute(&mut *tx)
    .await?;
    if user.email_verified_at.is_none() {
        // Whoever signed up with this address need not be who reads its mail: nothing they left behind may lock the
        // owner out, or let them in again.
        if mfa::forget(&mut tx, user.id).await? {
            let link = links::forgot(services);
            let template = Template::MfaOff { link: &link };
            mail::post(&mut tx, Some(user.id), &user.email, template).await?;
        }
    }
    sqlx::query!("delete from mfa_challenges where user_id = $1", user.id)
        .execute(&mut *tx)
        .await?;
    attempts::clear(&mut tx, Kind::Password, &user.email).await?;
    store(&mut tx, services, user.id, &user.email, &hash, None).await?;
    Ok(tx.commit().await?)
}

/// Changes the password of somebody who knows it, or sets a first one. Their other sessions end.
pub async fn change_password(
    services: &Services,
    user_id: Uuid,
    session_id: Uuid,
    request: ChangePasswordRequest,
) -> Result<()> {
    let user = sign_in::confirm(&services.db, user_id, session_id, request.current_password).await?;
    password::check(&request.password, &[&user.email, &user.name]).await?;
    let hash = password::hash(request.password).await?;
    let mut tx = services.db.begin().await?;
    store(&mut tx, services, user_id, &user.email, &hash, Some(session_id)).await?;
    Ok(tx.commit().await?)
}

/// Stores the new password, ends every session but `kept`, makes links for a new password worthless, and tells the person.
async fn store(
    conn: &mut PgConnection,
    services: &Services,
    user_id: Uuid,
    email: &str,
    hash: &str,
    kept: Option<Uuid>,
) -> Result<()> {
    sqlx::query!("update users set password_hash = $2 where id = $1", user_id, hash)
        .execute(&mut *conn)
        .await?;
    sqlx::query!(
        "delete from email_tokens where user_id = $1 and purpose = 'reset'",
        user_id
    )
    .execute(&mut *conn)
    .await?;
    sessions::end_all(conn, user_id, kept).await?;
    let link = links::forgot(services);
    mail::post(
        conn,
        Some(user_id),
        email,
        Template::PasswordChanged { link: &link },
    )
    .await
}
