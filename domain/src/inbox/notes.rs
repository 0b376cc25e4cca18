//! What the team tells each other about a conversation.

use api_types::inbox::{InboxConversation, MAX_NOTE_CHARS};
use api_types::tenancy::Role;
use api_types::validate::Checker;
use uuid::Uuid;

use super::{events, read};
use crate::{Error, Result, Scope, Services};

/// Writes a note.
pub async fn add_note(
    services: &Services,
    scope: &Scope,
    id: Uuid,
    content: &str,
) -> Result<InboxConversation> {
    scope.require(Role::Editor)?;
    let mut check = Checker::default();
    check.length("content", content, 1, MAX_NOTE_CHARS);
    check.finish().map_err(Error::validation)?;
    let mut tx = services.db.tenant(scope).await?;
    events::lock(&mut tx, scope, id).await?;
    sqlx::query!(
        "insert into conversation_notes (workspace_id, id, conversation_id, author_id, content)
         values ($1, $2, $3, $4, $5)",
        scope.workspace_id(),
        Uuid::now_v7(),
        id,
        scope.user_id(),
        content.trim()
    )
    .execute(&mut *tx)
    .await?;
    let now = read::read(&mut tx, scope, id).await?;
    tx.commit().await?;
    super::changed(services, scope, id).await;
    Ok(now)
}

/// Deletes a note.
pub async fn delete_note(services: &Services, scope: &Scope, id: Uuid, note_id: Uuid) -> Result<()> {
    scope.require(Role::Editor)?;
    let mut tx = services.db.tenant(scope).await?;
    let deleted = sqlx::query!(
        "delete from conversation_notes where workspace_id = $1 and conversation_id = $2 and id = $3",
        scope.workspace_id(),
        id,
        note_id
    )
    .execute(&mut *tx)
    .await?;
    if deleted.rows_affected() == 0 {
        return Err(Error::not_found("note"));
    }
    tx.commit().await?;
    super::changed(services, scope, id).await;
    Ok(())
}
