//! Jobs of knowledge bases.

use domain::Result;
use domain::Services;
use domain::kb::ingest::{Outcome, ingest};
use uuid::Uuid;

/// Brings one version of a document into the index.
pub(super) async fn ingest_document(
    services: &Services,
    workspace_id: Uuid,
    document_id: Uuid,
    version: i32,
) -> Result<Outcome> {
    ingest(services, workspace_id, document_id, version).await
}

/// Puts chunks that people changed into the index.
pub(super) async fn index_document(
    services: &Services,
    workspace_id: Uuid,
    knowledge_base_id: Uuid,
    document_id: Uuid,
) -> Result<Outcome> {
    domain::kb::chunks::index(services, workspace_id, knowledge_base_id, document_id).await
}

/// Fetches pages of a website for a while.
pub(super) async fn crawl(
    services: &Services,
    workspace_id: Uuid,
    crawl_id: Uuid,
    run: Uuid,
) -> Result<Outcome> {
    domain::kb::sources::crawl(services, workspace_id, crawl_id, run).await
}

/// Removes files and vectors of what was deleted.
pub(super) async fn clean_up(
    services: &Services,
    workspace_id: Uuid,
    knowledge_base_id: Uuid,
    document_ids: Option<&[Uuid]>,
    storage_keys: &[String],
) -> Result<Outcome> {
    domain::kb::clean_up(
        services,
        workspace_id,
        knowledge_base_id,
        document_ids,
        storage_keys,
    )
    .await?;
    Ok(Outcome::Done)
}
