//! Signing in: one function for each way, and one gate that all of them lead to.

use api_types::auth::{LoginRequest, User};
use api_types::{ErrorCode, FieldError};
use uuid::Uuid;

use super::attempts::{self, Kind};
use super::sessions::{self, Session};
use super::{Device, accounts, mfa, password};
use crate::db::Db;
use crate::{Error, Result, Services, tenancy};

/// Signs in with e-mail address and password.
pub async fn login(services: &Services, device: &Device, request: LoginRequest) -> Result<Session> {
    let db = &services.db;
    let email = request.email.trim();
    attempts::begin(db, Kind::Password, email).await?;
    let row = sqlx::query!(
        r#"select id, email, name, password_hash, email_verified_at is not null as "email_verified!"
           from users where lower(email) = lower($1)"#,
        email
    )
    .fetch_optional(db.pool())
    .await?;
    // Without a password of their own, nobody's is compared.
    let hash = row.as_ref().and_then(|row| row.password_hash.clone());
    let is_right = password::verify(request.password, hash).await?;
    let Some(row) = row.filter(|_| is_right) else {
        return Err(Error::refused(
            ErrorCode::InvalidCredentials,
            "The e-mail address or the password is wrong.",
        ));
    };
    attempts::clear(&mut *db.pool().acquire().await?, Kind::Password, email).await?;
    let user = User {
        id: row.id,
        email: row.email,
        name: row.name,
        email_verified: row.email_verified,
    };
    admit(services, device, user).await
}

/// Lets in whoever proved who they are, by whatever way; with a second factor they are asked for it first.
pub(super) async fn admit(services: &Services, device: &Device, user: User) -> Result<Session> {
    if let Some(challenge) = mfa::challenge(services, user.id).await? {
        return Err(challenge);
    }
    enter(services, device, user).await
}

/// Begins a session where the person was last.
pub(super) async fn enter(services: &Services, device: &Device, user: User) -> Result<Session> {
    let workspace_id = tenancy::home_workspace(&services.db, user.id).await?;
    sessions::begin(&services.db, &services.secrets, user, workspace_id, device).await
}

/// Has a signed-in person prove once more that it is them: by their password, or, where there is none, by having signed
/// in a moment ago. Passwords are counted like those of a sign-in, so that a stolen token can't try them.
pub(super) async fn confirm(db: &Db, user_id: Uuid, session_id: Uuid, given: String) -> Result<User> {
    let user = accounts::user(db, user_id).await?;
    let hash = sqlx::query_scalar!("select password_hash from users where id = $1", user_id)
        .fetch_optional(db.pool())
        .await?
        .flatten();
    if hash.is_none() {
        require_fresh(db, user_id, session_id).await?;
        return Ok(user);
    }
    attempts::begin(db, Kind::Password, &user.email).await?;
    if !password::verify(given, hash).await? {
        let errors = vec![FieldError::new("current_password", "This is not your password.")];
        let detail = "The password is wrong; nothing was changed.";
        return Err(Error::refused_fields(
            ErrorCode::InvalidCredentials,
            detail,
            errors,
        ));
    }
    attempts::clear(&mut *db.pool().acquire().await?, Kind::Password, &user.email).await?;
    Ok(user)
}

/// Refuses a session that was begun more than ten minutes ago: by then somebody else may sit there.
async fn require_fresh(db: &Db, user_id: Uuid, session_id: Uuid) -> Result<()> {
    let is_fresh = sqlx::query_scalar!(
        r#"select exists (
               select from sessions where id = $1 and user_id = $2 and created_at > now() - interval '10 minutes'
           ) as "fresh!""#,
        session_id,
        user_id
    )
    .fetch_one(db.pool())
    .await?;
    if is_fresh {
        return Ok(());
    }
    Err(Error::refused(
        ErrorCode::SignInAgain,
        "Nothing was changed: you have no password to confirm it with. Sign out, sign in again, and do this within ten \
         minutes; or choose \"Forgot password?\" to set a password.",
    ))
}
