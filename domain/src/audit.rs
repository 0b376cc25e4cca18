//! Who did what, written in the transaction that does it.

use serde_json::Value;
use uuid::Uuid;

use crate::db::TenantTx;
use crate::{Result, Scope};

/// Appends one entry; `action` is `<noun>.<verb>`, `object_id` what it was done to.
pub async fn record(
    tx: &mut TenantTx,
    scope: &Scope,
    action: &str,
    object_id: Uuid,
    details: Value,
) -> Result<()> {
    sqlx::query!(
        "insert into audit_log (workspace_id, id, actor_id, action, object_id, details)
         values ($1, $2, $3, $4, $5, $6)",
        scope.workspace_id(),
        Uuid::now_v7(),
        scope.user_id(),
        action,
        object_id,
        details
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
