//! Answers that are written once.

use api_types::ErrorCode;
use api_types::audit::AuditAction;
use api_types::inbox::{CannedReply, MAX_CANNED_REPLIES, SaveCannedReplyRequest};
use api_types::tenancy::Role;
use serde_json::json;
use uuid::Uuid;

use crate::db::{Db, TenantTx};
use crate::error::violates;
use crate::{Error, Result, Scope, audit};

/// All of them, by shortcut.
pub async fn canned_replies(db: &Db, scope: &Scope) -> Result<Vec<CannedReply>> {
    let mut tx = db.tenant(scope).await?;
    let replies = sqlx::query_as!(
        CannedReply,
        "select id, shortcut, content from canned_replies where workspace_id = $1 order by shortcut",
        scope.workspace_id()
    )
    .fetch_all(&mut *tx)
    .await?;
    Ok(replies)
}

/// Makes one.
pub async fn create_canned_reply(
    db: &Db,
    scope: &Scope,
    request: &SaveCannedReplyRequest,
) -> Result<CannedReply> {
    scope.require(Role::Editor)?;
    request.check().map_err(Error::validation)?;
    let mut tx = db.tenant(scope).await?;
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from canned_replies where workspace_id = $1"#,
        scope.workspace_id()
    )
    .fetch_one(&mut *tx)
    .await?;
    if usize::try_from(count).unwrap_or_default() >= MAX_CANNED_REPLIES {
        return Err(Error::field(
            "shortcut",
            "There are 200 canned replies. Delete one first.",
        ));
    }
    let id = Uuid::now_v7();
    let inserted = sqlx::query!(
        "insert into canned_replies (workspace_id, id, shortcut, content) values ($1, $2, $3, $4)",
        scope.workspace_id(),
        id,
        request.shortcut.to_lowercase(),
        request.content.trim()
    )
    .execute(&mut *tx)
    .await;
    is_free(inserted)?;
    saved(tx, scope, id, request).await
}

/// Changes one.
pub async fn save_canned_reply(
    db: &Db,
    scope: &Scope,
    id: Uuid,
    request: &SaveCannedReplyRequest,
) -> Result<CannedReply> {
    scope.require(Role::Editor)?;
    let mut tx = db.tenant(scope).await?;
    sqlx::query_scalar!(
        "select id from canned_replies where workspace_id = $1 and id = $2 for update",
        scope.workspace_id(),
        id
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or_else(|| Error::not_found("canned reply"))?;
    request.check().map_err(Error::validation)?;
    let changed = sqlx::query!(
        "update canned_replies set shortcut = $3, content = $4, updated_at = now() where workspace_id = $1 and id = $2",
        scope.workspace_id(),
        id,
        request.shortcut.to_lowercase(),
        request.content.trim()
    )
    .execute(&mut *tx)
    .await;
    is_free(changed)?;
    saved(tx, scope, id, request).await
}

/// Deletes one.
pub async fn delete_canned_reply(db: &Db, scope: &Scope, id: Uuid) -> Result<()> {
    scope.require(Role::Editor)?;
    let mut tx = db.tenant(scope).await?;
    let shortcut = sqlx::query_scalar!(
        "delete from canned_replies where workspace_id = $1 and id = $2 returning shortcut",
        scope.workspace_id(),
        id
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or_else(|| Error::not_found("canned reply"))?;
    audit::record(
        &mut tx,
        scope,
        AuditAction::CannedReplyDelete,
        id,
        &shortcut,
        json!({}),
    );
    tx.commit().await
}

async fn saved(
    mut tx: TenantTx,
    scope: &Scope,
    id: Uuid,
    request: &SaveCannedReplyRequest,
) -> Result<CannedReply> {
    let shortcut = request.shortcut.to_lowercase();
    audit::record(
        &mut tx,
        scope,
        AuditAction::CannedReplySave,
        id,
        &shortcut,
        json!({}),
    );
    tx.commit().await?;
    Ok(CannedReply {
        id,
        shortcut,
        content: request.content.trim().to_owned(),
    })
}

fn is_free<T>(result: Result<T, sqlx::Error>) -> Result<T> {
    result.map_err(|error| {
        if violates(&error, "canned_replies_shortcut_key") {
            let detail = "There is a canned reply with this shortcut already. Choose another.";
            return Error::refused(ErrorCode::NameTaken, detail);
        }
        error.into()
    })
}
