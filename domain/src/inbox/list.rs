//! Conversations as the inbox lists and counts them.

use api_types::Page;
use api_types::conversations::ConversationSummary;
use api_types::inbox::{Colleague, ConversationState, InboxCounts, InboxItem};
use api_types::visitors::Visitor;
use chrono::{DateTime, Utc};
use sqlx::types::Json;
use uuid::Uuid;

use super::events;
use crate::conversations::channel;
use crate::db::{Db, TenantTx};
use crate::paging::{ASKED, goes_on_after, page};
use crate::{Error, Result, Scope, Services};

/// Longest text that is searched for, in characters.
const MAX_SEARCH_CHARS: usize = 200;

/// Who has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assignee {
    /// Whoever asks.
    Me,
    /// Nobody.
    Nobody,
    /// This person.
    Person(Uuid),
}

impl std::str::FromStr for Assignee {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "me" => Ok(Self::Me),
            "nobody" => Ok(Self::Nobody),
            id => id.parse().map(Self::Person).map_err(|_| {
                Error::field(
                    "assignee",
                    "Use me, nobody or the id of a member, or leave it out.",
                )
            }),
        }
    }
}

/// Which conversations are wanted.
#[derive(Debug, Default)]
pub struct Filter {
    /// Only in these states; in any when empty.
    pub states: Vec<ConversationState>,
    /// Only those of.
    pub assignee: Option<Assignee>,
    /// Only with this bot.
    pub bot_id: Option<Uuid>,
    /// Only in which this was said, or whose visitor is called so: by their site, or in the lead form.
    pub search: Option<String>,
}

struct Row {
    id: Uuid,
    bot_id: Uuid,
    bot_name: String,
    channel: String,
    message_count: i32,
    has_gap: bool,
    visitor: Option<Json<Visitor>>,
    lead_name: Option<String>,
    created_at: DateTime<Utc>,
    last_message_at: DateTime<Utc>,
    first_message: String,
    last_message: String,
    state: String,
    assignee_id: Option<Uuid>,
    assignee_name: Option<String>,
    waiting_since: Option<DateTime<Utc>>,
    unread: i64,
}

impl TryFrom<Row> for InboxItem {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        Ok(Self {
            state: events::state(&row.state)?,
            assignee: row
                .assignee_id
                .zip(row.assignee_name)
                .map(|(user_id, name)| Colleague { user_id, name }),
            waiting_since: row.waiting_since,
            last_message: row.last_message,
            unread: row.unread,
            summary: ConversationSummary {
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
            },
        })
    }
}

/// Conversations, the last active first.
pub async fn list(
    services: &Services,
    scope: &Scope,
    filter: &Filter,
    cursor: Option<&str>,
) -> Result<Page<InboxItem>> {
    let before = goes_on_after(cursor)?;
    let ids = chosen(&services.db, scope, filter, before).await?;
    let items = items(&mut services.db.tenant(scope).await?, scope, &ids).await?;
    Ok(page(items, |item: &InboxItem| {
        (item.summary.last_message_at, item.summary.id)
    }))
}

/// One row.
pub(super) async fn one(tx: &mut TenantTx, scope: &Scope, id: Uuid) -> Result<Option<InboxItem>> {
    Ok(items(tx, scope, &[id]).await?.pop())
}

/// Those that a filter lets through, the last active first. `before` is the last one of those that were read. Planned for what is
/// asked: a filter may let all through, or one in a million.
async fn chosen(
    db: &Db,
    scope: &Scope,
    filter: &Filter,
    (before, after_id): (DateTime<Utc>, Uuid),
) -> Result<Vec<Uuid>> {
    let states: Vec<String> = filter
        .states
        .iter()
        .map(|state| state.as_str().to_owned())
        .collect();
    let assignee_id = match filter.assignee {
        None | Some(Assignee::Nobody) => None,
        // A program has none: nothing is its own.
        Some(Assignee::Me) => Some(scope.user_id().unwrap_or_default()),
        Some(Assignee::Person(id)) => Some(id),
    };
    let mut tx = db.searching(scope).await?;
    let ids = sqlx::query_scalar!(
        "select c.id from conversations c
         where c.workspace_id = $1
           and (cardinality($2::text[]) = 0 or c.state = any($2))
           and ($3::uuid is null or c.assignee_id = $3)
           and (not $4 or c.assignee_id is null)
           and ($5::uuid is null or c.bot_id = $5)
           and ($6::text is null or strpos(lower(coalesce(c.visitor ->> 'name', '')), $6) > 0
                or strpos(lower(coalesce(c.visitor ->> 'email', '')), $6) > 0
                or exists (select from lead_submissions s
                           join leads l on l.workspace_id = s.workspace_id and l.id = s.lead_id
                           where s.workspace_id = c.workspace_id and s.conversation_id = c.id
                             and (strpos(lower(l.name), $6) > 0 or strpos(lower(l.email), $6) > 0))
                or exists (select from messages m where m.workspace_id = c.workspace_id and m.conversation_id = c.id
                           and m.id >= first_id(c.created_at) and m.id < last_id(c.last_message_at)
                           and strpos(lower(m.content), $6) > 0))
           and c.last_message_at <= $7 and (c.last_message_at < $7 or c.id > $8)
         order by c.last_message_at desc, c.id
         limit $9",
        scope.workspace_id(),
        &states,
        assignee_id,
        filter.assignee == Some(Assignee::Nobody),
        filter.bot_id,
        searched(filter),
        before,
        after_id,
        ASKED
    )
    .fetch_all(&mut *tx)
    .await?;
    Ok(ids)
}

/// The text that is searched for.
fn searched(filter: &Filter) -> Option<String> {
    let text = filter.search.as_deref().map(str::trim)?;
    let text: String = text.chars().take(MAX_SEARCH_CHARS).collect();
    (!text.is_empty()).then(|| text.to_lowercase())
}

/// Items by their ids, in the order of the list. The name of the bot is looked up for each: to join it, Postgres would begin with the bot,
/// and read all of its conversations.
async fn items(tx: &mut TenantTx, scope: &Scope, ids: &[Uuid]) -> Result<Vec<InboxItem>> {
    let rows = sqlx::query_as!(
        Row,
        r#"select c.id, c.bot_id, c.channel, c.message_count, c.has_gap, c.created_at,
             (select b.name from bots b where b.workspace_id = c.workspace_id and b.id = c.bot_id) as "bot_name!",
             c.last_message_at, c.visitor as "visitor: Json<Visitor>", c.state, c.assignee_id,
             u.name as "assignee_name?", c.waiting_since,
             (select l.name from lead_submissions s
                 join leads l on l.workspace_id = s.workspace_id and l.id = s.lead_id
                 where s.workspace_id = c.workspace_id and s.conversation_id = c.id
                 order by s.created_at desc limit 1) as lead_name,
             coalesce((select left(coalesce(nullif(m.content, ''), (select string_agg(f.name, ', ' order by f.position)
                     from uploads f where f.workspace_id = m.workspace_id and f.message_id = m.id)), 200) from messages m
                 where m.workspace_id = c.workspace_id and m.conversation_id = c.id and m.role = 'user'
                   and m.id >= first_id(c.created_at) and m.id < last_id(c.last_message_at)
                 order by m.id limit 1), '') as "first_message!",
             coalesce((select left(coalesce(nullif(m.content, ''), (select string_agg(f.name, ', ' order by f.position)
                     from uploads f where f.workspace_id = m.workspace_id and f.message_id = m.id)), 200) from messages m
                 where m.workspace_id = c.workspace_id and m.conversation_id = c.id
                   and m.id >= first_id(c.created_at) and m.id < last_id(c.last_message_at)
                 order by m.id desc limit 1), '') as "last_message!",
             case when c.state in ('waiting', 'human') then
                 (select count(*) from messages m
                  where m.workspace_id = c.workspace_id and m.conversation_id = c.id and m.role = 'user'
                    and m.id >= first_id(c.created_at) and m.id < last_id(c.last_message_at)
                    and (c.team_read_id is null or m.id > c.team_read_id))
             else 0 end as "unread!"
         from conversations c
         left join users u on u.id = c.assignee_id
         where c.workspace_id = $1 and c.id = any($2)
         order by c.last_message_at desc, c.id"#,
        scope.workspace_id(),
        ids
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter().map(InboxItem::try_from).collect()
}

/// What is to be done.
pub async fn counts(services: &Services, scope: &Scope) -> Result<InboxCounts> {
    let mut tx = services.db.tenant(scope).await?;
    let row = sqlx::query!(
        r#"select count(*) filter (where c.state = 'waiting') as "waiting!",
             count(*) filter (where c.assignee_id = $2) as "mine!",
             count(*) filter (where c.state = 'waiting' or (c.assignee_id = $2 and exists (
                 select from messages m where m.workspace_id = c.workspace_id and m.conversation_id = c.id
                   and m.role = 'user' and m.id >= first_id(c.created_at) and m.id < last_id(c.last_message_at)
                   and (c.team_read_id is null or m.id > c.team_read_id)))) as "attention!"
           from conversations c where c.workspace_id = $1 and c.state in ('waiting', 'human')"#,
        scope.workspace_id(),
        scope.user_id()
    )
    .fetch_one(&mut *tx)
    .await?;
    Ok(InboxCounts {
        waiting: row.waiting,
        mine: row.mine,
        attention: row.attention,
    })
}
