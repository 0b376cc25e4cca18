//! A run case by case, beside the one before.

use std::collections::HashMap;

use api_types::drafts::TestTurn;
use api_types::test_sets::{CaseResult, Change, Expectation, RunCase, TestRun, TestRunDetail};
use sqlx::types::Json;
use uuid::Uuid;

use super::runs;
use crate::db::{Db, TenantTx};
use crate::{Result, Scope};

/// A run, case by case, beside the last complete one on the same bot or draft.
pub async fn get(db: &Db, scope: &Scope, set_id: Uuid, id: Uuid) -> Result<TestRunDetail> {
    let mut tx = db.tenant(scope).await?;
    let run = runs::one(&mut tx, scope, set_id, id).await?;
    let mut cases = results(&mut tx, scope, id).await?;
    let previous = previous(&mut tx, scope, &run).await?;
    if let Some(previous) = &previous {
        let before: HashMap<Uuid, bool> = results(&mut tx, scope, previous.id)
            .await?
            .into_iter()
            .filter_map(|case| Some((case.case_id, case.result?.failure.is_none())))
            .collect();
        for case in &mut cases {
            case.change = case.result.as_ref().and_then(|result| {
                let passed = result.failure.is_none();
                before
                    .get(&case.case_id)
                    .map(|passed_before| change(*passed_before, passed))
            });
        }
    }
    Ok(TestRunDetail { run, previous, cases })
}

fn change(before: bool, now: bool) -> Change {
    match (before, now) {
        (false, true) => Change::Improved,
        (true, false) => Change::Regressed,
        _ => Change::Unchanged,
    }
}

/// The last complete run before `run` on the same draft or bot, or on a draft that became a version of that bot.
async fn previous(tx: &mut TenantTx, scope: &Scope, run: &TestRun) -> Result<Option<TestRun>> {
    let id = sqlx::query_scalar!(
        "select id from test_runs
         where workspace_id = $1 and test_set_id = $2 and status = 'done' and id < $3
           and (draft_id = $4 or bot_id = $5 or draft_id in (
                select draft_id from bot_versions where workspace_id = $1 and bot_id = $5))
         order by id desc limit 1",
        scope.workspace_id(),
        run.test_set_id,
        run.id,
        run.target.draft_id,
        run.target.bot_id
    )
    .fetch_optional(&mut **tx)
    .await?;
    match id {
        Some(id) => Ok(Some(runs::one(tx, scope, run.test_set_id, id).await?)),
        None => Ok(None),
    }
}

pub(super) async fn results(tx: &mut TenantTx, scope: &Scope, id: Uuid) -> Result<Vec<RunCase>> {
    let rows = sqlx::query!(
        r#"select case_id, question, history as "history: Json<Vec<TestTurn>>",
             expectation as "expectation: Json<Expectation>", result as "result: Json<CaseResult>"
         from test_results where workspace_id = $1 and run_id = $2 order by position"#,
        scope.workspace_id(),
        id
    )
    .fetch_all(&mut **tx)
    .await?;
    let cases = rows.into_iter().map(|row| RunCase {
        case_id: row.case_id,
        question: row.question,
        history: row.history.0,
        expectation: row.expectation.0,
        result: row.result.map(|result| result.0),
        change: None,
    });
    Ok(cases.collect())
}
