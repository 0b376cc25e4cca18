//! Times: how long ago, with the exact time on hover.

use std::time::Duration;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use js_sys::{Date, Object};
use leptos::prelude::*;
use wasm_bindgen::JsValue;

use crate::i18n::locale;

/// Milliseconds since 1970, now.
pub fn now_ms() -> f64 {
    Date::now()
}

/// The time now, by this machine's clock.
#[expect(clippy::cast_possible_truncation, reason = "it is a whole number")]
pub fn now() -> DateTime<Utc> {
    DateTime::from_timestamp_millis(now_ms() as i64).unwrap_or_default()
}

/// What is younger is shown to the second, in milliseconds.
const YOUNG: f64 = 120_000.0;

/// A clock that ticks once a second, and more slowly for what is long ago: a page may show thousands of times. Provided once, at
/// the root.
#[derive(Clone, Copy)]
pub struct Clock {
    second: RwSignal<f64>,
    half_minute: RwSignal<f64>,
}

impl Clock {
    /// Starts it.
    pub fn start() -> Self {
        let clock = Self {
            second: RwSignal::new(now_ms()),
            half_minute: RwSignal::new(now_ms()),
        };
        set_interval(move || clock.second.set(now_ms()), Duration::from_secs(1));
        set_interval(move || clock.half_minute.set(now_ms()), Duration::from_secs(30));
        clock
    }

    /// How long ago `at` (milliseconds since 1970) was, such as `3 min ago`. Reactive.
    pub fn ago(self, at: f64) -> String {
        let now = self.half_minute.get();
        ago(at, if now - at < YOUNG { self.second.get() } else { now })
    }
}

/// How long ago, with the exact time on hover.
#[component]
pub fn Ago(
    /// The time.
    #[prop(into)]
    at: Signal<DateTime<Utc>>,
) -> impl IntoView {
    let clock = expect_context::<Clock>();
    let text = Memo::new(move |_| clock.ago(millis(at.get())));
    view! {
        <time class="whitespace-nowrap" datetime=move || at.get().to_rfc3339() title=move || exact(at.get())>
            {text}
        </time>
    }
}

/// The time in the words of the page's language, in the person's time zone.
pub fn exact(at: DateTime<Utc>) -> String {
    shown(at, &[("dateStyle", "medium"), ("timeStyle", "medium")])
}

/// A day without its year, such as `21 Nov`.
pub fn short_day(day: NaiveDate) -> String {
    let midnight = day.and_time(NaiveTime::MIN).and_utc();
    shown(
        midnight,
        &[("day", "numeric"), ("month", "short"), ("timeZone", "UTC")],
    )
}

fn shown(at: DateTime<Utc>, wanted: &[(&str, &str)]) -> String {
    let date = Date::new(&JsValue::from_f64(millis(at)));
    let options = Object::new();
    for (name, value) in wanted {
        // Without an option, the browser's usual form is shown.
        let _ = js_sys::Reflect::set(&options, &(*name).into(), &(*value).into());
    }
    date.to_locale_string(locale(), &options).into()
}

/// The person's time zone, such as `Europe/Berlin`, if the browser says it.
pub fn time_zone() -> Option<String> {
    let format = js_sys::Intl::DateTimeFormat::new(&js_sys::Array::new(), &Object::new());
    let zone = js_sys::Reflect::get(&format.resolved_options(), &"timeZone".into()).ok()?;
    zone.as_string()
}

/// The day that it is where the person is.
pub fn today() -> Option<NaiveDate> {
    let now = Date::new_0();
    let year = i32::try_from(now.get_full_year()).ok()?;
    NaiveDate::from_ymd_opt(year, now.get_month() + 1, now.get_date())
}

/// When a day begins where the person is, or so many days later; `date` is what a date field holds, such as
/// `2026-11-21`.
pub fn start_of_day(date: &str, days_later: u32) -> Option<DateTime<Utc>> {
    let start = Date::new(&format!("{date}T00:00:00").into());
    start.set_date(start.get_date() + days_later);
    let millis = start.get_time();
    if millis.is_nan() {
        return None;
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a date is a whole number of milliseconds"
    )]
    DateTime::from_timestamp_millis(millis as i64)
}

#[expect(clippy::cast_precision_loss, reason = "exact until the year 287396")]
fn millis(at: DateTime<Utc>) -> f64 {
    at.timestamp_millis() as f64
}

#[expect(clippy::cast_possible_truncation, reason = "rounding down is meant")]
fn ago(at: f64, now: f64) -> String {
    // A server's clock may run ahead of ours.
    let seconds = ((now - at).max(0.0) / 1000.0) as i64;
    match seconds {
        0..2 => tr!("just now").to_owned(),
        2..60 => tr!("{} s ago", seconds),
        60..3_600 => tr!("{} min ago", seconds / 60),
        3_600..86_400 => tr!("{} h ago", seconds / 3_600),
        86_400..172_800 => tr!("yesterday").to_owned(),
        172_800..2_592_000 => tr!("{n} day ago" | "{n} days ago" % seconds / 86_400),
        2_592_000..5_184_000 => tr!("a month ago").to_owned(),
        5_184_000..31_536_000 => tr!("{n} month ago" | "{n} months ago" % seconds / 2_592_000),
        _ => tr!("{n} y ago" | "{n} y ago" % seconds / 31_536_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_in_the_largest_unit_that_fits() {
        let told = [
            -5, 1, 2, 59, 60, 3_599, 3_600, 86_399, 86_400, 172_800, 2_600_000, 40_000_000,
        ]
        .map(|seconds: i32| ago(0.0, f64::from(seconds) * 1000.0));
        let expected = [
            "just now",
            "just now",
            "2 s ago",
            "59 s ago",
            "1 min ago",
            "59 min ago",
            "1 h ago",
            "23 h ago",
            "yesterday",
            "2 days ago",
            "a month ago",
            "1 y ago",
        ];
        assert_eq!(told, expected);
    }
}
