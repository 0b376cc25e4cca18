//! Who works on a document, and when to give up on it.

use std::time::Duration;

use api_types::ErrorCode;
use api_types::kb::{Chunking, DocumentError, DocumentStatus};
use api_types::live::Topic;
use sqlx::types::Json;
use uuid::Uuid;

use super::{Outcome, Stop};
use crate::db::Db;
use crate::{Error, Result, Scope};

/// Attempts without any progress after which a document is given up. An attempt is counted before the work, so a
/// document that kills its worker is given up too; each batch of chunks that was stored starts the count anew.
const MAX_ATTEMPTS: i32 = 5;

/// How long to wait before the next attempt, after `attempts` of them came to nothing: not at all after one,
/// because the worker may just have been restarted; then 15 s, doubled each time.
///
/// The waits also make sure that a worker that is killed again and again from outside does not use up the
/// attempts of what it happened to work on.
fn retry_delay(attempts: i32) -> Duration {
    match attempts {
        ..=1 => Duration::ZERO,
        n => Duration::from_secs(15) * 2_u32.pow((n - 2).clamp(0, 5).unsigned_abs()),
    }
}

/// A document to be worked on.
pub(super) struct Work {
    pub(super) id: Uuid,
    pub(super) version: i32,
    pub(super) knowledge_base_id: Uuid,
    pub(super) title: String,
    pub(super) media_type: String,
    pub(super) storage_key: String,
    pub(super) chunking: Chunking,
    /// This one included.
    attempts: i32,
}

/// What is to be done about a job.
pub(super) enum Claim {
    /// The work.
    Work(Work),
    /// Wait: earlier attempts came to nothing a short while ago.
    Later(Duration),
    /// Already live; at most old versions are left over.
    Published,
    /// Deleted, or superseded by another version.
    Gone,
    /// Failed for good.
    Nothing,
}

/// Looks at the document and counts the attempt.
pub(super) async fn claim(db: &Db, scope: &Scope, id: Uuid, version: i32) -> Result<Claim> {
    let mut tx = db.tenant(scope).await?;
    let row = sqlx::query!(
        r#"select d.knowledge_base_id, d.title, d.media_type, d.storage_key, d.status, d.live_version, d.attempts,
               extract(epoch from now() - d.updated_at)::float8 as "idle!",
               kb.chunking as "chunking: Json<Chunking>"
           from documents d
           join knowledge_bases kb on kb.workspace_id = d.workspace_id and kb.id = d.knowledge_base_id
           where d.workspace_id = $1 and d.id = $2 and d.version = $3
           for update of d"#,
        scope.workspace_id(),
        id,
        version
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(row) = row else { return Ok(Claim::Gone) };
    if row.live_version == Some(version) {
        return Ok(Claim::Published);
    }
    if row.status == DocumentStatus::Failed.as_str() {
        return Ok(Claim::Nothing);
    }
    let work = Work {
        id,
        version,
        knowledge_base_id: row.knowledge_base_id,
        title: row.title,
        media_type: row.media_type,
        storage_key: row.storage_key,
        chunking: row.chunking.0,
        attempts: row.attempts + 1,
    };
    if row.attempts >= MAX_ATTEMPTS {
        drop(tx);
        fail(db, scope, &work, &given_up()).await?;
        return Ok(Claim::Nothing);
    }
    let delay = retry_delay(row.attempts);
    let idle = Duration::from_secs_f64(row.idle.max(0.0));
    if idle < delay {
        return Ok(Claim::Later(delay - idle));
    }
    sqlx::query!(
        "update documents set attempts = attempts + 1, updated_at = now() where workspace_id = $1 and id = $2",
        scope.workspace_id(),
        id
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(Claim::Work(work))
}

impl Work {
    /// Shows that a stage begins.
    pub(super) async fn enter(&self, db: &Db, scope: &Scope, status: DocumentStatus) -> Result<(), Stop> {
        let mut tx = db.tenant(scope).await?;
        let updated = sqlx::query!(
            "update documents set status = $4, error_code = null, error_message = null, updated_at = now()
             where workspace_id = $1 and id = $2 and version = $3",
            scope.workspace_id(),
            self.id,
            self.version,
            status.as_str()
        )
        .execute(&mut *tx)
        .await?;
        if updated.rows_affected() == 0 {
            return Err(Stop::Gone);
        }
        tx.tell(Topic::KnowledgeBase, self.knowledge_base_id);
        Ok(tx.commit().await?)
    }
}

/// Marks the document as failed, for people to see.
pub(super) async fn fail(db: &Db, scope: &Scope, work: &Work, error: &DocumentError) -> Result<()> {
    let code = serde_json::to_value(error.code)?;
    let mut tx = db.tenant(scope).await?;
    sqlx::query!(
        "update documents set status = 'failed', error_code = $4, error_message = $5, updated_at = now()
         where workspace_id = $1 and id = $2 and version = $3",
        scope.workspace_id(),
        work.id,
        work.version,
        code.as_str(),
        error.message
    )
    .execute(&mut *tx)
    .await?;
    tx.tell(Topic::KnowledgeBase, work.knowledge_base_id);
    tx.commit().await
}

/// After a failure that is not the document's: when it is tried again. A part that is away does not count as an
/// attempt, however long it stays away; anything else is given up in the end.
pub(super) async fn set_back(db: &Db, scope: &Scope, work: &Work, error: Error) -> Result<Outcome> {
    if let Error::Unavailable { .. } = error {
        let mut tx = db.tenant(scope).await?;
        sqlx::query!(
            "update documents set attempts = greatest(attempts - 1, 0)
             where workspace_id = $1 and id = $2 and version = $3",
            scope.workspace_id(),
            work.id,
            work.version
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        return Err(error);
    }
    tracing::error!(document_id = %work.id, attempt = work.attempts, error = format!("{error:#}"), "ingestion failed");
    if work.attempts >= MAX_ATTEMPTS {
        fail(db, scope, work, &given_up()).await?;
        return Ok(Outcome::Done);
    }
    Ok(Outcome::Later(
        retry_delay(work.attempts).max(Duration::from_secs(1)),
    ))
}

fn given_up() -> DocumentError {
    DocumentError {
        code: ErrorCode::Internal,
        message: format!(
            "Reading this document was interrupted {MAX_ATTEMPTS} times in a row, so it was set aside. The file is \
             kept; press Retry, or remove it and upload it in another format."
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_but_not_without_end() {
        let seconds = [0, 1, 2, 3, 4, 100].map(|n| retry_delay(n).as_secs());
        assert_eq!(seconds, [0, 0, 15, 30, 60, 480]);
    }
}
