//! Servers that are left alone for a while, since waiting for them costs a visitor time and brings nothing.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use uuid::Uuid;

/// Failures in a row after which a server is left alone.
const MAX_FAILURES: u32 = 3;
/// For how long. Then it is asked once, and left alone again unless it answers.
const REST: Duration = Duration::from_secs(30);

/// Which providers failed lately, as this process knows.
#[derive(Debug, Default)]
pub struct Breakers(Mutex<HashMap<Uuid, Failures>>);

#[derive(Debug)]
struct Failures {
    in_a_row: u32,
    last: Instant,
}

impl Breakers {
    /// How long a provider is still to be left alone; `None` if it may be asked. Where it may be asked again to see
    /// whether it is back, only one caller is told so.
    pub fn rest(&self, provider_id: Uuid, now: Instant) -> Option<Duration> {
        let mut providers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let failures = providers.get_mut(&provider_id)?;
        if failures.in_a_row < MAX_FAILURES {
            return None;
        }
        let rest = REST.saturating_sub(now.saturating_duration_since(failures.last));
        if rest.is_zero() {
            failures.last = now;
            return None;
        }
        Some(rest)
    }

    /// Notes whether a provider answered.
    pub fn note(&self, provider_id: Uuid, answered: bool, now: Instant) {
        let mut providers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if answered {
            providers.remove(&provider_id);
            return;
        }
        let failures = providers.entry(provider_id).or_insert(Failures {
            in_a_row: 0,
            last: now,
        });
        failures.in_a_row += 1;
        failures.last = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_fails_is_left_alone_and_tried_again_by_one() {
        let (breakers, id, other) = (Breakers::default(), Uuid::new_v4(), Uuid::new_v4());
        let begin = Instant::now();
        let after = |seconds| begin + Duration::from_secs(seconds);
        for second in 0..3 {
            assert_eq!(breakers.rest(id, after(second)), None);
            breakers.note(id, false, after(second));
        }
        assert_eq!(breakers.rest(id, after(12)), Some(Duration::from_secs(20)));
        assert_eq!(breakers.rest(other, after(12)), None);

        // It is still away, and another rest begins.
        assert_eq!(breakers.rest(id, after(32)), None);
        assert_eq!(breakers.rest(id, after(32)), Some(REST), "one is enough to see");
        breakers.note(id, false, after(35));
        assert_eq!(breakers.rest(id, after(64)), Some(Duration::from_secs(1)));

        // It is back.
        assert_eq!(breakers.rest(id, after(65)), None);
        breakers.note(id, true, after(66));
        for _ in 0..2 {
            assert_eq!(breakers.rest(id, after(66)), None);
            breakers.note(id, false, after(66));
        }
        assert_eq!(breakers.rest(id, after(66)), None, "only failures in a row count");
    }
}
