//! What a workspace keeps, for how long.

use api_types::audit::AuditAction;
use api_types::data::{DataPolicy, MAX_DAYS};
use api_types::tenancy::Role;
use api_types::validate::Checker;
use serde_json::json;

use crate::db::TenantTx;
use crate::{Error, Result, Scope, Services, audit};

/// The policy of the workspace; without one everything is kept, as it is.
pub async fn policy(services: &Services, scope: &Scope) -> Result<DataPolicy> {
    let mut tx = services.db.tenant(scope).await?;
    select(&mut tx, scope).await
}

/// Changes the policy. Needs the role admin. What is too old by then is removed within minutes.
pub async fn save_policy(services: &Services, scope: &Scope, policy: &DataPolicy) -> Result<DataPolicy> {
    scope.require(Role::Admin)?;
    let mut check = Checker::default();
    for (field, days) in [
        ("conversations_days", policy.conversations_days),
        ("files_days", policy.files_days),
        ("leads_days", policy.leads_days),
    ] {
        let is_fine = days.is_none_or(|days| (1..=MAX_DAYS).contains(&days));
        check.require(
            is_fine,
            field,
            "Enter 1 to 3650 days, or leave it empty to keep everything.",
        );
    }
    check.finish().map_err(Error::validation)?;
    let mut tx = services.db.tenant(scope).await?;
    sqlx::query!(
        "insert into data_policies (workspace_id, conversations_days, files_days, leads_days, redacts)
         values ($1, $2, $3, $4, $5)
         on conflict (workspace_id) do update set conversations_days = excluded.conversations_days,
             files_days = excluded.files_days, leads_days = excluded.leads_days, redacts = excluded.redacts, updated_at = now()",
        scope.workspace_id(),
        policy.conversations_days.map(i32::from),
        policy.files_days.map(i32::from),
        policy.leads_days.map(i32::from),
        policy.redacts
    )
    .execute(&mut *tx)
    .await?;
    audit::record(
        &mut tx,
        scope,
        AuditAction::DataPolicyChange,
        scope.workspace_id(),
        "",
        json!(policy),
    );
    // Live bots know whether to redact.
    services
        .live_bots
        .commit_for_all(&services.redis, scope, tx)
        .await?;
    Ok(policy.clone())
}

pub(super) async fn select(tx: &mut TenantTx, scope: &Scope) -> Result<DataPolicy> {
    let row = sqlx::query!(
        "select conversations_days, files_days, leads_days, redacts from data_policies where workspace_id = $1",
        scope.workspace_id()
    )
    .fetch_optional(&mut **tx)
    .await?;
    let Some(row) = row else {
        return Ok(DataPolicy::default());
    };
    let days = |days: Option<i32>| days.and_then(|days| u16::try_from(days).ok());
    Ok(DataPolicy {
        conversations_days: days(row.conversations_days),
        files_days: days(row.files_days),
        leads_days: days(row.leads_days),
        redacts: row.redacts,
    })
}
