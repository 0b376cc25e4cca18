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
    parsed.ok_or_else(not_ours)
}

/// The key of the row after which a list goes on whose order is the latest first, then by id: without a cursor, one before all.
pub(crate) fn goes_on_after(cursor: Option<&str>) -> Result<(DateTime<Utc>, Uuid)> {
    cursor.map_or(Ok((DateTime::<Utc>::MAX_UTC, Uuid::nil())), parse_cursor)
}

/// Most rows on a page whose size is asked for.
const MOST: u16 = 500;

/// Which rows of a list whose order is not by time.
#[derive(Debug, Clone, Default)]
pub struct Slice {
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
    /// Rows on a page; [`PAGE`] when absent.
    pub limit: Option<u16>,
    /// Words in the name.
    pub words: Option<String>,
}

impl Slice {
    /// Rows to skip, and rows on a page.
    pub(crate) fn bounds(&self) -> Result<(i64, usize)> {
        let skipped = self.cursor.as_deref().map_or(Ok(0), |cursor| {
            let skipped = cursor.parse::<u32>().ok().filter(|skipped| *skipped < 1_000_000);
            skipped.map(i64::from).ok_or_else(not_ours)
        })?;
        match self.limit {
            Some(limit) if limit == 0 || limit > MOST => {
                Err(Error::field("limit", "Ask for 1 to 500 rows, or leave it out."))
            }
            limit => Ok((skipped, limit.map_or(PAGE, usize::from))),
        }
    }

    /// What a name must contain, as a pattern of `like`; everything when nothing is looked for.
    pub(crate) fn pattern(&self) -> String {
        let words = self.words.as_deref().unwrap_or_default().trim().to_lowercase();
        let mut pattern = String::from("%");
        for c in words.chars().filter(|c| *c != '\0') {
            if matches!(c, '%' | '_' | '\\') {
                pattern.push('\\');
            }
            pattern.push(c);
        }
        pattern.push('%');
        pattern
    }
}

/// Cuts a page off rows of which one more than `size` were asked for, after `skipped` others.
pub(crate) fn slice<T>(mut items: Vec<T>, skipped: i64, size: usize) -> Page<T> {
    let more = items.len() > size;
    items.truncate(size);
    let next = skipped + i64::try_from(size).unwrap_or(i64::MAX);
    Page {
        items,
        next_cursor: more.then(|| next.to_string()),
    }
}

/// Rows to ask for: one more than a page, to know whether there is another.
pub(crate) fn asked(size: usize) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX).saturating_add(1)
}

fn not_ours() -> Error {
    Error::refused(
        ErrorCode::MalformedRequest,
        "This cursor is not one that the API gave out; leave it out to start at the top.",
    )
}
