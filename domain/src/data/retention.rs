//! Removing what is older than a workspace keeps it. Any number of workers may do so at the same time.

use std::collections::BTreeMap;

use api_types::audit::AuditAction;
use serde_json::json;
use uuid::Uuid;

use super::policy;
use crate::db::TenantTx;
use crate::{Result, Scope, Services, audit, conversations, kb, leads};

/// Rows of one kind that are removed in one transaction.
pub(crate) const BATCH: i64 = 200;
/// Transactions that one workspace has in a round; the rest waits for the next one.
const BATCHES: usize = 50;

/// What was removed, by noun.
type Removed = BTreeMap<String, u64>;

/// Removes what is too old in every workspace. Answers how many things that were.
pub async fn enforce(services: &Services) -> Result<u64> {
    let limited = sqlx::query_scalar!("select workspace_id from data_policies")
        .fetch_all(services.db.pool())
        .await?;
    let mut removed = 0;
    for workspace_id in limited {
        removed += enforce_in(services, workspace_id).await?;
    }
    Ok(removed)
}

async fn enforce_in(services: &Services, workspace_id: Uuid) -> Result<u64> {
    let scope = Scope::worker(workspace_id);
    let mut sum = 0;
    for _ in 0..BATCHES {
        let mut tx = services.db.tenant(&scope).await?;
        // One worker at a time, so that nothing is counted twice.
        let is_first = sqlx::query_scalar!(
            r#"select pg_try_advisory_xact_lock(hashtextextended('retention:' || $1, 0)) as "locked!""#,
            workspace_id.to_string()
        )
        .fetch_one(&mut *tx)
        .await?;
        if !is_first {
            break;
        }
        let removed = remove(services, &mut tx, &scope).await?;
        let count: u64 = removed.values().sum();
        if count == 0 {
            break;
        }
        let (action, details) = (AuditAction::DataRetention, json!(removed));
        audit::record(&mut tx, &scope, action, workspace_id, "", details);
        tx.commit().await?;
        sum += count;
    }
    Ok(sum)
}

/// Removes one batch of everything that is kept for a time. A further noun is a column of the policy and a line here.
async fn remove(services: &Services, tx: &mut TenantTx, scope: &Scope) -> Result<Removed> {
    let policy = policy::select(tx, scope).await?;
    let mut removed = Removed::new();
    if let Some(days) = policy.conversations_days {
        removed.extend(conversations::remove_older(services, tx, scope, days).await?);
    }
    if let Some(days) = policy.files_days {
        removed.insert(
            "files".to_owned(),
            kb::documents::remove_originals(tx, scope, days).await?,
        );
    }
    if let Some(days) = policy.leads_days {
        removed.extend(leads::remove_older(tx, scope, days).await?);
    }
    removed.retain(|_, count| *count > 0);
    Ok(removed)
}
