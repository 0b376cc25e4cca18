//! The cases of a set.

use api_types::FieldError;
use api_types::drafts::TestTurn;
use api_types::tenancy::Role;
use api_types::test_sets::{Expectation, ExpectedPassage, MAX_CASES, SaveTestCaseRequest, TestCase};
use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::types::Json;
use uuid::Uuid;

use super::{require, touch};
use crate::db::{Db, TenantTx};
use crate::{Error, Result, Scope};

struct Row {
    id: Uuid,
    question: String,
    history: Json<Vec<TestTurn>>,
    expectation: Json<Expectation>,
    document_title: Option<String>,
    updated_at: DateTime<Utc>,
}

impl From<Row> for TestCase {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            question: row.question,
            history: row.history.0,
            expectation: row.expectation.0,
            document_title: row.document_title,
            updated_at: row.updated_at,
        }
    }
}

/// The cases of a set, in the order they were added.
pub async fn list(db: &Db, scope: &Scope, set_id: Uuid) -> Result<Vec<TestCase>> {
    let mut tx = db.tenant(scope).await?;
    require(&mut tx, scope, set_id).await?;
    select(&mut tx, scope, set_id, None).await
}

pub(super) async fn select(
    tx: &mut TenantTx,
    scope: &Scope,
    set_id: Uuid,
    only: Option<Uuid>,
) -> Result<Vec<TestCase>> {
    let rows = sqlx::query_as!(
        Row,
        r#"select c.id, c.question, c.history as "history: Json<Vec<TestTurn>>",
             c.expectation as "expectation: Json<Expectation>", d.title as "document_title?", c.updated_at
         from test_cases c
         left join documents d on d.workspace_id = c.workspace_id
              and d.id = (c.expectation #>> '{passage,document_id}')::uuid
         where c.workspace_id = $1 and c.test_set_id = $2 and ($3::uuid is null or c.id = $3)
         order by c.id"#,
        scope.workspace_id(),
        set_id,
        only
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(TestCase::from).collect())
}

/// Adds a case at the end.
pub async fn add(db: &Db, scope: &Scope, set_id: Uuid, case: SaveTestCaseRequest) -> Result<TestCase> {
    scope.require(Role::Editor)?;
    let mut tx = db.tenant(scope).await?;
    touch(&mut tx, scope, set_id, "added a case").await?;
    let case = checked(&mut tx, scope, case).await?;
    let id = insert(&mut tx, scope, set_id, &case).await?;
    refuse_too_many(&mut tx, scope, set_id).await?;
    let case = one(&mut tx, scope, set_id, id).await?;
    tx.commit().await?;
    Ok(case)
}

/// Changes a case.
pub async fn change(
    db: &Db,
    scope: &Scope,
    set_id: Uuid,
    id: Uuid,
    case: SaveTestCaseRequest,
) -> Result<TestCase> {
    scope.require(Role::Editor)?;
    let mut tx = db.tenant(scope).await?;
    touch(&mut tx, scope, set_id, "changed a case").await?;
    let case = checked(&mut tx, scope, case).await?;
    update(&mut tx, scope, set_id, id, &case).await?;
    let case = one(&mut tx, scope, set_id, id).await?;
    tx.commit().await?;
    Ok(case)
}

/// Deletes a case. What runs said of it stays.
pub async fn delete(db: &Db, scope: &Scope, set_id: Uuid, id: Uuid) -> Result<()> {
    scope.require(Role::Editor)?;
    let mut tx = db.tenant(scope).await?;
    touch(&mut tx, scope, set_id, "deleted a case").await?;
    let deleted = sqlx::query!(
        "delete from test_cases where workspace_id = $1 and test_set_id = $2 and id = $3",
        scope.workspace_id(),
        set_id,
        id
    )
    .execute(&mut *tx)
    .await?;
    if deleted.rows_affected() == 0 {
        return Err(not_found());
    }
    tx.commit().await
}

/// Inserts a case that was checked and returns its id.
pub(super) async fn insert(
    tx: &mut TenantTx,
    scope: &Scope,
    set_id: Uuid,
    case: &SaveTestCaseRequest,
) -> Result<Uuid> {
    let id = Uuid::now_v7();
    sqlx::query!(
        "insert into test_cases (workspace_id, id, test_set_id, question, history, expectation)
         values ($1, $2, $3, $4, $5, $6)",
        scope.workspace_id(),
        id,
        set_id,
        case.question,
        json!(case.history),
        json!(case.expectation)
    )
    .execute(&mut **tx)
    .await?;
    Ok(id)
}

/// Overwrites a case with one that was checked.
pub(super) async fn update(
    tx: &mut TenantTx,
    scope: &Scope,
    set_id: Uuid,
    id: Uuid,
    case: &SaveTestCaseRequest,
) -> Result<()> {
    let updated = sqlx::query!(
        "update test_cases set question = $4, history = $5, expectation = $6, updated_at = now()
         where workspace_id = $1 and test_set_id = $2 and id = $3",
        scope.workspace_id(),
        set_id,
        id,
        case.question,
        json!(case.history),
        json!(case.expectation)
    )
    .execute(&mut **tx)
    .await?;
    if updated.rows_affected() == 0 {
        return Err(not_found());
    }
    Ok(())
}

/// Refuses when the set holds more than it may, for the transaction to be dropped.
pub(super) async fn refuse_too_many(tx: &mut TenantTx, scope: &Scope, set_id: Uuid) -> Result<()> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from test_cases where workspace_id = $1 and test_set_id = $2"#,
        scope.workspace_id(),
        set_id
    )
    .fetch_one(&mut **tx)
    .await?;
    if count <= MAX_CASES as i64 {
        return Ok(());
    }
    Err(Error::field(
        "question",
        "A test set holds at most 500 cases; nothing was saved. Delete some, or make another set.",
    ))
}

async fn one(tx: &mut TenantTx, scope: &Scope, set_id: Uuid, id: Uuid) -> Result<TestCase> {
    let found = select(tx, scope, set_id, Some(id)).await?.pop();
    found.ok_or_else(not_found)
}

/// The case, trimmed, with every reason why it can't be stored.
async fn checked(tx: &mut TenantTx, scope: &Scope, case: SaveTestCaseRequest) -> Result<SaveTestCaseRequest> {
    let mut errors = case.check().err().unwrap_or_default();
    let case = tidy(case);
    if let Some(id) = document_id(&case.expectation) {
        let known = sqlx::query_scalar!(
            "select 1 from documents where workspace_id = $1 and id = $2",
            scope.workspace_id(),
            id
        )
        .fetch_optional(&mut **tx)
        .await?;
        if known.is_none() {
            let message = "There is no such document in this workspace; choose another, or none.";
            errors.push(FieldError::new("expectation.passage.document_id", message));
        }
    }
    if errors.is_empty() {
        Ok(case)
    } else {
        Err(Error::validation(errors))
    }
}

pub(super) fn tidy(case: SaveTestCaseRequest) -> SaveTestCaseRequest {
    let expectation = match case.expectation {
        Expectation::Answered { passage, answer } => Expectation::Answered {
            passage: passage.map(|passage| ExpectedPassage {
                text: passage.text.trim().to_owned(),
                ..passage
            }),
            answer: answer.map(|answer| answer.trim().to_owned()),
        },
        Expectation::Unanswerable => Expectation::Unanswerable,
    };
    SaveTestCaseRequest {
        question: case.question.trim().to_owned(),
        history: case.history,
        expectation,
    }
}

fn document_id(expectation: &Expectation) -> Option<Uuid> {
    match expectation {
        Expectation::Answered {
            passage: Some(passage),
            ..
        } => passage.document_id,
        _ => None,
    }
}

fn not_found() -> Error {
    Error::not_found("case in this test set")
}
