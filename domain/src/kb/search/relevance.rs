//! Is anything that was found worth answering from?
//!
//! A cosine alone does not say: 0.4 is near for one question and far for another. What is asked for here is how sure
//! one can be, learned from questions with and without an answer; `docs/RETRIEVAL.md` has the data and the figures.

use super::Hit;

/// The best hits; a passage further down does not make a question answerable.
pub(super) const LOOKED_AT: usize = 3;

/// Sure enough to quote from. A model that may still say that it does not know is given passages earlier, see
/// [`ENOUGH_FOR_A_MODEL`].
const ENOUGH: f32 = 0.6;

/// Sure enough to let a model read the passages and decide.
pub const ENOUGH_FOR_A_MODEL: f32 = 0.3;

/// Logistic regression: constant, weight of the best cosine, weight of the best share of covered words.
const BOTH: [f32; 3] = [-2.2, 5.9, 2.8];
/// The same where only words were compared.
const WORDS: [f32; 2] = [-6.9, 19.7];

/// Whether a question of this relevance is answered.
pub(super) fn is_relevant(relevance: f32) -> bool {
    relevance >= ENOUGH
}

/// How sure it is that one of the best hits, at most [`LOOKED_AT`], answers the question, 0 to 1.
pub(super) fn of(best: &[&Hit], degraded: bool) -> f32 {
    if best.is_empty() {
        return 0.0;
    }
    let covered = best.iter().map(|hit| hit.covered).fold(0.0, f32::max);
    if degraded {
        return logistic(WORDS[0] + WORDS[1] * covered);
    }
    let cosine = best.iter().filter_map(|hit| hit.cosine).fold(0.0, f32::max);
    logistic(BOTH[0] + BOTH[1] * cosine + BOTH[2] * covered)
}

fn logistic(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}
