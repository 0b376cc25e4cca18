//! The ways of somebody who is signed in: listing, adding, removing.

use api_types::ErrorCode;
use api_types::auth::PasswordRequest;
use api_types::identities::{Identity, WaysToSignIn};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::super::{accounts, links, sessions, sign_in};
use super::{Proof, Purpose, proven, signup, sort, take, way};
use crate::mail::{self, Template};
use crate::{Error, Result, Services};

/// How the person can sign in.
pub async fn identities(services: &Services, user_id: Uuid) -> Result<WaysToSignIn> {
    let has_password = sqlx::query_scalar!(
        r#"select password_hash is not null as "has!" from users where id = $1"#,
        user_id
    )
    .fetch_one(services.db.pool())
    .await?;
    let rows = sqlx::query!(
        "select id, kind, label, created_at, last_used_at from identities where user_id = $1 order by created_at, id",
        user_id
    )
    .fetch_all(services.db.pool())
    .await?;
    let identities = rows.into_iter().map(|row| Identity {
        id: row.id,
        kind: sort(&row.kind),
        way: way(services, &row.kind),
        label: row.label,
        created_at: row.created_at,
        last_used_at: row.last_used_at,
    });
    Ok(WaysToSignIn {
        has_password,
        identities: identities.collect(),
    })
}

/// Adds what the ticket of this browser proves to the account of the person who began it, in the same session.
pub async fn link(services: &Services, user_id: Uuid, session_id: Uuid, ticket: &str) -> Result<()> {
    let purpose = Purpose::Link { user_id, session_id };
    let proof = proven(services, ticket, purpose).await?;
    take(services, ticket).await?;
    add(services, user_id, &proof, None).await
}

/// Adds a way to sign in, and tells the person. `credential` is what a passkey is checked with.
pub(in crate::auth) async fn add(
    services: &Services,
    user_id: Uuid,
    proof: &Proof,
    credential: Option<Value>,
) -> Result<()> {
    let way = way(services, &proof.kind);
    let user = accounts::user(&services.db, user_id).await?;
    let mut tx = services.db.begin().await?;
    if !signup::insert(&mut tx, user_id, proof, credential).await? {
        return Err(taken(services, user_id, proof).await?);
    }
    let link = links::forgot(services);
    let template = Template::IdentityAdded {
        way: &way,
        link: &link,
    };
    mail::post(&mut tx, Some(user_id), &user.email, template).await?;
    Ok(tx.commit().await?)
}

async fn taken(services: &Services, user_id: Uuid, proof: &Proof) -> Result<Error> {
    let is_own = super::find(services, proof).await? == Some(user_id);
    let label = proof.short_label();
    Ok(if is_own {
        Error::refused(ErrorCode::InUse, format!("You can sign in with {label} already."))
    } else {
        Error::refused(
            ErrorCode::IdentityTaken,
            format!(
                "Another account here signs in with {label}. Remove it there first, or use another one; nothing was \
                 changed."
            ),
        )
    })
}

/// Removes a way to sign in, unless it is the last one. Every other session ends: it may have been begun by this way.
pub async fn remove_identity(
    services: &Services,
    user_id: Uuid,
    session_id: Uuid,
    identity_id: Uuid,
    request: PasswordRequest,
) -> Result<()> {
    if !has(services, user_id, identity_id).await? {
        return Err(gone());
    }
    let user = sign_in::confirm(&services.db, user_id, session_id, request.current_password).await?;
    let mut tx = services.db.begin().await?;
    let kind = delete(&mut tx, user_id, identity_id).await?;
    sessions::end_all(&mut tx, user_id, Some(session_id)).await?;
    let (way, link) = (way(services, &kind), links::forgot(services));
    let template = Template::IdentityRemoved {
        way: &way,
        link: &link,
    };
    mail::post(&mut tx, Some(user_id), &user.email, template).await?;
    Ok(tx.commit().await?)
}

async fn has(services: &Services, user_id: Uuid, identity_id: Uuid) -> Result<bool> {
    let has = sqlx::query_scalar!(
        r#"select exists (select from identities where id = $1 and user_id = $2) as "has!""#,
        identity_id,
        user_id
    )
    .fetch_one(services.db.pool())
    .await?;
    Ok(has)
}

fn gone() -> Error {
    Error::refused(
        ErrorCode::NotFound,
        "There is no such way to sign in, or it is gone.",
    )
}

/// Deletes the row. Answers its kind.
async fn delete(conn: &mut PgConnection, user_id: Uuid, identity_id: Uuid) -> Result<String> {
    // Locked, so that two who each remove one don't remove the last two.
    let has_password = sqlx::query_scalar!(
        r#"select password_hash is not null as "has!" from users where id = $1 for update"#,
        user_id
    )
    .fetch_one(&mut *conn)
    .await?;
    let kind = sqlx::query_scalar!(
        "delete from identities where id = $1 and user_id = $2 returning kind",
        identity_id,
        user_id
    )
    .fetch_optional(&mut *conn)
    .await?;
    let kind = kind.ok_or_else(gone)?;
    let has_another = sqlx::query_scalar!(
        r#"select exists (select from identities where user_id = $1) as "has!""#,
        user_id
    )
    .fetch_one(conn)
    .await?;
    if !has_password && !has_another {
        return Err(Error::refused(
            ErrorCode::LastIdentity,
            "This is your last way to sign in. Add another one or set a password first; nothing was removed.",
        ));
    }
    Ok(kind)
}
