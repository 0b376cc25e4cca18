//! How near together a passage has the words of a question.
//!
//! BM25 looks at words one by one, wherever they stand. A passage that has them in one sentence, side by side, answers
//! more often than one that has them here and there; that is worth two points of recall at 1 (`docs/RETRIEVAL.md`).

use std::collections::HashSet;

use unicode_segmentation::UnicodeSegmentation;

use crate::words::{Language, Query, Term, terms};

/// The words of a passage, sentence by sentence.
#[derive(Debug, Clone, Default)]
pub struct Sentences {
    headings: Vec<Term>,
    sentences: Vec<Vec<Term>>,
}

/// What a passage has of a question, as shares of the question's words; rare words count more.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Closeness {
    /// In the best sentence, plus in the best two neighbouring sentences, plus in words that stand side by side as
    /// they do in the question. 0 to about 3.
    pub score: f32,
    /// Anywhere in it, 0 to 1.
    pub covered: f32,
}

impl Sentences {
    /// Cuts Markdown into sentences, list items and table rows. `headings` are what the text stands under; they count
    /// in every sentence.
    pub fn new(headings: &str, text: &str, language: Language) -> Self {
        let sentences = text.lines().flat_map(str::unicode_sentences);
        Self {
            headings: terms(headings, language),
            sentences: sentences
                .map(|sentence| terms(sentence, language))
                .filter(|terms| !terms.is_empty())
                .collect(),
        }
    }

    /// Bytes of memory, more or less.
    pub fn size(&self) -> usize {
        let terms = self
            .all()
            .map(|terms| size_of::<Vec<Term>>() + size_of_val(terms.as_slice()));
        terms.sum()
    }

    fn all(&self) -> impl Iterator<Item = &Vec<Term>> {
        std::iter::once(&self.headings).chain(&self.sentences)
    }
}

/// The closeness of each passage. A word is rare if few of the passages have it: they are the best found for this
/// question, so what sets them apart is what matters.
pub fn closeness(query: &Query, passages: &[&Sentences]) -> Vec<Closeness> {
    let words = query.words();
    if words.is_empty() {
        return vec![Closeness::default(); passages.len()];
    }
    let found: Vec<Found> = passages
        .iter()
        .map(|passage| Found::new(words, passage))
        .collect();
    let weights: Vec<f32> = (0..words.len())
        .map(|word| rarity(passages.len(), found.iter().filter(|f| f.anywhere[word]).count()))
        .collect();
    found.iter().map(|found| found.closeness(&weights)).collect()
}

/// 1 for a word that all passages have, more for rarer ones.
fn rarity(passages: usize, having: usize) -> f32 {
    let (passages, having) = (passages as f32, having as f32);
    1.0 + (1.0 + (passages - having + 0.5) / (having + 0.5)).ln()
}

/// Which of the words a passage has, and where.
struct Found {
    anywhere: Vec<bool>,
    sentences: Vec<Vec<bool>>,
    /// Whether each word stands beside the next one of the question.
    beside_next: Vec<bool>,
}

impl Found {
    fn new(words: &[Vec<Term>], passage: &Sentences) -> Self {
        let headings = having(words, &passage.headings);
        let sentences: Vec<Vec<bool>> = passage
            .sentences
            .iter()
            .map(|sentence| either(&having(words, sentence), &headings))
            .collect();
        let anywhere = sentences
            .iter()
            .fold(headings, |all, sentence| either(&all, sentence));
        let pairs: HashSet<(Term, Term)> = passage
            .all()
            .flat_map(|sentence| sentence.iter().copied().zip(sentence.iter().copied().skip(1)))
            .collect();
        let beside = |pair: &[Vec<Term>]| match pair {
            [first, second] => first
                .iter()
                .any(|a| second.iter().any(|b| pairs.contains(&(*a, *b)))),
            _ => false,
        };
        Self {
            anywhere,
            sentences,
            beside_next: words.windows(2).map(beside).collect(),
        }
    }

    fn closeness(&self, weights: &[f32]) -> Closeness {
        let total: f32 = weights.iter().sum();
        let weigh = |has: &[bool]| {
            let weights = weights.iter().zip(has).filter(|(_, has)| **has);
            weights.map(|(weight, _)| weight).sum::<f32>()
        };
        let best = self.sentences.iter().map(|s| weigh(s)).fold(0.0, f32::max);
        let best_two = self
            .sentences
            .windows(2)
            .map(|two| weigh(&either(&two[0], &two[1])))
            .fold(best, f32::max);
        let pairs: f32 = weights
            .windows(2)
            .zip(&self.beside_next)
            .filter(|(_, beside)| **beside)
            .map(|(pair, _)| f32::midpoint(pair[0], pair[1]))
            .sum();
        Closeness {
            score: (best + best_two + pairs) / total,
            covered: weigh(&self.anywhere) / total,
        }
    }
}

fn having(words: &[Vec<Term>], terms: &[Term]) -> Vec<bool> {
    words
        .iter()
        .map(|stems| stems.iter().any(|stem| terms.contains(stem)))
        .collect()
}

fn either(a: &[bool], b: &[bool]) -> Vec<bool> {
    a.iter().zip(b).map(|(a, b)| *a || *b).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Languages;

    fn scores(question: &str, passages: &[(&str, &str)]) -> Vec<Closeness> {
        let passages: Vec<Sentences> = passages
            .iter()
            .map(|(headings, text)| Sentences::new(headings, text, Language::default()))
            .collect();
        let passages: Vec<&Sentences> = passages.iter().collect();
        closeness(&Query::new(question, Languages::default()), &passages)
    }

    #[test]
    fn words_in_one_sentence_beat_words_here_and_there() {
        let [apart, near, together] = scores(
            "reset forgotten password",
            &[
                (
                    "",
                    "Passwords expire. Invoices are monthly. Reset the device. Nothing is forgotten.",
                ),
                (
                    "",
                    "Forgotten something? The password is in the safe; reset it there.",
                ),
                ("", "Reset a forgotten password in the settings."),
            ],
        )[..] else {
            panic!("three")
        };
        assert!(apart.score < near.score && near.score < together.score);
        assert!((apart.covered - 1.0).abs() < 1e-6 && (together.covered - 1.0).abs() < 1e-6);
        assert!((together.score - 3.0).abs() < 0.7, "{together:?}");
    }

    #[test]
    fn headings_count_in_every_sentence_and_rows_are_sentences() {
        let [under, row] = scores(
            "refund fee",
            &[
                ("Refunds", "| Fee | 3 |\n| Time | 2 days |"),
                ("Prices", "| Fee | 3 |\n| Refund | 0 |"),
            ],
        )[..] else {
            panic!("two")
        };
        assert!(under.score > row.score);
    }

    #[test]
    fn rare_words_count_more() {
        let [common, rare] = scores(
            "kettle warranty",
            &[("", "A kettle."), ("", "The warranty of a toaster.")],
        )[..] else {
            panic!("two")
        };
        assert!((common.score - rare.score).abs() < 1e-6, "one passage each");
        let [common, _, rare] = scores(
            "kettle warranty",
            &[
                ("", "A kettle."),
                ("", "Another kettle."),
                ("", "The warranty of a toaster."),
            ],
        )[..] else {
            panic!("three")
        };
        assert!(common.score < rare.score);
    }

    #[test]
    fn nothing_asked_is_close_to_nothing() {
        assert_eq!(scores("is it", &[("It", "is")]), [Closeness::default()]);
        assert_eq!(scores("password", &[("", "")])[0].score, 0.0);
    }
}
