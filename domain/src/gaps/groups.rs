//! Groups as the team reads them, the most frequent first.

use api_types::chat::FeedbackReason;
use api_types::gaps::{GapExample, GapGroup, GapKind, GapStatus};
use api_types::live::Topic;
use api_types::tenancy::Role;
use api_types::{ErrorCode, Page};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::group;
use crate::db::TenantTx;
use crate::{Error, Result, Scope, Services};

/// Groups on one page.
const PAGE: usize = 50;
/// Times that are shown of each.
const EXAMPLES: i64 = 10;
/// Gaps from before there were groups that are put into some at a time.
const ADOPTED: i64 = 200;

/// The groups of this status, those that were asked most often first.
pub async fn list(
    services: &Services,
    scope: &Scope,
    bot_id: Option<Uuid>,
    status: GapStatus,
    cursor: Option<&str>,
) -> Result<Page<GapGroup>> {
    let skipped = cursor.map(parse_cursor).transpose()?.unwrap_or(0);
    let mut tx = services.db.searching(scope).await?;
    adopt(&mut tx, scope).await?;
    let mut groups = select(
        &mut tx,
        scope,
        Filter {
            bot_id,
            status: Some(status),
            only: None,
            skipped,
        },
    )
    .await?;
    tx.commit().await?;
    let more = groups.len() > PAGE;
    groups.truncate(PAGE);
    let next = skipped + groups.len();
    Ok(Page {
        items: groups,
        next_cursor: more.then(|| next.to_string()),
    })
}

/// Says what the team makes of a group.
pub async fn set_status(services: &Services, scope: &Scope, id: Uuid, status: GapStatus) -> Result<GapGroup> {
    scope.require(Role::Editor)?;
    let mut tx = services.db.tenant(scope).await?;
    mark(&mut tx, scope, id, status).await?;
    let found = get(&mut tx, scope, id).await?;
    tx.commit().await?;
    Ok(found)
}

pub(super) async fn mark(tx: &mut TenantTx, scope: &Scope, id: Uuid, status: GapStatus) -> Result<()> {
    let marked = sqlx::query!(
        "update gap_groups set status = $3, changed_by = $4, changed_at = now() where workspace_id = $1 and id = $2",
        scope.workspace_id(),
        id,
        status.as_str(),
        scope.user_id()
    )
    .execute(&mut **tx)
    .await?;
    if marked.rows_affected() == 0 {
        return Err(not_found());
    }
    tx.tell(Topic::Gap, id);
    Ok(())
}

/// One group.
pub(super) async fn get(tx: &mut TenantTx, scope: &Scope, id: Uuid) -> Result<GapGroup> {
    let only = Filter {
        only: Some(id),
        ..Filter::default()
    };
    select(tx, scope, only).await?.pop().ok_or_else(not_found)
}

/// Which groups are wanted.
#[derive(Default)]
struct Filter {
    bot_id: Option<Uuid>,
    status: Option<GapStatus>,
    only: Option<Uuid>,
    skipped: usize,
}

async fn select(tx: &mut TenantTx, scope: &Scope, filter: Filter) -> Result<Vec<GapGroup>> {
    let rows = sqlx::query!(
        r#"select g.id, g.bot_id, b.name as bot_name, g.status, g.changed_at, c.unanswered as "unanswered!",
               c.disliked as "disliked!", c.last_asked_at as "last_asked_at!"
           from gap_groups g
           join bots b on b.workspace_id = g.workspace_id and b.id = g.bot_id
           join (select group_id, count(*) filter (where kind = 'unanswered') as unanswered,
                     count(*) filter (where kind = 'disliked') as disliked, max(created_at) as last_asked_at
                 from gaps where workspace_id = $1 and group_id is not null group by group_id) c on c.group_id = g.id
           where g.workspace_id = $1
             and ($2::uuid is null or g.bot_id = $2) and ($3::text is null or g.status = $3)
             and ($4::uuid is null or g.id = $4)
           order by c.unanswered + c.disliked desc, c.last_asked_at desc, g.id
           offset $5 limit $6"#,
        scope.workspace_id(),
        filter.bot_id,
        filter.status.map(GapStatus::as_str),
        filter.only,
        i64::try_from(filter.skipped).unwrap_or(i64::MAX),
        PAGE as i64 + 1
    )
    .fetch_all(&mut **tx)
    .await?;
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let mut examples = examples(tx, scope, &ids).await?;
    let groups = rows.into_iter().map(|row| {
        let examples: Vec<GapExample> = examples
            .extract_if(.., |(id, _)| *id == row.id)
            .map(|(_, example)| example)
            .collect();
        GapGroup {
            id: row.id,
            bot_id: row.bot_id,
            bot_name: row.bot_name,
            question: examples
                .first()
                .map(|example| example.question.clone())
                .unwrap_or_default(),
            unanswered: row.unanswered,
            disliked: row.disliked,
            last_asked_at: row.last_asked_at,
            status: GapStatus::from_name(&row.status).unwrap_or_default(),
            changed_at: row.changed_at,
            examples,
        }
    });
    Ok(groups.collect())
}

/// The last times that each of these groups was asked, the newest first.
async fn examples(tx: &mut TenantTx, scope: &Scope, groups: &[Uuid]) -> Result<Vec<(Uuid, GapExample)>> {
    let rows = sqlx::query!(
        r#"select wanted.id as "group_id!", e.id as "id!", e.question as "question!", e.kind as "kind!",
               e.conversation_id as "conversation_id?", e.created_at as "created_at!: DateTime<Utc>",
               m.rating_reason as "reason?", m.rating_comment as "comment?"
           from unnest($2::uuid[]) as wanted (id)
           cross join lateral (
               select * from gaps where workspace_id = $1 and group_id = wanted.id
               order by created_at desc, id desc limit $3) e
           left join messages m on m.workspace_id = e.workspace_id and m.id = e.message_id
           order by e.created_at desc, e.id desc"#,
        scope.workspace_id(),
        groups,
        EXAMPLES
    )
    .fetch_all(&mut **tx)
    .await?;
    let examples = rows.into_iter().map(|row| {
        let example = GapExample {
            id: row.id,
            question: row.question,
            kind: if row.kind == "disliked" {
                GapKind::Disliked
            } else {
                GapKind::Unanswered
            },
            reason: row.reason.as_deref().and_then(FeedbackReason::from_name),
            comment: row.comment,
            conversation_id: row.conversation_id,
            asked_at: row.created_at,
        };
        (row.group_id, example)
    });
    Ok(examples.collect())
}

/// Puts gaps from before there were groups into some.
async fn adopt(tx: &mut TenantTx, scope: &Scope) -> Result<()> {
    let orphans = sqlx::query!(
        "select id, bot_id, question from gaps where workspace_id = $1 and group_id is null
         order by created_at limit $2 for update skip locked",
        scope.workspace_id(),
        ADOPTED
    )
    .fetch_all(&mut **tx)
    .await?;
    for orphan in orphans {
        let group_id = group(tx, scope, orphan.bot_id, &orphan.question).await?;
        sqlx::query!(
            "update gaps set group_id = $3 where workspace_id = $1 and id = $2",
            scope.workspace_id(),
            orphan.id,
            group_id
        )
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

fn parse_cursor(cursor: &str) -> Result<usize> {
    cursor
        .parse()
        .ok()
        .filter(|skipped| *skipped < 1_000_000)
        .ok_or_else(|| {
            let detail = "This cursor is not one that the API gave out; leave it out to start at the top.";
            Error::refused(ErrorCode::MalformedRequest, detail)
        })
}

pub(super) fn not_found() -> Error {
    Error::not_found("group of questions")
}
