//! How a request stands to its limits: kept beside the request until the answer says it in its headers.

use std::sync::{Arc, OnceLock};

use axum::http::{Extensions, HeaderMap, HeaderName, HeaderValue, header};
use domain::limits::{Standing, WINDOW_SECONDS};

use crate::problem::Problem;

/// The headers of draft-ietf-httpapi-ratelimit-headers-10.
pub const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
/// How much of it is left.
pub const LIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// An extension of every request, in which whoever counts it writes.
#[derive(Debug, Clone, Default)]
pub struct Slot(Arc<OnceLock<Standing>>);

/// Writes down how the request stands, and refuses one too many.
pub fn apply(extensions: &Extensions, standing: Option<Standing>) -> Result<(), Problem> {
    let Some(standing) = standing else { return Ok(()) };
    if let Some(Slot(slot)) = extensions.get() {
        // Counted twice, the first stays.
        let _ = slot.set(standing);
    }
    standing.refusal().map_or(Ok(()), |error| Err(Problem(error)))
}

impl Slot {
    /// Says it in the headers of the answer.
    pub fn tell(&self, headers: &mut HeaderMap) {
        let Some(standing) = self.0.get() else { return };
        let Standing {
            name,
            per_minute,
            remaining,
            reset_seconds,
            ..
        } = standing;
        let policy = format!(r#""{name}";q={per_minute};w={WINDOW_SECONDS}"#);
        let left = format!(r#""{name}";r={remaining};t={reset_seconds}"#);
        for (header, text) in [(POLICY, policy), (LIMIT, left)] {
            if let Ok(value) = HeaderValue::from_str(&text) {
                headers.insert(header, value);
            }
        }
    }
}

/// What pages of other origins may read of an answer.
pub fn exposed() -> [HeaderName; 3] {
    [POLICY, LIMIT, header::RETRY_AFTER]
}
