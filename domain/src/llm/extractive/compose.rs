//! From scored units to an answer.

use std::collections::BTreeSet;

use super::score::Scored;
use super::units::{Kind, Unit};

/// The longest answer, in characters.
const MAX_LENGTH: usize = 500;

/// The most units that are chosen by score.
const MAX_CHOSEN: usize = 3;

/// A further unit is quoted if it scores this share of the best one.
const CLOSE: f32 = 0.85;

/// Units that share this many of their terms say the same.
const DUPLICATE: f32 = 0.6;

/// Words that point back to the sentence before.
const POINTING_BACK: &[&str] = &[
    "it", "its", "they", "their", "he", "his", "she", "her", "this", "these", "those", "that",
];

/// Quotes the best units. `scores` belong to `units`, which are in reading order.
pub(super) fn answer(units: &[Scored], scores: &[f32]) -> String {
    let chosen = with_context(units, choose(units, scores));
    let mut passages: Vec<usize> = Vec::new();
    for at in &chosen {
        if !passages.contains(&units[*at].unit.passage) {
            passages.push(units[*at].unit.passage);
        }
    }
    let quotes = passages.iter().map(|passage| {
        let mut own: Vec<usize> = chosen
            .iter()
            .copied()
            .filter(|at| units[*at].unit.passage == *passage)
            .collect();
        own.sort_unstable();
        quote(own.into_iter().map(|at| &units[at].unit), passage + 1)
    });
    quotes.collect::<Vec<_>>().join("\n\n")
}

/// The best unit and what comes close to it without repeating it, best first.
fn choose(units: &[Scored], scores: &[f32]) -> Vec<usize> {
    let mut ranked: Vec<usize> = (0..units.len()).collect();
    ranked.sort_by(|a, b| scores[*b].total_cmp(&scores[*a]));
    let mut chosen: Vec<usize> = Vec::new();
    for at in ranked {
        let Some(best) = chosen.first() else {
            chosen.push(at);
            continue;
        };
        if chosen.len() == MAX_CHOSEN || scores[at] < CLOSE * scores[*best] {
            break;
        }
        let fits = length(units, &chosen) + units[at].unit.text.chars().count() <= MAX_LENGTH;
        if fits
            && !chosen
                .iter()
                .any(|other| is_duplicate(&units[*other].terms, &units[at].terms))
        {
            chosen.push(at);
        }
    }
    chosen
}

/// Adds what a chosen unit can't be read without: the list or code that it introduces, or the sentence that "it" refers to.
fn with_context(units: &[Scored], chosen: Vec<usize>) -> Vec<usize> {
    let mut all = chosen.clone();
    for at in chosen {
        let missing: Vec<usize> = if units[at].unit.text.ends_with([':', '：']) {
            introduced(units, at)
        } else {
            before(units, at)
                .filter(|_| points_back(&units[at].unit))
                .into_iter()
                .collect()
        };
        for other in missing {
            let fits = length(units, &all) + units[other].unit.text.chars().count() <= MAX_LENGTH;
            if fits && !all.contains(&other) {
                all.push(other);
            }
        }
    }
    all
}

fn introduced(units: &[Scored], at: usize) -> Vec<usize> {
    let Some(next) = units.get(at + 1).map(|next| &next.unit) else {
        return Vec::new();
    };
    if next.passage != units[at].unit.passage {
        return Vec::new();
    }
    (at + 1..units.len())
        .take_while(|other| units[*other].unit.is_beside(next))
        .collect()
}

fn before(units: &[Scored], at: usize) -> Option<usize> {
    at.checked_sub(1)
        .filter(|before| units[*before].unit.is_beside(&units[at].unit))
}

fn points_back(unit: &Unit) -> bool {
    let first = unit
        .text
        .split_whitespace()
        .next()
        .unwrap_or_default()
        .to_lowercase();
    unit.kind == Kind::Sentence && POINTING_BACK.contains(&first.trim_matches(|c: char| !c.is_alphanumeric()))
}

fn is_duplicate(a: &BTreeSet<String>, b: &BTreeSet<String>) -> bool {
    let shared = a.intersection(b).count() as f32;
    let smaller = a.len().min(b.len()).max(1) as f32;
    let union = a.union(b).count().max(1) as f32;
    shared / union >= DUPLICATE || (shared >= smaller && shared > 2.0)
}

fn length(units: &[Scored], chosen: &[usize]) -> usize {
    chosen.iter().map(|at| units[*at].unit.text.chars().count()).sum()
}

/// Sentences joined to a paragraph, items and rows as a list, code in a block of its own. The citation stands behind
/// the words, before code that ends the quote.
fn quote<'a>(units: impl Iterator<Item = &'a Unit>, n: usize) -> String {
    let mut text = String::new();
    let mut last = None;
    for unit in units {
        if unit.kind == Kind::Code {
            text.push_str(&format!(" [{n}]\n\n```\n{}\n```", unit.text));
        } else {
            text.push_str(joint(last, unit.kind));
            text.push_str(&shorten(&unit.text));
        }
        last = Some(unit.kind);
    }
    if last != Some(Kind::Code) {
        text.push_str(&format!(" [{n}]"));
    }
    text
}

/// What stands between a unit and the one before it.
const fn joint(last: Option<Kind>, kind: Kind) -> &'static str {
    match (last, kind) {
        (None, Kind::Item | Kind::Row) => "- ",
        (None, _) => "",
        (Some(Kind::Item | Kind::Row), Kind::Item | Kind::Row) => "\n- ",
        (Some(_), Kind::Item | Kind::Row) => "\n\n- ",
        (Some(Kind::Sentence), _) => " ",
        (Some(_), _) => "\n\n",
    }
}

/// Cut at a word, if one unit alone is too long.
fn shorten(text: &str) -> String {
    if text.chars().count() <= MAX_LENGTH {
        return text.to_owned();
    }
    let cut: String = text.chars().take(MAX_LENGTH).collect();
    let end = cut.rfind(char::is_whitespace).unwrap_or(cut.len());
    format!("{} …", cut[..end].trim_end())
}
