//! Languages, and how to tell which one a text is in: by its stop words.

use std::collections::HashMap;
use std::iter::Sum;
use std::sync::LazyLock;

use rust_stemmers::{Algorithm, Stemmer};
use stop_words::LANGUAGE as StopWords;

use super::fold;

/// Stop words that a text must have before they say which language it is in.
const ENOUGH: u32 = 3;

const COUNT: usize = 17;

/// Code, stop words and stems. English comes first: it is the language of what can't be told.
const KNOWN: [(&str, StopWords, Algorithm); COUNT] = [
    ("en", StopWords::English, Algorithm::English),
    ("de", StopWords::German, Algorithm::German),
    ("fr", StopWords::French, Algorithm::French),
    ("es", StopWords::Spanish, Algorithm::Spanish),
    ("it", StopWords::Italian, Algorithm::Italian),
    ("pt", StopWords::Portuguese, Algorithm::Portuguese),
    ("nl", StopWords::Dutch, Algorithm::Dutch),
    ("da", StopWords::Danish, Algorithm::Danish),
    ("sv", StopWords::Swedish, Algorithm::Swedish),
    ("no", StopWords::Norwegian, Algorithm::Norwegian),
    ("fi", StopWords::Finnish, Algorithm::Finnish),
    ("hu", StopWords::Hungarian, Algorithm::Hungarian),
    ("ro", StopWords::Romanian, Algorithm::Romanian),
    ("tr", StopWords::Turkish, Algorithm::Turkish),
    ("ru", StopWords::Russian, Algorithm::Russian),
    ("ar", StopWords::Arabic, Algorithm::Arabic),
    ("el", StopWords::Greek, Algorithm::Greek),
];

const RUSSIAN: Language = Language(14);
const ARABIC: Language = Language(15);
const GREEK: Language = Language(16);

static STEMMERS: LazyLock<Vec<Stemmer>> =
    LazyLock::new(|| KNOWN.map(|(_, _, algorithm)| Stemmer::create(algorithm)).into());

/// Each stop word, folded, with the languages it is one of.
static STOP_WORDS: LazyLock<HashMap<String, Languages>> = LazyLock::new(|| {
    let mut all: HashMap<String, Languages> = HashMap::new();
    for (i, (_, words, _)) in (0..).zip(KNOWN) {
        for word in stop_words::get(words) {
            all.entry(fold(word).into_owned())
                .or_default()
                .insert(Language(i));
        }
    }
    all
});

/// A language that words can be stemmed in; English by default.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Language(u8);

impl Language {
    /// Its ISO 639-1 code.
    pub fn code(self) -> &'static str {
        KNOWN[usize::from(self.0)].0
    }

    /// The language of an ISO 639-1 code.
    pub fn from_code(code: &str) -> Option<Self> {
        all().find(|language| language.code() == code)
    }

    /// This language, or one whose script the word is written in.
    pub(super) fn for_word(self, word: &str) -> Self {
        match script_of(word) {
            Some(only) => only,
            None if matches!(self, RUSSIAN | ARABIC | GREEK) => Self::default(),
            None => self,
        }
    }

    pub(super) fn is_stop_word(self, word: &str) -> bool {
        Languages::of_stop_word(word).contains(self)
    }

    /// The stem of a word in lower case, without accents. English has them in foreign words only, where they say
    /// nothing of the ending; elsewhere endings are told by them.
    pub(super) fn stem(self, word: &str) -> String {
        let stemmer = &STEMMERS[usize::from(self.0)];
        match self {
            Self(0) => stemmer.stem(&fold(word)).into_owned(),
            // Most people don't type the dots, and the stemmer takes the letter for no vowel.
            RUSSIAN => stemmer.stem(&word.replace('ё', "е")).into_owned(),
            _ => fold(&stemmer.stem(word)).into_owned(),
        }
    }
}

fn all() -> impl Iterator<Item = Language> {
    (0..COUNT as u8).map(Language)
}

/// The one language that is known of a script; `None` for Latin, and for scripts without stems.
fn script_of(word: &str) -> Option<Language> {
    match word.chars().next()? {
        '\u{370}'..='\u{3ff}' => Some(GREEK),
        '\u{400}'..='\u{52f}' => Some(RUSSIAN),
        '\u{600}'..='\u{6ff}' => Some(ARABIC),
        _ => None,
    }
}

/// The language that a letter gives away. Of Han alone Chinese is the likeliest; kana say that it is Japanese.
pub(super) fn told_by_script(c: char) -> Option<&'static str> {
    match c {
        '\u{590}'..='\u{5ff}' => Some("he"),
        '\u{900}'..='\u{97f}' => Some("hi"),
        '\u{e00}'..='\u{e7f}' => Some("th"),
        '\u{3040}'..='\u{30ff}' => Some("ja"),
        '\u{ac00}'..='\u{d7a3}' => Some("ko"),
        _ => None,
    }
}

/// The language that some words are in, by their script or their stop words.
pub(super) fn told_by_words(words: &[String]) -> Option<&'static str> {
    let by_script = words.iter().find_map(|word| script_of(word));
    by_script
        .or_else(|| Evidence::in_words(words).told())
        .map(Language::code)
}

/// Some languages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Languages(u32);

impl Languages {
    /// Adds one.
    pub fn insert(&mut self, language: Language) {
        self.0 |= 1 << language.0;
    }

    /// Adds those of `other`.
    pub fn extend(&mut self, other: Self) {
        self.0 |= other.0;
    }

    fn contains(self, language: Language) -> bool {
        self.0 & 1 << language.0 != 0
    }

    /// Those a word may be in by its script; at least one.
    pub(super) fn for_word(self, word: &str) -> impl Iterator<Item = Language> {
        let mut own = Self::default();
        all()
            .filter(|l| self.contains(*l))
            .for_each(|l| own.insert(l.for_word(word)));
        if own.0 == 0 {
            own.insert(Language::default().for_word(word));
        }
        all().filter(move |language| own.contains(*language))
    }

    pub(super) fn is_stop_word(self, word: &str) -> bool {
        Self::of_stop_word(word).0 & self.0 != 0
    }

    /// The languages that a word is a stop word of.
    fn of_stop_word(word: &str) -> Self {
        STOP_WORDS.get(fold(word).as_ref()).copied().unwrap_or_default()
    }
}

impl FromIterator<Language> for Languages {
    fn from_iter<T: IntoIterator<Item = Language>>(languages: T) -> Self {
        let mut all = Self::default();
        languages.into_iter().for_each(|language| all.insert(language));
        all
    }
}

/// How many stop words of each language were met.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Evidence([u32; COUNT]);

impl Evidence {
    pub(super) fn in_words(words: &[String]) -> Self {
        let mut evidence = Self::default();
        for languages in words.iter().map(|word| Languages::of_stop_word(word)) {
            for (count, language) in evidence.0.iter_mut().zip(all()) {
                *count += u32::from(languages.contains(language));
            }
        }
        evidence
    }

    /// The language with the most, if there are enough to tell; the first of equals.
    pub(super) fn language(self) -> Option<Language> {
        let most = *self.0.iter().max()?;
        let first = all().find(|language| self.0[usize::from(language.0)] == most);
        first.filter(|_| most >= ENOUGH)
    }

    /// The language with more stop words than any other, two at least.
    pub(super) fn told(self) -> Option<Language> {
        let most = *self.0.iter().max()?;
        let mut best = all().filter(|language| self.0[usize::from(language.0)] == most);
        best.next().filter(|_| most >= 2 && best.next().is_none())
    }

    /// Those of `languages` with the most stop words; English too where none is searched yet.
    pub(super) fn best_of(self, languages: Languages) -> Languages {
        let searched = |language: &Language| languages.contains(*language);
        let count = |language: Language| self.0[usize::from(language.0)];
        let most = all().filter(searched).map(count).max();
        match most {
            None => Languages::from_iter([Language::default()]),
            Some(most) => all().filter(searched).filter(|l| count(*l) == most).collect(),
        }
    }
}

impl Sum for Evidence {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |mut sum, one| {
            sum.0.iter_mut().zip(one.0).for_each(|(sum, count)| *sum += count);
            sum
        })
    }
}
