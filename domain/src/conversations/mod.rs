//! Conversations and gaps as the team reads and deletes them.

mod delete;
mod messages;

use api_types::Page;
use api_types::chat::MessageRole;
use api_types::conversations::{Channel, Conversation, ConversationSummary, Gap};
use api_types::retrieval::{MessageRetrieval, Retrieval};
use api_types::visitors::Visitor;
use chrono::{DateTime, Utc};
pub use delete::delete;
pub(crate) use delete::remove_older;
pub use messages::{Part, messages};
use sqlx::types::Json;
use uuid::Uuid;

use crate::db::TenantTx;
use crate::paging::{ASKED, goes_on_after, page, parse_cursor};
use crate::{Error, Result, Scope, Services, kb, leads};

struct Row {
    id: Uuid,
    bot_id: Uuid,
    bot_name: String,
    channel: String,
    first_message: String,
    message_count: i32,
    has_gap: bool,
    visitor: Option<Json<Visitor>>,
    lead_name: Option<String>,
    created_at: DateTime<Utc>,
    last_message_at: DateTime<Utc>,
}

impl From<Row> for ConversationSummary {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            bot_id: row.bot_id,
            bot_name: row.bot_name,
            channel: channel(&row.channel),
            first_message: row.first_message,
            message_count: row.message_count,
            has_gap: row.has_gap,
            visitor: row.visitor.map(|Json(visitor)| visitor),
            lead_name: row.lead_name,
            created_at: row.created_at,
            last_message_at: row.last_message_at,
        }
    }
}

/// Conversations, the last active first.
pub async fn list(
    services: &Services,
    scope: &Scope,
    bot_id: Option<Uuid>,
    cursor: Option<&str>,
) -> Result<Page<ConversationSummary>> {
    let before = goes_on_after(cursor)?;
    let mut tx = services.db.tenant(scope).await?;
    let rows = rows(&mut tx, scope, bot_id, before).await?;
    Ok(page(
        rows.into_iter().map(Into::into).collect(),
        |row: &ConversationSummary| (row.last_message_at, row.id),
    ))
}

/// Reads the rows of those that are chosen. Another choice is another statement, how many are wanted is part of it, and they are chosen in
/// the order of an index before anything is looked up of them: so one plan does for a workspace with ten conversations and for one with
/// a million. To plan it anew would take longer than to run it, as `messages` has a part for each month.
macro_rules! rows {
    ($tx:expr, $chosen:literal, $($argument:expr),+) => {
        sqlx::query_as!(
            Row,
            r#"select c.id, c.bot_id, b.name as bot_name, c.channel, c.message_count, c.has_gap, c.created_at,
                 c.last_message_at, c.visitor as "visitor: Json<Visitor>",
                 (select l.name from lead_submissions s
                     join leads l on l.workspace_id = s.workspace_id and l.id = s.lead_id
                     where s.workspace_id = c.workspace_id and s.conversation_id = c.id
                     order by s.created_at desc limit 1) as lead_name,
                 coalesce((select left(coalesce(nullif(m.content, ''), (select string_agg(f.name, ', ' order by f.position)
                         from uploads f where f.workspace_id = m.workspace_id and f.message_id = m.id)), 200) from messages m
                     where m.workspace_id = c.workspace_id and m.conversation_id = c.id and m.role = 'user'
                       and m.id >= first_id(c.created_at) and m.id < last_id(c.last_message_at)
                     order by m.id limit 1), '') as "first_message!"
             from (select * from conversations c where c.workspace_id = $1 and "# + $chosen + r#") as c
             join bots b on b.workspace_id = c.workspace_id and b.id = c.bot_id
             order by c.last_message_at desc, c.id"#,
            $($argument),+
        )
        .fetch_all(&mut **$tx)
        .await?
    };
}

// As the statements say.
const _: () = assert!(ASKED == 51);

async fn rows(
    tx: &mut TenantTx,
    scope: &Scope,
    bot_id: Option<Uuid>,
    (before, after_id): (DateTime<Utc>, Uuid),
) -> Result<Vec<Row>> {
    let Some(bot_id) = bot_id else {
        return Ok(rows!(
            tx,
            "c.last_message_at <= $2 and (c.last_message_at < $2 or c.id > $3)
             order by c.last_message_at desc, c.id limit 51",
            scope.workspace_id(),
            before,
            after_id
        ));
    };
    Ok(rows!(
        tx,
        "c.bot_id = $4 and c.last_message_at <= $2 and (c.last_message_at < $2 or c.id > $3)
         order by c.last_message_at desc, c.id limit 51",
        scope.workspace_id(),
        before,
        after_id,
        bot_id
    ))
}

/// One conversation with its last messages.
pub async fn get(services: &Services, scope: &Scope, id: Uuid) -> Result<Conversation> {
    read(&mut services.db.tenant(scope).await?, scope, id).await
}

pub(crate) async fn read(tx: &mut TenantTx, scope: &Scope, id: Uuid) -> Result<Conversation> {
    let summary = rows!(tx, "c.id = $2", scope.workspace_id(), id)
        .pop()
        .ok_or_else(|| Error::not_found("conversation"))?;
    let found = messages::last(tx, scope, id).await?;
    let lead_id = leads::left_in(tx, scope, id).await?;
    Ok(Conversation {
        summary: summary.into(),
        lead_id,
        messages: found.messages,
        has_earlier: found.has_earlier,
    })
}

/// How the passages of an answer were chosen, with what they say now.
pub async fn retrieval(
    services: &Services,
    scope: &Scope,
    conversation_id: Uuid,
    message_id: Uuid,
) -> Result<MessageRetrieval> {
    let mut tx = services.db.tenant(scope).await?;
    let found = sqlx::query_scalar!(
        r#"select r.retrieval as "retrieval: Json<Retrieval>"
           from retrievals r join messages m on m.workspace_id = r.workspace_id and m.id = r.message_id
           where r.workspace_id = $1 and r.message_id = $2 and m.conversation_id = $3"#,
        scope.workspace_id(),
        message_id,
        conversation_id
    )
    .fetch_optional(&mut *tx)
    .await?;
    drop(tx);
    let Json(retrieval) = found.ok_or_else(|| Error::not_found("search behind this message"))?;
    Ok(MessageRetrieval {
        candidates: kb::describe(services, scope, &retrieval.candidates).await?,
        query: retrieval.query,
        degraded: retrieval.degraded,
        relevance: retrieval.relevance,
        relevant: retrieval.relevant,
        rerank_error: retrieval.rerank_error,
    })
}

/// Questions without an answer, newest first.
pub async fn gaps(
    services: &Services,
    scope: &Scope,
    bot_id: Option<Uuid>,
    cursor: Option<&str>,
) -> Result<Page<Gap>> {
    let (before, before_id) = cursor.map(parse_cursor).transpose()?.unzip();
    let mut tx = services.db.searching(scope).await?;
    let items = sqlx::query_as!(
        Gap,
        "select g.id, g.bot_id, b.name as bot_name, g.conversation_id, g.question, g.created_at
         from gaps g join bots b on b.workspace_id = g.workspace_id and b.id = g.bot_id
         where g.workspace_id = $1 and g.kind = 'unanswered'
           and ($2::uuid is null or g.bot_id = $2)
           and ($3::timestamptz is null or (g.created_at, g.id) < ($3, $4::uuid))
         order by g.created_at desc, g.id desc
         limit $5",
        scope.workspace_id(),
        bot_id,
        before,
        before_id,
        ASKED
    )
    .fetch_all(&mut *tx)
    .await?;
    Ok(page(items, |gap: &Gap| (gap.created_at, gap.id)))
}

pub(crate) fn channel(name: &str) -> Channel {
    match name {
        "web" => Channel::Web,
        "openai" => Channel::Openai,
        _ => Channel::Api,
    }
}

pub(crate) fn role(name: &str) -> MessageRole {
    if name == "user" {
        MessageRole::User
    } else {
        MessageRole::Assistant
    }
}
