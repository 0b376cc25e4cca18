//! What a model calls near.
//!
//! 0.5 is near for one model and far for another, so a cosine alone says nothing. Before a model is used, it embeds
//! forty questions with their answers. The cosines between a question and the answers to all others are noise; how far
//! above that noise another cosine is, in standard deviations, can be compared between models. That is how cosines are
//! translated into those of the built-in model, which order and relevance were measured with.

use api_types::ErrorCode;
use serde::Deserialize;

use crate::llm::embed::EmbeddingClient;
use crate::{Error, Result};

/// Questions, each with the passage that answers it.
const PAIRS: &str = include_str!("calibration.json");

/// How many standard deviations above the noise the answers to the questions are on average, at least; a model below
/// can't tell them.
const LEAST_DISTANCE: f32 = 1.0;

/// The noise of a model: cosines between texts that have nothing to do with one another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Calibration {
    /// Their mean.
    pub unrelated: f32,
    /// Their standard deviation.
    pub spread: f32,
}

#[derive(Deserialize)]
struct Pair {
    question: String,
    passage: String,
}

impl Calibration {
    /// That of the built-in model; a test measures it.
    pub const BUILT_IN: Self = Self {
        unrelated: 0.0722,
        spread: 0.0843,
    };

    /// A cosine of this model as the built-in one would have it, about.
    pub fn translate(&self, cosine: f32) -> f32 {
        if *self == Self::BUILT_IN {
            return cosine;
        }
        let above = (cosine - self.unrelated) / self.spread;
        (Self::BUILT_IN.unrelated + above * Self::BUILT_IN.spread).clamp(-1.0, 1.0)
    }

    /// Measures a model. Refused if it can't tell what belongs together.
    pub(super) async fn measure(client: &EmbeddingClient) -> Result<Self> {
        let pairs: Vec<Pair> = serde_json::from_str(PAIRS)?;
        let (questions, passages): (Vec<String>, Vec<String>) = pairs
            .into_iter()
            .map(|pair| (pair.question, pair.passage))
            .unzip();
        let questions = client.embed_questions(&questions).await?;
        let passages = client.embed_passages(&passages).await?;
        let measured = Self::of(&questions, &passages);
        let related: Vec<f32> = questions
            .iter()
            .zip(&passages)
            .map(|(a, b)| cosine(a, b))
            .collect();
        let above = (mean(&related) - measured.unrelated) / measured.spread;
        if !above.is_finite() || above < LEAST_DISTANCE {
            let detail =
                "This model does not tell an answer from any other text; it can't be used for search.";
            return Err(Error::refused(ErrorCode::ProviderProtocol, detail));
        }
        Ok(measured)
    }

    /// Of the vectors of questions and, in the same order, of their passages.
    pub fn of(questions: &[Vec<f32>], passages: &[Vec<f32>]) -> Self {
        let mut unrelated = Vec::new();
        for (i, question) in questions.iter().enumerate() {
            let others = passages.iter().enumerate().filter(|(j, _)| i != *j);
            unrelated.extend(others.map(|(_, passage)| cosine(question, passage)));
        }
        let mean_of_all = mean(&unrelated);
        let squares: Vec<f32> = unrelated.iter().map(|x| (x - mean_of_all).powi(2)).collect();
        Self {
            unrelated: mean_of_all,
            spread: mean(&squares).sqrt(),
        }
    }
}

/// Of vectors of unit length.
fn cosine(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn mean(values: &[f32]) -> f32 {
    values.iter().sum::<f32>() / values.len().max(1) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_above_the_noise_of_another_model_is_so_here() {
        let narrow = Calibration {
            unrelated: 0.7,
            spread: 0.02,
        };
        let Calibration { unrelated, spread } = Calibration::BUILT_IN;
        assert!((narrow.translate(0.7) - unrelated).abs() < 1e-6);
        assert!((narrow.translate(0.76) - (unrelated + 3.0 * spread)).abs() < 1e-5);
        assert_eq!(narrow.translate(5.0), 1.0);
        assert_eq!(Calibration::BUILT_IN.translate(0.3), 0.3);
    }

    #[test]
    fn noise_is_between_questions_and_the_answers_to_others() {
        let questions = [vec![1.0, 0.0], vec![0.0, 1.0]];
        let passages = [vec![1.0, 0.0], vec![0.6, 0.8]];
        let measured = Calibration::of(&questions, &passages);
        assert!((measured.unrelated - 0.3).abs() < 1e-6 && (measured.spread - 0.3).abs() < 1e-6);
    }
}
