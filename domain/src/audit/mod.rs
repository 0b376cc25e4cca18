//! Who did what, to what, from where: written in the transaction that does it, and never changed after.
//!
//! Each workspace's entries are a chain. A trigger (migration 0015) puts an entry at its end, under a lock on the head
//! that lasts until the commit; so entries are written as the last thing of a transaction, by [`TenantTx::commit`].

mod chain;
mod export;
mod list;
mod verify;

use api_types::audit::AuditAction;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

pub use export::export;
pub use list::list;
pub use verify::{Break, Verified, verify};

use crate::db::TenantTx;
use crate::tenancy::{Actor, Origin};
use crate::{Result, Scope, live};

/// Characters of an object's name that are kept.
const MAX_NAME_CHARS: usize = 200;

/// An entry that waits for the end of its transaction.
#[derive(Debug)]
pub(crate) struct Entry {
    workspace_id: Uuid,
    actor: Actor,
    origin: Origin,
    action: AuditAction,
    object_id: Uuid,
    object_name: Option<String>,
    details: Value,
}

impl Entry {
    /// Whose log it belongs to.
    pub(crate) const fn workspace_id(&self) -> Uuid {
        self.workspace_id
    }
}

/// Has an entry written when `tx` is committed. `object_id` and `object_name` say what it was done to; no name, when it
/// has none. `details` hold no secret. Whoever looks at such an object is told live.
pub fn record(
    tx: &mut TenantTx,
    scope: &Scope,
    action: AuditAction,
    object_id: Uuid,
    object_name: &str,
    details: Value,
) {
    if let Some(what) = live::topic_of(action) {
        tx.tell(what, object_id);
    }
    let name: String = object_name.trim().chars().take(MAX_NAME_CHARS).collect();
    tx.at_commit(Entry {
        workspace_id: scope.workspace_id(),
        actor: scope.actor(),
        origin: scope.origin(),
        action,
        object_id,
        object_name: Some(name).filter(|name| !name.is_empty()),
        details,
    });
}

/// Writes an entry. Place, time, hashes and the actor's name are the database's part.
pub(crate) async fn append(conn: &mut PgConnection, entry: &Entry) -> Result<()> {
    let (kind, actor_id) = actor(entry.actor);
    sqlx::query!(
        "insert into audit_log
             (workspace_id, id, actor_kind, actor_id, address, request_id, action, object_id, object_name, details)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        entry.workspace_id,
        Uuid::now_v7(),
        kind,
        actor_id,
        entry.origin.address.map(|address| address.to_string()),
        entry.origin.request_id,
        entry.action.as_str(),
        entry.object_id,
        entry.object_name,
        entry.details
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The kind of an actor as the database names it, and its id.
const fn actor(actor: Actor) -> (&'static str, Option<Uuid>) {
    match actor {
        Actor::User(id) => ("user", Some(id)),
        Actor::ApiKey(id) => ("api_key", Some(id)),
        Actor::Visitor => ("visitor", None),
        Actor::Worker => ("worker", None),
        Actor::Operator => ("operator", None),
    }
}
