//! Which days are asked for, and when they begin and end.

use api_types::analytics::{AnalyticsQuery, DEFAULT_DAYS, MAX_DAYS};
use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use uuid::Uuid;

use crate::db::TenantTx;
use crate::{Error, Result};

/// The SQLSTATE of a time zone that the database does not know.
const INVALID_PARAMETER: &str = "22023";

/// What is asked for.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    pub period: Period,
    /// As many days before it.
    pub before: Period,
    pub tz: String,
    pub bot_id: Option<Uuid>,
    pub channel: Option<&'static str>,
}

/// Some days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Period {
    /// The first day.
    pub from: NaiveDate,
    /// The last day.
    pub to: NaiveDate,
    /// When the first day begins.
    pub begins: DateTime<Utc>,
    /// When the last day has ended.
    pub ends: DateTime<Utc>,
}

/// A stretch of time that may be empty.
type Span = (DateTime<Utc>, DateTime<Utc>);

impl Period {
    /// The whole days of UTC in it (the second is not in it any more), and what is left before and after them.
    pub(super) fn parts(&self) -> ((NaiveDate, NaiveDate), Span, Span) {
        let first = self.begins.date_naive();
        let is_whole = self.begins.time() == NaiveTime::MIN;
        let first = if is_whole {
            first
        } else {
            first.checked_add_days(Days::new(1)).unwrap_or(first)
        };
        let end = self.ends.date_naive();
        if first >= end {
            // No whole day in it.
            return ((end, end), (self.begins, self.ends), (self.ends, self.ends));
        }
        let at = |day: NaiveDate| day.and_time(NaiveTime::MIN).and_utc();
        ((first, end), (self.begins, at(first)), (at(end), self.ends))
    }

    /// Every day of it.
    pub(super) fn days(&self) -> impl Iterator<Item = NaiveDate> + use<> {
        let to = self.to;
        self.from.iter_days().take_while(move |day| *day <= to)
    }
}

impl Wanted {
    /// Checks what was asked for; the database knows the time zones.
    pub(super) async fn new(tx: &mut TenantTx, query: &AnalyticsQuery) -> Result<Self> {
        let tz = query.tz.clone().unwrap_or_else(|| "UTC".to_owned());
        let unknown = || Error::field("tz", "Name a time zone, such as Europe/Berlin.");
        let is_name = |b: u8| b.is_ascii_alphanumeric() || b"_+-/".contains(&b);
        if tz.is_empty() || tz.len() > 64 || !tz.bytes().all(is_name) {
            return Err(unknown());
        }
        let today = sqlx::query_scalar!(r#"select (now() at time zone $1)::date as "today!""#, tz)
            .fetch_one(&mut **tx)
            .await;
        let today = match today {
            Err(error) if is_invalid(&error) => return Err(unknown()),
            other => other?,
        };
        let to = query.to.unwrap_or(today);
        let from = query.from.unwrap_or(to - TimeDelta::days(DEFAULT_DAYS - 1));
        let days = (to - from).num_days() + 1;
        let is_sane = |day: NaiveDate| (2000..=2200).contains(&chrono::Datelike::year(&day));
        if !(1..=MAX_DAYS).contains(&days) || !is_sane(from) || !is_sane(to) {
            let message = "Choose 1 to 400 days, the first one not after the last.";
            return Err(Error::field("from", message));
        }
        let before = (from - TimeDelta::days(days), from - TimeDelta::days(1));
        let row = sqlx::query!(
            r#"select ($1::date)::timestamp at time zone $4 as "before!",
                   ($2::date)::timestamp at time zone $4 as "begins!",
                   ($3::date + 1)::timestamp at time zone $4 as "ends!""#,
            before.0,
            from,
            to,
            tz
        )
        .fetch_one(&mut **tx)
        .await?;
        Ok(Self {
            period: Period {
                from,
                to,
                begins: row.begins,
                ends: row.ends,
            },
            before: Period {
                from: before.0,
                to: before.1,
                begins: row.before,
                ends: row.begins,
            },
            tz,
            bot_id: query.bot_id,
            channel: query.channel.map(api_types::conversations::Channel::as_str),
        })
    }
}

fn is_invalid(error: &sqlx::Error) -> bool {
    let code = error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code);
    code.as_deref() == Some(INVALID_PARAMETER)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn period(begins: &str, ends: &str) -> Period {
        let (begins, ends): (DateTime<Utc>, DateTime<Utc>) = (begins.parse().unwrap(), ends.parse().unwrap());
        Period {
            from: begins.date_naive(),
            to: ends.date_naive(),
            begins,
            ends,
        }
    }

    #[test]
    fn a_period_is_whole_days_and_what_is_left_at_its_ends() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let utc = period("2026-11-01T00:00:00Z", "2026-11-04T00:00:00Z").parts();
        assert_eq!(utc.0, (day("2026-11-01"), day("2026-11-04")));
        assert!(utc.1.0 == utc.1.1 && utc.2.0 == utc.2.1);
        let berlin = period("2026-10-31T23:00:00Z", "2026-11-03T23:00:00Z").parts();
        assert_eq!(berlin.0, (day("2026-11-01"), day("2026-11-03")));
        assert_eq!(berlin.1, (at("2026-10-31T23:00:00Z"), at("2026-11-01T00:00:00Z")));
        assert_eq!(berlin.2, (at("2026-11-03T00:00:00Z"), at("2026-11-03T23:00:00Z")));
        // One day elsewhere has no whole day of UTC in it.
        for (begins, ends) in [
            ("2026-11-01T23:00:00Z", "2026-11-02T23:00:00Z"),
            ("2026-11-01T00:30:00Z", "2026-11-01T23:30:00Z"),
        ] {
            let ((first, end), before, after) = period(begins, ends).parts();
            assert!(first >= end);
            assert_eq!(before, (at(begins), at(ends)));
            assert_eq!(after.0, after.1);
        }
    }
}
