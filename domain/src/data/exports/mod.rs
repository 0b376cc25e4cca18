//! Archives of what a workspace or a person has: ZIP files with JSON lines for each noun, made by a job, kept in storage for
//! a week.
//!
//! Neither rows nor files are ever held all at once. There are no secrets, hashes or vectors in them: every query names
//! what it takes.

mod archive;
mod of_person;
mod of_workspace;
mod person;
mod subject;
mod work;
mod workspace;

pub mod own {
    //! Archives of a person.
    pub use super::of_person::{download, list, remove, start};
}
pub use of_workspace::{download, list, remove, start};
pub use work::{export_person, export_workspace};

use api_types::data::{Export, ExportStatus};
use api_types::{ErrorCode, FieldError};
use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use crate::error::violates;
use crate::kb::documents::by_name;
use crate::storage::Bytes;
use crate::{Error, Result, Services};

/// How long an archive lies in storage.
const KEPT: TimeDelta = TimeDelta::days(7);
/// Archives that lie there at the same time, of one workspace or person.
const MOST: i64 = 5;

/// A file to hand out.
pub struct Download {
    /// How large it is.
    pub size: u64,
    /// Its bytes, as they come.
    pub bytes: Bytes,
}

struct Row {
    id: Uuid,
    status: String,
    part: Option<String>,
    parts_done: i32,
    parts_total: i32,
    records: i64,
    size: Option<i64>,
    sha256: Option<Vec<u8>>,
    created_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
}

impl TryFrom<Row> for Export {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        Ok(Self {
            id: row.id,
            status: by_name(&row.status)?,
            part: row.part,
            parts_done: row.parts_done,
            parts_total: row.parts_total,
            records: row.records,
            size: row.size,
            sha256: row.sha256.map(hex::encode),
            created_at: row.created_at,
            expires_at: row.expires_at,
        })
    }
}

/// One that was just asked for.
fn queued(id: Uuid, created_at: DateTime<Utc>) -> Export {
    Export {
        id,
        status: ExportStatus::Queued,
        part: None,
        parts_done: 0,
        parts_total: 0,
        records: 0,
        size: None,
        sha256: None,
        created_at,
        expires_at: created_at + KEPT,
    }
}

fn not_found() -> Error {
    Error::refused(
        ErrorCode::NotFound,
        "There is no such export, or its time is over.",
    )
}

/// An archive that waits or is being written is there, but its file is not yet.
fn refuse_unfinished(status: &str) -> Result<()> {
    match by_name(status)? {
        ExportStatus::Done => Ok(()),
        ExportStatus::Queued | ExportStatus::Running => Err(Error::refused(
            ErrorCode::ExportInProgress,
            "The export is not done yet. Ask again when its status is `done`.",
        )),
        ExportStatus::Failed => Err(Error::refused(
            ErrorCode::NotFound,
            "The export could not be made, so it has no file. Ask for a new one.",
        )),
    }
}

/// Two at once would only slow each other down.
fn one_at_a_time(error: sqlx::Error, constraint: &str) -> Error {
    if violates(&error, constraint) {
        let detail = "An export is being made already. Wait until it is done, or delete it.";
        return Error::refused(ErrorCode::ExportInProgress, detail);
    }
    error.into()
}

fn refuse_too_many(kept: i64) -> Result<()> {
    if kept < MOST {
        return Ok(());
    }
    let errors = vec![FieldError::new(
        "exports",
        "Delete one that is not needed any more.",
    )];
    let detail = "Five exports are kept already, which is the most.";
    Err(Error::refused_fields(ErrorCode::ValidationFailed, detail, errors))
}

async fn open(services: &Services, key: &str) -> Result<Download> {
    let (size, bytes) = services.storage.open(key).await?.ok_or_else(not_found)?;
    Ok(Download { size, bytes })
}

/// Removes archives whose time is over. Answers how many.
pub async fn sweep(services: &Services) -> Result<usize> {
    Ok(of_workspace::sweep(services).await? + of_person::sweep(services).await?)
}
