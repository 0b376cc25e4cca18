//! When an edit is saved: shortly after typing pauses, and at most every few seconds.

/// Typing pauses for this long before a save, in milliseconds.
const PAUSE_MS: f64 = 800.0;
/// Saves begin at least this far apart, and nobody types for longer without one, in milliseconds.
const EVERY_MS: f64 = 5_000.0;
/// First and longest wait after a failed save, in milliseconds.
const RETRY_MS: (f64, f64) = (1_500.0, 30_000.0);

/// The times that decide, in milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pace {
    /// When the oldest unsaved edit was made.
    pub first_edit: f64,
    /// When the newest edit was made.
    pub last_edit: f64,
    /// When the last save began.
    pub last_save: f64,
}

impl Pace {
    /// When the next save is due.
    pub fn due(self) -> f64 {
        let paused = self.last_edit + PAUSE_MS;
        let overdue = self.first_edit + EVERY_MS;
        paused.min(overdue).max(self.last_save + EVERY_MS)
    }
}

/// How long to wait after `failures` failed saves in a row, in milliseconds.
pub fn retry_after(failures: u32) -> f64 {
    let (first, longest) = RETRY_MS;
    (first * f64::from(2_u32.saturating_pow(failures.saturating_sub(1)))).min(longest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_save_waits_for_a_pause_in_typing() {
        let pace = Pace {
            first_edit: 10_000.0,
            last_edit: 11_000.0,
            last_save: 0.0,
        };
        assert_eq!(pace.due(), 11_800.0);
    }

    #[test]
    fn somebody_who_never_pauses_is_saved_all_the_same() {
        let pace = Pace {
            first_edit: 10_000.0,
            last_edit: 14_900.0,
            last_save: 0.0,
        };
        assert_eq!(pace.due(), 15_000.0);
    }

    #[test]
    fn saves_are_never_closer_than_the_interval() {
        let pace = Pace {
            first_edit: 10_000.0,
            last_edit: 10_000.0,
            last_save: 9_000.0,
        };
        assert_eq!(pace.due(), 14_000.0);
    }

    #[test]
    fn retries_slow_down_to_a_limit() {
        assert_eq!(
            [1, 2, 3, 9, 4_000].map(retry_after),
            [1_500.0, 3_000.0, 6_000.0, 30_000.0, 30_000.0]
        );
    }
}
