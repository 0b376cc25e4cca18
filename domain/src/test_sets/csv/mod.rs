//! Cases as CSV: what spreadsheets write and read.

mod export;
mod read;

use std::collections::HashMap;

use api_types::FieldError;
use api_types::drafts::TestTurn;
use api_types::tenancy::Role;
use api_types::test_sets::{Expectation, ImportCasesRequest, ImportedCases};
use uuid::Uuid;

pub use export::export;
use read::{Row, read};

use super::{cases, require, touch};
use crate::db::{Db, TenantTx};
use crate::spreadsheet::{quoted, unquoted};
use crate::{Error, Result, Scope};

/// Largest file, in bytes.
const MAX_BYTES: usize = 2 * 1024 * 1024;
/// Errors that are listed.
const MAX_ERRORS: usize = 100;
const COLUMNS: [&str; 6] = [
    "question",
    "expected_answer",
    "expected_text",
    "document",
    "unanswerable",
    "history",
];

/// Adds the cases of a file, all or none. One with the question (and history) of a case that is there changes that.
pub async fn import(
    db: &Db,
    scope: &Scope,
    set_id: Uuid,
    request: &ImportCasesRequest,
) -> Result<ImportedCases> {
    scope.require(Role::Editor)?;
    if request.csv.len() > MAX_BYTES {
        return Err(Error::field(
            "csv",
            "The file is larger than 2 MB; split it. Nothing was imported.",
        ));
    }
    let mut tx = db.tenant(scope).await?;
    require(&mut tx, scope, set_id).await?;
    let (mut rows, mut errors) = read(&request.csv);
    resolve(&mut tx, scope, &mut rows, &mut errors).await?;
    if !errors.is_empty() && !request.preview {
        errors.truncate(MAX_ERRORS);
        return Err(Error::validation(errors));
    }
    touch(&mut tx, scope, set_id, "imported cases").await?;
    let mut outcome = write(&mut tx, scope, set_id, &rows).await?;
    if let Err(error) = cases::refuse_too_many(&mut tx, scope, set_id).await {
        if !request.preview {
            return Err(error);
        }
        errors.push(FieldError::new(
            "csv",
            "A test set holds at most 500 cases; this would be more.",
        ));
    }
    // A preview was a rehearsal, and is dropped; so is an import that changes nothing.
    if !request.preview && outcome.added + outcome.changed > 0 {
        tx.commit().await?;
    }
    errors.truncate(MAX_ERRORS);
    outcome.errors = errors;
    Ok(outcome)
}

async fn write(tx: &mut TenantTx, scope: &Scope, set_id: Uuid, rows: &[Row]) -> Result<ImportedCases> {
    let there = cases::select(tx, scope, set_id, None).await?;
    let there: HashMap<_, _> = there
        .iter()
        .map(|case| ((case.question.as_str(), history_text(&case.history)), case))
        .collect();
    let mut outcome = ImportedCases {
        added: 0,
        changed: 0,
        unchanged: 0,
        errors: Vec::new(),
    };
    for row in rows {
        let case = &row.case;
        match there.get(&(case.question.as_str(), history_text(&case.history))) {
            None => {
                cases::insert(tx, scope, set_id, case).await?;
                outcome.added += 1;
            }
            Some(same) if same.expectation == case.expectation => outcome.unchanged += 1,
            Some(other) => {
                cases::update(tx, scope, set_id, other.id, case).await?;
                outcome.changed += 1;
            }
        }
    }
    Ok(outcome)
}

/// Finds the documents that rows name by id or title.
async fn resolve(
    tx: &mut TenantTx,
    scope: &Scope,
    rows: &mut [Row],
    errors: &mut Vec<FieldError>,
) -> Result<()> {
    let named: Vec<String> = rows.iter().map(|row| row.document.to_lowercase()).collect();
    let found = sqlx::query!(
        r#"select id, lower(title) as "title!" from documents
         where workspace_id = $1 and (lower(title) = any($2) or id::text = any($2))"#,
        scope.workspace_id(),
        &named
    )
    .fetch_all(&mut **tx)
    .await?;
    for (row, named) in rows.iter_mut().zip(named) {
        if named.is_empty() {
            continue;
        }
        let by_id = found.iter().find(|document| document.id.to_string() == named);
        let by_title: Vec<_> = found.iter().filter(|document| document.title == named).collect();
        let id = match (by_id, by_title.as_slice()) {
            (Some(one), _) => one.id,
            (None, [one]) => one.id,
            (None, several) => {
                let message = if several.is_empty() {
                    "There is no document of this title in this workspace."
                } else {
                    "Several documents have this title; write the id of the one you mean."
                };
                errors.push(FieldError::new(format!("row {}: document", row.line), message));
                continue;
            }
        };
        if let Expectation::Answered {
            passage: Some(passage),
            ..
        } = &mut row.case.expectation
        {
            passage.document_id = Some(id);
        }
    }
    Ok(())
}

/// Empty without turns.
fn history_text(history: &[TestTurn]) -> String {
    if history.is_empty() {
        return String::new();
    }
    // Plain data always serializes.
    serde_json::to_string(history).unwrap_or_default()
}
