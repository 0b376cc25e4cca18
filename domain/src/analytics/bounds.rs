//! The buckets in which latencies are counted.

/// Lower bounds in milliseconds of all buckets but the first, which begins at 0. `latency_bucket` in
/// `migrations/0024_analytics.sql` has the same.
pub(super) const BOUNDS: [i64; 19] = [
    50, 100, 150, 200, 300, 400, 500, 750, 1_000, 1_500, 2_000, 3_000, 4_000, 6_000, 8_000, 12_000, 20_000,
    30_000, 60_000,
];

/// Where a bucket begins and ends; the last one is taken to be as wide as what is below it.
pub(super) fn edges(bucket: usize) -> (i64, i64) {
    let last = BOUNDS[BOUNDS.len() - 1];
    let lower = bucket.checked_sub(1).and_then(|i| BOUNDS.get(i));
    let upper = BOUNDS.get(bucket).copied().unwrap_or(last * 2);
    (lower.copied().unwrap_or(0), upper)
}
