//! Workspace API keys: shown once, stored as a hash.

use api_types::ErrorCode;
use api_types::api_keys::{ApiKey, CreateApiKeyRequest, CreatedApiKey};
use api_types::tenancy::Role;
use api_types::validate::Checker;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::db::Db;
use crate::tenancy::Actor;
use crate::{Error, Result, Scope, audit};

/// How keys begin, so that people and scanners recognise one.
pub const PREFIX: &str = "bw_";

/// The workspace's keys, newest first.
pub async fn list(db: &Db, scope: &Scope) -> Result<Vec<ApiKey>> {
    scope.require(Role::Admin)?;
    let mut tx = db.tenant(scope).await?;
    let rows = sqlx::query_as!(
        ApiKey,
        "select id, name, prefix, created_at, last_used_at from api_keys
         where workspace_id = $1 order by created_at desc",
        scope.workspace_id()
    )
    .fetch_all(&mut *tx)
    .await?;
    Ok(rows)
}

/// Makes a key: 32 random bytes, so a plain SHA-256 keeps them safe.
pub async fn create(db: &Db, scope: &Scope, request: &CreateApiKeyRequest) -> Result<CreatedApiKey> {
    scope.require(Role::Admin)?;
    let mut check = Checker::default();
    check.length("name", &request.name, 1, 80);
    check.finish().map_err(Error::validation)?;
    let key = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>()));
    let id = Uuid::now_v7();
    let mut tx = db.tenant(scope).await?;
    let api_key = sqlx::query_as!(
        ApiKey,
        "insert into api_keys (workspace_id, id, name, prefix, key_hash, created_by) values ($1, $2, $3, $4, $5, $6)
         returning id, name, prefix, created_at, last_used_at",
        scope.workspace_id(),
        id,
        request.name.trim(),
        &key[..PREFIX.len() + 6],
        hash(&key),
        scope.user_id()
    )
    .fetch_one(&mut *tx)
    .await?;
    audit::record(
        &mut tx,
        scope,
        "api_key.create",
        id,
        json!({ "name": api_key.name }),
    )
    .await?;
    tx.commit().await?;
    Ok(CreatedApiKey { api_key, key })
}

/// Deletes a key; it stops working at once.
pub async fn delete(db: &Db, scope: &Scope, id: Uuid) -> Result<()> {
    scope.require(Role::Admin)?;
    let mut tx = db.tenant(scope).await?;
    let deleted = sqlx::query!(
        "delete from api_keys where workspace_id = $1 and id = $2",
        scope.workspace_id(),
        id
    )
    .execute(&mut *tx)
    .await?;
    if deleted.rows_affected() == 0 {
        return Err(Error::not_found("API key"));
    }
    audit::record(&mut tx, scope, "api_key.delete", id, json!({})).await?;
    tx.commit().await
}

/// The scope of a program that presents `key`.
pub async fn authenticate(db: &Db, key: &str) -> Result<Scope> {
    let refused = || {
        Error::refused(
            ErrorCode::Unauthorized,
            "This API key is not valid or was deleted.",
        )
    };
    if !key.starts_with(PREFIX) {
        return Err(refused());
    }
    let key_hash = hash(key);
    let mut tx = db.machine(&key_hash).await?;
    let row = sqlx::query!(
        "select k.workspace_id, k.id, k.created_by, w.organization_id from api_keys k
         join workspaces w on w.id = k.workspace_id
         join organizations o on o.id = w.organization_id
         where k.key_hash = $1 and w.deletes_at is null and o.deletes_at is null",
        key_hash
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or_else(refused)?;
    tx.bind(row.workspace_id).await?;
    tx.bind_organization(row.organization_id).await?;
    // A key is as good as whoever made it: while they are suspended, it rests.
    let rests = sqlx::query_scalar!(
        r#"select exists(select from workspace_members where user_id = $1 and suspended_at is not null)
               or exists(select from organization_members where user_id = $1 and suspended_at is not null)
               as "rests!""#,
        row.created_by
    )
    .fetch_one(&mut *tx)
    .await?;
    if rests {
        return Err(refused());
    }
    // To the minute: a busy key does not write its row with every request.
    sqlx::query!(
        "update api_keys set last_used_at = now() where workspace_id = $1 and id = $2
         and (last_used_at is null or last_used_at < now() - interval '1 minute')",
        row.workspace_id,
        row.id
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(Scope::new(Actor::ApiKey(row.id), row.workspace_id, Role::Editor))
}

fn hash(key: &str) -> Vec<u8> {
    Sha256::digest(key.as_bytes()).to_vec()
}
