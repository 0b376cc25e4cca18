//! What the team does about a lead.

use api_types::audit::AuditAction;
use api_types::leads::{Lead, MAX_NOTE_CHARS, SaveLeadRequest};
use api_types::tenancy::Role;
use api_types::validate::Checker;
use serde_json::json;
use uuid::Uuid;

use super::list::{by_id, read};
use crate::db::{Db, TenantTx};
use crate::{Error, Result, Scope, audit};

/// Says how far the team is.
pub async fn save(db: &Db, scope: &Scope, id: Uuid, request: SaveLeadRequest) -> Result<Lead> {
    scope.require(Role::Editor)?;
    let mut tx = db.tenant(scope).await?;
    let row = by_id(&mut tx, scope, id)
        .await?
        .ok_or_else(|| Error::not_found("lead"))?;
    let before = row.status();
    if before != request.status {
        sqlx::query!(
            "update leads set status = $3, updated_at = now() where workspace_id = $1 and id = $2",
            scope.workspace_id(),
            id,
            request.status.as_str()
        )
        .execute(&mut *tx)
        .await?;
        // The log can't be changed: it holds no name of a visitor.
        let details = json!({ "from": before, "to": request.status });
        audit::record(&mut tx, scope, AuditAction::LeadSetStatus, id, "", details);
    }
    let lead = read(&mut tx, scope, id).await?;
    tx.commit().await?;
    Ok(lead)
}

/// Writes a note.
pub async fn add_note(db: &Db, scope: &Scope, id: Uuid, content: &str) -> Result<Lead> {
    scope.require(Role::Editor)?;
    let mut check = Checker::default();
    check.length("content", content, 1, MAX_NOTE_CHARS);
    check.finish().map_err(Error::validation)?;
    let mut tx = db.tenant(scope).await?;
    touch(&mut tx, scope, id).await?;
    let note_id = Uuid::now_v7();
    sqlx::query!(
        "insert into lead_notes (workspace_id, id, lead_id, author_id, content) values ($1, $2, $3, $4, $5)",
        scope.workspace_id(),
        note_id,
        id,
        scope.user_id(),
        content.trim()
    )
    .execute(&mut *tx)
    .await?;
    let details = json!({ "note_id": note_id });
    audit::record(&mut tx, scope, AuditAction::LeadAddNote, id, "", details);
    let lead = read(&mut tx, scope, id).await?;
    tx.commit().await?;
    Ok(lead)
}

/// Deletes a note.
pub async fn delete_note(db: &Db, scope: &Scope, id: Uuid, note_id: Uuid) -> Result<()> {
    scope.require(Role::Editor)?;
    let mut tx = db.tenant(scope).await?;
    touch(&mut tx, scope, id).await?;
    let deleted = sqlx::query!(
        "delete from lead_notes where workspace_id = $1 and lead_id = $2 and id = $3",
        scope.workspace_id(),
        id,
        note_id
    )
    .execute(&mut *tx)
    .await?;
    if deleted.rows_affected() == 0 {
        return Err(Error::not_found("note"));
    }
    let details = json!({ "note_id": note_id });
    audit::record(&mut tx, scope, AuditAction::LeadDeleteNote, id, "", details);
    tx.commit().await
}

/// Something about it changed.
async fn touch(tx: &mut TenantTx, scope: &Scope, id: Uuid) -> Result<()> {
    let touched = sqlx::query!(
        "update leads set updated_at = now() where workspace_id = $1 and id = $2",
        scope.workspace_id(),
        id
    )
    .execute(&mut **tx)
    .await?;
    if touched.rows_affected() == 0 {
        return Err(Error::not_found("lead"));
    }
    Ok(())
}
