//! Answers that were written because somebody had asked in vain: a source of pairs of its own in a knowledge base.

use api_types::audit::AuditAction;
use api_types::kb::SourceKind;
use api_types::live::Topic;
use api_types::pairs::Pair;
use api_types::usage::Quota;
use serde_json::json;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{checked, merge, to_bytes};
use crate::db::TenantTx;
use crate::kb::parse::Format;
use crate::kb::sources::{self, NewSource};
use crate::kb::{bases, ingest};
use crate::storage::Storage;
use crate::{Result, Scope, Services, audit, quotas};

/// The name of the source.
const TITLE: &str = "Improved answers";

/// Where a pair is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub source_id: Uuid,
    pub document_id: Uuid,
}

/// Adds a pair to the source for such answers, which is made when there is none; where the question is there already, its
/// answer is replaced.
pub(crate) async fn add_improved(
    services: &Services,
    scope: &Scope,
    knowledge_base_id: Uuid,
    pair: &Pair,
) -> Result<Place> {
    let mut tx = services.db.tenant(scope).await?;
    bases::require(&mut tx, scope, knowledge_base_id).await?;
    // One at a time, so that two who improve at once don't make two sources.
    sqlx::query!(
        "select pg_advisory_xact_lock(hashtextextended('improved:' || $1, 0))",
        knowledge_base_id.to_string()
    )
    .fetch_one(&mut *tx)
    .await?;
    if let Some(place) = find(&mut tx, scope, knowledge_base_id).await? {
        drop(tx);
        merge(
            services,
            scope,
            knowledge_base_id,
            place.source_id,
            vec![pair.clone()],
        )
        .await?;
        return Ok(place);
    }
    make(services, scope, tx, knowledge_base_id, pair).await
}

async fn find(tx: &mut TenantTx, scope: &Scope, knowledge_base_id: Uuid) -> Result<Option<Place>> {
    let found = sqlx::query!(
        "select s.id, d.id as document_id
         from sources s join documents d on d.workspace_id = s.workspace_id and d.source_id = s.id
         where s.workspace_id = $1 and s.knowledge_base_id = $2 and s.kind = 'qa' and s.title = $3
         order by s.created_at limit 1",
        scope.workspace_id(),
        knowledge_base_id,
        TITLE
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(found.map(|row| Place {
        source_id: row.id,
        document_id: row.document_id,
    }))
}

async fn make(
    services: &Services,
    scope: &Scope,
    mut tx: TenantTx,
    knowledge_base_id: Uuid,
    pair: &Pair,
) -> Result<Place> {
    let bytes = to_bytes(&checked(std::slice::from_ref(pair))?)?;
    let size = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
    let hash = Sha256::digest(&bytes).to_vec();
    let id = Uuid::now_v7();
    let key = Storage::document_key(scope.workspace_id(), id);
    let source = NewSource {
        id,
        kind: SourceKind::Qa,
        title: TITLE,
        origin: None,
    };
    sources::insert(&mut tx, scope, knowledge_base_id, source).await?;
    let version = sqlx::query_scalar!(
        "insert into documents (workspace_id, id, knowledge_base_id, source_id, kind, title, media_type, size,
             storage_key, content_hash)
         values ($1, $2, $3, $2, 'qa', $4, $5, $6, $7, $8)
         returning version",
        scope.workspace_id(),
        id,
        knowledge_base_id,
        TITLE,
        Format::Pairs.media_type(),
        size,
        key,
        hash
    )
    .fetch_one(&mut *tx)
    .await?;
    ingest::enqueue(&mut tx, scope, &[(id, version)]).await?;
    let added = [(Quota::Documents, 1), (Quota::Storage, size)];
    quotas::check(&mut tx, &services.plans, &added).await?;
    let details = json!({ "version": version, "pairs": 1 });
    audit::record(&mut tx, scope, AuditAction::SourceSavePairs, id, TITLE, details);
    tx.tell(Topic::KnowledgeBase, knowledge_base_id);
    // Before the commit: the job that reads it may begin at once.
    services.storage.put(&key, bytes).await?;
    tx.commit().await?;
    Ok(Place {
        source_id: id,
        document_id: id,
    })
}
