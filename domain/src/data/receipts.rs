//! Receipts: that something was deleted, how much of it, when, and on whose word. They hold ids and counts only, and
//! outlive everything they speak of.

use std::collections::BTreeMap;

use api_types::ErrorCode;
use api_types::data::{DeletionKind, DeletionReceipt};
use api_types::tenancy::Role;
use chrono::{DateTime, SubsecRound, Utc};
use serde_json::json;
use sha2::{Digest, Sha256};
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use crate::db::Db;
use crate::kb::documents::by_name;
use crate::tenancy::OrganizationScope;
use crate::{Error, Result, Scope};

/// Receipts in a list.
const MOST: i64 = 200;

/// How many of what were removed.
pub(crate) type Counts = BTreeMap<String, u64>;

/// Adds to the count of one kind.
pub(crate) fn add(counts: &mut Counts, what: &str, number: u64) {
    *counts.entry(what.to_owned()).or_default() += number;
}

/// A deletion that a receipt is written for.
pub(crate) struct Deletion {
    pub kind: DeletionKind,
    pub subject_id: Uuid,
    /// The workspace in which it was asked for.
    pub place_id: Uuid,
    pub organization_id: Option<Uuid>,
    pub requested_by: Option<Uuid>,
    pub requested_at: DateTime<Utc>,
}

impl Deletion {
    /// One that is asked for now.
    pub(crate) fn now(kind: DeletionKind, scope: &Scope, subject_id: Uuid) -> Self {
        Self {
            kind,
            subject_id,
            place_id: scope.workspace_id(),
            organization_id: None,
            requested_by: scope.user_id(),
            requested_at: now(),
        }
    }

    /// A receipt that is still open.
    pub(crate) fn open(&self, counts: Counts) -> DeletionReceipt {
        DeletionReceipt {
            // Random, not by time: knowing it is the right to read it.
            id: Uuid::new_v4(),
            kind: self.kind,
            subject_id: self.subject_id,
            requested_by: self.requested_by,
            requested_at: self.requested_at,
            finished_at: None,
            counts,
            sha256: None,
        }
    }

    /// A receipt for what is over.
    pub(crate) fn finished(&self, counts: Counts) -> Result<DeletionReceipt> {
        seal(DeletionReceipt {
            finished_at: Some(now()),
            ..self.open(counts)
        })
    }

    /// Writes a receipt in a transaction that is bound to its place.
    pub(crate) async fn store(&self, conn: &mut PgConnection, receipt: &DeletionReceipt) -> Result<()> {
        sqlx::query!(
            "insert into deletion_receipts (id, kind, subject_id, place_id, organization_id, requested_by, requested_at,
                 finished_at, counts, hash)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            receipt.id,
            receipt.kind.as_str(),
            receipt.subject_id,
            self.place_id,
            self.organization_id,
            receipt.requested_by,
            receipt.requested_at,
            receipt.finished_at,
            json!(receipt.counts),
            hash_of(receipt)
        )
        .execute(conn)
        .await?;
        Ok(())
    }
}

/// Now, in whole seconds: a receipt reads the same before and after it was stored.
fn now() -> DateTime<Utc> {
    Utc::now().trunc_subsecs(0)
}

/// Puts the hash on a receipt that is finished.
fn seal(receipt: DeletionReceipt) -> Result<DeletionReceipt> {
    let bare = DeletionReceipt {
        sha256: None,
        ..receipt
    };
    let hash = hex::encode(Sha256::digest(serde_json::to_vec(&bare)?));
    Ok(DeletionReceipt {
        sha256: Some(hash),
        ..bare
    })
}

fn hash_of(receipt: &DeletionReceipt) -> Option<Vec<u8>> {
    receipt.sha256.as_deref().and_then(|hash| hex::decode(hash).ok())
}

/// Finishes an open receipt, with what was counted since. One that is finished stays as it is.
pub(crate) async fn finish(conn: &mut PgConnection, id: Uuid, more: Counts) -> Result<()> {
    let row = sqlx::query_as!(
        Row,
        r#"select id, kind, subject_id, requested_by, requested_at, finished_at, counts as "counts: Json<Counts>", hash
           from deletion_receipts where id = $1 and finished_at is null for update"#,
        id
    )
    .fetch_optional(&mut *conn)
    .await?;
    let Some(row) = row else { return Ok(()) };
    let mut receipt = DeletionReceipt::try_from(row)?;
    for (what, number) in more {
        add(&mut receipt.counts, &what, number);
    }
    receipt.finished_at = Some(now());
    let receipt = seal(receipt)?;
    sqlx::query!(
        "update deletion_receipts set finished_at = $2, counts = $3, hash = $4 where id = $1",
        id,
        receipt.finished_at,
        json!(receipt.counts),
        hash_of(&receipt)
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// What the person may see, the newest first: of the workspace for its admins, of the organization for its owners, and
/// what they asked for themselves.
pub async fn list(db: &Db, scope: &Scope, user_id: Uuid) -> Result<Vec<DeletionReceipt>> {
    let organization = match OrganizationScope::of(db, scope).await {
        Ok(organization) if organization.role() >= Role::Owner => Some(organization.organization_id()),
        Ok(_) => None,
        // A guest.
        Err(error) if error.code() == ErrorCode::Forbidden => None,
        Err(error) => return Err(error),
    };
    let mut tx = db.person(user_id).await?;
    tx.bind(scope.workspace_id()).await?;
    if let Some(id) = organization {
        tx.bind_organization(id).await?;
    }
    let rows = sqlx::query_as!(
        Row,
        r#"select id, kind, subject_id, requested_by, requested_at, finished_at, counts as "counts: Json<Counts>", hash
           from deletion_receipts
           where requested_by = $1
              or (place_id = $2 and $3 and kind in ('conversations', 'leads'))
              or (organization_id = $4 and kind in ('workspace', 'organization'))
           order by requested_at desc, id limit $5"#,
        user_id,
        scope.workspace_id(),
        scope.role() >= Role::Admin,
        organization,
        MOST
    )
    .fetch_all(&mut *tx)
    .await?;
    rows.into_iter().map(DeletionReceipt::try_from).collect()
}

/// The receipt with this id, for whoever was given it.
pub async fn presented(db: &Db, id: Uuid) -> Result<DeletionReceipt> {
    let mut tx = db.receipt(id).await?;
    sqlx::query_as!(
        Row,
        r#"select id, kind, subject_id, requested_by, requested_at, finished_at, counts as "counts: Json<Counts>", hash
           from deletion_receipts where id = $1"#,
        id
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or_else(|| Error::refused(ErrorCode::NotFound, "There is no such receipt."))?
    .try_into()
}

struct Row {
    id: Uuid,
    kind: String,
    subject_id: Uuid,
    requested_by: Option<Uuid>,
    requested_at: DateTime<Utc>,
    finished_at: Option<DateTime<Utc>>,
    counts: Json<Counts>,
    hash: Option<Vec<u8>>,
}

impl TryFrom<Row> for DeletionReceipt {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        Ok(Self {
            id: row.id,
            kind: by_name(&row.kind)?,
            subject_id: row.subject_id,
            requested_by: row.requested_by,
            requested_at: row.requested_at,
            finished_at: row.finished_at,
            counts: row.counts.0,
            sha256: row.hash.map(hex::encode),
        })
    }
}
