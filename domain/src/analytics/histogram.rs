//! Percentiles of what was counted in buckets.

use api_types::analytics::Percentiles;

use super::bounds::{BOUNDS, edges};

/// How many were in each bucket.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Histogram([i64; BOUNDS.len() + 1]);

impl Histogram {
    /// Counts `number` more in a bucket.
    pub(super) fn add(&mut self, bucket: usize, number: i64) {
        if let Some(count) = self.0.get_mut(bucket) {
            *count += number;
        }
    }

    /// `None` where nothing was counted.
    pub(super) fn percentiles(&self) -> Option<Percentiles> {
        Some(Percentiles {
            p50: self.percentile(50)?,
            p95: self.percentile(95)?,
        })
    }

    /// Within a bucket, all are taken to be spread evenly.
    fn percentile(&self, percent: i64) -> Option<i64> {
        let total: i64 = self.0.iter().sum();
        let wanted = ((total * percent + 99) / 100).max(1);
        let mut below = 0;
        for (bucket, count) in self.0.iter().enumerate() {
            if below + count >= wanted {
                let (lower, upper) = edges(bucket);
                return Some(lower + (upper - lower) * (wanted - below) / count);
            }
            below += count;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_lie_in_the_bucket_that_holds_them() {
        assert_eq!(Histogram::default().percentiles(), None);
        let mut histogram = Histogram::default();
        // 90 between 200 and 300, 10 between 2,000 and 3,000.
        histogram.add(4, 90);
        histogram.add(11, 10);
        let found = histogram.percentiles();
        assert_eq!(found, Some(Percentiles { p50: 255, p95: 2_500 }));
        let mut one = Histogram::default();
        one.add(0, 1);
        assert_eq!(one.percentiles(), Some(Percentiles { p50: 50, p95: 50 }));
        let mut slow = Histogram::default();
        slow.add(BOUNDS.len(), 2);
        slow.add(99, 5);
        let found = slow.percentiles();
        assert_eq!(
            found,
            Some(Percentiles {
                p50: 90_000,
                p95: 120_000
            })
        );
    }
}
