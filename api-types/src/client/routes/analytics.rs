//! `/analytics`

use super::{Call, query};
use crate::analytics::{Analytics, AnalyticsQuery, AnalyticsTable};

/// The figures of a period.
pub fn report(wanted: &AnalyticsQuery) -> Call<Analytics> {
    Call::get(format!("/analytics{}", narrowed(wanted, None)))
}

/// One table of them as a file, which is no JSON, so [`Call::open`] it.
pub fn export(wanted: &AnalyticsQuery, table: AnalyticsTable) -> Call<()> {
    Call::get(format!("/analytics/export{}", narrowed(wanted, Some(table))))
}

fn narrowed(wanted: &AnalyticsQuery, table: Option<AnalyticsTable>) -> String {
    query(&[
        ("from", wanted.from.map(|day| day.to_string())),
        ("to", wanted.to.map(|day| day.to_string())),
        ("bot_id", wanted.bot_id.map(|id| id.to_string())),
        (
            "channel",
            wanted.channel.map(|channel| channel.as_str().to_owned()),
        ),
        ("tz", wanted.tz.clone()),
        ("table", table.map(|table| table.as_str().to_owned())),
    ])
}
