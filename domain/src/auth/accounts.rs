//! Sign-up, sign-in and the person behind a token.

use api_types::ErrorCode;
use api_types::auth::{LoginRequest, Me, SignupRequest, User};
use api_types::validate;
use uuid::Uuid;

use super::password;
use super::sessions::{self, Session};
use crate::db::Db;
use crate::secrets::Secrets;
use crate::tenancy::invitations::{self, InvitationToken};
use crate::tenancy::{self, Scope};
use crate::{Error, Result};

/// Makes an account with an organization and a workspace, and signs in.
pub async fn signup(db: &Db, secrets: &Secrets, request: SignupRequest) -> Result<Session> {
    validate::signup(&request).map_err(Error::validation)?;
    let password_hash = password::hash(request.password).await?;
    let user = User {
        id: Uuid::now_v7(),
        email: request.email.trim().to_owned(),
        name: request.name.trim().to_owned(),
    };
    let mut tx = db.person(user.id).await?;
    let inserted = sqlx::query!(
        "insert into users (id, email, name, password_hash) values ($1, $2, $3, $4)
         on conflict (lower(email)) do nothing",
        user.id,
        user.email,
        user.name,
        password_hash
    )
    .execute(&mut *tx)
    .await?;
    if inserted.rows_affected() == 0 {
        return Err(Error::refused_fields(
            ErrorCode::EmailTaken,
            "There is an account with this e-mail address. Sign in instead.",
            vec![api_types::FieldError::new(
                "email",
                "This address has an account.",
            )],
        ));
    }
    let workspace_id = match request.invitation.map(InvitationToken::from) {
        Some(token) => {
            tx.bind_invitation(&token).await?;
            invitations::accept_in(&mut tx, &user, &token).await?
        }
        None => tenancy::found_organization(&mut tx, user.id, &user.name).await?,
    };
    tx.commit().await?;
    sessions::begin(db, secrets, user, workspace_id).await
}

/// Signs in with e-mail address and password.
pub async fn login(db: &Db, secrets: &Secrets, request: LoginRequest) -> Result<Session> {
    let row = sqlx::query!(
        "select id, email, name, password_hash from users where lower(email) = lower($1)",
        request.email.trim()
    )
    .fetch_optional(db.pool())
    .await?;
    let hash = row.as_ref().map(|row| row.password_hash.clone());
    let verified = password::verify(request.password, hash).await?;
    let Some(row) = row.filter(|_| verified) else {
        return Err(Error::refused(
            ErrorCode::InvalidCredentials,
            "The e-mail address or the password is wrong.",
        ));
    };
    let user = User {
        id: row.id,
        email: row.email,
        name: row.name,
    };
    let workspace_id = tenancy::home_workspace(db, user.id).await?;
    sessions::begin(db, secrets, user, workspace_id).await
}

/// The person with this id.
pub async fn user(db: &Db, id: Uuid) -> Result<User> {
    sqlx::query_as!(User, "select id, email, name from users where id = $1", id)
        .fetch_optional(db.pool())
        .await?
        .ok_or_else(|| Error::refused(ErrorCode::Unauthorized, "This account does not exist any more."))
}

/// Who is signed in, where, and where they could go.
pub async fn me(db: &Db, scope: &Scope, user_id: Uuid) -> Result<Me> {
    Ok(Me {
        user: user(db, user_id).await?,
        workspace: tenancy::workspace(db, scope.workspace_id()).await?,
        role: scope.role(),
        workspaces: tenancy::workspaces_of(db, user_id).await?,
    })
}
