//! Plans and what they allow: the one place where limits are looked at.
//!
//! Plans are the operator's settings; an organization has one by name. What is there (bots, documents, members) is counted
//! after it was added, under a lock that lasts until the commit, so that two who add at the same time can't both fit in the
//! last place. What happens by month (messages, pages) is counted by the statement that stores it. Going over a limit that
//! was lowered takes nothing away: only what is new is refused.

mod plan;
mod usage;

pub use plan::{Plan, Plans, set_plan};
pub use usage::usage;
pub(crate) use usage::{add_embedded, add_page};

use api_types::ErrorCode;
use api_types::usage::{Quota, QuotaUse};

use crate::db::TenantTx;
use crate::error::Refusal;
use crate::{Error, Result};

/// Refuses what was just added in this transaction if it is more than the plan allows. Call it last, and only for what is
/// new, with how much of it there is.
pub(crate) async fn check(tx: &mut TenantTx, plans: &Plans, added: &[(Quota, i64)]) -> Result<()> {
    if plans.are_unlimited() {
        return Ok(());
    }
    let (name, plan) = plan_of(tx, plans).await?;
    for (quota, more) in added {
        let Some(limit) = plan.limit(*quota).filter(|_| *more > 0) else {
            continue;
        };
        let used = used(tx, *quota, true).await?;
        if used > limit {
            return Err(exceeded(&name, *quota, used - more, limit));
        }
    }
    Ok(())
}

/// The plan of the organization that the transaction's workspace belongs to.
async fn plan_of(tx: &mut TenantTx, plans: &Plans) -> Result<(String, Plan)> {
    let name = sqlx::query_scalar!(
        "select o.plan from workspaces w join organizations o on o.id = w.organization_id
         where w.id = app_workspace_id()"
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(plans.named(name.as_deref()))
}

async fn used(tx: &mut TenantTx, quota: Quota, locks: bool) -> Result<i64> {
    let used = sqlx::query_scalar!(r#"select quota_used($1, $2) as "used!""#, quota.noun(), locks)
        .fetch_one(&mut **tx)
        .await?;
    Ok(used)
}

/// What a member is told.
fn exceeded(plan: &str, quota: Quota, used: i64, limit: i64) -> Error {
    let detail = format!(
        "The plan “{plan}” allows {}, and {} in use; nothing was changed. {}",
        quota.words(limit),
        match used {
            0 => "none is".to_owned(),
            1 => "1 is".to_owned(),
            used => format!("{used} are"),
        },
        if quota.is_monthly() {
            "Wait for the next month, or ask whoever runs this server for another plan."
        } else {
            "Delete what is not needed any more, or ask whoever runs this server for another plan."
        }
    );
    let current = QuotaUse {
        quota,
        used,
        limit: Some(limit),
    };
    Error::Refused(Box::new(Refusal {
        code: ErrorCode::QuotaExceeded,
        detail,
        errors: Vec::new(),
        current: serde_json::to_value(current).ok(),
        retry_after: None,
    }))
}

/// What a visitor is told, who has nothing to do with plans.
pub(crate) fn no_more_messages() -> Error {
    Error::refused(
        ErrorCode::QuotaExceeded,
        "This bot can't answer any more this month. Please come back next month, or write to us in another way.",
    )
}
