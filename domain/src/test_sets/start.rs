//! Asking for a run: the set and the content are frozen, and a job is enqueued.

use api_types::ErrorCode;
use api_types::audit::AuditAction;
use api_types::bots::ChatbotContent;
use api_types::tenancy::Role;
use api_types::test_sets::{StartRunRequest, TestRun};
use serde_json::json;
use uuid::Uuid;

use super::gate::content_hash;
use super::{not_found, queue, runs};
use crate::db::TenantTx;
use crate::error::violates;
use crate::{Error, Result, Scope, Services, audit, bots, drafts};

/// Runs of a set that are kept.
const KEPT: i64 = 30;

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
            let draft = drafts::get::<ChatbotContent>(&services.drafts, scope, id).await?;
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
        "select name, version from test_sets where workspace_id = $1 and id = $2 for update",
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
    queue::enqueue(&mut tx, scope, id).await?;
    forget_old(&mut tx, scope, set_id).await?;
    let run = runs::one(&mut tx, scope, set_id, id).await?;
    let details = json!({ "run_id": id, "bot_id": subject.bot_id, "draft_id": subject.draft_id });
    let action = AuditAction::TestRunStart;
    audit::record(&mut tx, scope, action, set_id, &set.name, details);
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
