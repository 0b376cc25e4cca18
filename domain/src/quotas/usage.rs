//! What was used, by day.

use api_types::tenancy::Role;
use api_types::usage::{Quota, QuotaUse, Usage, UsageDay};

use super::{Plans, exceeded, plan_of, used};
use crate::db::TenantTx;
use crate::{Result, Scope, Services};

/// Days that are shown.
const DAYS: i32 = 30;

/// What the organization has of what its plan allows, and what the workspace used in the last 30 days. Needs the role admin.
pub async fn usage(services: &Services, scope: &Scope) -> Result<Usage> {
    scope.require(Role::Admin)?;
    let mut tx = services.db.tenant(scope).await?;
    let (name, plan) = plan_of(&mut tx, &services.plans).await?;
    let mut quotas = Vec::new();
    for quota in Quota::ALL {
        quotas.push(QuotaUse {
            quota,
            used: used(&mut tx, quota, false).await?,
            limit: plan.limit(quota),
        });
    }
    let days = sqlx::query_as!(
        UsageDay,
        r#"select s.day::date as "day!", coalesce(d.messages, 0) as "messages!",
               coalesce(d.prompt_tokens, 0) as "prompt_tokens!",
               coalesce(d.completion_tokens, 0) as "completion_tokens!", coalesce(d.pages, 0) as "pages!",
               coalesce(d.passages_embedded, 0) as "passages_embedded!"
           from generate_series((now() at time zone 'UTC')::date - ($2::int - 1), (now() at time zone 'UTC')::date,
                    interval '1 day') as s (day)
           left join usage_days d on d.workspace_id = $1 and d.day = s.day::date
           order by s.day"#,
        scope.workspace_id(),
        DAYS
    )
    .fetch_all(&mut *tx)
    .await?;
    Ok(Usage {
        plan: name,
        quotas,
        days,
    })
}

/// Counts a page that was taken, in the transaction that stores it. Refuses it if the plan allows no more this month.
pub(crate) async fn add_page(tx: &mut TenantTx, plans: &Plans) -> Result<()> {
    let limited = if plans.are_unlimited() {
        None
    } else {
        let (name, plan) = plan_of(tx, plans).await?;
        plan.limit(Quota::Pages).map(|limit| (name, limit))
    };
    let is_counted = sqlx::query_scalar!(
        r#"select meter_usage('pages', $1) as "counted!""#,
        limited.as_ref().map(|(_, limit)| *limit)
    )
    .fetch_one(&mut **tx)
    .await?;
    match limited {
        Some((name, limit)) if !is_counted => Err(exceeded(&name, Quota::Pages, limit, limit)),
        _ => Ok(()),
    }
}

/// Counts texts that an embedding model was given, in the transaction that stores the vectors.
pub(crate) async fn add_embedded(tx: &mut TenantTx, scope: &Scope, passages: usize) -> Result<()> {
    sqlx::query!(
        "insert into usage_days as d (workspace_id, day, passages_embedded)
         values ($1, (now() at time zone 'UTC')::date, $2)
         on conflict (workspace_id, day) do update
         set passages_embedded = d.passages_embedded + excluded.passages_embedded",
        scope.workspace_id(),
        i64::try_from(passages).unwrap_or(i64::MAX)
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
