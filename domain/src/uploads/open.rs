//! Handing a visitor's file to the team.

use api_types::uploads::Attachment;
use uuid::Uuid;

use super::kind;
use crate::storage::{Bytes, Storage};
use crate::{Error, Result, Scope, Services};

/// A file to hand out.
pub struct Download {
    /// What it is.
    pub file: Attachment,
    /// Its bytes, as they come.
    pub bytes: Bytes,
}

/// Opens a file of a conversation of the workspace.
pub async fn open(services: &Services, scope: &Scope, conversation_id: Uuid, id: Uuid) -> Result<Download> {
    let mut tx = services.db.tenant(scope).await?;
    let row = sqlx::query!(
        "select name, media_type from uploads
         where workspace_id = $1 and id = $2 and conversation_id = $3 and message_id is not null",
        scope.workspace_id(),
        id,
        conversation_id
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or_else(|| Error::not_found("file"))?;
    drop(tx);
    let opened = services
        .storage
        .open(&Storage::upload_key(scope.workspace_id(), id))
        .await?;
    let (size, bytes) = opened.ok_or_else(|| Error::not_found("file"))?;
    Ok(Download {
        file: Attachment {
            id,
            name: row.name,
            is_picture: kind::is_picture(&row.media_type),
            media_type: row.media_type,
            size,
        },
        bytes,
    })
}
