//! An entry as it lies in the database, and its hash, as `audit_hash` of migration 0015 computes it.

use api_types::audit::{AuditActor, AuditActorKind, AuditEntry, AuditObject};
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// What stands for the hash before the first entry.
pub(super) const NOTHING: [u8; 32] = [0; 32];

/// A row of `audit_log`.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) workspace_id: Uuid,
    pub(super) position: i64,
    pub(super) id: Uuid,
    pub(super) created_at: DateTime<Utc>,
    pub(super) actor_kind: String,
    pub(super) actor_id: Option<Uuid>,
    pub(super) actor_name: Option<String>,
    pub(super) address: Option<String>,
    pub(super) request_id: Option<Uuid>,
    pub(super) action: String,
    pub(super) object_id: Uuid,
    pub(super) object_name: Option<String>,
    /// As Postgres writes it: that is what is hashed.
    pub(super) details: String,
    pub(super) previous_hash: Vec<u8>,
    pub(super) hash: Vec<u8>,
}

impl Row {
    /// The hash that the entry must have.
    pub(super) fn computed_hash(&self) -> [u8; 32] {
        let workspace_id = self.workspace_id.to_string();
        let position = self.position.to_string();
        let id = self.id.to_string();
        let created_at = self.created_at.timestamp_micros().to_string();
        let actor_id = self.actor_id.map(|id| id.to_string());
        let request_id = self.request_id.map(|id| id.to_string());
        let object_id = self.object_id.to_string();
        let fields = [
            Some(workspace_id.as_str()),
            Some(&position),
            Some(&id),
            Some(&created_at),
            Some(&self.actor_kind),
            actor_id.as_deref(),
            self.actor_name.as_deref(),
            self.address.as_deref(),
            request_id.as_deref(),
            Some(&self.action),
            Some(&object_id),
            self.object_name.as_deref(),
            Some(&self.details),
        ];
        let mut digest = Sha256::new();
        digest.update(&self.previous_hash);
        for field in fields {
            add(&mut digest, field);
        }
        digest.finalize().into()
    }
}

/// Adds a field so that it can't run into the next one: 0 for none, else 1, the length in four bytes, and the text.
fn add(digest: &mut Sha256, field: Option<&str>) {
    let Some(text) = field else {
        return digest.update([0]);
    };
    // Postgres holds no text of 1 GB.
    let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
    digest.update([1]);
    digest.update(length.to_be_bytes());
    digest.update(text);
}

impl TryFrom<Row> for AuditEntry {
    type Error = crate::Error;

    fn try_from(row: Row) -> crate::Result<Self> {
        let kind = match row.actor_kind.as_str() {
            "user" => AuditActorKind::User,
            "api_key" => AuditActorKind::ApiKey,
            "worker" => AuditActorKind::Worker,
            "operator" => AuditActorKind::Operator,
            "visitor" => AuditActorKind::Visitor,
            _ => AuditActorKind::Unknown,
        };
        let noun = row.action.split('.').next().unwrap_or_default().to_owned();
        Ok(Self {
            id: row.id,
            position: row.position,
            created_at: row.created_at,
            actor: AuditActor {
                kind,
                id: row.actor_id,
                name: row.actor_name,
            },
            address: row.address,
            request_id: row.request_id,
            action: row.action,
            object: AuditObject {
                kind: noun,
                id: row.object_id,
                name: row.object_name,
            },
            details: serde_json::from_str(&row.details)?,
            previous_hash: hex::encode(row.previous_hash),
            hash: hex::encode(row.hash),
        })
    }
}
