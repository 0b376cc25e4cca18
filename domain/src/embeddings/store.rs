//! Vectors as rows.

use std::collections::HashSet;

use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::BUILT_IN;
use super::change::lock;
use crate::db::{Db, TenantTx};
use crate::jobs::Outcome;
use crate::{Result, Scope, Services, quotas, vectors};

/// Rows removed by one statement.
const BATCH: i64 = 5_000;

/// SHA-256 of what was embedded.
pub(crate) type ContentHash = [u8; 32];

/// The hash of a text.
pub(crate) fn content_hash(text: &str) -> ContentHash {
    let mut hasher = Sha256::new();
    // All hashes had the built-in model's name in them when there was no other.
    hasher.update(retrieval::minilm::ID);
    hasher.update([0]);
    hasher.update(text);
    hasher.finalize().into()
}

/// Which of these texts a model has embedded already. They stay for an hour at least, whoever else drops them.
pub(crate) async fn known(
    db: &Db,
    scope: &Scope,
    model_id: Uuid,
    hashes: &[ContentHash],
) -> Result<HashSet<ContentHash>> {
    let hashes: Vec<Vec<u8>> = hashes.iter().map(|hash| hash.to_vec()).collect();
    let mut tx = db.tenant(scope).await?;
    sqlx::query!(
        "update embeddings set used_at = now()
         where (workspace_id, model_id, content_hash) in (
             select workspace_id, model_id, content_hash from embeddings
             where workspace_id = $1 and model_id = $2 and content_hash = any($3)
               and used_at < now() - interval '10 minutes'
             for update skip locked)",
        scope.workspace_id(),
        model_id,
        &hashes
    )
    .execute(&mut *tx)
    .await?;
    let known = sqlx::query_scalar!(
        "select content_hash from embeddings where workspace_id = $1 and model_id = $2 and content_hash = any($3)",
        scope.workspace_id(),
        model_id,
        &hashes
    )
    .fetch_all(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(known
        .into_iter()
        .filter_map(|hash| hash.try_into().ok())
        .collect())
}

/// Keeps vectors. Those that are there stay.
pub(crate) async fn put(
    tx: &mut TenantTx,
    scope: &Scope,
    model_id: Uuid,
    embedded: &[(ContentHash, Vec<f32>)],
) -> Result<()> {
    if embedded.is_empty() {
        return Ok(());
    }
    let mut rows: Vec<(&[u8], Vec<u8>)> = embedded
        .iter()
        .map(|(hash, vector)| (&hash[..], vectors::to_bytes(vector)))
        .collect();
    // In one order everywhere: so two that write the same never wait for each other.
    rows.sort_by_key(|(hash, _)| *hash);
    let (hashes, vectors): (Vec<Vec<u8>>, Vec<Vec<u8>>) = rows
        .into_iter()
        .map(|(hash, vector)| (hash.to_vec(), vector))
        .unzip();
    sqlx::query!(
        "insert into embeddings (workspace_id, model_id, content_hash, vector)
         select $1, $2, hash, vector from unnest($3::bytea[], $4::bytea[]) as new (hash, vector)
         on conflict do nothing",
        scope.workspace_id(),
        model_id,
        &hashes,
        &vectors
    )
    .execute(&mut **tx)
    .await?;
    quotas::add_embedded(tx, scope, embedded.len()).await
}

/// Removes the vectors of a model that is no longer in use: a job. Safe to repeat.
pub async fn forget(services: &Services, workspace_id: Uuid, model_id: Uuid) -> Result<Outcome> {
    let scope = Scope::worker(workspace_id);
    let Some(lock) = lock(services, workspace_id).await? else {
        return Ok(Outcome::Later(super::change::LOCKED_DELAY));
    };
    let forgotten = forget_locked(services, &scope, model_id).await;
    lock.release().await;
    forgotten.map(|()| Outcome::Done)
}

async fn forget_locked(services: &Services, scope: &Scope, model_id: Uuid) -> Result<()> {
    // It may have been chosen again since.
    if in_use(&services.db, scope, model_id).await? {
        return Ok(());
    }
    services.vectors.remove_space(scope, model_id).await?;
    loop {
        let mut tx = services.db.tenant(scope).await?;
        let deleted = sqlx::query!(
            "delete from embeddings where (workspace_id, model_id, content_hash) in (
                 select workspace_id, model_id, content_hash from embeddings
                 where workspace_id = $1 and model_id = $2 limit $3)",
            scope.workspace_id(),
            model_id,
            BATCH
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        if deleted.rows_affected() == 0 {
            return Ok(());
        }
    }
}

async fn in_use(db: &Db, scope: &Scope, model_id: Uuid) -> Result<bool> {
    let mut tx = db.tenant(scope).await?;
    let rows = sqlx::query!(
        "select id, state from embedding_models where workspace_id = $1",
        scope.workspace_id()
    )
    .fetch_all(&mut *tx)
    .await?;
    let built_in_is_live = !rows.iter().any(|row| row.state == "live");
    Ok(rows.iter().any(|row| row.id == model_id) || (model_id == BUILT_IN && built_in_is_live))
}

/// Removes vectors of texts that no chunk has had for an hour, in every workspace. Returns how many.
pub async fn collect_unused(db: &Db) -> Result<u64> {
    let workspaces = sqlx::query_scalar!("select id from workspaces")
        .fetch_all(db.pool())
        .await?;
    let mut collected = 0;
    for id in workspaces {
        collected += collect_in(db, &Scope::worker(id)).await?;
    }
    Ok(collected)
}

async fn collect_in(db: &Db, scope: &Scope) -> Result<u64> {
    let mut tx = db.tenant(scope).await?;
    let deleted = sqlx::query!(
        "delete from embeddings e
         where e.workspace_id = $1 and e.used_at < now() - interval '1 hour'
           and not exists (select from chunks c where c.workspace_id = $1 and c.content_hash = e.content_hash)",
        scope.workspace_id()
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(deleted.rows_affected())
}
