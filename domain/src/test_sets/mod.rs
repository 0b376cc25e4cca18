//! Test sets: questions with what their answers should be, run on a draft or a deployed bot.
//!
//! A set belongs to the workspace, so that drafts of new bots can use it too; a bot's content names its set. A run is
//! a background job that puts every question to the real engine and stores nothing but its results. `gate` keeps a
//! draft from being deployed until a run on exactly its content has passed.

mod cases;
mod compare;
mod csv;
mod figures;
mod gate;
mod judge;
mod queue;
mod runs;
mod start;
mod transcript;
mod work;

use api_types::ErrorCode;
use api_types::FieldError;
use api_types::audit::AuditAction;
use api_types::tenancy::Role;
use api_types::test_sets::TestSet;
use api_types::validate::Checker;
use chrono::{DateTime, Utc};
use serde_json::json;
use uuid::Uuid;

pub use cases::{add as add_case, change as change_case, delete as delete_case, list as cases};
pub use compare::get as get_run;
pub use csv::{export, import};
pub(crate) use gate::{blocked, check_override};
pub use queue::enqueue_lost;
pub use runs::{cancel, list as runs};
pub use start::start;
pub use transcript::add as add_from_conversation;
pub use work::run;

use crate::db::{Db, TenantTx};
use crate::error::violates;
use crate::{Error, Result, Scope, audit};

/// Sets in one workspace.
const MAX_SETS: i64 = 200;

struct Row {
    id: Uuid,
    name: String,
    case_count: i64,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// The workspace's sets by name, each with its newest run.
pub async fn list(db: &Db, scope: &Scope) -> Result<Vec<TestSet>> {
    let mut tx = db.tenant(scope).await?;
    select(&mut tx, scope, None).await
}

/// One set.
pub async fn get(db: &Db, scope: &Scope, id: Uuid) -> Result<TestSet> {
    let mut tx = db.tenant(scope).await?;
    one(&mut tx, scope, id).await
}

async fn one(tx: &mut TenantTx, scope: &Scope, id: Uuid) -> Result<TestSet> {
    select(tx, scope, Some(id)).await?.pop().ok_or_else(not_found)
}

async fn select(tx: &mut TenantTx, scope: &Scope, id: Option<Uuid>) -> Result<Vec<TestSet>> {
    let rows = sqlx::query_as!(
        Row,
        r#"select s.id, s.name, s.created_at, s.updated_at,
             (select count(*) from test_cases c where c.workspace_id = s.workspace_id and c.test_set_id = s.id)
                 as "case_count!"
         from test_sets s
         where s.workspace_id = $1 and ($2::uuid is null or s.id = $2)
         order by lower(s.name)"#,
        scope.workspace_id(),
        id
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut newest = runs::newest(tx, scope, id).await?;
    let sets = rows.into_iter().map(|row| TestSet {
        id: row.id,
        name: row.name,
        case_count: row.case_count,
        last_run: newest.remove(&row.id),
        created_at: row.created_at,
        updated_at: row.updated_at,
    });
    Ok(sets.collect())
}

/// Makes a set without cases.
pub async fn create(db: &Db, scope: &Scope, name: &str) -> Result<TestSet> {
    scope.require(Role::Editor)?;
    check_name(name)?;
    let mut tx = db.tenant(scope).await?;
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from test_sets where workspace_id = $1"#,
        scope.workspace_id()
    )
    .fetch_one(&mut *tx)
    .await?;
    if count >= MAX_SETS {
        let detail = "This workspace holds 200 test sets already; delete one first.";
        return Err(Error::refused(ErrorCode::ValidationFailed, detail));
    }
    let id = Uuid::now_v7();
    let written = sqlx::query!(
        "insert into test_sets (workspace_id, id, name) values ($1, $2, $3)",
        scope.workspace_id(),
        id,
        name.trim()
    )
    .execute(&mut *tx)
    .await;
    match written {
        Err(e) if violates(&e, "test_sets_name_key") => return Err(name_taken()),
        other => other?,
    };
    let set = one(&mut tx, scope, id).await?;
    audit::record(
        &mut tx,
        scope,
        AuditAction::TestSetCreate,
        id,
        &set.name,
        json!({}),
    );
    tx.commit().await?;
    Ok(set)
}

/// Gives a set another name.
pub async fn rename(db: &Db, scope: &Scope, id: Uuid, name: &str) -> Result<TestSet> {
    scope.require(Role::Editor)?;
    check_name(name)?;
    let mut tx = db.tenant(scope).await?;
    let written = sqlx::query!(
        "update test_sets set name = $3, updated_at = now() where workspace_id = $1 and id = $2",
        scope.workspace_id(),
        id,
        name.trim()
    )
    .execute(&mut *tx)
    .await;
    match written {
        Err(e) if violates(&e, "test_sets_name_key") => return Err(name_taken()),
        other => other?,
    };
    let set = one(&mut tx, scope, id).await?;
    audit::record(
        &mut tx,
        scope,
        AuditAction::TestSetRename,
        id,
        &set.name,
        json!({}),
    );
    tx.commit().await?;
    Ok(set)
}

/// Deletes a set with its cases and runs, unless a live bot requires it.
pub async fn delete(db: &Db, scope: &Scope, id: Uuid) -> Result<()> {
    scope.require(Role::Editor)?;
    let mut tx = db.tenant(scope).await?;
    // A deploy that needs it waits, and then finds it gone.
    let set = sqlx::query!(
        "select name from test_sets where workspace_id = $1 and id = $2 for update",
        scope.workspace_id(),
        id
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or_else(not_found)?;
    let bots = sqlx::query_scalar!(
        "select b.name from bots b
         join bot_versions v on v.workspace_id = b.workspace_id and v.bot_id = b.id and v.version = b.live_version
         where b.workspace_id = $1 and v.content #>> '{tests,test_set_id}' = $2
           and v.content #>> '{tests,required}' = 'true'
         order by b.name",
        scope.workspace_id(),
        id.to_string()
    )
    .fetch_all(&mut *tx)
    .await?;
    if !bots.is_empty() {
        let detail = format!(
            "Required by: {}. Nothing was deleted; let these bots do without the set, deploy them, and try again.",
            bots.join(", ")
        );
        return Err(Error::refused(ErrorCode::InUse, detail));
    }
    sqlx::query!(
        "delete from test_sets where workspace_id = $1 and id = $2",
        scope.workspace_id(),
        id
    )
    .execute(&mut *tx)
    .await?;
    audit::record(
        &mut tx,
        scope,
        AuditAction::TestSetDelete,
        id,
        &set.name,
        json!({}),
    );
    tx.commit().await
}

/// Locks the set for a change of its cases and marks it as changed; `change` says what is done, for the audit log.
async fn touch(tx: &mut TenantTx, scope: &Scope, id: Uuid, change: &str) -> Result<()> {
    let touched = sqlx::query!(
        "update test_sets set version = version + 1, updated_at = now() where workspace_id = $1 and id = $2
         returning name",
        scope.workspace_id(),
        id
    )
    .fetch_optional(&mut **tx)
    .await?
    .ok_or_else(not_found)?;
    let (action, details) = (AuditAction::TestSetChangeCases, json!({ "change": change }));
    audit::record(tx, scope, action, id, &touched.name, details);
    Ok(())
}

/// Refuses unless the set exists in this workspace.
async fn require(tx: &mut TenantTx, scope: &Scope, id: Uuid) -> Result<()> {
    let found = sqlx::query_scalar!(
        "select 1 from test_sets where workspace_id = $1 and id = $2",
        scope.workspace_id(),
        id
    )
    .fetch_optional(&mut **tx)
    .await?;
    found.map(drop).ok_or_else(not_found)
}

fn check_name(name: &str) -> Result<()> {
    let mut check = Checker::default();
    check.length("name", name, 1, 80);
    check.finish().map_err(Error::validation)
}

fn not_found() -> Error {
    Error::not_found("test set")
}

fn name_taken() -> Error {
    Error::refused_fields(
        ErrorCode::NameTaken,
        "There is a test set of this name; nothing was saved.",
        vec![FieldError::new("name", "Choose another name.")],
    )
}
