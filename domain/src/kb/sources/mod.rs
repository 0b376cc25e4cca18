//! What the documents of a knowledge base came from, and keeping it fresh.
//!
//! A *crawl* is one run over the pages of a source, for a draft or for a sync. Its rows hold every address that was
//! found and what became of it, so a job works on it for a while and leaves the rest to the next one; a worker that
//! is killed costs no more than the requests it was waiting for.

mod apply;
mod crawls;
mod due;
mod finish;
mod in_draft;
mod origin;
mod pages;
mod rows;
mod run;
mod walk;

use std::time::Duration;

use uuid::Uuid;

use crate::Services;
use crate::kb::ingest::Outcome;
use crate::kb::lock::WorkLock;
use crate::{Result, Scope};

pub use crawls::{cancel, sync};
pub use due::{enqueue_due, enqueue_lost};
pub(super) use in_draft::{adopt, begin_in_draft, cancel_in_draft, discard, discard_draft, lock_in_draft};
pub use in_draft::{crawl_of_draft, discard_expired};
pub(super) use origin::Origin;
pub use pages::PageFilter;
pub use pages::pages;
pub(super) use pages::{TakenPage, leave_out, pages_of_crawl, remove_page, taken_pages};
pub(super) use rows::{NewSource, insert, lock, remove_empty};
pub use rows::{delete, get, list, page, update};

/// How long to wait for whoever else works on the same crawl.
const LOCKED_DELAY: Duration = Duration::from_secs(2);

/// Works on one run of a crawl for a while; `services` acts in the worker's database role.
///
/// Safe to run again and at the same time as another. Errors are those of the parts it needs; the caller runs it
/// again later.
pub async fn crawl(services: &Services, workspace_id: Uuid, crawl_id: Uuid, run: Uuid) -> Result<Outcome> {
    let scope = Scope::worker(workspace_id);
    let Some(lock) = WorkLock::try_acquire(&services.db, &format!("crawl:{crawl_id}")).await? else {
        return Ok(Outcome::Later(LOCKED_DELAY));
    };
    let rest = run::run(services, &scope, crawl_id, run).await;
    lock.release().await;
    // A job of its own, so that others have their turn in between, and attempts are counted anew.
    if let Some(pause) = rest? {
        let mut tx = services.db.tenant(&scope).await?;
        crawls::enqueue(&mut tx, &scope, crawl_id, run, pause).await?;
        tx.commit().await?;
    }
    Ok(Outcome::Done)
}
