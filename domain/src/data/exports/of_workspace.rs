//! The archives of a workspace: asked for, listed, handed out, removed.

use api_types::audit::AuditAction;
use api_types::data::Export;
use api_types::tenancy::Role;
use chrono::{SubsecRound, Utc};
use serde_json::json;
use uuid::Uuid;

use super::{
    Download, KEPT, Row, not_found, one_at_a_time, open, queued, refuse_too_many, refuse_unfinished,
};
use crate::jobs::{self, Job};
use crate::storage::Storage;
use crate::{Result, Scope, Services, audit};

/// The archives there are, the newest first. Needs the role admin, as everything here.
pub async fn list(services: &Services, scope: &Scope) -> Result<Vec<Export>> {
    scope.require(Role::Admin)?;
    let mut tx = services.db.tenant(scope).await?;
    let rows = sqlx::query_as!(
        Row,
        "select id, status, part, parts_done, parts_total, records, size, sha256, created_at, expires_at
         from data_exports where workspace_id = $1 and expires_at > now() order by created_at desc, id desc",
        scope.workspace_id()
    )
    .fetch_all(&mut *tx)
    .await?;
    rows.into_iter().map(Export::try_from).collect()
}

/// Has an archive made by a worker.
pub async fn start(services: &Services, scope: &Scope) -> Result<Export> {
    scope.require(Role::Admin)?;
    let mut tx = services.db.tenant(scope).await?;
    let kept = sqlx::query_scalar!(
        r#"select count(*) as "count!" from data_exports where workspace_id = $1 and expires_at > now()"#,
        scope.workspace_id()
    )
    .fetch_one(&mut *tx)
    .await?;
    refuse_too_many(kept)?;
    let (id, now) = (Uuid::now_v7(), Utc::now().trunc_subsecs(6));
    sqlx::query!(
        "insert into data_exports (workspace_id, id, requested_by, created_at, expires_at) values ($1, $2, $3, $4, $5)",
        scope.workspace_id(),
        id,
        scope.user_id(),
        now,
        now + KEPT
    )
    .execute(&mut *tx)
    .await
    .map_err(|error| one_at_a_time(error, "data_exports_one_at_a_time"))?;
    let job = Job::ExportWorkspace {
        workspace_id: scope.workspace_id(),
        export_id: id,
    };
    jobs::enqueue(&mut tx, &job).await?;
    audit::record(&mut tx, scope, AuditAction::DataExport, id, "", json!({}));
    tx.commit().await?;
    Ok(queued(id, now))
}

/// The file of an archive. That it was taken is written down.
pub async fn download(services: &Services, scope: &Scope, id: Uuid) -> Result<Download> {
    scope.require(Role::Admin)?;
    let mut tx = services.db.tenant(scope).await?;
    let status = sqlx::query_scalar!(
        "select status from data_exports where workspace_id = $1 and id = $2 and expires_at > now()",
        scope.workspace_id(),
        id
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or_else(not_found)?;
    refuse_unfinished(&status)?;
    let file = open(services, &Storage::export_key(scope.workspace_id(), id)).await?;
    audit::record(&mut tx, scope, AuditAction::DataExportDownload, id, "", json!({}));
    tx.commit().await?;
    Ok(file)
}

/// Removes an archive; one that is being made is given up.
pub async fn remove(services: &Services, scope: &Scope, id: Uuid) -> Result<()> {
    scope.require(Role::Admin)?;
    let mut tx = services.db.tenant(scope).await?;
    let deleted = sqlx::query!(
        "delete from data_exports where workspace_id = $1 and id = $2",
        scope.workspace_id(),
        id
    )
    .execute(&mut *tx)
    .await?;
    if deleted.rows_affected() == 0 {
        return Err(not_found());
    }
    // Before the row is gone for good: a failure leaves both.
    services
        .storage
        .delete(&Storage::export_key(scope.workspace_id(), id))
        .await?;
    audit::record(&mut tx, scope, AuditAction::DataExportDelete, id, "", json!({}));
    tx.commit().await
}

/// Removes those whose time is over, of all workspaces.
pub(super) async fn sweep(services: &Services) -> Result<usize> {
    let expired =
        sqlx::query!("select workspace_id, id from data_exports where expires_at <= now() limit 1000")
            .fetch_all(services.db.pool())
            .await?;
    for export in &expired {
        let key = Storage::export_key(export.workspace_id, export.id);
        services.storage.delete(&key).await?;
        let mut tx = services.db.tenant(&Scope::worker(export.workspace_id)).await?;
        sqlx::query!(
            "delete from data_exports where workspace_id = $1 and id = $2",
            export.workspace_id,
            export.id
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
    }
    Ok(expired.len())
}
