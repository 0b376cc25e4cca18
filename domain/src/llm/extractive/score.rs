//! How well a unit answers the question.

use std::collections::{BTreeMap, BTreeSet};

use super::Passage;
use super::terms::{Language, likeness};
use super::units::{Kind, Unit};

// Chosen on 975 questions of SQuAD v1.1 (dev), six BM25 passages each.

/// What a word in the headings above a unit counts beside one in the unit itself.
const HEADING_WEIGHT: f32 = 0.6;

/// What a word in the sentence before counts: "it" and "they" stand for it.
const CONTEXT_WEIGHT: f32 = 0.4;

/// What a stop word of the question counts: "first" and "work" are such, and may be what matters.
const STOP_WORD_WEIGHT: f32 = 0.2;

/// What each place that a passage ranks lower in the search costs.
const RANK_COST: f32 = 0.04;

/// A unit with fewer words is a fragment more often than an answer.
const SHORT: usize = 4;

/// What is left of a fragment's score.
const FRAGMENT: f32 = 0.8;

/// The different terms of a text.
pub(super) type Terms = BTreeSet<String>;

/// A unit and its score.
#[derive(Debug, Clone)]
pub(super) struct Scored {
    pub(super) unit: Unit,
    /// Its terms, for finding near-duplicates.
    pub(super) terms: Terms,
    /// The share of the question's words that it has, rare words counting more; 0 to 1.
    pub(super) lexical: f32,
}

/// Scores all units by their words, in reading order.
pub(super) fn lexical(question: &str, passages: &[Passage<'_>], units: Vec<Unit>) -> Vec<Scored> {
    let language = language(question, passages);
    let texts: Vec<Terms> = units.iter().map(|unit| all_terms(language, &unit.text)).collect();
    let headings: Vec<Terms> = units
        .iter()
        .map(|unit| all_terms(language, &headings(unit, &passages[unit.passage])))
        .collect();
    let mut scores = vec![0.0; units.len()];
    let mut total = 0.0;
    for (term, weight) in wanted(language, question) {
        let own: Vec<f32> = texts.iter().map(|text| best(&term, text)).collect();
        let weight = weight * rarity(&own);
        total += weight;
        for (at, score) in scores.iter_mut().enumerate() {
            let before = at
                .checked_sub(1)
                .filter(|before| units[*before].is_beside(&units[at]));
            let before = before.map_or(0.0, |before| CONTEXT_WEIGHT * own[before]);
            let above = HEADING_WEIGHT * best(&term, &headings[at]);
            *score += weight * own[at].max(before).max(above);
        }
    }
    let scored = units
        .into_iter()
        .zip(texts)
        .zip(scores)
        .map(|((unit, terms), score)| {
            let is_fragment = unit.text.is_ascii() && unit.text.split_whitespace().count() < SHORT;
            let rank = 1.0 - RANK_COST * unit.passage.min(20) as f32;
            let score = if unit.kind == Kind::Code { 0.0 } else { score };
            let lexical = score / total.max(f32::EPSILON) * rank * if is_fragment { FRAGMENT } else { 1.0 };
            Scored { unit, terms, lexical }
        });
    scored.collect()
}

/// The unit with the headings that give it its meaning, as the embedder should read it.
pub(super) fn in_context(unit: &Unit, passage: &Passage<'_>) -> String {
    let heading = if unit.heading.is_empty() {
        passage.heading_path.last()
    } else {
        Some(&unit.heading)
    };
    match heading {
        Some(heading) => format!("{heading}: {}", unit.text),
        None => unit.text.clone(),
    }
}

fn language(question: &str, passages: &[Passage<'_>]) -> &'static Language {
    let texts: Vec<&str> = passages
        .iter()
        .map(|passage| passage.text)
        .chain([question])
        .collect();
    Language::of(&texts.join(" "))
}

/// The question's terms and what each counts.
fn wanted(language: &Language, question: &str) -> BTreeMap<String, f32> {
    let (terms, stop_words) = language.terms(question);
    let stop_words = stop_words.into_iter().map(|term| (term, STOP_WORD_WEIGHT));
    stop_words
        .chain(terms.into_iter().map(|term| (term, 1.0)))
        .collect()
}

fn all_terms(language: &Language, text: &str) -> Terms {
    let (terms, stop_words) = language.terms(text);
    terms.into_iter().chain(stop_words).collect()
}

fn headings(unit: &Unit, passage: &Passage<'_>) -> String {
    format!("{} {}", passage.heading_path.join(" "), unit.heading)
}

fn best(term: &str, among: &Terms) -> f32 {
    if among.contains(term) {
        return 1.0;
    }
    among
        .iter()
        .map(|other| likeness(term, other))
        .fold(0.0, f32::max)
}

/// Inverse document frequency over the units, after BM25.
fn rarity(matches: &[f32]) -> f32 {
    let all = matches.len() as f32;
    let with = matches.iter().filter(|found| **found > 0.0).count() as f32;
    (1.0 + (all - with + 0.5) / (with + 0.5)).ln()
}
