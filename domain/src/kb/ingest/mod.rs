//! The job that brings one version of a document into the index.
//!
//! Stages: parse, chunk, embed, index. Chunk rows are written as they are embedded, under a version that nobody
//! reads yet; one transaction then makes that version the live one. Row ids follow from document, version and
//! position, so a job that is killed anywhere and run again writes the same rows, and keeps what was embedded.

mod claim;
mod embed;
mod lost;
mod publish;
mod queue;
mod scan;

use std::time::Duration;

use api_types::ErrorCode;
use api_types::kb::{DocumentError, DocumentStatus};
use uuid::Uuid;

use crate::Services;
pub use crate::jobs::Outcome;
use crate::kb::lock::WorkLock;
use crate::kb::parse::ParsedDocument;
use crate::kb::read::{self, Reading};
use crate::{Error, Result, Scope, embeddings};

use claim::{Claim, Work};
pub use lost::enqueue_lost;
pub(super) use queue::enqueue;

/// How a job ends that works on a document.
enum Turn {
    Ended(Outcome),
    /// There is more to do after this pause.
    Rest(Duration),
}

/// Why the work on a document stopped.
enum Stop {
    /// Others have their turn; there is more to do after this pause.
    Turn(Duration),
    /// It was deleted, or a newer version is wanted.
    Gone,
    /// It can't be read, ever.
    Unreadable(DocumentError),
    /// Something of ours failed.
    Failed(Error),
}

impl<E: Into<Error>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// How long to wait for whoever else works on the same document.
pub(super) const LOCKED_DELAY: Duration = Duration::from_secs(5);

/// The lock of whoever writes a document's chunks or vectors.
pub(super) fn lock_name(document_id: Uuid) -> String {
    format!("ingest:{document_id}")
}

/// Brings `version` of a document into the index; `services` acts in the worker's database role.
///
/// Safe to run again and at the same time as another. Errors are those of the parts it needs; the caller runs it
/// again later.
pub async fn ingest(
    services: &Services,
    workspace_id: Uuid,
    document_id: Uuid,
    version: i32,
) -> Result<Outcome> {
    let scope = Scope::worker(workspace_id);
    let Some(lock) = WorkLock::try_acquire(&services.db, &lock_name(document_id)).await? else {
        return Ok(Outcome::Later(LOCKED_DELAY));
    };
    let turn = ingest_locked(services, &scope, document_id, version).await;
    lock.release().await;
    match turn? {
        Turn::Ended(outcome) => Ok(outcome),
        // A job of its own, so that others have their turn in between, and attempts are counted anew.
        Turn::Rest(pause) => {
            queue::enqueue_rest(&services.db, &scope, document_id, version, pause).await?;
            Ok(Outcome::Done)
        }
    }
}

const DONE: Turn = Turn::Ended(Outcome::Done);

async fn ingest_locked(services: &Services, scope: &Scope, document_id: Uuid, version: i32) -> Result<Turn> {
    let work = match claim::claim(&services.db, scope, document_id, version).await? {
        Claim::Work(work) => work,
        Claim::Later(delay) => return Ok(Turn::Ended(Outcome::Later(delay))),
        Claim::Published => {
            publish::collect_old(services, scope, document_id, version).await?;
            return Ok(DONE);
        }
        Claim::Gone => {
            publish::remove_vectors(services, scope, document_id, version).await?;
            return Ok(DONE);
        }
        Claim::Nothing => return Ok(DONE),
    };
    match run(services, scope, &work).await {
        Ok(()) => Ok(DONE),
        Err(Stop::Gone) => {
            publish::remove_vectors(services, scope, document_id, version).await?;
            Ok(DONE)
        }
        Err(Stop::Unreadable(error)) => {
            tracing::info!(%document_id, code = ?error.code, "a document can't be read");
            claim::fail(&services.db, scope, &work, &error).await?;
            Ok(DONE)
        }
        Err(Stop::Turn(pause)) => Ok(Turn::Rest(pause)),
        Err(Stop::Failed(error)) => {
            let outcome = claim::set_back(&services.db, scope, &work, error).await?;
            Ok(Turn::Ended(outcome))
        }
    }
}

async fn run(services: &Services, scope: &Scope, work: &Work) -> Result<(), Stop> {
    work.enter(&services.db, scope, DocumentStatus::Parsing).await?;
    let parsed = document(services, scope, work).await?;
    work.enter(&services.db, scope, DocumentStatus::Chunking).await?;
    let chunks = read::cut(services, parsed, work.chunking).await?;
    let model = embeddings::live(services, scope)
        .await
        .map_err(embeddings::away)?;
    embed::embed(services, scope, work, &chunks, model.as_ref()).await?;
    work.enter(&services.db, scope, DocumentStatus::Indexing).await?;
    publish::publish(services, scope, work, &chunks, model.as_ref()).await
}

/// Reads the document's file.
async fn document(services: &Services, scope: &Scope, work: &Work) -> Result<ParsedDocument, Stop> {
    let begun = scan::begun(services, scope, work).await?;
    let bytes = services.storage.get(&work.storage_key).await?.ok_or_else(|| {
        Stop::Unreadable(DocumentError {
            code: ErrorCode::NotFound,
            message: "The file is missing from storage. Remove the document and upload it again.".to_owned(),
        })
    })?;
    if let Some(begun) = begun {
        return begun.go_on(services, scope, work, bytes).await;
    }
    let reading = read::parse_or_scan(services, &work.media_type, bytes).await?;
    match reading.map_err(Stop::Unreadable)? {
        Reading::Text(parsed) => Ok(parsed),
        Reading::Scan => Err(scan::begin(services, scope, work).await?),
    }
}
