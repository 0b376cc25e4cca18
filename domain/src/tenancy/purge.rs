//! Removing what was deleted once its time of grace is over: rows, vectors, files, drafts and waiting jobs.

use api_types::bots::ChatbotContent;
use api_types::kb::KnowledgeBaseContent;
use uuid::Uuid;

use crate::jobs::QUEUE;
use crate::{Result, Scope, Services, drafts};

/// Removes every workspace and organization that can't be restored any more. Safe to repeat, and to be broken off: the
/// row of a workspace goes last. Answers how many workspaces there were.
pub async fn purge_due(services: &Services) -> Result<u64> {
    let due = sqlx::query_scalar!(
        "select w.id from workspaces w join organizations o on o.id = w.organization_id
         where w.deletes_at <= now() or o.deletes_at <= now()"
    )
    .fetch_all(services.db.pool())
    .await?;
    let mut purged = 0;
    for workspace_id in due {
        purged += purge(services, workspace_id).await?;
    }
    sqlx::query!(
        "delete from organizations o
         where o.deletes_at <= now() and not exists (select from workspaces w where w.organization_id = o.id)"
    )
    .execute(services.db.pool())
    .await?;
    Ok(purged)
}

async fn purge(services: &Services, workspace_id: Uuid) -> Result<u64> {
    let scope = Scope::worker(workspace_id);
    remove_vectors(services, &scope).await?;
    services.storage.delete_workspace(workspace_id).await?;
    drafts::delete_all::<ChatbotContent>(&services.redis, &scope).await?;
    drafts::delete_all::<KnowledgeBaseContent>(&services.redis, &scope).await?;
    let mut tx = services.db.tenant(&scope).await?;
    // Jobs name what they are about; one that runs right now finds it gone.
    sqlx::query!(
        "delete from apalis.jobs
         where job_type = $1 and status not in ('Queued', 'Running')
           and (convert_from(job, 'UTF8')::jsonb ->> 'workspace_id')::uuid = $2",
        QUEUE,
        workspace_id
    )
    .execute(&mut *tx)
    .await?;
    let deleted = sqlx::query!("delete from workspaces where id = $1", workspace_id)
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    tracing::info!(%workspace_id, "a deleted workspace was removed with everything in it");
    Ok(deleted.rows_affected())
}

async fn remove_vectors(services: &Services, scope: &Scope) -> Result<()> {
    let mut tx = services.db.tenant(scope).await?;
    let knowledge_bases = sqlx::query_scalar!(
        "select id from knowledge_bases where workspace_id = $1",
        scope.workspace_id()
    )
    .fetch_all(&mut *tx)
    .await?;
    let models = sqlx::query_scalar!(
        "select id from embedding_models where workspace_id = $1",
        scope.workspace_id()
    )
    .fetch_all(&mut *tx)
    .await?;
    drop(tx);
    for id in knowledge_bases {
        services.vectors.remove_knowledge_base(scope, id).await?;
    }
    for id in models {
        services.vectors.remove_space(scope, id).await?;
    }
    Ok(())
}
