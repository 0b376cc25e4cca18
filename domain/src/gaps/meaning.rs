//! Which questions mean the same, by their vectors.

use uuid::Uuid;

use crate::embeddings::Calibration;

/// How near a question must be to those of a group, on average, to ask for the same: a cosine of the built-in model. Measured
/// with `domain/tests/fixtures/gaps/paraphrases.json`, see `domain/tests/gaps.rs`.
pub const NEAR: f32 = 0.72;
/// Questions of a group that others are compared with: the first ones, so that a group does not wander.
pub const COMPARED: usize = 4;

/// A group as others are compared with it.
#[derive(Debug, Clone)]
pub struct Meaning {
    /// The group.
    pub group_id: Uuid,
    vectors: Vec<Vec<f32>>,
}

impl Meaning {
    /// A group with its first questions.
    pub fn new(group_id: Uuid, vectors: Vec<Vec<f32>>) -> Self {
        Self { group_id, vectors }
    }

    /// Takes a question in.
    pub fn add(&mut self, vector: Vec<f32>) {
        if self.vectors.len() < COMPARED {
            self.vectors.push(vector);
        }
    }

    /// The mean of its cosines.
    fn nearness(&self, vector: &[f32]) -> f32 {
        let sum: f32 = self.vectors.iter().map(|known| cosine(known, vector)).sum();
        sum / self.vectors.len().max(1) as f32
    }
}

/// The group that asks for what a question asks, if there is one: the nearest, the older one of two that are as near.
pub fn same<'a>(
    vector: &[f32],
    groups: impl Iterator<Item = &'a Meaning>,
    calibration: Calibration,
) -> Option<Uuid> {
    let mut best: Option<(f32, Uuid)> = None;
    for group in groups {
        let near = calibration.translate(group.nearness(vector));
        let is_better = best.is_none_or(|(best, id)| near > best || near == best && group.group_id < id);
        if near >= NEAR && is_better {
            best = Some((near, group.group_id));
        }
    }
    best.map(|(_, id)| id)
}

/// Of vectors of unit length.
fn cosine(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
