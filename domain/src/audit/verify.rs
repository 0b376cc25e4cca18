//! Whether the chains are whole: every entry is read again and its hash computed anew.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::chain::{NOTHING, Row};
use crate::db::Db;
use crate::{Result, Scope};

/// Entries read at once.
const BATCH: i64 = 1000;

/// What was found of one workspace.
#[derive(Debug)]
pub struct Verified {
    /// The workspace.
    pub workspace_id: Uuid,
    /// Entries that were found whole, from the first one on.
    pub entries: i64,
    /// The hash of the last of them, in hexadecimal: kept elsewhere, it proves later that all up to here is unchanged.
    pub head: String,
    /// Where the chain is broken first.
    pub broken: Option<Break>,
}

/// The first place where a chain is not as it was written.
#[derive(Debug)]
pub struct Break {
    /// Place in the chain.
    pub position: i64,
    /// The entry that is there: its id, and when it says it was written. None, if there is none.
    pub entry: Option<(Uuid, DateTime<Utc>)>,
    /// What is wrong, for people.
    pub what: &'static str,
}

/// Looks at the chains of all workspaces, or of one, and tells each result as it comes. Entries that are written
/// meanwhile are left for the next time.
pub async fn verify(db: &Db, only: Option<Uuid>, mut tell: impl FnMut(Verified)) -> Result<()> {
    let workspaces = sqlx::query_scalar!(
        "select id from workspaces where $1::uuid is null or id = $1 order by id",
        only
    )
    .fetch_all(db.pool())
    .await?;
    for workspace_id in workspaces {
        tell(verify_one(db, workspace_id).await?);
    }
    Ok(())
}

/// What the head and the log say of each other, at one moment.
struct Extent {
    position: i64,
    hash: Vec<u8>,
    /// The last position in the log.
    last: i64,
    entries: i64,
}

async fn extent(db: &Db, scope: &Scope) -> Result<Extent> {
    let mut tx = db.tenant(scope).await?;
    let extent = sqlx::query_as!(
        Extent,
        r#"select coalesce((select position from audit_heads where workspace_id = $1), 0) as "position!",
             coalesce((select hash from audit_heads where workspace_id = $1), $2) as "hash!",
             coalesce(max(position), 0) as "last!", count(*) as "entries!"
           from audit_log where workspace_id = $1"#,
        scope.workspace_id(),
        &NOTHING[..]
    )
    .fetch_one(&mut *tx)
    .await?;
    Ok(extent)
}

async fn verify_one(db: &Db, workspace_id: Uuid) -> Result<Verified> {
    let scope = Scope::operator(workspace_id);
    let extent = extent(db, &scope).await?;
    let mut walk = Walk::default();
    let until = extent.last.max(extent.position);
    while walk.broken.is_none() {
        let rows = batch(db, &scope, walk.position, until).await?;
        let is_last = rows.len() < usize::try_from(BATCH).unwrap_or(usize::MAX);
        rows.iter().for_each(|row| walk.step(row));
        if is_last {
            break;
        }
    }
    if walk.broken.is_none() {
        walk.broken = end(&walk, &extent);
    }
    Ok(Verified {
        workspace_id,
        entries: walk.position,
        head: hex::encode(walk.hash),
        broken: walk.broken,
    })
}

/// What is wrong at the end of a chain whose entries fit together.
fn end(walk: &Walk, extent: &Extent) -> Option<Break> {
    let what = if walk.position < extent.position {
        "entries were cut off: the chain ends before its head says"
    } else if walk.position > extent.position {
        "entries were added behind the head of the chain"
    } else if walk.hash[..] != extent.hash[..] {
        "the head of the chain was changed"
    } else if extent.entries != walk.position {
        "there are entries outside of the chain"
    } else {
        return None;
    };
    Some(Break {
        position: walk.position.min(extent.position) + 1,
        entry: None,
        what,
    })
}

/// How far a chain was walked.
struct Walk {
    position: i64,
    hash: [u8; 32],
    broken: Option<Break>,
}

impl Default for Walk {
    fn default() -> Self {
        Self {
            position: 0,
            hash: NOTHING,
            broken: None,
        }
    }
}

impl Walk {
    fn step(&mut self, row: &Row) {
        if self.broken.is_some() {
            return;
        }
        let expected = self.position + 1;
        let what = if row.position > expected {
            "an entry was removed: the next one that is there is named"
        } else if row.position < expected {
            "an entry was added beside another one"
        } else if row.previous_hash != self.hash {
            "the entry does not follow the one before it: it was put there, or another was changed"
        } else if row.hash != row.computed_hash() {
            "the entry was changed"
        } else {
            self.position = expected;
            self.hash = row.computed_hash();
            return;
        };
        self.broken = Some(Break {
            position: expected.min(row.position),
            entry: Some((row.id, row.created_at)),
            what,
        });
    }
}

async fn batch(db: &Db, scope: &Scope, after: i64, until: i64) -> Result<Vec<Row>> {
    let mut tx = db.tenant(scope).await?;
    let rows = sqlx::query_as!(
        Row,
        r#"select workspace_id, position, id, created_at, actor_kind, actor_id, actor_name, address, request_id, action,
             object_id, object_name, details::text as "details!", previous_hash, hash
         from audit_log
         where workspace_id = $1 and position > $2 and position <= $3
         order by position, id
         limit $4"#,
        scope.workspace_id(),
        after,
        until,
        BATCH
    )
    .fetch_all(&mut *tx)
    .await?;
    Ok(rows)
}
