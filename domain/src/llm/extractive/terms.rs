//! Words made comparable.

use std::collections::HashSet;
use std::sync::LazyLock;

use rust_stemmers::{Algorithm, Stemmer};
use stop_words::LANGUAGE;
use unicode_segmentation::UnicodeSegmentation;

/// Words that share this much of the longer one count as related.
const RELATED: f32 = 0.6;

/// What a related word counts beside an equal one.
const RELATED_WEIGHT: f32 = 0.6;

/// Stop words and stems of one language.
pub(super) struct Language {
    stop_words: HashSet<&'static str>,
    stemmer: Stemmer,
}

static LANGUAGES: LazyLock<Vec<Language>> = LazyLock::new(|| {
    [
        (LANGUAGE::English, Algorithm::English),
        (LANGUAGE::German, Algorithm::German),
        (LANGUAGE::French, Algorithm::French),
        (LANGUAGE::Spanish, Algorithm::Spanish),
        (LANGUAGE::Italian, Algorithm::Italian),
        (LANGUAGE::Portuguese, Algorithm::Portuguese),
        (LANGUAGE::Dutch, Algorithm::Dutch),
        (LANGUAGE::Russian, Algorithm::Russian),
        (LANGUAGE::Arabic, Algorithm::Arabic),
    ]
    .map(|(words, stems)| Language {
        stop_words: stop_words::get(words).iter().copied().collect(),
        stemmer: Stemmer::create(stems),
    })
    .into()
});

impl Language {
    /// The language whose stop words are the most frequent in `text`; English if none occurs.
    pub(super) fn of(text: &str) -> &'static Self {
        let words = words(text);
        let frequency = |language: &&Self| {
            words
                .iter()
                .filter(|word| language.stop_words.contains(word.as_str()))
                .count()
        };
        // The first of equals is kept: `max_by_key` would take the last.
        let best = LANGUAGES.iter().rev().max_by_key(frequency);
        best.unwrap_or(&LANGUAGES[0])
    }

    /// The stems of the words that carry meaning, and those of the stop words.
    pub(super) fn terms(&self, text: &str) -> (Vec<String>, Vec<String>) {
        let (stop, terms): (Vec<_>, Vec<_>) = words(text)
            .into_iter()
            .partition(|word| self.stop_words.contains(word.as_str()));
        let stems = |words: Vec<String>| {
            words
                .iter()
                .map(|word| self.stemmer.stem(word).into_owned())
                .collect()
        };
        (stems(terms), stems(stop))
    }
}

/// How alike two terms are, from 0 to 1.
pub(super) fn likeness(a: &str, b: &str) -> f32 {
    if a == b {
        return 1.0;
    }
    let shared = a.chars().zip(b.chars()).take_while(|(a, b)| a == b).count();
    let longer = a.chars().count().max(b.chars().count());
    let is_related = shared >= 5 && shared as f32 >= RELATED * longer as f32;
    if is_related { RELATED_WEIGHT } else { 0.0 }
}

/// Words in lower case. Scripts that Unicode does not cut into words (Chinese, Japanese, Thai) give pairs of
/// characters instead.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut previous: Option<(usize, char)> = None;
    for (at, word) in text.unicode_word_indices() {
        let mut chars = word.chars();
        let single = chars.next().filter(|c| chars.next().is_none() && is_unspaced(*c));
        let Some(c) = single else {
            words.push(word.to_lowercase());
            previous = None;
            continue;
        };
        if let Some((end, before)) = previous
            && end == at
        {
            words.push(String::from_iter([before, c]));
        }
        previous = Some((at + word.len(), c));
    }
    words
}

/// Kana, Han, Thai, Lao, Burmese, Khmer.
fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{3040}'..='\u{30ff}'
        | '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stems_meet_in_their_language() {
        for (a, b) in [
            ("Which refunds are processed?", "We process a refund."),
            ("Welche Rückgaben sind möglich?", "Eine Rückgabe ist möglich."),
            (
                "Какие возвраты вы принимаете?",
                "Мы принимаем возврат в магазине.",
            ),
            (
                "¿Cuáles son los precios?",
                "El precio de la entrada es de diez euros.",
            ),
        ] {
            let language = Language::of(&format!("{a} {b}"));
            let (a, b) = (language.terms(a).0, language.terms(b).0);
            assert!(a.iter().any(|term| b.contains(term)), "{a:?} {b:?}");
        }
    }

    #[test]
    fn stop_words_of_the_language_go() {
        let text = "What is the price of it?";
        assert_eq!(Language::of(text).terms(text).0, ["price"]);
        let text = "Was ist der Preis?";
        assert_eq!(Language::of(text).terms(text).0, ["preis"]);
    }

    #[test]
    fn scripts_without_spaces_give_pairs() {
        assert_eq!(words("退款 PDF 政策。期"), ["退款", "pdf", "政策"]);
    }

    #[test]
    fn related_words_count_for_less() {
        assert!((likeness("refund", "refund") - 1.0).abs() < f32::EPSILON);
        assert!(likeness("subscrib", "subscript") > 0.5);
        for (a, b) in [
            ("contact", "contract"),
            ("intern", "international"),
            ("cost", "costume"),
            ("price", "prize"),
        ] {
            assert!(likeness(a, b).abs() < f32::EPSILON, "{a} {b}");
        }
    }
}
