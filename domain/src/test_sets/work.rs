//! The job that puts the questions of a run to a bot.
//!
//! Each result is stored as it comes, so a job that is killed anywhere and run again asks only what is left.

use std::time::{Duration, Instant};

use api_types::ErrorCode;
use api_types::bots::{ChatbotContent, ModelChoice};
use api_types::drafts::TestTurn;
use api_types::live::Topic;
use api_types::test_sets::{CaseResult, Expectation};
use futures::{FutureExt, StreamExt, TryStreamExt};
use serde_json::json;
use sqlx::types::Json;
use uuid::Uuid;

use super::{judge, runs};
use crate::chat::{self, Turn};
use crate::db::Db;
use crate::jobs::Outcome;
use crate::{Error, Result, Scope, Services};

/// Attempts without a single case done after which a run is given up. An attempt is counted before the work, so a
/// case that kills its worker ends the run too.
const MAX_ATTEMPTS: i32 = 6;
/// Questions put to a provider's model at once. The built-in answerer has only our own processor: one.
const AT_ONCE: usize = 4;

/// Why the work on a run stopped.
enum Stop {
    /// It was deleted, or somebody stopped it.
    Ended,
    /// A question could not be asked.
    Failed(Error),
}

impl<E: Into<Error>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

struct Work {
    id: Uuid,
    content: ChatbotContent,
    /// This one included.
    attempts: i32,
    cases: Vec<Case>,
}

struct Case {
    position: i32,
    question: String,
    history: Vec<TestTurn>,
    expectation: Expectation,
}

/// Goes on with a run; `services` acts in the worker's database role. Safe to run again and at the same time as
/// another.
pub async fn run(services: &Services, workspace_id: Uuid, run_id: Uuid) -> Result<Outcome> {
    let scope = Scope::worker(workspace_id);
    let Some(work) = claim(&services.db, &scope, run_id).await? else {
        return Ok(Outcome::Done);
    };
    let asked = match ask_all(services, &scope, &work).await {
        Ok(true) => finish(&services.db, &scope, run_id).await.map_err(Stop::Failed),
        Ok(false) => go_on(&services.db, &scope, run_id).await.map_err(Stop::Failed),
        Err(stop) => Err(stop),
    };
    match asked {
        Ok(()) | Err(Stop::Ended) => Ok(Outcome::Done),
        Err(Stop::Failed(error)) => set_back(&services.db, &scope, &work, error).await,
    }
}

/// Counts the attempt and reads what is left to ask. `None` when nothing is to be done any more.
async fn claim(db: &Db, scope: &Scope, id: Uuid) -> Result<Option<Work>> {
    let mut tx = db.tenant(scope).await?;
    let row = sqlx::query!(
        r#"select content as "content: Json<ChatbotContent>", attempts from test_runs
         where workspace_id = $1 and id = $2 and status in ('queued', 'running') for update"#,
        scope.workspace_id(),
        id
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(row) = row else { return Ok(None) };
    if row.attempts >= MAX_ATTEMPTS {
        drop(tx);
        fail(db, scope, id, GIVEN_UP).await?;
        return Ok(None);
    }
    sqlx::query!(
        "update test_runs set status = 'running', attempts = attempts + 1 where workspace_id = $1 and id = $2",
        scope.workspace_id(),
        id
    )
    .execute(&mut *tx)
    .await?;
    let cases = sqlx::query!(
        r#"select position, question, history as "history: Json<Vec<TestTurn>>",
             expectation as "expectation: Json<Expectation>"
         from test_results where workspace_id = $1 and run_id = $2 and result is null order by position"#,
        scope.workspace_id(),
        id
    )
    .fetch_all(&mut *tx)
    .await?;
    tx.tell(Topic::TestRun, id);
    tx.commit().await?;
    let cases = cases.into_iter().map(|row| Case {
        position: row.position,
        question: row.question,
        history: row.history.0,
        expectation: row.expectation.0,
    });
    Ok(Some(Work {
        id,
        content: row.content.0,
        attempts: row.attempts + 1,
        cases: cases.collect(),
    }))
}

/// Asks until it is the turn of others; false if questions are left then.
async fn ask_all(services: &Services, scope: &Scope, work: &Work) -> Result<bool, Stop> {
    let deadline = Instant::now() + services.turn;
    let at_once = match work.content.model {
        ModelChoice::Extractive => 1,
        ModelChoice::Provider { .. } => AT_ONCE,
    };
    // Boxed, and made before: the compiler can't tell otherwise that the whole may move between threads.
    let mut questions = Vec::with_capacity(work.cases.len());
    for case in &work.cases {
        questions.push(ask(services, scope, work, case).boxed());
    }
    let mut questions = questions.into_iter().enumerate();
    // One at least, however short the turn is.
    let in_turn = std::iter::from_fn(|| {
        let (i, question) = questions.next()?;
        (i == 0 || Instant::now() < deadline).then_some(question)
    });
    let asked: Vec<()> = futures::stream::iter(in_turn)
        .buffer_unordered(at_once)
        .try_collect()
        .await?;
    Ok(asked.len() == work.cases.len())
}

/// Leaves the rest to a job of its own, so that others have their turn in between.
async fn go_on(db: &Db, scope: &Scope, id: Uuid) -> Result<()> {
    let mut tx = db.tenant(scope).await?;
    super::queue::enqueue(&mut tx, scope, id).await?;
    tx.commit().await
}

async fn ask(services: &Services, scope: &Scope, work: &Work, case: &Case) -> Result<(), Stop> {
    let turn = |turn: &TestTurn| Turn {
        role: turn.role,
        content: turn.content.clone(),
    };
    let history: Vec<Turn> = case.history.iter().map(turn).collect();
    let began = Instant::now();
    let trial = chat::try_question(services, scope, &work.content, &history, &case.question).await?;
    let latency_ms = u32::try_from(began.elapsed().as_millis()).unwrap_or(u32::MAX);
    let result = judge::judge(&case.expectation, trial, latency_ms);
    store(&services.db, scope, work.id, case.position, &result).await
}

/// Stores a result, unless the run has ended meanwhile. A case done is progress: attempts are counted anew.
async fn store(db: &Db, scope: &Scope, id: Uuid, position: i32, result: &CaseResult) -> Result<(), Stop> {
    let mut tx = db.tenant(scope).await?;
    let running = sqlx::query!(
        "update test_runs set attempts = 0 where workspace_id = $1 and id = $2 and status = 'running'",
        scope.workspace_id(),
        id
    )
    .execute(&mut *tx)
    .await?;
    if running.rows_affected() == 0 {
        return Err(Stop::Ended);
    }
    sqlx::query!(
        "update test_results set result = $4
         where workspace_id = $1 and run_id = $2 and position = $3 and result is null",
        scope.workspace_id(),
        id,
        position,
        json!(result)
    )
    .execute(&mut *tx)
    .await?;
    tx.tell(Topic::TestRun, id);
    Ok(tx.commit().await?)
}

async fn finish(db: &Db, scope: &Scope, id: Uuid) -> Result<()> {
    end(db, scope, id, "done", None).await
}

async fn fail(db: &Db, scope: &Scope, id: Uuid, error: &str) -> Result<()> {
    end(db, scope, id, "failed", Some(error)).await
}

/// Ends a run that has not ended yet.
async fn end(db: &Db, scope: &Scope, id: Uuid, status: &str, error: Option<&str>) -> Result<()> {
    let mut tx = db.tenant(scope).await?;
    let ended = sqlx::query!(
        "update test_runs set status = $3, error = $4, finished_at = now()
         where workspace_id = $1 and id = $2 and status in ('queued', 'running')",
        scope.workspace_id(),
        id,
        status,
        error
    )
    .execute(&mut *tx)
    .await?;
    if ended.rows_affected() > 0 {
        runs::store_figures(&mut tx, scope, id).await?;
        tx.tell(Topic::TestRun, id);
    }
    tx.commit().await
}

const GIVEN_UP: &str = "The run was interrupted again and again without getting any further, so it was given up. What \
                        was asked so far is kept; run the set again.";

/// After a failure: when it is tried again. A part of ours that is away does not count as an attempt, however long it
/// stays away; a model that does not answer is asked again a few times; anything else ends the run.
async fn set_back(db: &Db, scope: &Scope, work: &Work, error: Error) -> Result<Outcome> {
    let (passing, words) = match &error {
        Error::Unavailable { .. } => {
            uncount(db, scope, work.id).await?;
            return Err(error);
        }
        Error::Refused(refusal) => (may_pass(refusal.code), refusal.detail.as_str()),
        Error::Internal(_) => {
            tracing::error!(run_id = %work.id, error = format!("{error:#}"), "a test run failed");
            (true, GIVEN_UP)
        }
    };
    // The count may have begun anew since the claim.
    let attempts = attempts(db, scope, work.id).await?.unwrap_or(work.attempts);
    if passing && attempts < MAX_ATTEMPTS {
        return Ok(Outcome::Later(retry_delay(attempts)));
    }
    fail(db, scope, work.id, words).await?;
    Ok(Outcome::Done)
}

/// Whether the same question may well be answered a little later.
fn may_pass(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::ProviderUnavailable | ErrorCode::ProviderRateLimited | ErrorCode::ProviderProtocol
    )
}

/// 2 s, 4 s, 8 s …
fn retry_delay(attempts: i32) -> Duration {
    Duration::from_secs(2_u64.pow(attempts.clamp(1, MAX_ATTEMPTS).unsigned_abs()))
}

async fn uncount(db: &Db, scope: &Scope, id: Uuid) -> Result<()> {
    let mut tx = db.tenant(scope).await?;
    sqlx::query!(
        "update test_runs set attempts = greatest(attempts - 1, 0) where workspace_id = $1 and id = $2",
        scope.workspace_id(),
        id
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await
}

async fn attempts(db: &Db, scope: &Scope, id: Uuid) -> Result<Option<i32>> {
    let mut tx = db.tenant(scope).await?;
    let attempts = sqlx::query_scalar!(
        "select attempts from test_runs where workspace_id = $1 and id = $2",
        scope.workspace_id(),
        id
    )
    .fetch_optional(&mut *tx)
    .await?;
    Ok(attempts)
}
