//! Files in messages.

use std::collections::HashMap;

use api_types::ErrorCode;
use api_types::uploads::{Attachment, MAX_CONVERSATION_BYTES};
use api_types::visitors::Visitor;
use uuid::Uuid;

use super::{kind, require_on, signed};
use crate::bots::LiveBot;
use crate::db::TenantTx;
use crate::{Error, Result, Scope};

/// Puts files into a message, all of them or none: those that this visitor sent to this bot, and that are in no message of
/// another conversation.
pub(crate) async fn attach(
    tx: &mut TenantTx,
    bot: &LiveBot,
    conversation_id: Uuid,
    message_id: Uuid,
    ids: &[Uuid],
    visitor: Option<&Visitor>,
) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    require_on(bot)?;
    // Each is the sender's only, so there is nothing to find out by trying: one that is not theirs is as good as none.
    let found = sqlx::query_scalar!(
        "update uploads set conversation_id = $4, message_id = $5, position = array_position($3::uuid[], id)
         where workspace_id = $1 and bot_id = $2 and id = any($3)
           and (message_id is null or conversation_id = $4)
           and (visitor_id is null or visitor_id = $6)
         returning id",
        bot.scope.workspace_id(),
        bot.id,
        ids,
        conversation_id,
        message_id,
        visitor.map(|visitor| visitor.id.as_str())
    )
    .fetch_all(&mut **tx)
    .await?;
    for (i, id) in ids.iter().enumerate() {
        if !found.contains(id) || ids[..i].contains(id) {
            let message = "This file is not there any more. Attach it again, then send the message.";
            return Err(Error::field(&format!("attachments[{i}]"), message));
        }
    }
    let kept = sqlx::query_scalar!(
        r#"select coalesce(sum(size), 0)::bigint as "size!" from uploads
           where workspace_id = $1 and conversation_id = $2 and message_id is not null"#,
        bot.scope.workspace_id(),
        conversation_id
    )
    .fetch_one(&mut **tx)
    .await?;
    if kept > signed(MAX_CONVERSATION_BYTES) {
        let detail = "This conversation holds as many files as it may. The message was not sent; send it without files.";
        return Err(Error::refused(ErrorCode::UploadsFull, detail));
    }
    Ok(())
}

/// The files of each message of a conversation.
pub(crate) async fn of_conversation(
    tx: &mut TenantTx,
    scope: &Scope,
    conversation_id: Uuid,
) -> Result<HashMap<Uuid, Vec<Attachment>>> {
    let rows = sqlx::query!(
        r#"select id, message_id as "message_id!", name, media_type, size from uploads
           where workspace_id = $1 and conversation_id = $2 and message_id is not null
           order by message_id, position"#,
        scope.workspace_id(),
        conversation_id
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut by_message: HashMap<Uuid, Vec<Attachment>> = HashMap::new();
    for row in rows {
        let attachment = Attachment {
            id: row.id,
            name: row.name,
            is_picture: kind::is_picture(&row.media_type),
            media_type: row.media_type,
            size: row.size.unsigned_abs(),
        };
        by_message.entry(row.message_id).or_default().push(attachment);
    }
    Ok(by_message)
}
