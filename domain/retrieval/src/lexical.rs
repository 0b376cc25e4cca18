//! BM25: over postings in memory, and as weights for an index that keeps them elsewhere.
//!
//! Robertson and Zaragoza, The Probabilistic Relevance Framework: BM25 and Beyond (2009), with the inverse document
//! frequency `ln(1 + (N - n + ½) / (n + ½))` of Lucene and Qdrant, which is never negative.

use std::collections::BTreeMap;

use crate::words::{Language, Query, Term, terms};

/// How soon more of the same word stops to matter. Less than the usual 1.2: chunks are short, and measured on both
/// sets of `cargo xtask bench retrieval`, what a passage says once it is about.
const K1: f32 = 0.6;
/// How much long passages are held back.
const B: f32 = 0.75;
/// What passages are taken to be long on average: words that count in a chunk of 200 tokens, more or less. Their true
/// average would need to be known when one passage is weighed, and change the weights of all others with each that is
/// added; with a constant, whoever keeps the weights elsewhere finds the same as the index in memory.
const TYPICAL_LENGTH: f32 = 80.0;

/// How often each word occurs.
fn frequencies(terms: &[Term]) -> BTreeMap<Term, u16> {
    let mut frequencies = BTreeMap::new();
    for term in terms {
        let count: &mut u16 = frequencies.entry(*term).or_default();
        *count = count.saturating_add(1);
    }
    frequencies
}

/// How much `frequency` occurrences of a word say about a passage of `length` words.
fn weight(frequency: u16, length: usize) -> f32 {
    let frequency = f32::from(frequency);
    frequency * (K1 + 1.0) / (frequency + K1 * (1.0 - B + B * length as f32 / TYPICAL_LENGTH))
}

fn inverse_document_frequency(documents: usize, containing: usize) -> f32 {
    let (documents, containing) = (documents as f32, containing as f32);
    (1.0 + (documents - containing + 0.5) / (containing + 0.5)).ln()
}

/// What a passage's words weigh where the index that keeps them multiplies by the inverse document frequency itself. A
/// question there is [`Query::terms`].
pub fn passage_weights(passage: &str, language: Language) -> Vec<(Term, f32)> {
    let terms = terms(passage, language);
    let weigh = |(term, frequency)| (term, weight(frequency, terms.len()));
    frequencies(&terms).into_iter().map(weigh).collect()
}

/// The words of some passages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Index {
    /// Length of each passage in words.
    lengths: Vec<u32>,
    /// By word, then row.
    postings: Vec<Posting>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Posting {
    term: Term,
    row: u32,
    frequency: u16,
}

impl Index {
    /// Indexes passages, each with its language; their places are their rows.
    pub fn new<'a>(passages: impl IntoIterator<Item = (&'a str, Language)>) -> Self {
        let mut index = Self::default();
        for ((passage, language), row) in passages.into_iter().zip(0..) {
            let terms = terms(passage, language);
            index.lengths.push(u32::try_from(terms.len()).unwrap_or(u32::MAX));
            let postings = frequencies(&terms).into_iter();
            index
                .postings
                .extend(postings.map(|(term, frequency)| Posting { term, row, frequency }));
        }
        index.postings.sort_unstable();
        index.postings.shrink_to_fit();
        index
    }

    /// Bytes of memory.
    pub fn size(&self) -> usize {
        self.lengths.len() * size_of::<u32>() + self.postings.len() * size_of::<Posting>()
    }

    fn postings(&self, term: Term) -> &[Posting] {
        let start = self.postings.partition_point(|p| p.term < term);
        let len = self.postings[start..].partition_point(|p| p.term == term);
        &self.postings[start..start + len]
    }
}

/// The BM25 score of every passage of all `indexes`, in order, as if they were one index. It is 0 without a word of
/// the query, and above 0 otherwise.
pub fn scores(indexes: &[&Index], query: &Query) -> Vec<f32> {
    let documents: usize = indexes.iter().map(|i| i.lengths.len()).sum();

    let mut scores = vec![0.0; documents];
    for term in query.terms() {
        let postings: Vec<&[Posting]> = indexes.iter().map(|i| i.postings(term)).collect();
        let containing = postings.iter().map(|p| p.len()).sum();
        let rarity = inverse_document_frequency(documents, containing);
        let mut first_row = 0;
        for (index, postings) in indexes.iter().zip(postings) {
            for posting in postings {
                let length = index.lengths[posting.row as usize] as usize;
                scores[first_row + posting.row as usize] += rarity * weight(posting.frequency, length);
            }
            first_row += index.lengths.len();
        }
    }
    scores
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Languages;

    const PASSAGES: [&str; 4] = [
        "The password can be changed in the settings.",
        "Invoices are sent on the first of the month.",
        "Passwords expire; a password must be changed once a year, and no password may be used twice.",
        "Résumés in São Paulo",
    ];

    fn index(passages: &[&str]) -> Index {
        Index::new(passages.iter().map(|passage| (*passage, Language::default())))
    }

    fn query(text: &str) -> Query {
        Query::new(text, Languages::default())
    }

    fn rows(index: &Index, text: &str) -> Vec<usize> {
        crate::best(&scores(&[index], &query(text)), 10)
    }

    #[test]
    fn finds_stems_and_folded_letters_and_nothing_else() {
        let index = index(&PASSAGES);
        assert_eq!(rows(&index, "invoicing"), [1]);
        assert_eq!(rows(&index, "resume sao"), [3]);
        assert_eq!(rows(&index, "changed passwords"), [2, 0]);
        assert_eq!(rows(&index, "the of a"), [0; 0]);
        assert_eq!(rows(&index, "zebra"), [0; 0]);
        assert_eq!(scores(&[], &query("zebra")), [0.0; 0]);
    }

    #[test]
    fn scores_are_those_of_the_formula() {
        let index = index(&["apple pear", "apple apple apple plum", "plum cherry grape"]);
        // N = 3, n = 2; lengths 2, 4, 3 of 80.
        let idf = (1.0f32 + 1.5 / 2.5).ln();
        let expected = [
            idf * 1.6 / (1.0 + 0.6 * (0.25 + 0.75 * 2.0 / 80.0)),
            idf * 4.8 / (3.0 + 0.6 * (0.25 + 0.75 * 4.0 / 80.0)),
            0.0,
        ];
        for (score, expected) in scores(&[&index], &query("apple")).into_iter().zip(expected) {
            assert!((score - expected).abs() < 1e-6, "{score} {expected}");
        }
    }

    #[test]
    fn several_indexes_score_like_one() {
        let whole = index(&PASSAGES);
        let parts = (
            index(&PASSAGES[..1]),
            index(&PASSAGES[1..3]),
            index(&PASSAGES[3..]),
        );
        for query in ["password changed", "month", "settings of Paulo"].map(query) {
            let expected = scores(&[&whole], &query);
            assert!(expected.iter().any(|score| *score > 0.0));
            assert_eq!(scores(&[&parts.0, &parts.1, &parts.2], &query), expected);
        }
    }

    #[test]
    fn stored_weights_are_those_of_the_index_but_for_rarity() {
        let index = index(&PASSAGES);
        for word in ["password", "changed", "invoices"] {
            let term = query(word).terms()[0];
            let containing = index.postings(term).len();
            let rarity = inverse_document_frequency(PASSAGES.len(), containing);
            for (passage, score) in PASSAGES.iter().zip(scores(&[&index], &query(word))) {
                let weights = passage_weights(passage, Language::default());
                let weight = weights.iter().find(|(stored, _)| *stored == term);
                let weight = weight.map_or(0.0, |(_, weight)| *weight);
                assert_eq!(rarity * weight, score, "{word} in {passage}");
            }
        }
    }
}
