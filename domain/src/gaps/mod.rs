//! What bots could not answer, or answered so that visitors did not like it.
//!
//! Each time is a row of `gaps`, with the visitor's words. Rows that ask for the same share a group, which has no words of
//! its own, so that nothing is left of a conversation that is deleted. At once, questions are put together when the stems of
//! their words that count are the same, or most of them are ([`ALIKE`]); soon after, a job compares what they mean
//! ([`meaning`]). A person may take a question out again.

mod groups;
mod improve;
pub mod meaning;
mod place;
mod split;

use uuid::Uuid;

use api_types::gaps::GapKind;
use retrieval::words;

pub use groups::{list, set_status};
pub use improve::improve;
pub use place::run as group_by_meaning;
pub use split::split;

use crate::db::TenantTx;
use crate::{Result, Scope, jobs};

/// The share of their words that two questions must have in common to be put together (Jaccard's index).
const ALIKE: f64 = 0.6;
/// Groups of a bot that a question is compared with, the newest ones.
const COMPARED: i64 = 1_000;

/// A question that has to be looked at.
#[derive(Debug)]
pub(crate) struct NewGap<'a> {
    pub bot_id: Uuid,
    pub conversation_id: Uuid,
    /// The answer.
    pub message_id: Uuid,
    pub kind: GapKind,
    pub question: &'a str,
}

/// Stores it, and puts it to those that ask for the same. What was improved and is asked again is open again.
pub(crate) async fn record(tx: &mut TenantTx, scope: &Scope, gap: &NewGap<'_>) -> Result<()> {
    let group_id = group(tx, scope, gap.bot_id, gap.question).await?;
    let kind = match gap.kind {
        GapKind::Unanswered => "unanswered",
        GapKind::Disliked => "disliked",
    };
    sqlx::query!(
        "insert into gaps (workspace_id, id, bot_id, conversation_id, question, kind, message_id, group_id, question_key)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         on conflict do nothing",
        scope.workspace_id(),
        Uuid::now_v7(),
        gap.bot_id,
        gap.conversation_id,
        gap.question,
        kind,
        gap.message_id,
        group_id,
        words::gist_key(&words::gist(gap.question))
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "update gap_groups set status = 'open', changed_at = now(), changed_by = null
         where workspace_id = $1 and id = $2 and status = 'improved'",
        scope.workspace_id(),
        group_id
    )
    .execute(&mut **tx)
    .await?;
    jobs::enqueue(tx, &place::job(scope, gap.bot_id)).await
}

/// Takes back that an answer was not liked.
pub(crate) async fn take_back(tx: &mut TenantTx, scope: &Scope, message_id: Uuid) -> Result<()> {
    sqlx::query!(
        "delete from gaps where workspace_id = $1 and message_id = $2 and kind = 'disliked'",
        scope.workspace_id(),
        message_id
    )
    .execute(&mut **tx)
    .await?;
    forget_empty(tx, scope).await
}

/// Removes groups in which nothing is left.
pub(crate) async fn forget_empty(tx: &mut TenantTx, scope: &Scope) -> Result<()> {
    sqlx::query!(
        "delete from gap_groups g
         where g.workspace_id = $1
           and not exists (select from gaps where workspace_id = g.workspace_id and group_id = g.id)",
        scope.workspace_id()
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The group of a question; a new one if none is like it.
async fn group(tx: &mut TenantTx, scope: &Scope, bot_id: Uuid, question: &str) -> Result<Uuid> {
    let gist = words::gist(question);
    if let Some(id) = asked_before(tx, scope, bot_id, words::gist_key(&gist)).await?
        && stays(tx, scope, id).await?
    {
        return Ok(id);
    }
    let terms: Vec<i64> = gist.iter().map(|term| i64::from(*term)).collect();
    let alike = sqlx::query_scalar!(
        "select id from (
             select id, question_key, created_at,
                 cardinality(array(select unnest(terms) intersect select unnest($3::bigint[]))) as common,
                 cardinality(terms) as size
             from (select * from gap_groups where workspace_id = $1 and bot_id = $2
                   order by created_at desc limit $6) as newest) as compared
         where question_key = $4 or common >= $5::float8 * (size + cardinality($3) - common) and common > 0
         order by (question_key = $4) desc, common::float8 / greatest(size + cardinality($3) - common, 1) desc, created_at
         limit 1",
        scope.workspace_id(),
        bot_id,
        &terms,
        words::gist_key(&gist),
        ALIKE,
        COMPARED
    )
    .fetch_optional(&mut **tx)
    .await?;
    if let Some(id) = alike
        && stays(tx, scope, id).await?
    {
        return Ok(id);
    }
    // Somebody else may be asking the same just now, or asked it long ago.
    let id = sqlx::query_scalar!(
        "insert into gap_groups (workspace_id, id, bot_id, question_key, terms) values ($1, $2, $3, $4, $5)
         on conflict (workspace_id, bot_id, question_key) do update set terms = excluded.terms
         returning id",
        scope.workspace_id(),
        Uuid::now_v7(),
        bot_id,
        words::gist_key(&gist),
        &terms
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(id)
}

/// Where a question in the same words went: where a person put it, else where the last one is.
async fn asked_before(tx: &mut TenantTx, scope: &Scope, bot_id: Uuid, key: i64) -> Result<Option<Uuid>> {
    let id = sqlx::query_scalar!(
        r#"select group_id as "group_id!" from gaps
           where workspace_id = $1 and bot_id = $2 and question_key = $3 and group_id is not null
           order by placed_by = 'person' desc, id desc limit 1"#,
        scope.workspace_id(),
        bot_id,
        key
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(id)
}

/// Keeps a group from being removed until the transaction ends. Whether it was still there.
async fn stays(tx: &mut TenantTx, scope: &Scope, id: Uuid) -> Result<bool> {
    let found = sqlx::query_scalar!(
        "select id from gap_groups where workspace_id = $1 and id = $2 for key share",
        scope.workspace_id(),
        id
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(found.is_some())
}
