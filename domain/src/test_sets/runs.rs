//! Runs as rows: listed, looked up, stopped.

use std::collections::HashMap;

use api_types::audit::AuditAction;
use api_types::tenancy::Role;
use api_types::test_sets::{Figures, RunStatus, RunTarget, TestRun};
use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::types::Json;
use uuid::Uuid;

use super::{compare, figures, require};
use crate::db::{Db, TenantTx};
use crate::{Error, Result, Scope, audit};

struct Row {
    id: Uuid,
    test_set_id: Uuid,
    name: String,
    bot_id: Option<Uuid>,
    bot_version: Option<i32>,
    draft_id: Option<Uuid>,
    draft_version: Option<i64>,
    status: String,
    error: Option<String>,
    total: i32,
    done: i64,
    figures: Option<Json<Figures>>,
    created_at: DateTime<Utc>,
    finished_at: Option<DateTime<Utc>>,
}

impl From<Row> for TestRun {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            test_set_id: row.test_set_id,
            target: RunTarget {
                name: row.name,
                bot_id: row.bot_id,
                bot_version: row.bot_version,
                draft_id: row.draft_id,
                draft_version: row.draft_version,
            },
            status: match row.status.as_str() {
                "queued" => RunStatus::Queued,
                "running" => RunStatus::Running,
                "done" => RunStatus::Done,
                "cancelled" => RunStatus::Cancelled,
                _ => RunStatus::Failed,
            },
            error: row.error,
            total: row.total,
            done: row.done,
            figures: row.figures.map(|figures| figures.0),
            created_at: row.created_at,
            finished_at: row.finished_at,
        }
    }
}

/// Which runs are wanted; each that is set narrows them.
#[derive(Default)]
struct Filter {
    set_id: Option<Uuid>,
    id: Option<Uuid>,
    /// The newest of each set only.
    newest: bool,
}

/// Newest first.
async fn select(tx: &mut TenantTx, scope: &Scope, filter: Filter) -> Result<Vec<TestRun>> {
    let rows = sqlx::query_as!(
        Row,
        r#"select r.id, r.test_set_id, coalesce(r.content ->> 'name', '') as "name!", r.bot_id, r.bot_version,
             r.draft_id, r.draft_version, r.status, r.error, r.total, r.figures as "figures: Json<Figures>",
             r.created_at, r.finished_at,
             (select count(*) from test_results t
              where t.workspace_id = r.workspace_id and t.run_id = r.id and t.result is not null) as "done!"
         from test_runs r
         where r.workspace_id = $1
           and ($2::uuid is null or r.test_set_id = $2)
           and ($3::uuid is null or r.id = $3)
           and (not $4 or not exists (
                select from test_runs n
                where n.workspace_id = r.workspace_id and n.test_set_id = r.test_set_id and n.id > r.id))
         order by r.id desc"#,
        scope.workspace_id(),
        filter.set_id,
        filter.id,
        filter.newest
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(TestRun::from).collect())
}

/// The newest run of each set, or of one, by set.
pub(super) async fn newest(
    tx: &mut TenantTx,
    scope: &Scope,
    set_id: Option<Uuid>,
) -> Result<HashMap<Uuid, TestRun>> {
    let filter = Filter {
        set_id,
        newest: true,
        ..Filter::default()
    };
    let runs = select(tx, scope, filter).await?;
    Ok(runs.into_iter().map(|run| (run.test_set_id, run)).collect())
}

/// The newest complete run of a set as it is now, on content with this hash.
pub(super) async fn newest_on(
    tx: &mut TenantTx,
    scope: &Scope,
    set_id: Uuid,
    set_version: i64,
    content_hash: &[u8],
) -> Result<Option<TestRun>> {
    let id = sqlx::query_scalar!(
        "select id from test_runs
         where workspace_id = $1 and test_set_id = $2 and set_version = $3 and content_hash = $4 and status = 'done'
         order by id desc limit 1",
        scope.workspace_id(),
        set_id,
        set_version,
        content_hash
    )
    .fetch_optional(&mut **tx)
    .await?;
    match id {
        Some(id) => Ok(Some(one(tx, scope, set_id, id).await?)),
        None => Ok(None),
    }
}

/// The runs of a set, newest first.
pub async fn list(db: &Db, scope: &Scope, set_id: Uuid) -> Result<Vec<TestRun>> {
    let mut tx = db.tenant(scope).await?;
    require(&mut tx, scope, set_id).await?;
    let filter = Filter {
        set_id: Some(set_id),
        ..Filter::default()
    };
    select(&mut tx, scope, filter).await
}

pub(super) async fn one(tx: &mut TenantTx, scope: &Scope, set_id: Uuid, id: Uuid) -> Result<TestRun> {
    let filter = Filter {
        set_id: Some(set_id),
        id: Some(id),
        ..Filter::default()
    };
    let found = select(tx, scope, filter).await?.pop();
    found.ok_or_else(|| Error::not_found("run of this test set"))
}

/// Stops a run; cases that are done stay. One that ended is left as it is.
pub async fn cancel(db: &Db, scope: &Scope, set_id: Uuid, id: Uuid) -> Result<TestRun> {
    scope.require(Role::Editor)?;
    let mut tx = db.tenant(scope).await?;
    let stopped = sqlx::query!(
        "update test_runs set status = 'cancelled', finished_at = now()
         where workspace_id = $1 and test_set_id = $2 and id = $3 and status in ('queued', 'running')
         returning (select s.name from test_sets s where s.workspace_id = $1 and s.id = $2) as \"set_name!\"",
        scope.workspace_id(),
        set_id,
        id
    )
    .fetch_optional(&mut *tx)
    .await?;
    if let Some(stopped) = stopped {
        store_figures(&mut tx, scope, id).await?;
        let (action, details) = (AuditAction::TestRunCancel, json!({ "run_id": id }));
        audit::record(&mut tx, scope, action, set_id, &stopped.set_name, details);
    }
    let run = one(&mut tx, scope, set_id, id).await?;
    tx.commit().await?;
    Ok(run)
}

/// Keeps the figures over the cases that are done with the run, which has ended.
pub(super) async fn store_figures(tx: &mut TenantTx, scope: &Scope, id: Uuid) -> Result<()> {
    let done: Vec<_> = compare::results(tx, scope, id)
        .await?
        .into_iter()
        .filter_map(|case| Some((case.expectation, case.result?)))
        .collect();
    sqlx::query!(
        "update test_runs set figures = $3 where workspace_id = $1 and id = $2",
        scope.workspace_id(),
        id,
        json!(figures::figures(&done))
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
