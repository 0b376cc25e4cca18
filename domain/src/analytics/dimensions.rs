//! What turns are told apart by: language, page, model, and how long they took.

use api_types::analytics::{Latency, Share};
use uuid::Uuid;

use super::histogram::Histogram;
use super::period::{Period, Wanted};
use crate::db::TenantTx;
use crate::{Result, Scope};

/// Values of languages and pages that are listed.
const TOP: i64 = 10;

/// One model.
#[derive(Debug, Clone)]
pub(super) struct Model {
    pub provider_id: Option<Uuid>,
    pub model: String,
    pub turns: i64,
    pub prompt_tokens: i64,
    pub completion_tokens: i64,
}

/// All of it in one period.
#[derive(Default)]
pub(super) struct Dimensions {
    pub languages: Vec<Share>,
    pub pages: Vec<Share>,
    pub models: Vec<Model>,
    pub latency: Latency,
}

impl Dimensions {
    /// Whole days are read from their sums, what a time zone cuts off at either end from the events.
    pub(super) async fn read(
        tx: &mut TenantTx,
        scope: &Scope,
        wanted: &Wanted,
        period: &Period,
    ) -> Result<Self> {
        let ((first, end), head, tail) = period.parts();
        let rows = sqlx::query!(
            r#"with parts as (
                   select dimension, value, turns, gaps, prompt_tokens, completion_tokens from event_days
                   where workspace_id = $1 and day >= $2 and day < $3
                     and ($8::uuid is null or bot_id = $8) and ($9::text is null or channel = $9)
                   union all
                   select t.dimension, t.value, 1, (e.outcome = 'gap')::int, coalesce(e.prompt_tokens, 0),
                       coalesce(e.completion_tokens, 0)
                   from events e cross join lateral turn_dimensions(e) t
                   where e.workspace_id = $1 and e.kind = 'turn' and e.id >= first_id(least($4::timestamptz, $6::timestamptz))
                     and (e.counts_at >= $4 and e.counts_at < $5 or e.counts_at >= $6 and e.counts_at < $7)
                     and ($8::uuid is null or e.bot_id = $8) and ($9::text is null or e.channel = $9)),
               sums as (
                   select dimension, value, sum(turns)::bigint as turns, sum(gaps)::bigint as gaps,
                       sum(prompt_tokens)::bigint as prompt_tokens, sum(completion_tokens)::bigint as completion_tokens
                   from parts group by dimension, value),
               placed as (
                   select *, row_number() over (partition by dimension order by turns desc, value) as place from sums)
               select dimension as "dimension!", value as "value!", turns as "turns!", gaps as "gaps!",
                   prompt_tokens as "prompt_tokens!", completion_tokens as "completion_tokens!"
               from placed where place <= $10 or dimension not in ('language', 'page')
               order by dimension, place"#,
            scope.workspace_id(),
            first,
            end,
            head.0,
            head.1,
            tail.0,
            tail.1,
            wanted.bot_id,
            wanted.channel,
            TOP
        )
        .fetch_all(&mut **tx)
        .await?;
        let mut found = Self::default();
        let (mut first_token, mut total) = (Histogram::default(), Histogram::default());
        for row in rows {
            let share = || Share {
                name: row.value.clone(),
                count: row.turns,
                gaps: row.gaps,
            };
            let bucket = || row.value.parse().unwrap_or(usize::MAX);
            match row.dimension.as_str() {
                "language" => found.languages.push(share()),
                "page" => found.pages.push(share()),
                "first" => first_token.add(bucket(), row.turns),
                "total" => total.add(bucket(), row.turns),
                _ => {
                    let (provider_id, model) = row.value.split_once(' ').unwrap_or_default();
                    found.models.push(Model {
                        provider_id: provider_id.parse().ok(),
                        model: model.to_owned(),
                        turns: row.turns,
                        prompt_tokens: row.prompt_tokens,
                        completion_tokens: row.completion_tokens,
                    });
                }
            }
        }
        found.latency = Latency {
            first_token: first_token.percentiles(),
            total: total.percentiles(),
        };
        Ok(found)
    }
}
