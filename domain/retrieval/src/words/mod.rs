//! Words made comparable: cut, folded, without stop words, stemmed in the language of their text.

mod language;

use std::borrow::Cow;
use std::hash::Hasher;

use fnv::FnvHasher;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use unicode_segmentation::UnicodeSegmentation;

pub use language::{Language, Languages};

/// A word's number: a hash, so that no table of words has to be kept or shared.
pub type Term = u32;

/// The words of a text that count, in order and with repeats.
pub fn terms(text: &str, language: Language) -> Vec<Term> {
    let counting = words(text).into_iter().filter_map(|word| {
        let language = language.for_word(&word);
        (!language.is_stop_word(&word)).then(|| term(&language.stem(&word)))
    });
    counting.collect()
}

/// What most of some passages of one document are written in.
pub fn main_language(passages: &[&str]) -> Language {
    let evidence = passages
        .iter()
        .map(|passage| language::Evidence::in_words(&words(passage)));
    evidence
        .sum::<language::Evidence>()
        .language()
        .unwrap_or_default()
}

/// The language of a passage of a document that is mostly in `whole`: its own if it has enough words to tell, unlike
/// a table or code, say.
pub fn language_of(passage: &str, whole: Language) -> Language {
    let evidence = language::Evidence::in_words(&words(passage));
    evidence.language().unwrap_or(whole)
}

/// The language of a question as an ISO 639-1 code, where its script or its stop words tell it from all others.
pub fn language_told(text: &str) -> Option<&'static str> {
    text.chars()
        .find_map(language::told_by_script)
        .or_else(|| text.chars().any(is_han).then_some("zh"))
        .or_else(|| language::told_by_words(&words(text)))
}

/// What a question asks for, however it is worded: the stems of its words that count, sorted, none twice. Of a question
/// that has none, all of its words.
pub fn gist(text: &str) -> Vec<Term> {
    let language = language_told(text)
        .and_then(Language::from_code)
        .unwrap_or_default();
    let mut gist = terms(text, language);
    if gist.is_empty() {
        gist = words(text).iter().map(|word| term(word)).collect();
    }
    gist.sort_unstable();
    gist.dedup();
    gist
}

/// A hash of a [`gist`].
pub fn gist_key(gist: &[Term]) -> i64 {
    let mut hasher = FnvHasher::default();
    gist.iter().for_each(|term| hasher.write(&term.to_le_bytes()));
    hasher.finish().cast_signed()
}

/// A question's words. Nobody can tell the language of three words, so each is stemmed in every language of what is
/// searched.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// In order, none twice; each with its stems.
    words: Vec<Vec<Term>>,
}

impl Query {
    /// The words of `text` that count, where passages of `languages` are searched.
    pub fn new(text: &str, languages: Languages) -> Self {
        let all = words(text);
        let asked_in = language::Evidence::in_words(&all).best_of(languages);
        let mut query = Self::default();
        for word in all.iter().filter(|word| !asked_in.is_stop_word(word)) {
            // With its accents, and as those type it who leave them out.
            let spellings = [word.as_str(), &fold(word)];
            let mut stems: Vec<Term> = languages
                .for_word(word)
                .flat_map(|language| spellings.map(|spelling| term(&language.stem(spelling))))
                .collect();
            stems.sort_unstable();
            stems.dedup();
            if !query.words.contains(&stems) {
                query.words.push(stems);
            }
        }
        query
    }

    /// Each word with its stems, in the order they were asked.
    pub fn words(&self) -> &[Vec<Term>] {
        &self.words
    }

    /// All stems, in order, none twice.
    pub fn terms(&self) -> Vec<Term> {
        let mut terms = self.words.concat();
        terms.sort_unstable();
        terms.dedup();
        terms
    }
}

fn term(stem: &str) -> Term {
    let mut hasher = FnvHasher::default();
    hasher.write(stem.as_bytes());
    let hash = hasher.finish();
    (hash ^ (hash >> 32)) as Term
}

/// Words in lower case. Scripts that Unicode does not cut into words (Chinese, Japanese, Thai) give pairs of
/// characters, and a single character where there is no other beside it.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut run = String::new();
    let mut end = 0;
    for (at, word) in text.unicode_word_indices() {
        let unspaced = word.chars().all(is_unspaced);
        if !unspaced || at != end {
            push_pairs(&mut words, &run);
            run.clear();
        }
        if unspaced {
            run.push_str(word);
        } else {
            words.push(word.to_lowercase());
        }
        end = at + word.len();
    }
    push_pairs(&mut words, &run);
    words
}

fn push_pairs(words: &mut Vec<String>, run: &str) {
    let chars: Vec<char> = run.chars().collect();
    match chars.as_slice() {
        [] => {}
        [single] => words.push(single.to_string()),
        several => words.extend(several.windows(2).map(String::from_iter)),
    }
}

/// Without accents and other marks, ligatures as the letters that people type for them.
fn fold(word: &str) -> Cow<'_, str> {
    if word.is_ascii() {
        return word.into();
    }
    let mut folded = String::with_capacity(word.len());
    for c in word.nfkd().filter(|c| !is_combining_mark(*c)) {
        match c {
            'ß' => folded.push_str("ss"),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'þ' => folded.push_str("th"),
            'ø' => folded.push('o'),
            'đ' | 'ð' => folded.push('d'),
            'ł' => folded.push('l'),
            'ı' => folded.push('i'),
            '’' => folded.push('\''),
            // The tatweel only stretches a word.
            'ـ' => {}
            c => folded.push(c),
        }
    }
    folded.into()
}

fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{3ffff}')
}

/// Kana, Han, Thai, Lao, Burmese, Khmer.
fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{3040}'..='\u{30ff}'
        | '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meet(a: &str, b: &str, language: Language) -> bool {
        let (a, b) = (terms(a, language), terms(b, language));
        a.iter().any(|term| b.contains(term))
    }

    fn language(code: &str) -> Language {
        Language::from_code(code).expect("a language")
    }

    #[test]
    fn stems_meet_in_their_language() {
        for (code, a, b) in [
            ("en", "Which refunds are processed?", "We process a refund."),
            ("de", "Welche Rückgaben sind möglich?", "Eine Rückgabe in Ruhe."),
            ("ru", "Какие возвраты вы принимаете?", "Без возврата в магазине."),
            ("es", "¿Cuáles son los precios?", "El precio de la entrada."),
            ("fr", "les commandes annulées", "annuler"),
            ("pt", "cancelamentos", "o cancelamento"),
            ("el", "οι τιμές", "της τιμής"),
            ("ar", "المدينة", "مدينة"),
        ] {
            assert!(meet(a, b, language(code)), "{code}: {a} / {b}");
        }
    }

    #[test]
    fn folded_letters_and_case_meet() {
        assert!(meet("Résumés", "resume", Language::default()));
        assert!(meet("Straße", "STRASSE", language("de")));
        assert!(meet("zażółć łódź", "ZAZOLC", Language::default()));
        assert!(meet("ёлка", "елка", language("ru")));
    }

    #[test]
    fn the_language_of_a_question_is_told_or_not() {
        for (question, expected) in [
            ("How long is the warranty?", Some("en")),
            ("Wie lange ist die Garantie?", Some("de")),
            ("Quelle est la durée de la garantie ?", Some("fr")),
            ("¿Cuál es el plazo de la garantía?", Some("es")),
            ("Какой срок гарантии?", Some("ru")),
            ("ما هي مدة الضمان؟", Some("ar")),
            ("保修期多长？", Some("zh")),
            ("保証期間はどのくらいですか", Some("ja")),
            ("보증 기간은 얼마나 되나요?", Some("ko")),
            ("Aurora K2", None),
            ("", None),
        ] {
            assert_eq!(language_told(question), expected, "{question}");
        }
    }

    #[test]
    fn questions_that_ask_for_the_same_have_the_same_gist() {
        let key = |text| gist_key(&gist(text));
        assert_eq!(
            key("How long is the warranty of the kettle?"),
            key("the kettle's warranties, how long is it")
        );
        assert_ne!(key("Do you ship to Peru?"), key("Do you ship to Chad?"));
        assert_ne!(key("Who are you?"), key("Where is it?"), "stop words alone");
        assert_eq!(gist("?!"), [0; 0]);
    }

    #[test]
    fn stop_words_of_the_language_go() {
        assert_eq!(terms("What is the price of it?", language("en")).len(), 1);
        assert_eq!(terms("Was ist der Preis?", language("de")).len(), 1);
        assert_eq!(terms("the of a", language("en")), [0; 0]);
    }

    #[test]
    fn words_of_another_script_are_stemmed_in_a_language_of_theirs() {
        let russian = terms("Откройте Settings и перезапустите", language("ru"));
        assert!(russian.contains(&terms("setting", language("en"))[0]));
    }

    #[test]
    fn scripts_without_spaces_give_pairs() {
        assert_eq!(
            words("退款 PDF 政策期。期"),
            ["退款", "pdf", "政策", "策期", "期"]
        );
    }

    #[test]
    fn passages_have_their_own_language_or_that_of_the_whole() {
        let german = "Die Rechnung kommt am Anfang des Monats, und sie ist in zwei Wochen zu bezahlen.";
        let english = "The invoice is sent at the start of the month and has to be paid in two weeks.";
        let passages = [german, "| A | 12 |", german, english];
        let whole = main_language(&passages);
        assert_eq!(whole.code(), "de");
        assert_eq!(
            passages.map(|p| language_of(p, whole).code()),
            ["de", "de", "de", "en"]
        );
        assert_eq!(main_language(&["| A | 12 |"]).code(), "en");
        assert_eq!(
            main_language(&["Счёт приходит в начале месяца, и его надо оплатить."]).code(),
            "ru"
        );
    }

    #[test]
    fn questions_have_the_stems_of_every_language_searched() {
        let both = Languages::from_iter([language("en"), language("de")]);
        let query = Query::new("Wie kann ich Rechnungen bezahlen?", both);
        assert_eq!(query.words().len(), 2, "stop words go");
        let passage = terms("eine Rechnung", language("de"));
        assert!(query.terms().contains(&passage[0]));
        // A stop word of the other language may be what matters.
        let died = Query::new("why did the battery die", both);
        assert!(died.terms().contains(&terms("die", language("en"))[0]));
        assert_eq!(
            Query::new("password passwords PASSWORD", Languages::default())
                .words()
                .len(),
            1
        );
    }
}
