//! What was counted, by day, bot and channel.

use std::collections::{BTreeMap, HashMap};

use api_types::analytics::{BotFigures, ChannelFigures, DayFigures, Figures};
use chrono::NaiveDate;
use uuid::Uuid;

use super::period::{Period, Wanted};
use crate::db::TenantTx;
use crate::{Result, Scope};

/// One day of one bot on one channel.
struct Row {
    day: NaiveDate,
    bot_id: Uuid,
    channel: String,
    figures: Figures,
}

/// What was counted in both periods.
pub(super) struct Counted {
    rows: Vec<Row>,
}

impl Counted {
    /// Reads it from the sums by quarter of an hour, of which the days of every time zone are made.
    pub(super) async fn read(tx: &mut TenantTx, scope: &Scope, wanted: &Wanted) -> Result<Self> {
        let rows = sqlx::query!(
            r#"select (slot at time zone $2)::date as "day!", bot_id, channel,
                   sum(sessions)::bigint as "sessions!", sum(resolved)::bigint as "resolved!",
                   sum(deflected)::bigint as "deflected!", sum(hand_offs)::bigint as "hand_offs!",
                   sum(leads)::bigint as "leads!", sum(answered)::bigint as "answered!", sum(gaps)::bigint as "gaps!",
                   sum(errors)::bigint as "errors!", sum(ups)::bigint as "ups!", sum(downs)::bigint as "downs!",
                   sum(prompt_tokens)::bigint as "prompt_tokens!",
                   sum(completion_tokens)::bigint as "completion_tokens!",
                   sum(cache_hits)::bigint as "cache_hits!", sum(cache_misses)::bigint as "cache_misses!"
               from event_slots
               where workspace_id = $1 and slot >= $3 and slot < $4
                 and ($5::uuid is null or bot_id = $5) and ($6::text is null or channel = $6)
               group by 1, 2, 3"#,
            scope.workspace_id(),
            wanted.tz,
            wanted.before.begins,
            wanted.period.ends,
            wanted.bot_id,
            wanted.channel
        )
        .fetch_all(&mut **tx)
        .await?;
        let rows = rows.into_iter().map(|row| Row {
            day: row.day,
            bot_id: row.bot_id,
            channel: row.channel,
            figures: Figures {
                sessions: row.sessions,
                resolved: row.resolved,
                deflected: row.deflected,
                hand_offs: row.hand_offs,
                leads: row.leads,
                answered: row.answered,
                gaps: row.gaps,
                errors: row.errors,
                ups: row.ups,
                downs: row.downs,
                prompt_tokens: row.prompt_tokens,
                completion_tokens: row.completion_tokens,
                cache_hits: row.cache_hits,
                cache_misses: row.cache_misses,
            },
        });
        Ok(Self { rows: rows.collect() })
    }

    /// Every day of a period, also those on which nothing happened.
    pub(super) fn days(&self, period: &Period) -> Vec<DayFigures> {
        let mut days: BTreeMap<NaiveDate, Figures> =
            period.days().map(|day| (day, Figures::default())).collect();
        for row in &self.rows {
            if let Some(figures) = days.get_mut(&row.day) {
                *figures += row.figures;
            }
        }
        days.into_iter()
            .map(|(day, figures)| DayFigures { day, figures })
            .collect()
    }

    /// Bots with something in the period, those with most sessions first.
    pub(super) fn bots(&self, period: &Period, names: &HashMap<Uuid, String>) -> Vec<BotFigures> {
        let mut bots: Vec<BotFigures> = self
            .by(period, |row| row.bot_id)
            .into_iter()
            .map(|(bot_id, figures)| BotFigures {
                bot_id,
                name: names.get(&bot_id).cloned().unwrap_or_default(),
                figures,
            })
            .collect();
        bots.sort_by(|a, b| busier(&b.figures, &a.figures).then_with(|| a.name.cmp(&b.name)));
        bots
    }

    /// Channels with something in the period, those with most sessions first.
    pub(super) fn channels(&self, period: &Period) -> Vec<ChannelFigures> {
        let mut channels: Vec<ChannelFigures> = self
            .by(period, |row| row.channel.clone())
            .into_iter()
            .map(|(channel, figures)| ChannelFigures { channel, figures })
            .collect();
        channels.sort_by(|a, b| busier(&b.figures, &a.figures));
        channels
    }

    fn by<K: Ord>(&self, period: &Period, key: impl Fn(&Row) -> K) -> BTreeMap<K, Figures> {
        let mut sums = BTreeMap::<K, Figures>::new();
        for row in &self.rows {
            if (period.from..=period.to).contains(&row.day) {
                *sums.entry(key(row)).or_default() += row.figures;
            }
        }
        sums
    }
}

fn busier(a: &Figures, b: &Figures) -> std::cmp::Ordering {
    (a.sessions, a.messages()).cmp(&(b.sessions, b.messages()))
}

/// The sum of some days.
pub(super) fn total(days: &[DayFigures]) -> Figures {
    let mut total = Figures::default();
    days.iter().for_each(|day| total += day.figures);
    total
}
