//! When people answer, by the clock of their time zone.

use api_types::inbox::{OfficeHours, Shift};
use chrono::{DateTime, Datelike, Days, NaiveDate, Timelike, Utc};
use chrono_tz::Tz;
use serde_json::Value;

use crate::Result;

/// Hours as they are stored; without any, people answer at all times.
pub(crate) fn read(stored: Option<Value>) -> Result<OfficeHours> {
    Ok(stored
        .map(serde_json::from_value)
        .transpose()?
        .unwrap_or_default())
}

/// The time zone of this name.
pub(super) fn zone(name: &str) -> Option<Tz> {
    name.parse().ok()
}

/// Whether people answer at this time.
pub(super) fn is_open(hours: &OfficeHours, now: DateTime<Utc>) -> bool {
    if !hours.is_limited {
        return true;
    }
    let local = now.with_timezone(&zone(&hours.time_zone).unwrap_or(Tz::UTC));
    let (today, time) = (
        local.date_naive(),
        u16::try_from(local.hour() * 60 + local.minute()).unwrap_or_default(),
    );
    let yesterday = today.checked_sub_days(Days::new(1));
    shifts(hours, today).iter().any(|shift| began(shift, time))
        || yesterday.is_some_and(|day| shifts(hours, day).iter().any(|shift| goes_on(shift, time)))
}

fn shifts(hours: &OfficeHours, day: NaiveDate) -> &[Shift] {
    if hours.closed_on.contains(&day) {
        return &[];
    }
    let weekday = day.weekday().num_days_from_monday() as usize;
    hours.days.get(weekday).map_or(&[], Vec::as_slice)
}

/// Whether a shift of today has begun and is not over.
fn began(shift: &Shift, time: u16) -> bool {
    time >= shift.from && (time < shift.to || shift.to <= shift.from)
}

/// Whether a shift of yesterday that ends today is not over.
fn goes_on(shift: &Shift, time: u16) -> bool {
    shift.to <= shift.from && time < shift.to
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(time_zone: &str, day: usize, from: &str, to: &str) -> OfficeHours {
        let mut hours = OfficeHours {
            is_limited: true,
            time_zone: time_zone.into(),
            days: vec![Vec::new(); 7],
            closed_on: Vec::new(),
        };
        hours.days[day].push(Shift {
            from: minutes(from),
            to: minutes(to),
        });
        hours
    }

    /// Of `09:30:00`.
    fn minutes(time: &str) -> u16 {
        let parts: Vec<u16> = time.split(':').map(|part| part.parse().unwrap()).collect();
        parts[0] * 60 + parts[1]
    }

    #[track_caller]
    fn check(hours: &OfficeHours, times: &[(&str, bool)]) {
        for (time, expected) in times {
            let at: DateTime<Utc> = time.parse().unwrap();
            assert_eq!(is_open(hours, at), *expected, "{time}");
        }
    }

    #[test]
    fn without_limits_somebody_is_always_there() {
        let hours = OfficeHours::default();
        check(&hours, &[("2026-11-28T03:00:00Z", true)]);
    }

    #[test]
    fn the_clock_of_the_time_zone_counts_in_summer_and_in_winter() {
        // Sunday 2026-03-29 and 2026-10-25 are when the clocks of Paris change; the Mondays around them.
        let paris = hours("Europe/Paris", 0, "09:00:00", "17:00:00");
        check(
            &paris,
            &[
                ("2026-03-23T07:59:59Z", false),
                ("2026-03-23T08:00:00Z", true),
                ("2026-03-23T16:00:00Z", false),
                ("2026-03-30T06:59:59Z", false),
                ("2026-03-30T07:00:00Z", true),
                ("2026-03-30T15:00:00Z", false),
                ("2026-10-26T07:30:00Z", false),
                ("2026-10-26T08:00:00Z", true),
                ("2026-10-27T10:00:00Z", false),
            ],
        );
        // Monday begins on Sunday in Auckland, and ends on Tuesday in Honolulu.
        check(
            &hours("Pacific/Auckland", 0, "00:00:00", "06:00:00"),
            &[("2026-11-29T12:00:00Z", true), ("2026-11-30T12:00:00Z", false)],
        );
        check(
            &hours("Pacific/Honolulu", 0, "20:00:00", "23:00:00"),
            &[("2026-12-01T07:00:00Z", true)],
        );
        check(
            &hours("Asia/Kathmandu", 0, "09:00:00", "10:00:00"),
            &[("2026-11-30T03:14:59Z", false), ("2026-11-30T03:15:00Z", true)],
        );
    }

    #[test]
    fn hours_that_the_clocks_skip_or_repeat() {
        // 02:00 to 03:00 does not exist on that Sunday, and comes twice in autumn.
        let night = hours("Europe/Paris", 6, "02:00:00", "03:00:00");
        check(
            &night,
            &[
                ("2026-03-29T00:59:59Z", false),
                ("2026-03-29T01:00:00Z", false),
                ("2026-10-25T00:30:00Z", true),
                ("2026-10-25T01:30:00Z", true),
                ("2026-10-25T02:00:00Z", false),
            ],
        );
    }

    #[test]
    fn a_shift_may_go_on_after_midnight_or_last_all_day() {
        let night = hours("UTC", 4, "22:00:00", "02:00:00");
        check(
            &night,
            &[
                ("2026-11-27T21:59:00Z", false),
                ("2026-11-27T22:00:00Z", true),
                ("2026-11-28T01:59:00Z", true),
                ("2026-11-28T02:00:00Z", false),
                ("2026-11-27T01:00:00Z", false),
            ],
        );
        let all_day = hours("UTC", 5, "00:00:00", "00:00:00");
        check(
            &all_day,
            &[
                ("2026-11-28T00:00:00Z", true),
                ("2026-11-28T23:59:59Z", true),
                ("2026-11-29T00:00:00Z", false),
            ],
        );
    }

    #[test]
    fn nobody_answers_on_days_that_are_taken_out() {
        let mut hours = hours("UTC", 4, "22:00:00", "02:00:00");
        hours.closed_on = vec!["2026-11-27".parse().unwrap()];
        check(
            &hours,
            &[
                ("2026-11-27T23:00:00Z", false),
                ("2026-11-28T01:00:00Z", false),
                ("2026-12-04T23:00:00Z", true),
            ],
        );
    }
}
