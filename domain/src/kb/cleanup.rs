//! Removing what Postgres can't: files and vectors of what was deleted.

use uuid::Uuid;

use crate::Services;
use crate::{Result, Scope};

/// Deletes files and vectors of deleted documents, or of a whole knowledge base when `document_ids` is absent.
/// Safe to repeat.
pub async fn clean_up(
    services: &Services,
    workspace_id: Uuid,
    knowledge_base_id: Uuid,
    document_ids: Option<&[Uuid]>,
    storage_keys: &[String],
) -> Result<()> {
    for key in storage_keys {
        services.storage.delete(key).await?;
    }
    let scope = Scope::worker(workspace_id);
    let Some(ids) = document_ids else {
        return services
            .vectors
            .remove_knowledge_base(&scope, knowledge_base_id)
            .await;
    };
    for id in ids {
        services.vectors.remove_document(&scope, *id).await?;
    }
    Ok(())
}
