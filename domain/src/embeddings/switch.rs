//! One model taking over from another, at one moment for everybody.
//!
//! Whoever publishes chunks holds a shared lock until it commits and asks which model is live under it; the switch
//! holds the same lock alone. So nothing is published with the vectors of a model that has just been replaced.

use std::time::Duration;

use api_types::audit::AuditAction;
use serde_json::json;
use uuid::Uuid;

use super::BUILT_IN;
use super::change::missing;
use crate::db::{Db, TenantTx};
use crate::jobs::{self, Job};
use crate::{Error, Result, Scope, audit};

/// How long the old vectors stay for searches that have begun.
const KEPT: Duration = Duration::from_secs(300);

/// Whether `model_id` is what chunks must have vectors of, until the transaction ends. Where no model is installed that
/// is the built-in one, too.
pub(crate) async fn is_live(tx: &mut TenantTx, scope: &Scope, model_id: Uuid) -> Result<bool> {
    sqlx::query!(
        "select pg_advisory_xact_lock_shared(hashtextextended($1, 0))",
        lock_name(scope)
    )
    .execute(&mut **tx)
    .await?;
    Ok(live_id(tx, scope).await? == model_id)
}

/// What becomes of work that was done with a model that is not live any more: it is done again.
pub(crate) fn replaced() -> Error {
    Error::Unavailable {
        part: "embedding model",
        source: anyhow::anyhow!("another one took over meanwhile"),
    }
}

/// Keeps everybody else from publishing or choosing a model until the transaction ends.
pub(super) async fn lock(tx: &mut TenantTx, scope: &Scope) -> Result<()> {
    sqlx::query!(
        "select pg_advisory_xact_lock(hashtextextended($1, 0))",
        lock_name(scope)
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Makes a model live if nothing lacks its vectors. False if something does.
pub(super) async fn settle(db: &Db, scope: &Scope, model_id: Uuid) -> Result<bool> {
    let mut tx = db.tenant(scope).await?;
    lock(&mut tx, scope).await?;
    if !missing(&mut tx, scope, model_id, 1).await?.is_empty() {
        return Ok(false);
    }
    let old = live_id(&mut tx, scope).await?;
    sqlx::query!(
        "delete from embedding_models where workspace_id = $1 and state = 'live'",
        scope.workspace_id()
    )
    .execute(&mut *tx)
    .await?;
    let switched = sqlx::query!(
        "update embedding_models set state = 'live', error = null
         where workspace_id = $1 and id = $2 and state = 'building'
         returning model",
        scope.workspace_id(),
        model_id
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(switched) = switched else {
        // Cancelled: everything stays as it was.
        return Ok(true);
    };
    sqlx::query!(
        "delete from embedded_documents where workspace_id = $1 and model_id = $2",
        scope.workspace_id(),
        model_id
    )
    .execute(&mut *tx)
    .await?;
    let job = Job::ForgetEmbedding {
        workspace_id: scope.workspace_id(),
        model_id: old,
    };
    jobs::enqueue_turn(&mut tx, &job, 0, KEPT).await?;
    let action = AuditAction::EmbeddingSwitch;
    audit::record(&mut tx, scope, action, model_id, &switched.model, json!({}));
    tx.commit().await?;
    tracing::info!(workspace_id = %scope.workspace_id(), %model_id, "another embedding model took over");
    Ok(true)
}

async fn live_id(tx: &mut TenantTx, scope: &Scope) -> Result<Uuid> {
    let id = sqlx::query_scalar!(
        "select id from embedding_models where workspace_id = $1 and state = 'live'",
        scope.workspace_id()
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(id.unwrap_or(BUILT_IN))
}

fn lock_name(scope: &Scope) -> String {
    format!("embeddings:{}", scope.workspace_id())
}
