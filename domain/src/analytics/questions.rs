//! What is asked most often.

use api_types::analytics::TopQuestion;

use super::period::Wanted;
use crate::db::TenantTx;
use crate::{Result, Scope};

/// Turns of the period that are looked at, the last ones.
const LOOKED_AT: i64 = 20_000;
/// Questions that are listed.
const TOP: i64 = 10;
/// Characters of a question that are shown.
const MAX_CHARS: i32 = 300;

/// The most frequent questions among the last of the period. Events hold a hash of what was asked for; the words come from
/// the messages, so a question whose conversations were deleted is not in the list.
pub(super) async fn read(tx: &mut TenantTx, scope: &Scope, wanted: &Wanted) -> Result<Vec<TopQuestion>> {
    let rows = sqlx::query!(
        r#"with looked_at as (
               select question_key, outcome, conversation_id, at from events
               where workspace_id = $1 and counts_at >= $2 and counts_at < $3 and kind = 'turn'
                 and id >= first_id($2) and question_key is not null
                 and ($4::uuid is null or bot_id = $4) and ($5::text is null or channel = $5)
               order by counts_at desc limit $6),
           top as (
               select question_key, count(*) as count, count(*) filter (where outcome = 'gap') as gaps,
                   max(at) as at from looked_at
               group by question_key order by count(*) desc, max(at) desc limit $7)
           select left(asked.content, $8) as "question!", t.count as "count!", t.gaps as "gaps!"
           from top t
           cross join lateral (
               select l.conversation_id from looked_at l
               where l.question_key = t.question_key and l.at = t.at limit 1) as last
           cross join lateral (
               select m.content from messages m
               where m.workspace_id = $1 and m.conversation_id = last.conversation_id and m.role = 'user'
                 and m.id >= (
                     select first_id(c.created_at) from conversations c
                     where c.workspace_id = $1 and c.id = last.conversation_id)
                 and m.created_at <= t.at
               order by m.id desc limit 1) as asked
           order by t.count desc, t.at desc"#,
        scope.workspace_id(),
        wanted.period.begins,
        wanted.period.ends,
        wanted.bot_id,
        wanted.channel,
        LOOKED_AT,
        TOP,
        MAX_CHARS
    )
    .fetch_all(&mut **tx)
    .await?;
    let questions = rows.into_iter().map(|row| TopQuestion {
        question: row.question,
        count: row.count,
        gaps: row.gaps,
    });
    Ok(questions.collect())
}
