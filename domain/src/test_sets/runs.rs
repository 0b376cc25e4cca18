//! Runs as rows: asked for, listed, compared, stopped.

use std::collections::HashMap;

use api_types::ErrorCode;
use api_types::bots::ChatbotContent;
use api_types::drafts::TestTurn;
use api_types::tenancy::Role;
use api_types::test_sets::{
    CaseResult, Change, Expectation, Figures, RunCase, RunStatus, RunTarget, StartRunRequest, TestRun,
    TestRunDetail,
};
use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::types::Json;
use uuid::Uuid;

use super::gate::content_hash;
use super::{figures, not_found, require};
use crate::db::{Db, TenantTx};
use crate::error::violates;
use crate::jobs::{self, Job};
use crate::{Error, Result, Scope, Services, bots, drafts};

/// Runs of a set that are kept.
const KEPT: i64 = 30;

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

async fn one(tx: &mut TenantTx, scope: &Scope, set_id: Uuid, id: Uuid) -> Result<TestRun> {
    let filter = Filter {
        set_id: Some(set_id),
        id: Some(id),
        ..Filter::default()
    };
    let found = select(tx, scope, filter).await?.pop();
    found.ok_or_else(|| Error::not_found("run of this test set"))
}

/// What is run, as it was when the run was asked for.
struct Subject {
    bot_id: Option<Uuid>,
    bot_version: Option<i32>,
    draft_id: Option<Uuid>,
    draft_version: Option<i64>,
    content: ChatbotContent,
}

async fn subject(services: &Services, scope: &Scope, request: StartRunRequest) -> Result<Subject> {
    match (request.bot_id, request.draft_id) {
        (Some(id), None) => {
            let bot = bots::get(services, scope, id).await?;
            Ok(Subject {
                bot_id: Some(id),
                bot_version: Some(bot.summary.live_version),
                draft_id: None,
                draft_version: None,
                content: bot.content,
            })
        }
        (None, Some(id)) => {
            let draft = drafts::get::<ChatbotContent>(&services.redis, scope, id).await?;
            Ok(Subject {
                bot_id: draft.from,
                bot_version: None,
                draft_id: Some(id),
                draft_version: Some(draft.version),
                content: draft.content,
            })
        }
        _ => Err(Error::field("bot_id", "Name a bot or a draft, one of the two.")),
    }
}

/// Asks for a run of the set as it is, on a bot or draft as it is.
pub async fn start(
    services: &Services,
    scope: &Scope,
    set_id: Uuid,
    request: StartRunRequest,
) -> Result<TestRun> {
    scope.require(Role::Editor)?;
    let subject = subject(services, scope, request).await?;
    let mut tx = services.db.tenant(scope).await?;
    let set = sqlx::query!(
        "select version from test_sets where workspace_id = $1 and id = $2 for update",
        scope.workspace_id(),
        set_id
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or_else(not_found)?;
    let id = Uuid::now_v7();
    insert(&mut tx, scope, set_id, set.version, id, &subject).await?;
    let copied = sqlx::query!(
        "insert into test_results (workspace_id, run_id, position, case_id, question, history, expectation)
         select workspace_id, $3, row_number() over (order by id) - 1, id, question, history, expectation
         from test_cases where workspace_id = $1 and test_set_id = $2",
        scope.workspace_id(),
        set_id,
        id
    )
    .execute(&mut *tx)
    .await?;
    if copied.rows_affected() == 0 {
        let detail = "This test set holds no case yet; add one, and run it then.";
        return Err(Error::refused(ErrorCode::ValidationFailed, detail));
    }
    let job = Job::RunTests {
        workspace_id: scope.workspace_id(),
        run_id: id,
    };
    jobs::enqueue(&mut tx, &job).await?;
    forget_old(&mut tx, scope, set_id).await?;
    let run = one(&mut tx, scope, set_id, id).await?;
    tx.commit().await?;
    Ok(run)
}

async fn insert(
    tx: &mut TenantTx,
    scope: &Scope,
    set_id: Uuid,
    set_version: i64,
    id: Uuid,
    subject: &Subject,
) -> Result<()> {
    let inserted = sqlx::query!(
        "insert into test_runs (workspace_id, id, test_set_id, set_version, bot_id, bot_version, draft_id,
             draft_version, content, content_hash, total, started_by)
         select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, count(*), $11
         from test_cases where workspace_id = $1 and test_set_id = $3",
        scope.workspace_id(),
        id,
        set_id,
        set_version,
        subject.bot_id,
        subject.bot_version,
        subject.draft_id,
        subject.draft_version,
        json!(subject.content),
        content_hash(&subject.content)?,
        scope.user_id()
    )
    .execute(&mut **tx)
    .await;
    match inserted {
        Err(e) if violates(&e, "test_runs_one_at_a_time") => Err(Error::refused(
            ErrorCode::RunInProgress,
            "This test set is being run already. Wait for that run to end, or stop it.",
        )),
        other => Ok(other.map(drop)?),
    }
}

async fn forget_old(tx: &mut TenantTx, scope: &Scope, set_id: Uuid) -> Result<()> {
    sqlx::query!(
        "delete from test_runs
         where workspace_id = $1 and test_set_id = $2 and id not in (
             select id from test_runs where workspace_id = $1 and test_set_id = $2 order by id desc limit $3)",
        scope.workspace_id(),
        set_id,
        KEPT
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Stops a run; cases that are done stay. One that ended is left as it is.
pub async fn cancel(db: &Db, scope: &Scope, set_id: Uuid, id: Uuid) -> Result<TestRun> {
    scope.require(Role::Editor)?;
    let mut tx = db.tenant(scope).await?;
    let stopped = sqlx::query!(
        "update test_runs set status = 'cancelled', finished_at = now()
         where workspace_id = $1 and test_set_id = $2 and id = $3 and status in ('queued', 'running')",
        scope.workspace_id(),
        set_id,
        id
    )
    .execute(&mut *tx)
    .await?;
    if stopped.rows_affected() > 0 {
        store_figures(&mut tx, scope, id).await?;
    }
    let run = one(&mut tx, scope, set_id, id).await?;
    tx.commit().await?;
    Ok(run)
}

/// Keeps the figures over the cases that are done with the run, which has ended.
pub(super) async fn store_figures(tx: &mut TenantTx, scope: &Scope, id: Uuid) -> Result<()> {
    let done: Vec<_> = results(tx, scope, id)
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

/// A run, case by case, beside the last complete one on the same bot or draft.
pub async fn get(db: &Db, scope: &Scope, set_id: Uuid, id: Uuid) -> Result<TestRunDetail> {
    let mut tx = db.tenant(scope).await?;
    let run = one(&mut tx, scope, set_id, id).await?;
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
        Some(id) => Ok(Some(one(tx, scope, run.test_set_id, id).await?)),
        None => Ok(None),
    }
}

async fn results(tx: &mut TenantTx, scope: &Scope, id: Uuid) -> Result<Vec<RunCase>> {
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
