//! The log as a file, made piece by piece.

use api_types::audit::{AuditAction, AuditEntry, AuditFilter, AuditFormat};
use api_types::tenancy::Role;
use futures::Stream;
use serde_json::json;

use super::list::{Wanted, select};
use super::record;
use crate::db::Db;
use crate::spreadsheet;
use crate::{Result, Scope};

/// Entries read at once.
const BATCH: usize = 500;

const COLUMNS: [&str; 15] = [
    "position",
    "time",
    "actor_kind",
    "actor_id",
    "actor_name",
    "address",
    "request_id",
    "action",
    "object_kind",
    "object_id",
    "object_name",
    "details",
    "id",
    "previous_hash",
    "hash",
];

/// The entries that a filter lets through, the newest first, as pieces of a file. That it was made is an entry, too.
pub async fn export(
    db: &Db,
    scope: &Scope,
    filter: &AuditFilter,
    format: AuditFormat,
) -> Result<impl Stream<Item = Result<Vec<u8>>> + use<>> {
    scope.require(Role::Admin)?;
    let mut wanted = Wanted::new(filter)?;
    let mut tx = db.tenant(scope).await?;
    let details = json!({ "format": format, "filter": filter });
    record(
        &mut tx,
        scope,
        AuditAction::AuditExport,
        scope.workspace_id(),
        "",
        details,
    );
    tx.commit().await?;
    let (db, scope) = (db.clone(), *scope);
    Ok(async_stream::try_stream! {
        if format == AuditFormat::Csv {
            yield csv_lines([COLUMNS.map(str::to_owned)])?;
        }
        loop {
            let mut tx = db.tenant(&scope).await?;
            let rows = select(&mut tx, &scope, &wanted, BATCH).await?;
            // The client may be slow; nobody else should wait for its connection.
            drop(tx);
            let Some(last) = rows.last() else { break };
            wanted.before = Some(last.position);
            let entries: Vec<AuditEntry> = rows.into_iter().map(AuditEntry::try_from).collect::<Result<_>>()?;
            yield match format {
                AuditFormat::Csv => csv_lines(entries.into_iter().map(cells))?,
                AuditFormat::Jsonl => json_lines(&entries)?,
            };
        }
    })
}

fn json_lines(entries: &[AuditEntry]) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    for entry in entries {
        serde_json::to_writer(&mut bytes, entry)?;
        bytes.push(b'\n');
    }
    Ok(bytes)
}

fn csv_lines(rows: impl IntoIterator<Item = [String; COLUMNS.len()]>) -> Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        let row = row.map(|cell| spreadsheet::quoted(&cell));
        writer.write_record(&row).map_err(anyhow::Error::from)?;
    }
    Ok(writer
        .into_inner()
        .map_err(|error| anyhow::anyhow!("{}", error.error()))?)
}

fn cells(entry: AuditEntry) -> [String; COLUMNS.len()] {
    let text = |id: Option<uuid::Uuid>| id.map(|id| id.to_string()).unwrap_or_default();
    let kind = serde_json::to_value(entry.actor.kind).unwrap_or_default();
    [
        entry.position.to_string(),
        entry.created_at.to_rfc3339(),
        kind.as_str().unwrap_or_default().to_owned(),
        text(entry.actor.id),
        entry.actor.name.unwrap_or_default(),
        entry.address.unwrap_or_default(),
        text(entry.request_id),
        entry.action,
        entry.object.kind,
        entry.object.id.to_string(),
        entry.object.name.unwrap_or_default(),
        entry.details.to_string(),
        entry.id.to_string(),
        entry.previous_hash,
        entry.hash,
    ]
}
