//! The built-in answerer: quotes the sentences that answer best, with citations. It needs no model, no key and no
//! network, and never says what no passage says.

mod compose;
mod score;
mod terms;
mod units;

use futures::{StreamExt, stream};

use super::{Piece, PieceStream};
use crate::kb::embed::Embedder;
use score::Scored;
use units::Kind;

/// As many sentences as are compared by meaning; this bounds a turn's computing.
const MAX_EMBEDDED: usize = 30;

/// What may be quoted.
#[derive(Debug, Clone, Copy)]
pub struct Passage<'a> {
    /// Markdown or plain text.
    pub text: &'a str,
    /// Headings above it, outermost first.
    pub heading_path: &'a [String],
}

/// The share of a unit's score that its meaning decides, where there is an embedder; its words decide the rest.
const MEANING: f32 = 0.5;

/// What a unit must score to be an answer.
const ENOUGH: f32 = 0.42;

/// What it must score by words alone.
const ENOUGH_WORDS: f32 = 0.5;

/// Quotes what answers `question` best, as Markdown in which `[n]` is the n-th passage, counted from 1. `None` if
/// nothing answers it. Without an embedder, or if it fails, only words are compared.
pub async fn answer(question: &str, passages: &[Passage<'_>], embedder: Option<&Embedder>) -> Option<String> {
    let units = passages
        .iter()
        .enumerate()
        .flat_map(|(at, passage)| units::cut(at, passage.text))
        .collect();
    let units = score::lexical(question, passages, units);
    let words: Vec<f32> = units.iter().map(|unit| unit.lexical).collect();
    let meaning = match embedder {
        Some(embedder) => by_meaning(question, passages, &units, embedder).await,
        None => None,
    };
    let (scores, enough) = match meaning {
        Some(scores) => (scores, ENOUGH),
        None => (words, ENOUGH_WORDS),
    };
    let is_answer = scores.iter().any(|score| *score >= enough);
    is_answer.then(|| compose::answer(&units, &scores))
}

/// An answer as a model would stream it: word by word, without delay.
pub fn stream(answer: &str) -> PieceStream {
    let words: Vec<String> = answer
        .split_inclusive(char::is_whitespace)
        .map(str::to_owned)
        .collect();
    stream::iter(words).map(|word| Ok(Piece::Text(word))).boxed()
}

/// Scores of words and meaning together; 0 for units that are not among the first by words.
async fn by_meaning(
    question: &str,
    passages: &[Passage<'_>],
    units: &[Scored],
    embedder: &Embedder,
) -> Option<Vec<f32>> {
    let mut first: Vec<usize> = (0..units.len())
        .filter(|at| units[*at].unit.kind != Kind::Code)
        .collect();
    // A stable sort: among equals, passages that were found first stay first.
    first.sort_by(|a, b| units[*b].lexical.total_cmp(&units[*a].lexical));
    first.truncate(MAX_EMBEDDED);
    let texts = first
        .iter()
        .map(|at| score::in_context(&units[*at].unit, &passages[units[*at].unit.passage]));
    let embedded = async {
        let question = embedder.embed_query(question).await?;
        Ok::<_, crate::Error>((question, embedder.embed_passages(texts.collect()).await?))
    };
    let (question, vectors) = embedded
        .await
        .inspect_err(|error| tracing::warn!(%error, "comparing words only"))
        .ok()?;
    let mut scores = vec![0.0; units.len()];
    for (at, vector) in first.into_iter().zip(vectors) {
        let cosine: f32 = question.iter().zip(&vector).map(|(a, b)| a * b).sum();
        scores[at] = MEANING * cosine.max(0.0) + (1.0 - MEANING) * units[at].lexical;
    }
    Some(scores)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn answered(question: &str, texts: &[&str]) -> Option<String> {
        let passages: Vec<Passage<'_>> = texts
            .iter()
            .map(|text| Passage {
                text,
                heading_path: &[],
            })
            .collect();
        answer(question, &passages, None).await
    }

    #[tokio::test]
    async fn the_sentence_that_answers_is_quoted_with_its_passage() {
        let passages = [
            "Surfboards are rented in Lagos. Bring a towel.",
            "Bicycles are repaired in Porto. The shop opens at nine.",
        ];
        let answer = answered("Where are bicycles repaired?", &passages).await;
        assert_eq!(answer.as_deref(), Some("Bicycles are repaired in Porto. [2]"));
        assert_eq!(answered("Who won the chess championship?", &passages).await, None);
    }

    #[tokio::test]
    async fn what_a_sentence_introduces_comes_with_it() {
        let list =
            "Tickets for adults cost:\n\n- nine euros on weekdays\n- twelve euros on Sundays\n\nCome early.";
        let answer = answered("What do tickets for adults cost?", &[list]).await;
        assert_eq!(
            answer.as_deref(),
            Some("Tickets for adults cost:\n\n- nine euros on weekdays\n- twelve euros on Sundays [1]")
        );
        let code = "Start the server with this command:\n\n```sh\nbotwright serve\n```\n\nIt listens.";
        let answer = answered("Which command starts the server?", &[code]).await;
        assert_eq!(
            answer.as_deref(),
            Some("Start the server with this command: [1]\n\n```\nbotwright serve\n```")
        );
    }
}
