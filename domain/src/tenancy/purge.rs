//! Removing what was deleted once its time of grace is over: rows, vectors, files, drafts and waiting jobs. A receipt says
//! what there was.

use std::collections::BTreeMap;

use api_types::bots::ChatbotContent;
use api_types::data::DeletionKind;
use api_types::kb::KnowledgeBaseContent;
use chrono::{DateTime, Utc};
use sqlx::types::Json;
use uuid::Uuid;

use crate::chat::{self, Stream};
use crate::data::receipts::{Counts, Deletion, add};
use crate::db::TenantTx;
use crate::jobs::QUEUE;
use crate::{Result, Scope, Services, drafts};

/// A workspace or an organization whose time is over, and on whose word.
struct Due {
    id: Uuid,
    organization_id: Uuid,
    closed_by: Option<Uuid>,
    closed_at: Option<DateTime<Utc>>,
}

/// Removes every workspace and organization that can't be restored any more. Safe to repeat, and to be broken off: the
/// row of a workspace goes last. Answers how many workspaces there were.
pub async fn purge_due(services: &Services) -> Result<u64> {
    purge(services, None).await
}

/// Removes one organization whose time is over, with its workspaces. Answers how many those were.
pub(crate) async fn purge_organization(services: &Services, id: Uuid) -> Result<u64> {
    purge(services, Some(id)).await
}

async fn purge(services: &Services, only: Option<Uuid>) -> Result<u64> {
    let due = sqlx::query_as!(
        Due,
        "select w.id, w.organization_id, coalesce(w.closed_by, o.closed_by) as closed_by,
                coalesce(w.closed_at, o.closed_at) as closed_at
         from workspaces w join organizations o on o.id = w.organization_id
         where (w.deletes_at <= now() or o.deletes_at <= now()) and ($1::uuid is null or o.id = $1)",
        only
    )
    .fetch_all(services.db.pool())
    .await?;
    let mut purged = 0;
    for workspace in due {
        purged += purge_workspace(services, &workspace).await?;
    }
    let empty = sqlx::query_as!(
        Due,
        "select o.id, o.id as organization_id, o.closed_by, o.closed_at from organizations o
         where o.deletes_at <= now() and ($1::uuid is null or o.id = $1)
           and not exists (select from workspaces w where w.organization_id = o.id)",
        only
    )
    .fetch_all(services.db.pool())
    .await?;
    for organization in empty {
        remove_organization(services, &organization).await?;
    }
    Ok(purged)
}

async fn purge_workspace(services: &Services, due: &Due) -> Result<u64> {
    let scope = Scope::worker(due.id);
    let mut counts = Counts::new();
    remove_vectors(services, &scope).await?;
    add(
        &mut counts,
        "files",
        services.storage.delete_workspace(due.id).await?,
    );
    let bots = drafts::delete_all::<ChatbotContent>(&services.drafts, &scope).await?;
    let bases = drafts::delete_all::<KnowledgeBaseContent>(&services.drafts, &scope).await?;
    add(&mut counts, "redis.drafts", bots + bases);
    add(
        &mut counts,
        "redis.streams",
        remove_streams(services, &scope).await?,
    );
    let mut tx = services.db.tenant(&scope).await?;
    // Jobs name what they are about; one that runs right now finds it gone.
    let jobs = sqlx::query!(
        "delete from apalis.jobs
         where job_type = $1 and status not in ('Queued', 'Running')
           and (convert_from(job, 'UTF8')::jsonb ->> 'workspace_id')::uuid = $2
           and convert_from(job, 'UTF8')::jsonb ->> 'job' <> 'forget_person'",
        QUEUE,
        due.id
    )
    .execute(&mut *tx)
    .await?;
    add(&mut counts, "jobs", jobs.rows_affected());
    count_rows(&mut tx, &mut counts).await?;
    remove_users(&mut tx, due.id).await?;
    let deleted = sqlx::query!("delete from workspaces where id = $1", due.id)
        .execute(&mut *tx)
        .await?;
    // Another worker may have been faster.
    if deleted.rows_affected() > 0 {
        write_receipt(&mut tx, DeletionKind::Workspace, due, counts).await?;
    }
    tx.commit().await?;
    drafts::forget(&services.drafts, &scope).await?;
    let workspace_id = due.id;
    tracing::info!(%workspace_id, "a deleted workspace was removed with everything in it");
    Ok(deleted.rows_affected())
}

/// Removes what uses providers, connections and knowledge bases: none of these can be deleted from under it, also not when the
/// workspace takes all of them along.
async fn remove_users(tx: &mut TenantTx, workspace_id: Uuid) -> Result<()> {
    sqlx::query!("delete from bots where workspace_id = $1", workspace_id)
        .execute(&mut **tx)
        .await?;
    sqlx::query!("delete from sources where workspace_id = $1", workspace_id)
        .execute(&mut **tx)
        .await?;
    sqlx::query!(
        "delete from embedding_models where workspace_id = $1",
        workspace_id
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Removes an organization that has no workspace any more.
async fn remove_organization(services: &Services, due: &Due) -> Result<()> {
    // Its receipt is in no workspace.
    let mut tx = services.db.tenant(&Scope::worker(due.id)).await?;
    tx.bind_organization(due.id).await?;
    let members = sqlx::query_scalar!(
        r#"select count(*) as "count!" from organization_members where organization_id = $1"#,
        due.id
    )
    .fetch_one(&mut *tx)
    .await?;
    let deleted = sqlx::query!("delete from organizations where id = $1", due.id)
        .execute(&mut *tx)
        .await?;
    if deleted.rows_affected() > 0 {
        let mut counts = Counts::new();
        add(&mut counts, "organization_members", members.unsigned_abs());
        write_receipt(&mut tx, DeletionKind::Organization, due, counts).await?;
    }
    tx.commit().await
}

async fn write_receipt(tx: &mut TenantTx, kind: DeletionKind, due: &Due, counts: Counts) -> Result<()> {
    let deletion = Deletion {
        kind,
        subject_id: due.id,
        place_id: due.id,
        organization_id: Some(due.organization_id),
        requested_by: due.closed_by,
        requested_at: due.closed_at.unwrap_or_else(Utc::now),
    };
    let receipt = deletion.finished(counts)?;
    deletion.store(tx, &receipt).await
}

/// Adds how many rows of the workspace every table has.
async fn count_rows(tx: &mut TenantTx, counts: &mut Counts) -> Result<()> {
    let rows =
        sqlx::query_scalar!(r#"select workspace_row_counts() as "counts!: Json<BTreeMap<String, u64>>""#)
            .fetch_one(&mut **tx)
            .await?;
    for (table, number) in rows.0.into_iter().filter(|(_, number)| *number > 0) {
        add(counts, &table, number);
    }
    Ok(())
}

/// Answers that can still be resumed: those of the last minutes.
async fn remove_streams(services: &Services, scope: &Scope) -> Result<u64> {
    let mut tx = services.db.tenant(scope).await?;
    let recent = sqlx::query_as!(
        Stream,
        "select c.bot_id, c.id as session_id, m.id as message_id
         from messages m join conversations c on c.workspace_id = m.workspace_id and c.id = m.conversation_id
         where m.workspace_id = $1 and m.role = 'assistant' and c.last_message_at > now() - interval '1 hour'",
        scope.workspace_id()
    )
    .fetch_all(&mut *tx)
    .await?;
    drop(tx);
    let mut removed = 0;
    for part in recent.chunks(500) {
        removed += chat::forget(&services.redis, part).await?;
    }
    Ok(removed)
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
