//! Removing the files of drafts that expired.

use api_types::kb::KnowledgeBaseContent;
use uuid::Uuid;

use crate::Services;
use crate::storage::Storage;
use crate::{Result, Scope, drafts};

/// Deletes the files of drafts that are gone. Returns how many drafts that were.
pub async fn sweep_expired(services: &Services) -> Result<usize> {
    let mut swept = 0;
    for (workspace_id, draft_id) in services.storage.drafts_with_files().await? {
        if drafts::exists::<KnowledgeBaseContent>(&services.drafts, &Scope::worker(workspace_id), draft_id)
            .await?
        {
            continue;
        }
        sweep(services, workspace_id, draft_id).await?;
        swept += 1;
    }
    Ok(swept)
}

async fn sweep(services: &Services, workspace_id: Uuid, draft_id: Uuid) -> Result<()> {
    let files = services.storage.draft_files(workspace_id, draft_id).await?;
    let sources: Vec<Uuid> = files.iter().filter_map(|name| name.parse().ok()).collect();
    // A finalize that died between copying the files and its transaction left copies that no document owns.
    for id in without_document(services, workspace_id, &sources).await? {
        services
            .storage
            .delete(&Storage::document_key(workspace_id, id))
            .await?;
    }
    services.storage.delete_draft(workspace_id, draft_id).await
}

async fn without_document(services: &Services, workspace_id: Uuid, sources: &[Uuid]) -> Result<Vec<Uuid>> {
    let mut tx = services.db.tenant(&Scope::worker(workspace_id)).await?;
    let ids = sqlx::query_scalar!(
        r#"select s.id as "id!" from unnest($2::uuid[]) as s(id)
           where not exists (select from documents d where d.workspace_id = $1 and d.id = s.id)"#,
        workspace_id,
        sources
    )
    .fetch_all(&mut *tx)
    .await?;
    Ok(ids)
}
