//! Which questions mean the same: by their vectors, and by whether they share a word.
//!
//! The built-in model knows English best. What it knows less it finds all alike: two Russian questions about different things may
//! be as near as two English ones about the same. So questions must be very near ([`NEAR`]), unless they have a word that
//! counts in common; then less is enough ([`AKIN`]). Both were measured, see `domain/tests/gaps.rs`.

use retrieval::words::{self, Term};
use uuid::Uuid;

use crate::embeddings::Calibration;

/// From here on questions ask for the same, whatever their words: a cosine of the built-in model.
pub const NEAR: f32 = 0.78;
/// The same for questions that share a word that counts.
pub const AKIN: f32 = 0.6;
/// Questions of a group that others are compared with: the first ones, so that a group does not wander.
pub const COMPARED: usize = 4;

/// A question, what it means, and its words that count.
#[derive(Debug, Clone)]
pub struct Question {
    vector: Vec<f32>,
    gist: Vec<Term>,
}

impl Question {
    /// A question with its vector of unit length.
    pub fn new(text: &str, vector: Vec<f32>) -> Self {
        Self {
            vector,
            gist: words::gist(text),
        }
    }

    /// What it means.
    pub fn vector(&self) -> &[f32] {
        &self.vector
    }

    /// A hash of its words.
    pub fn key(&self) -> i64 {
        words::gist_key(&self.gist)
    }

    fn cosine(&self, other: &Self) -> f32 {
        self.vector.iter().zip(&other.vector).map(|(a, b)| a * b).sum()
    }

    fn shares_a_word(&self, other: &Self) -> bool {
        self.gist.iter().any(|term| other.gist.contains(term))
    }
}

/// A group as others are compared with it.
#[derive(Debug, Clone)]
pub struct Meaning {
    /// The group.
    pub group_id: Uuid,
    questions: Vec<Question>,
}

impl Meaning {
    /// A group with its first question.
    pub fn new(group_id: Uuid, question: Question) -> Self {
        Self {
            group_id,
            questions: vec![question],
        }
    }

    /// Takes a question in.
    pub fn add(&mut self, question: Question) {
        if self.questions.len() < COMPARED {
            self.questions.push(question);
        }
    }

    /// How near a question is on average, if that is near enough.
    fn nearness(&self, question: &Question, calibration: Calibration) -> Option<f32> {
        let sum: f32 = self.questions.iter().map(|known| known.cosine(question)).sum();
        let near = calibration.translate(sum / self.questions.len().max(1) as f32);
        let is_akin = || self.questions.iter().any(|known| known.shares_a_word(question));
        (near >= NEAR || near >= AKIN && is_akin()).then_some(near)
    }
}

/// The group that asks for what a question asks, if there is one: the nearest, the older one of two that are as near.
pub fn same<'a>(
    question: &Question,
    groups: impl Iterator<Item = &'a Meaning>,
    calibration: Calibration,
) -> Option<Uuid> {
    let mut best: Option<(f32, Uuid)> = None;
    for group in groups {
        let Some(near) = group.nearness(question, calibration) else {
            continue;
        };
        if best.is_none_or(|(best, id)| near > best || near == best && group.group_id < id) {
            best = Some((near, group.group_id));
        }
    }
    best.map(|(_, id)| id)
}
