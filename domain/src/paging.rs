//! Lists page by page, the newest first: where a page ends, and where the next one begins.

use api_types::{ErrorCode, Page};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{Error, Result};

/// Rows on one page.
pub(crate) const PAGE: usize = 50;
/// Rows to ask for: one more than a page, to know whether there is another.
pub(crate) const ASKED: i64 = PAGE as i64 + 1;

/// Cuts a page off rows of which [`ASKED`] were asked for.
pub(crate) fn page<T>(mut items: Vec<T>, key: impl Fn(&T) -> (DateTime<Utc>, Uuid)) -> Page<T> {
    let more = items.len() > PAGE;
    items.truncate(PAGE);
    let next_cursor = items.last().filter(|_| more).map(|last| {
        let (at, id) = key(last);
        // Microseconds, as precise as Postgres keeps time.
        format!("{}.{id}", at.timestamp_micros())
    });
    Page { items, next_cursor }
}

/// The key of the row before the first one wanted.
pub(crate) fn parse_cursor(cursor: &str) -> Result<(DateTime<Utc>, Uuid)> {
    let parsed = cursor.split_once('.').and_then(|(micros, id)| {
        Some((
            DateTime::from_timestamp_micros(micros.parse().ok()?)?,
            id.parse().ok()?,
        ))
    });
    parsed.ok_or_else(|| {
        Error::refused(
            ErrorCode::MalformedRequest,
            "This cursor is not one that the API gave out; leave it out to start at the top.",
        )
    })
}
