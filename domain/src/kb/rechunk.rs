//! What other settings would make of a document. Nothing is written.

use api_types::kb::{Chunk, Chunking};
use api_types::tenancy::Role;
use api_types::validate::{self, Checker};
use uuid::Uuid;

use super::{documents, read};
use crate::Services;
use crate::{Error, Result, Scope};

/// The chunks of a document of a knowledge base, cut as `chunking` says, with the parser and cutter of the worker.
pub async fn preview_chunks(
    services: &Services,
    scope: &Scope,
    knowledge_base_id: Uuid,
    document_id: Uuid,
    chunking: Chunking,
) -> Result<Vec<Chunk>> {
    scope.require(Role::Editor)?;
    let mut check = Checker::default();
    validate::chunking(&mut check, "chunking", chunking);
    check.finish().map_err(Error::validation)?;
    let mut tx = services.db.tenant(scope).await?;
    documents::require(&mut tx, scope, knowledge_base_id, document_id).await?;
    let file = sqlx::query!(
        "select storage_key, media_type, original_removed_at from documents where workspace_id = $1 and id = $2",
        scope.workspace_id(),
        document_id
    )
    .fetch_one(&mut *tx)
    .await?;
    drop(tx);
    if file.original_removed_at.is_some() {
        return Err(documents::original_removed());
    }
    let bytes = services.storage.get(&file.storage_key).await?;
    let bytes = bytes.ok_or_else(|| Error::not_found("file of this document"))?;
    let parsed = read::parse(services, &file.media_type, bytes)
        .await?
        .map_err(|error| Error::refused(error.code, error.message))?;
    read::cut(services, parsed, chunking).await
}
