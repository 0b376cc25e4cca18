//! Deleting leads with everything that hangs on them.

use api_types::audit::AuditAction;
use api_types::data::{DeletionKind, DeletionReceipt};
use api_types::tenancy::Role;
use serde_json::json;
use uuid::Uuid;

use crate::data::BATCH;
use crate::data::receipts::{Counts, Deletion, add};
use crate::db::{Db, TenantTx};
use crate::{Error, Result, Scope, audit};

/// Deletes a lead for good, and answers with a receipt. Needs the role admin. Its conversations stay.
pub async fn delete(db: &Db, scope: &Scope, id: Uuid) -> Result<DeletionReceipt> {
    scope.require(Role::Admin)?;
    let mut tx = db.tenant(scope).await?;
    let counts = remove(&mut tx, scope, &[id]).await?;
    if counts.get("leads").copied() != Some(1) {
        return Err(Error::not_found("lead"));
    }
    let deletion = Deletion::now(DeletionKind::Leads, scope, scope.workspace_id());
    let receipt = deletion.finished(counts)?;
    deletion.store(&mut tx, &receipt).await?;
    let details = json!({ "receipt_id": receipt.id, "counts": receipt.counts });
    audit::record(&mut tx, scope, AuditAction::LeadDelete, id, "", details);
    tx.commit().await?;
    Ok(receipt)
}

/// Removes a batch of leads that nothing has changed about for so many days. Answers what was removed.
pub(crate) async fn remove_older(tx: &mut TenantTx, scope: &Scope, days: u16) -> Result<Counts> {
    let ids = sqlx::query_scalar!(
        "select id from leads where workspace_id = $1 and updated_at < now() - make_interval(days => $2)
         order by updated_at limit $3",
        scope.workspace_id(),
        i32::from(days),
        BATCH
    )
    .fetch_all(&mut **tx)
    .await?;
    remove(tx, scope, &ids).await
}

/// What hangs on them goes by the database's own hand; here it is counted.
async fn remove(tx: &mut TenantTx, scope: &Scope, ids: &[Uuid]) -> Result<Counts> {
    let hanging = sqlx::query!(
        r#"select
             (select count(*) from lead_submissions where workspace_id = $1 and lead_id = any($2)) as "submissions!",
             (select count(*) from lead_notes where workspace_id = $1 and lead_id = any($2)) as "notes!",
             (select count(*) from webhook_deliveries where workspace_id = $1 and lead_id = any($2)) as "deliveries!""#,
        scope.workspace_id(),
        ids
    )
    .fetch_one(&mut **tx)
    .await?;
    let deleted = sqlx::query!(
        "delete from leads where workspace_id = $1 and id = any($2)",
        scope.workspace_id(),
        ids
    )
    .execute(&mut **tx)
    .await?;
    let mut counts = Counts::new();
    add(&mut counts, "leads", deleted.rows_affected());
    for (what, number) in [
        ("lead_submissions", hanging.submissions),
        ("lead_notes", hanging.notes),
        ("webhook_deliveries", hanging.deliveries),
    ] {
        add(&mut counts, what, number.unsigned_abs());
    }
    Ok(counts)
}
