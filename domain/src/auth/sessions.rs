//! Sessions: an access token beside a refresh token that rotates with every use.
//!
//! Using a refresh token a second time means that somebody else has it, and ends the session (RFC 9700, 4.14.2).
//! A client whose answer got lost may repeat the exchange within [`GRACE`].

use api_types::ErrorCode;
use api_types::auth::{AuthResponse, SessionInfo, User};
use chrono::{Duration, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::accounts;
use super::device::{self, Device};
use super::tokens::{self, Claims};
use crate::db::Db;
use crate::secrets::Secrets;
use crate::tenancy::{self, Scope};
use crate::{Error, Result, Services, opaque_token};

/// How long a session lasts without being used, in days.
pub const REFRESH_DAYS: i32 = 30;
/// How long a used refresh token may be repeated by a client that lost the answer.
const GRACE: Duration = Duration::seconds(20);

/// A session as it is handed to a client.
#[derive(Debug)]
pub struct Session {
    /// The body of the answer.
    pub response: AuthResponse,
    /// The refresh token, for the cookie.
    pub refresh_token: String,
}

/// Begins a session of `user` in a workspace.
pub(super) async fn begin(
    db: &Db,
    secrets: &Secrets,
    user: User,
    workspace_id: Uuid,
    device: &Device,
) -> Result<Session> {
    let session_id = Uuid::now_v7();
    let mut tx = db.begin().await?;
    sqlx::query!(
        "insert into sessions (id, user_id, active_workspace_id, user_agent, address) values ($1, $2, $3, $4, $5)",
        session_id,
        user.id,
        workspace_id,
        device.user_agent,
        device.address
    )
    .execute(&mut *tx)
    .await?;
    let refresh_token = issue(&mut tx, session_id).await?;
    tx.commit().await?;
    respond(db, secrets, session_id, user, workspace_id, refresh_token).await
}

/// Exchanges a refresh token for a new pair.
pub async fn refresh(db: &Db, secrets: &Secrets, device: &Device, refresh_token: &str) -> Result<Session> {
    let mut tx = db.begin().await?;
    let row = sqlx::query!(
        "select t.session_id, t.expires_at, t.used_at, s.user_id, s.active_workspace_id, s.revoked_at
         from refresh_tokens t join sessions s on s.id = t.session_id
         where t.token_hash = $1
         for update",
        opaque_token::hash(refresh_token)
    )
    .fetch_optional(&mut *tx)
    .await?;
    let now = Utc::now();
    let Some(row) = row.filter(|row| row.revoked_at.is_none() && row.expires_at > now) else {
        return Err(signed_out());
    };
    if row.used_at.is_some_and(|used| now - used > GRACE) {
        sqlx::query!(
            "update sessions set revoked_at = now() where id = $1",
            row.session_id
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        let detail = "This sign-in was used from two places, so it was ended. Sign in again.";
        return Err(Error::refused(ErrorCode::RefreshTokenReused, detail));
    }
    sqlx::query!(
        "update refresh_tokens set used_at = coalesce(used_at, $2) where token_hash = $1",
        opaque_token::hash(refresh_token),
        now
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "delete from refresh_tokens where session_id = $1 and expires_at < now()",
        row.session_id
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "update sessions set last_used_at = $2, user_agent = $3, address = $4 where id = $1",
        row.session_id,
        now,
        device.user_agent,
        device.address
    )
    .execute(&mut *tx)
    .await?;
    let next = issue(&mut tx, row.session_id).await?;
    tx.commit().await?;

    let user = accounts::user(db, row.user_id).await?;
    let workspace_id = match tenancy::member_scope(db, user.id, row.active_workspace_id).await? {
        Some(scope) => scope.workspace_id(),
        None => tenancy::home_workspace(db, user.id).await?,
    };
    respond(db, secrets, row.session_id, user, workspace_id, next).await
}

/// Ends the session of a refresh token; an unknown one is fine.
pub async fn revoke(db: &Db, refresh_token: &str) -> Result<()> {
    sqlx::query!(
        "update sessions set revoked_at = now()
         where id = (select session_id from refresh_tokens where token_hash = $1) and revoked_at is null",
        opaque_token::hash(refresh_token)
    )
    .execute(db.pool())
    .await?;
    Ok(())
}

/// Where the person is signed in, last used first.
pub async fn list(db: &Db, user_id: Uuid, current: Uuid) -> Result<Vec<SessionInfo>> {
    let rows = sqlx::query!(
        "select id, user_agent, address, created_at, last_used_at from sessions
         where user_id = $1 and revoked_at is null and last_used_at > now() - make_interval(days => $2)
         order by last_used_at desc, id desc",
        user_id,
        REFRESH_DAYS
    )
    .fetch_all(db.pool())
    .await?;
    let sessions = rows.into_iter().map(|row| SessionInfo {
        is_current: row.id == current,
        id: row.id,
        device: device::describe(&row.user_agent),
        address: row.address,
        created_at: row.created_at,
        last_used_at: row.last_used_at,
    });
    Ok(sessions.collect())
}

/// Ends one session of the person.
pub async fn end(db: &Db, user_id: Uuid, session_id: Uuid) -> Result<()> {
    let ended = sqlx::query!(
        "update sessions set revoked_at = now() where id = $1 and user_id = $2 and revoked_at is null",
        session_id,
        user_id
    )
    .execute(db.pool())
    .await?;
    if ended.rows_affected() == 0 {
        return Err(Error::refused(
            ErrorCode::NotFound,
            "There is no such session, or it has ended.",
        ));
    }
    Ok(())
}

/// Ends every session of the person but `kept`.
pub(super) async fn end_all(conn: &mut PgConnection, user_id: Uuid, kept: Option<Uuid>) -> Result<()> {
    sqlx::query!(
        "update sessions set revoked_at = now()
         where user_id = $1 and revoked_at is null and id is distinct from $2",
        user_id,
        kept
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Signs the person out everywhere.
pub async fn end_everywhere(db: &Db, user_id: Uuid) -> Result<()> {
    end_all(&mut *db.pool().acquire().await?, user_id, None).await
}

/// Who sends this access token, in which workspace. Membership and session are looked up anew each time, as both may have ended
/// since the token was made.
pub async fn authenticate(services: &Services, access_token: &str) -> Result<(Scope, Uuid)> {
    let claims = tokens::verify(&services.secrets, access_token)?;
    let scope = services
        .memberships
        .signed_in(&services.db, claims.sub, claims.ws, claims.sid)
        .await?
        .ok_or_else(signed_out)?;
    Ok((scope, claims.sid))
}

/// Continues a session in another workspace: a new access token; the refresh token stays.
pub async fn switch_workspace(
    db: &Db,
    secrets: &Secrets,
    user_id: Uuid,
    session_id: Uuid,
    workspace_id: Uuid,
) -> Result<AuthResponse> {
    let scope = tenancy::member_scope(db, user_id, workspace_id)
        .await?
        .ok_or_else(|| Error::not_found("workspace"))?;
    let updated = sqlx::query!(
        "update sessions set active_workspace_id = $3 where id = $1 and user_id = $2 and revoked_at is null",
        session_id,
        user_id,
        scope.workspace_id()
    )
    .execute(db.pool())
    .await?;
    if updated.rows_affected() == 0 {
        return Err(signed_out());
    }
    let user = accounts::user(db, user_id).await?;
    let session = respond(db, secrets, session_id, user, workspace_id, String::new()).await?;
    Ok(session.response)
}

async fn respond(
    db: &Db,
    secrets: &Secrets,
    session_id: Uuid,
    user: User,
    workspace_id: Uuid,
    refresh_token: String,
) -> Result<Session> {
    let workspace = tenancy::workspace(db, workspace_id).await?;
    let scope = tenancy::member_scope(db, user.id, workspace_id).await?;
    let role = scope.ok_or_else(signed_out)?.role();
    let claims = Claims {
        sub: user.id,
        sid: session_id,
        ws: workspace_id,
    };
    let access_token = tokens::sign(secrets, claims, Utc::now())?;
    let response = AuthResponse {
        access_token,
        token_type: "Bearer".to_owned(),
        expires_in: tokens::ACCESS_SECONDS.unsigned_abs(),
        user,
        workspace,
        role,
    };
    Ok(Session {
        response,
        refresh_token,
    })
}

/// Makes and stores a refresh token of a session: 32 random bytes, of which only the hash is kept.
async fn issue(conn: &mut PgConnection, session_id: Uuid) -> Result<String> {
    let token = opaque_token::random();
    let now = Utc::now();
    sqlx::query!(
        "insert into refresh_tokens (token_hash, session_id, issued_at, expires_at) values ($1, $2, $3, $4)",
        opaque_token::hash(&token),
        session_id,
        now,
        now + Duration::days(REFRESH_DAYS.into())
    )
    .execute(conn)
    .await?;
    Ok(token)
}

fn signed_out() -> Error {
    Error::refused(ErrorCode::Unauthorized, "You are signed out. Sign in again.")
}
