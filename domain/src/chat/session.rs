//! Conversations as visitors have them: found or begun, read again after a reload.

use std::collections::BTreeMap;

use api_types::ErrorCode;
use api_types::chat::{Rating, Session, SessionMessage};
use api_types::conversations::Channel;
use api_types::visitors::Visitor;
use serde_json::json;
use uuid::Uuid;

use crate::bots::LiveBot;
use crate::conversations::role;

use crate::db::TenantTx;
use crate::{Error, Result, Services, inbox, uploads};

/// Messages of one part of a conversation that is read again.
const PART: usize = 100;

/// Finds the conversation, which must be the bot's and the visitor's, or begins one. Returns its id.
pub(crate) async fn find_or_begin(
    tx: &mut TenantTx,
    bot: &LiveBot,
    session_id: Option<Uuid>,
    channel: Channel,
    metadata: &BTreeMap<String, String>,
    visitor: Option<&Visitor>,
) -> Result<Uuid> {
    if let Some(id) = session_id {
        require(tx, bot, id, visitor).await?;
        claim(tx, bot, id, visitor).await?;
        return Ok(id);
    }
    // Random, not by time: knowing it is the right to read the conversation.
    let id = Uuid::new_v4();
    sqlx::query!(
        "insert into conversations (workspace_id, id, bot_id, channel, metadata, visitor)
         values ($1, $2, $3, $4, $5, $6)",
        bot.scope.workspace_id(),
        id,
        bot.id,
        channel.as_str(),
        json!(metadata),
        visitor.map(|visitor| json!(visitor))
    )
    .execute(&mut **tx)
    .await?;
    Ok(id)
}

/// A conversation to resume after a reload: its last messages, or those `before` one of them.
pub async fn session(
    services: &Services,
    bot: &LiveBot,
    session_id: Uuid,
    visitor: Option<&Visitor>,
    before: Option<Uuid>,
) -> Result<Session> {
    let mut tx = services.db.tenant(&bot.scope).await?;
    require(&mut tx, bot, session_id, visitor).await?;
    // Before the messages: what comes in between is told twice rather than not.
    let hand_off = inbox::status(&mut tx, &bot.scope, session_id).await?;
    let mut rows = sqlx::query!(
        r#"select m.id, m.role, m.content, m.sources, m.rating, m.is_by_person, u.name as "author?", m.created_at
           from messages m left join users u on u.id = m.author_id
           where m.workspace_id = $1 and m.conversation_id = $2 and m.status <> 'failed'
             and m.id >= (select first_id(created_at) from conversations where workspace_id = $1 and id = $2)
             and ($3::uuid is null or m.id < $3)
           order by m.id desc limit $4"#,
        bot.scope.workspace_id(),
        session_id,
        before,
        // One more, to know whether there are others.
        i64::try_from(PART + 1).unwrap_or(i64::MAX)
    )
    .fetch_all(&mut *tx)
    .await?;
    let mut attachments = uploads::of_conversation(&mut tx, &bot.scope, session_id).await?;
    let has_earlier = rows.len() > PART;
    rows.truncate(PART);
    let messages = rows.into_iter().rev().map(|row| {
        Ok(SessionMessage {
            id: row.id,
            role: role(&row.role),
            content: row.content,
            sources: serde_json::from_value(row.sources)?,
            rating: row.rating.as_deref().and_then(Rating::from_name),
            by_person: row.is_by_person,
            author: row.author,
            attachments: attachments.remove(&row.id).unwrap_or_default(),
            created_at: row.created_at,
        })
    });
    Ok(Session {
        session_id,
        messages: messages.collect::<Result<_>>()?,
        has_earlier,
        hand_off,
    })
}

/// Whether the conversation is still there.
pub(super) async fn exists(services: &Services, bot: &LiveBot, session_id: Uuid) -> Result<bool> {
    let mut tx = services.db.tenant(&bot.scope).await?;
    let exists = sqlx::query_scalar!(
        r#"select exists(select from conversations where workspace_id = $1 and id = $2) as "exists!""#,
        bot.scope.workspace_id(),
        session_id
    )
    .fetch_one(&mut *tx)
    .await?;
    Ok(exists)
}

/// Whether the conversation is the bot's and, once its visitor is known to the site, that visitor's.
pub(super) async fn is_theirs(
    tx: &mut TenantTx,
    bot: &LiveBot,
    session_id: Uuid,
    visitor: Option<&Visitor>,
) -> Result<bool> {
    let is_theirs = sqlx::query_scalar!(
        r#"select exists(select from conversations where workspace_id = $1 and id = $2 and bot_id = $3
           and (visitor is null or visitor ->> 'id' = $4)) as "is_theirs!""#,
        bot.scope.workspace_id(),
        session_id,
        bot.id,
        visitor.map(|visitor| visitor.id.as_str())
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(is_theirs)
}

/// Refuses unless the conversation is the bot's and the visitor's.
pub(crate) async fn require(
    tx: &mut TenantTx,
    bot: &LiveBot,
    session_id: Uuid,
    visitor: Option<&Visitor>,
) -> Result<()> {
    if is_theirs(tx, bot, session_id, visitor).await? {
        return Ok(());
    }
    Err(unknown())
}

/// The refusal of a conversation that is not there, or not this visitor's.
pub(super) fn unknown() -> Error {
    let detail = "This bot has no such conversation. Leave session_id out to begin a new one.";
    Error::refused(ErrorCode::SessionNotFound, detail)
}

/// A visitor who signs in on the site takes the conversation along; from then on it is theirs alone.
async fn claim(tx: &mut TenantTx, bot: &LiveBot, session_id: Uuid, visitor: Option<&Visitor>) -> Result<()> {
    let Some(visitor) = visitor else { return Ok(()) };
    sqlx::query!(
        "update conversations set visitor = $3 where workspace_id = $1 and id = $2 and visitor is distinct from $3",
        bot.scope.workspace_id(),
        session_id,
        json!(visitor)
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
