//! Taking a file in: what is checked before its bytes are read, and what after.

use api_types::ErrorCode;
use api_types::uploads::{
    Attachment, MAX_CONVERSATION_BYTES, MAX_UPLOAD_BYTES, MAX_WAITING_BYTES, MAX_WORKSPACE_BYTES,
};
use api_types::visitors::Visitor;
use uuid::Uuid;

use super::kind::{self, Kind};
use super::{require_on, signed};
use crate::bots::LiveBot;
use crate::data::redaction::redact;
use crate::db::TenantTx;
use crate::jobs::{Job, enqueue};
use crate::storage::Storage;
use crate::{Error, Result, Services, chat};

/// A file as it was sent.
#[derive(Debug)]
pub struct NewUpload {
    /// As the visitor's machine calls it.
    pub name: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// Whether a file of this visitor would be taken, before a byte of it is read.
pub async fn admit(
    services: &Services,
    bot: &LiveBot,
    session_id: Option<Uuid>,
    visitor: Option<&Visitor>,
) -> Result<()> {
    require_on(bot)?;
    let mut tx = services.db.tenant(&bot.scope).await?;
    check_room(&mut tx, bot, session_id, visitor, 1).await
}

/// Takes a file in. It can be put into one message from now on, within a day.
pub async fn receive(
    services: &Services,
    bot: &LiveBot,
    session_id: Option<Uuid>,
    visitor: Option<&Visitor>,
    file: NewUpload,
) -> Result<Attachment> {
    require_on(bot)?;
    let size = file.bytes.len() as u64;
    if size > MAX_UPLOAD_BYTES {
        return Err(too_large());
    }
    let (file, kind) = tokio::task::spawn_blocking(move || {
        let kind = kind::of(&file.bytes, &file.name);
        (file, kind)
    })
    .await
    .map_err(anyhow::Error::from)?;
    let kind = kind?;
    let mut name = kind::name(&file.name, kind);
    if bot.redacts {
        name = kind::name(&redact(&name), kind);
    }
    let attachment = Attachment {
        // Random, not by time: knowing it is the right to use it.
        id: Uuid::new_v4(),
        name,
        media_type: kind.media_type.to_owned(),
        size,
        is_picture: kind::is_picture(kind.media_type),
    };
    // The row goes first: what comes without its bytes is collected, bytes without a row would stay for ever.
    insert(services, bot, session_id, visitor, &attachment, kind).await?;
    let key = Storage::upload_key(bot.scope.workspace_id(), attachment.id);
    services.storage.put(&key, file.bytes).await?;
    if !exists(services, bot, attachment.id).await? {
        // Its conversation was deleted meanwhile.
        services.storage.delete(&key).await?;
        return Err(Error::not_found("conversation"));
    }
    Ok(attachment)
}

async fn exists(services: &Services, bot: &LiveBot, id: Uuid) -> Result<bool> {
    let mut tx = services.db.tenant(&bot.scope).await?;
    let exists = sqlx::query_scalar!(
        r#"select exists(select from uploads where workspace_id = $1 and id = $2) as "exists!""#,
        bot.scope.workspace_id(),
        id
    )
    .fetch_one(&mut *tx)
    .await?;
    Ok(exists)
}

async fn insert(
    services: &Services,
    bot: &LiveBot,
    session_id: Option<Uuid>,
    visitor: Option<&Visitor>,
    file: &Attachment,
    kind: Kind,
) -> Result<()> {
    let workspace_id = bot.scope.workspace_id();
    let mut tx = services.db.tenant(&bot.scope).await?;
    // One after the other, so that many at once find no room that there isn't.
    sqlx::query!(
        "select pg_advisory_xact_lock(hashtextextended('uploads:' || $1, 0))",
        workspace_id.to_string()
    )
    .fetch_one(&mut *tx)
    .await?;
    check_room(&mut tx, bot, session_id, visitor, signed(file.size)).await?;
    sqlx::query!(
        "insert into uploads (workspace_id, id, bot_id, conversation_id, visitor_id, name, media_type, size)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        workspace_id,
        file.id,
        bot.id,
        session_id,
        visitor.map(|visitor| visitor.id.as_str()),
        file.name,
        kind.media_type,
        signed(file.size)
    )
    .execute(&mut *tx)
    .await?;
    let job = Job::CollectUpload {
        workspace_id,
        upload_id: file.id,
    };
    enqueue(&mut tx, &job).await?;
    tx.commit().await
}

/// Refuses when there is no room for so many bytes more, or the conversation is somebody else's.
async fn check_room(
    tx: &mut TenantTx,
    bot: &LiveBot,
    session_id: Option<Uuid>,
    visitor: Option<&Visitor>,
    more: i64,
) -> Result<()> {
    if let Some(session_id) = session_id {
        chat::require(tx, bot, session_id, visitor).await?;
    }
    let used = sqlx::query!(
        r#"select coalesce(sum(size), 0)::bigint as "workspace!",
             coalesce(sum(size) filter (where bot_id = $2 and message_id is null), 0)::bigint as "waiting!",
             coalesce(sum(size) filter (where conversation_id = $3), 0)::bigint as "conversation!"
           from uploads where workspace_id = $1"#,
        bot.scope.workspace_id(),
        bot.id,
        session_id
    )
    .fetch_one(&mut **tx)
    .await?;
    let is_over = |used: i64, most: u64| used.saturating_add(more) > signed(most);
    let detail = if is_over(used.conversation, MAX_CONVERSATION_BYTES) {
        "This conversation holds as many files as it may. Nothing was kept of this one; go on in words, or begin another conversation."
    } else if is_over(used.waiting, MAX_WAITING_BYTES) {
        "Too many files wait to be sent to this bot. Nothing was kept of this one; try again later."
    } else if is_over(used.workspace, MAX_WORKSPACE_BYTES) {
        tracing::warn!(bot_id = %bot.id, "a visitor's file was refused: the workspace keeps as much as it may");
        "No more files can be kept here. Nothing was kept of this one; go on in words."
    } else {
        return Ok(());
    };
    Err(Error::refused(ErrorCode::UploadsFull, detail))
}

/// Said of a file that is larger than is taken.
fn too_large() -> Error {
    Error::refused(
        ErrorCode::PayloadTooLarge,
        "Files may have up to 10 MB. Nothing was kept of this one; send a smaller one.",
    )
}
