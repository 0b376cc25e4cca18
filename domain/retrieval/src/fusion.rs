//! One ranking from several.

use std::collections::HashMap;
use std::hash::Hash;

/// Distribution-based score fusion: each list is mapped so that its mean ± 3 standard deviations become 0 and 1, and
/// what an item gets from the lists is added up, each list by its weight. Best first; equal scores keep the order of
/// the lists.
///
/// Mazzeschi, Distribution-Based Score Fusion (2023), in the form Qdrant gave it: the sample's standard deviation,
/// and ½ for all where the scores don't differ.
pub fn distribution_based<T: Eq + Hash + Copy>(lists: &[(&[(T, f32)], f32)]) -> Vec<(T, f32)> {
    sum(lists.iter().map(|(list, weight)| {
        let normalise = normaliser(list);
        list.iter()
            .map(move |(item, score)| (*item, weight * normalise(*score)))
    }))
}

/// Reciprocal rank fusion: an item gets `1 / (k + rank)` from each list, with ranks from 1. Best first.
///
/// Cormack, Clarke and Büttcher, Reciprocal Rank Fusion outperforms Condorcet (2009).
pub fn reciprocal_rank<T: Eq + Hash + Copy>(lists: &[&[(T, f32)]], k: f32) -> Vec<(T, f32)> {
    sum(lists.iter().map(|list| {
        list.iter()
            .enumerate()
            .map(move |(place, (item, _))| (*item, 1.0 / (k + place as f32 + 1.0)))
    }))
}

fn normaliser<T>(list: &[(T, f32)]) -> impl Fn(f32) -> f32 + use<T> {
    let count = list.len() as f32;
    let mean = list.iter().map(|(_, score)| score).sum::<f32>() / count;
    let squares: f32 = list.iter().map(|(_, score)| (score - mean).powi(2)).sum();
    // NaN for fewer than two scores.
    let deviation = (squares / (count - 1.0)).sqrt();
    let differs = deviation > f32::EPSILON;
    move |score| {
        if differs {
            0.5 + (score - mean) / (6.0 * deviation)
        } else {
            0.5
        }
    }
}

fn sum<T: Eq + Hash + Copy>(lists: impl Iterator<Item = impl Iterator<Item = (T, f32)>>) -> Vec<(T, f32)> {
    let mut places = HashMap::new();
    let mut fused: Vec<(T, f32)> = Vec::new();
    for (item, score) in lists.flatten() {
        let place = *places.entry(item).or_insert(fused.len());
        match fused.get_mut(place) {
            Some((_, sum)) => *sum += score,
            None => fused.push((item, score)),
        }
    }
    fused.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    fused
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distribution_based_follows_the_formula() {
        // Mean 2, deviation 1; mean 0.5, deviation √0.02 = 0.1414.
        let fused = distribution_based(&[
            (&[('a', 3.0), ('b', 2.0), ('c', 1.0)], 1.0),
            (&[('b', 0.6), ('d', 0.4)], 1.0),
        ]);
        let names: Vec<char> = fused.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ['b', 'a', 'd', 'c']);
        assert!((fused[0].1 - (0.5 + 0.5 + 0.1 / (6.0 * 0.02f32.sqrt()))).abs() < 1e-6);
        assert!((fused[1].1 - (0.5 + 1.0 / 6.0)).abs() < 1e-6);
    }

    #[test]
    fn short_and_flat_lists_count_half() {
        let fused = distribution_based(&[(&[('a', 7.0)], 1.0), (&[('b', 1.0), ('a', 1.0)], 2.0), (&[], 1.0)]);
        assert_eq!(fused, [('a', 1.5), ('b', 1.0)]);
    }

    #[test]
    fn reciprocal_rank_follows_the_formula() {
        let fused = reciprocal_rank(&[&[('a', 9.0), ('b', 8.0)], &[('b', 0.1)]], 60.0);
        assert_eq!(fused[0].0, 'b');
        assert!((fused[0].1 - (1.0 / 61.0 + 1.0 / 62.0)).abs() < 1e-6);
    }
}
