//! A set as a file.

use api_types::test_sets::{Expectation, TestCase};
use uuid::Uuid;

use super::{COLUMNS, history_text, quoted};
use crate::db::Db;
use crate::test_sets::{cases, require};
use crate::{Result, Scope};

/// The cases of a set as CSV, as [`import`] reads it.
pub async fn export(db: &Db, scope: &Scope, set_id: Uuid) -> Result<String> {
    let mut tx = db.tenant(scope).await?;
    require(&mut tx, scope, set_id).await?;
    let cases = cases::select(&mut tx, scope, set_id, None).await?;
    let shared = sqlx::query_scalar!(
        r#"select lower(title) as "title!" from documents where workspace_id = $1
         group by lower(title) having count(*) > 1"#,
        scope.workspace_id()
    )
    .fetch_all(&mut *tx)
    .await?;
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(COLUMNS).map_err(anyhow::Error::from)?;
    for case in &cases {
        let row = cells(case, &shared).map(|cell| quoted(&cell));
        writer.write_record(&row).map_err(anyhow::Error::from)?;
    }
    let bytes = writer
        .into_inner()
        .map_err(|e| anyhow::anyhow!("{}", e.error()))?;
    Ok(String::from_utf8(bytes).map_err(anyhow::Error::from)?)
}

fn cells(case: &TestCase, shared_titles: &[String]) -> [String; 6] {
    let (mut answer, mut text, mut document) = Default::default();
    let mut unanswerable = "no";
    match &case.expectation {
        Expectation::Unanswerable => unanswerable = "yes",
        Expectation::Answered {
            passage,
            answer: expected,
        } => {
            answer = expected.clone().unwrap_or_default();
            if let Some(passage) = passage {
                text = passage.text.clone();
                document = match (&case.document_title, passage.document_id) {
                    (Some(title), _) if !shared_titles.contains(&title.to_lowercase()) => title.clone(),
                    (_, Some(id)) => id.to_string(),
                    (_, None) => String::new(),
                };
            }
        }
    }
    let history = history_text(&case.history);
    [
        case.question.clone(),
        answer,
        text,
        document,
        unanswerable.to_owned(),
        history,
    ]
}
