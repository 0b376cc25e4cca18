//! Leads as a file for spreadsheets. Whatever visitors wrote stays text: no cell is run as a formula.

use std::collections::HashMap;

use api_types::audit::AuditAction;
use api_types::leads::{LeadFilter, LeadFormat};
use api_types::tenancy::Role;
use rust_xlsxwriter::{Format, Workbook};
use serde_json::json;

use super::list::{Row, rows};
use crate::db::Db;
use crate::{Error, Result, Scope, audit, spreadsheet};

/// Most leads in a file.
const MOST: usize = 20_000;
/// Leads read at once.
const BATCH: i64 = 1_000;

/// Columns before those of the answers.
const COLUMNS: [&str; 9] = [
    "id",
    "first submitted",
    "last submitted",
    "submissions",
    "status",
    "bot",
    "page",
    "consent",
    "consented at",
];

/// The leads that a filter lets through, as a file. Needs the role editor; that it was made is an entry of the audit log.
pub async fn export(db: &Db, scope: &Scope, filter: LeadFilter, format: LeadFormat) -> Result<Vec<u8>> {
    scope.require(Role::Editor)?;
    let rows = read(db, scope, &filter).await?;
    let mut tx = db.tenant(scope).await?;
    // What was searched for may be a person's address, and the log can't be changed.
    let details = json!({ "format": format, "rows": rows.len(), "status": filter.status, "bot_id": filter.bot_id,
        "was_searched": filter.search.is_some() });
    audit::record(
        &mut tx,
        scope,
        AuditAction::LeadExport,
        scope.workspace_id(),
        "",
        details,
    );
    tx.commit().await?;
    let written = tokio::task::spawn_blocking(move || match format {
        LeadFormat::Csv => csv(&table(&rows)),
        LeadFormat::Xlsx => xlsx(&table(&rows)),
    });
    written.await.map_err(anyhow::Error::from)?
}

async fn read(db: &Db, scope: &Scope, filter: &LeadFilter) -> Result<Vec<Row>> {
    let mut before = None;
    let mut all = Vec::new();
    loop {
        let mut tx = db.searching(scope).await?;
        let batch = rows(&mut tx, scope, filter, before, BATCH).await?;
        let Some(last) = batch.last() else { break };
        before = Some((last.submitted_at, last.id));
        all.extend(batch);
        if all.len() > MOST {
            let detail = "These are more than 20,000 leads. Export them by status or by bot, or make an archive under Settings → Data.";
            return Err(Error::field("status", detail));
        }
    }
    Ok(all)
}

/// A head, and a line for each lead: answers to the same question stand under each other, whatever bot asked.
fn table(rows: &[Row]) -> Vec<Vec<String>> {
    let mut places: HashMap<&str, usize> = HashMap::new();
    let mut head: Vec<String> = COLUMNS.map(str::to_owned).into();
    for answer in rows.iter().flat_map(|row| &row.answers.0) {
        places.entry(&answer.key).or_insert_with(|| {
            let is_taken = head.contains(&answer.label);
            head.push(if is_taken {
                format!("{} ({})", answer.label, answer.key)
            } else {
                answer.label.clone()
            });
            head.len() - 1
        });
    }
    let width = head.len();
    let lines = rows.iter().map(|row| {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let mut line = vec![
            row.id.to_string(),
            row.created_at.to_rfc3339(),
            row.submitted_at.to_rfc3339(),
            row.submissions.to_string(),
            row.status.clone(),
            text(&row.bot_name),
            text(&row.page_url),
            text(&row.consent),
            row.consented_at.map(|at| at.to_rfc3339()).unwrap_or_default(),
        ];
        line.resize(width, String::new());
        for answer in &row.answers.0 {
            if let Some(place) = places.get(answer.key.as_str()) {
                line[*place].clone_from(&answer.value);
            }
        }
        line
    });
    std::iter::once(head.clone()).chain(lines).collect()
}

fn csv(table: &[Vec<String>]) -> Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for line in table {
        let line = line.iter().map(|cell| spreadsheet::quoted(cell));
        writer.write_record(line).map_err(anyhow::Error::from)?;
    }
    Ok(writer
        .into_inner()
        .map_err(|error| anyhow::anyhow!("{}", error.error()))?)
}

/// Every cell is written as a string, which Excel shows as it stands.
fn xlsx(table: &[Vec<String>]) -> Result<Vec<u8>> {
    let mut workbook = Workbook::new();
    let write = |workbook: &mut Workbook| {
        let bold = Format::new().set_bold();
        let sheet = workbook.add_worksheet().set_name("Leads")?;
        for (row, line) in (0..).zip(table) {
            for (column, cell) in (0..).zip(line) {
                if row == 0 {
                    sheet.write_string_with_format(row, column, cell, &bold)?;
                } else if !cell.is_empty() {
                    sheet.write_string(row, column, cell)?;
                }
            }
        }
        sheet.set_freeze_panes(1, 0)?;
        sheet.autofit();
        workbook.save_to_buffer()
    };
    Ok(write(&mut workbook).map_err(anyhow::Error::from)?)
}
