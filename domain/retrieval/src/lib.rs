//! The arithmetic of search: the embedding model, exact nearest neighbours, BM25, closeness of words and score
//! fusion.
//!
//! Pure computation: nothing here knows of tenants, tables or networks. It is a crate of its own so that it can be
//! optimised in development builds, where the rest of the product is not.

pub mod closeness;
pub mod dense;
pub mod fusion;
pub mod lexical;
pub mod minilm;
pub mod words;

/// The rows with the `limit` highest scores above zero, best first; equal ones in their order.
pub fn best(scores: &[f32], limit: usize) -> Vec<usize> {
    if limit == 0 {
        return Vec::new();
    }
    let order = |a: &usize, b: &usize| scores[*b].total_cmp(&scores[*a]).then(a.cmp(b));
    let mut rows: Vec<usize> = (0..scores.len()).filter(|row| scores[*row] > 0.0).collect();
    if rows.len() > limit {
        rows.select_nth_unstable_by(limit - 1, order);
        rows.truncate(limit);
    }
    rows.sort_unstable_by(order);
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn best_are_the_highest_above_zero_in_order() {
        let scores = [0.5, 0.0, 2.0, -1.0, 0.5, 1.0];
        assert_eq!(best(&scores, 10), [2, 5, 0, 4]);
        assert_eq!(best(&scores, 3), [2, 5, 0]);
        assert_eq!(best(&scores, 0), [0; 0]);
        assert_eq!(best(&[], 3), [0; 0]);
    }
}
