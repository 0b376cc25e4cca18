//! Questions with their answers as a source: one document, of which each pair is a chunk.
//!
//! The pairs lie in storage as JSON, like the bytes of any other source. A change makes a new version of the document
//! through the usual ingestion, which embeds again only what is new.

mod csv;
mod improved;

use std::collections::HashMap;

use api_types::ErrorCode;
use api_types::audit::AuditAction;
use api_types::pairs::{self, AddedPairs, Pair, Pairs, SavePairsRequest};
use api_types::tenancy::Role;
use api_types::validate::{Checker, MAX_FILE_BYTES};
use serde_json::json;
use uuid::Uuid;

use super::{bases, ingest};
use crate::Services;
use crate::db::TenantTx;
use crate::storage::Storage;
use crate::{Error, Result, Scope, audit};

pub(super) use self::csv::read as read_csv;
pub(crate) use self::improved::add_improved;

/// The pairs of a source.
pub async fn get(
    services: &Services,
    scope: &Scope,
    knowledge_base_id: Uuid,
    source_id: Uuid,
) -> Result<Pairs> {
    let mut tx = services.db.tenant(scope).await?;
    let document = find(&mut tx, scope, knowledge_base_id, source_id).await?;
    Ok(Pairs {
        version: document.version,
        pairs: document.pairs(services).await?,
    })
}

/// Replaces all pairs of a source, unless somebody changed them since they were read.
pub async fn save(
    services: &Services,
    scope: &Scope,
    knowledge_base_id: Uuid,
    source_id: Uuid,
    request: &SavePairsRequest,
) -> Result<Pairs> {
    scope.require(Role::Editor)?;
    let pairs = checked(&request.pairs)?;
    let mut tx = services.db.tenant(scope).await?;
    let document = find(&mut tx, scope, knowledge_base_id, source_id).await?;
    if document.version != request.version {
        return Err(Error::refused(
            ErrorCode::Changed,
            "Somebody else changed these questions since you opened them. Nothing was saved; copy what you wrote, \
             open them again and put it in.",
        ));
    }
    let version = document.replace(services, tx, scope, &pairs).await?;
    Ok(Pairs { version, pairs })
}

/// Adds a pair; where the question is there already, its answer is replaced.
pub async fn add(
    services: &Services,
    scope: &Scope,
    knowledge_base_id: Uuid,
    source_id: Uuid,
    pair: &Pair,
) -> Result<AddedPairs> {
    scope.require(Role::Editor)?;
    let mut check = Checker::default();
    pair.check(&mut check, "");
    check.finish().map_err(Error::validation)?;
    merge(services, scope, knowledge_base_id, source_id, vec![pair.tidied()]).await
}

/// Adds the pairs of a CSV file, all or none; where a question is there already, its answer is replaced.
pub async fn import(
    services: &Services,
    scope: &Scope,
    knowledge_base_id: Uuid,
    source_id: Uuid,
    bytes: Vec<u8>,
) -> Result<AddedPairs> {
    scope.require(Role::Editor)?;
    let pairs = read_csv(bytes).await?;
    merge(services, scope, knowledge_base_id, source_id, pairs).await
}

async fn merge(
    services: &Services,
    scope: &Scope,
    knowledge_base_id: Uuid,
    source_id: Uuid,
    new: Vec<Pair>,
) -> Result<AddedPairs> {
    let mut tx = services.db.tenant(scope).await?;
    let document = find(&mut tx, scope, knowledge_base_id, source_id).await?;
    let mut all = document.pairs(services).await?;
    let mut places: HashMap<String, usize> = all.iter().map(Pair::key).zip(0..).collect();
    let mut outcome = AddedPairs {
        version: document.version,
        added: 0,
        changed: 0,
        unchanged: 0,
    };
    for pair in new {
        match places.get(&pair.key()) {
            Some(&at) if all[at] == pair => outcome.unchanged += 1,
            Some(&at) => {
                all[at] = pair;
                outcome.changed += 1;
            }
            None => {
                places.insert(pair.key(), all.len());
                all.push(pair);
                outcome.added += 1;
            }
        }
    }
    if outcome.added + outcome.changed == 0 {
        return Ok(outcome);
    }
    let all = checked(&all)?;
    outcome.version = document.replace(services, tx, scope, &all).await?;
    Ok(outcome)
}

/// The pairs as they are stored, if nothing is wrong with them.
fn checked(pairs: &[Pair]) -> Result<Vec<Pair>> {
    let mut check = Checker::default();
    pairs::check(&mut check, "pairs", pairs);
    check.finish().map_err(Error::validation)?;
    Ok(pairs.iter().map(Pair::tidied).collect())
}

/// Pairs as the bytes of a document.
pub(super) fn to_bytes(pairs: &[Pair]) -> Result<Vec<u8>> {
    let bytes = serde_json::to_vec(pairs)?;
    if bytes.len() > MAX_FILE_BYTES {
        let message = "These questions and answers have more than 20 MB in all. Make two sources of them.";
        return Err(Error::refused(ErrorCode::PayloadTooLarge, message));
    }
    Ok(bytes)
}

/// The document of a source of pairs, locked.
struct Found {
    id: Uuid,
    source_id: Uuid,
    /// Of the source.
    title: String,
    version: i32,
    storage_key: String,
}

async fn find(tx: &mut TenantTx, scope: &Scope, knowledge_base_id: Uuid, source_id: Uuid) -> Result<Found> {
    bases::require(tx, scope, knowledge_base_id).await?;
    let found = sqlx::query_as!(
        Found,
        "select d.id, d.source_id, s.title, d.version, d.storage_key
         from documents d join sources s on s.workspace_id = d.workspace_id and s.id = d.source_id
         where d.workspace_id = $1 and d.knowledge_base_id = $2 and d.source_id = $3 and s.kind = 'qa'
         for update of d",
        scope.workspace_id(),
        knowledge_base_id,
        source_id
    )
    .fetch_optional(&mut **tx)
    .await?;
    found.ok_or_else(|| Error::not_found("source of questions and answers"))
}

impl Found {
    async fn pairs(&self, services: &Services) -> Result<Vec<Pair>> {
        let bytes = services.storage.get(&self.storage_key).await?.ok_or_else(|| {
            let detail =
                "The file with these questions is missing from storage. Delete the source and add it anew.";
            Error::refused(ErrorCode::NotFound, detail)
        })?;
        Ok(serde_json::from_slice(&bytes)?)
    }

    /// Stores these pairs in place of those there, and has a new version made of the document. Answers which.
    async fn replace(
        &self,
        services: &Services,
        mut tx: TenantTx,
        scope: &Scope,
        pairs: &[Pair],
    ) -> Result<i32> {
        let bytes = to_bytes(pairs)?;
        let size = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
        // Never the key of the version before, which is read until this one is live.
        let key = Storage::page_key(scope.workspace_id(), self.source_id, Uuid::now_v7());
        services.storage.put(&key, bytes).await?;
        let version = sqlx::query_scalar!(
            "update documents
             set version = version + 1, status = 'queued', error_code = null, error_message = null, attempts = 0,
                 chunks_done = 0, size = $3, storage_key = $4, updated_at = now()
             where workspace_id = $1 and id = $2
             returning version",
            scope.workspace_id(),
            self.id,
            size,
            key
        )
        .fetch_one(&mut *tx)
        .await?;
        sqlx::query!(
            "update sources set updated_at = now() where workspace_id = $1 and id = $2",
            scope.workspace_id(),
            self.source_id
        )
        .execute(&mut *tx)
        .await?;
        ingest::enqueue(&mut tx, scope, &[(self.id, version)]).await?;
        let details = json!({ "version": version, "pairs": pairs.len() });
        let action = AuditAction::SourceSavePairs;
        audit::record(&mut tx, scope, action, self.source_id, &self.title, details);
        tx.commit().await?;
        services.storage.delete(&self.storage_key).await?;
        Ok(version)
    }
}
