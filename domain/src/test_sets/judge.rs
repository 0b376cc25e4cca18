//! Whether an answer is right: by rules that a person can follow, without asking a model.

use std::collections::{HashMap, HashSet};

use api_types::chat::Source;
use api_types::test_sets::{CaseResult, Expectation, ExpectedPassage, Failure};
use retrieval::words::{Language, language_of, terms};
use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

use crate::chat::Trial;

/// Words in a row that two texts must share to be the same passage, unless one of them is shorter.
const SHARED_WORDS: usize = 8;
/// Share of a fact's words that an answer must hold.
const FACT_WORDS: f64 = 0.75;
/// Characters of a passage that are kept with the result.
const KEPT_QUOTE: usize = 600;

/// What became of a case.
pub(super) fn judge(expectation: &Expectation, trial: Trial, latency_ms: u32) -> CaseResult {
    let expected = match expectation {
        Expectation::Answered {
            passage: Some(passage),
            ..
        } => numbers(&trial.given, |source| is_passage(passage, source)),
        _ => Vec::new(),
    };
    let missing = match expectation {
        Expectation::Answered {
            answer: Some(answer), ..
        } if trial.answered => missing_facts(answer, &trial.text),
        _ => Vec::new(),
    };
    let cited: Vec<u32> = trial.cited.iter().map(|source| source.n).collect();
    let mut result = CaseResult {
        failure: None,
        response: trial.text,
        answered: trial.answered,
        retrieved: trial.given.into_iter().map(shortened).collect(),
        cited,
        expected,
        missing,
        degraded: trial.degraded,
        latency_ms,
    };
    result.failure = failure(expectation, &result);
    result
}

fn failure(expectation: &Expectation, result: &CaseResult) -> Option<Failure> {
    let Expectation::Answered { passage, .. } = expectation else {
        return result.answered.then_some(Failure::ShouldNotKnow);
    };
    if passage.is_some() && result.expected.is_empty() {
        return Some(Failure::NotFound);
    }
    if !result.answered {
        return Some(Failure::NotAnswered);
    }
    if passage.is_some() && !result.expected.iter().any(|n| result.cited.contains(n)) {
        return Some(Failure::NotCited);
    }
    (!result.missing.is_empty()).then_some(Failure::AnswerDiffers)
}

fn numbers(sources: &[Source], wanted: impl Fn(&Source) -> bool) -> Vec<u32> {
    let wanted = sources.iter().filter(|source| wanted(source));
    wanted.map(|source| source.n).collect()
}

fn shortened(source: Source) -> Source {
    if source.quote.chars().count() <= KEPT_QUOTE {
        return source;
    }
    let mut quote: String = source.quote.chars().take(KEPT_QUOTE).collect();
    quote.push('…');
    Source { quote, ..source }
}

/// Whether a passage is the expected one: the same document, if one is named, and the same words, if there are any.
///
/// Words are compared without case, marks and spaces, and a passage need not be cut as it was: the longest run of
/// words that both share must be at least half of the shorter one, and at least [`SHARED_WORDS`] long unless the
/// expected words are fewer.
fn is_passage(expected: &ExpectedPassage, source: &Source) -> bool {
    if expected.document_id.is_some_and(|id| id != source.document_id) {
        return false;
    }
    let (wanted, given) = (words(&expected.text), words(&source.quote));
    if wanted.is_empty() {
        return expected.document_id.is_some();
    }
    let shorter = wanted.len().min(given.len());
    let needed = shorter.div_ceil(2).max(SHARED_WORDS.min(wanted.len()));
    longest_run(&wanted, &given) >= needed
}

fn words(text: &str) -> Vec<String> {
    let folded = text.nfkc().collect::<String>().to_lowercase();
    folded.unicode_words().map(str::to_owned).collect()
}

/// The length of the longest run of words that stands in both.
fn longest_run(a: &[String], b: &[String]) -> usize {
    let mut numbers = HashMap::new();
    let a: Vec<usize> = a
        .iter()
        .map(|word| {
            let next = numbers.len();
            *numbers.entry(word.as_str()).or_insert(next)
        })
        .collect();
    let mut longest = 0;
    // Runs that end at the word before, by where they end in `a`.
    let mut before = vec![0; a.len() + 1];
    for word in b {
        let number = numbers.get(word.as_str());
        let mut here = vec![0; a.len() + 1];
        for (i, candidate) in a.iter().enumerate() {
            if Some(candidate) == number {
                here[i + 1] = before[i] + 1;
                longest = longest.max(here[i + 1]);
            }
        }
        before = here;
    }
    longest
}

/// The lines of the expected answer that are not found in what was said.
fn missing_facts(expected: &str, said: &str) -> Vec<String> {
    let said = without_citations(said);
    expected
        .lines()
        .map(str::trim)
        .filter(|fact| !fact.is_empty() && !says(&said, fact))
        .map(str::to_owned)
        .collect()
}

/// Whether `said` holds every number of `fact` and most of its words, whatever their order and endings.
fn says(said: &str, fact: &str) -> bool {
    let said_words: HashSet<String> = words(said).into_iter().collect();
    let fact_words = words(fact);
    let is_number = |word: &&String| word.contains(|c: char| c.is_ascii_digit());
    if !fact_words
        .iter()
        .filter(is_number)
        .all(|word| said_words.contains(word))
    {
        return false;
    }
    // Of the answer, which is the longer of the two.
    let language = language_of(said, Language::default());
    let fact_terms: HashSet<_> = terms(fact, language).into_iter().collect();
    if fact_terms.is_empty() {
        // Nothing but words like "yes" and "no".
        return fact_words.iter().all(|word| said_words.contains(word));
    }
    let said_terms: HashSet<_> = terms(said, language).into_iter().collect();
    let held = fact_terms.intersection(&said_terms).count();
    held as f64 >= (fact_terms.len() as f64 * FACT_WORDS).ceil()
}

/// `[3]` is no number that the answer says.
fn without_citations(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('[') {
        let inside = &rest[start + 1..];
        let digits = inside.bytes().take_while(u8::is_ascii_digit).count();
        let is_citation = digits > 0 && inside[digits..].starts_with(']');
        out.push_str(&rest[..start]);
        if !is_citation {
            out.push('[');
        }
        rest = if is_citation {
            &inside[digits + 1..]
        } else {
            inside
        };
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const TEXT: &str = "The Aurora kettle has a warranty of 37 months, which covers the lid but not the filter. Send \
                        it back in its box.";

    fn source(n: u32, quote: &str) -> Source {
        Source {
            n,
            document_id: Uuid::nil(),
            title: "Kettle".into(),
            url: None,
            page: None,
            heading_path: vec![],
            quote: quote.into(),
        }
    }

    fn passage(text: &str) -> ExpectedPassage {
        ExpectedPassage {
            document_id: None,
            text: text.into(),
        }
    }

    #[test]
    fn a_passage_is_known_by_its_words_however_it_was_cut() {
        let is = |expected: &str, given: &str| is_passage(&passage(expected), &source(1, given));
        assert!(is("warranty of 37 MONTHS", TEXT), "a few words of it");
        assert!(is("**warranty** of\n37 months,", TEXT), "marked up and wrapped");
        assert!(
            is(
                TEXT,
                "a warranty of 37 months, which covers the lid but not the filter"
            ),
            "a smaller piece"
        );
        let straddling = "which covers the lid but not the filter. Send it back in its box. Repairs take two weeks and \
                          are free of charge for members.";
        assert!(is(TEXT, straddling), "cut somewhere else");
        assert!(!is("warranty of 24 months", TEXT), "another number");
        assert!(
            !is(TEXT, "The Aurora kettle"),
            "a heading is not the passage beneath it"
        );
        assert!(!is(
            TEXT,
            "The Aurora toaster has a warranty of 12 months. It covers all."
        ));
    }

    #[test]
    fn a_document_alone_is_any_passage_of_it_and_with_words_both_must_agree() {
        let mut expected = passage("");
        assert!(!is_passage(&expected, &source(1, TEXT)));
        expected.document_id = Some(Uuid::nil());
        assert!(is_passage(&expected, &source(1, TEXT)));
        expected.document_id = Some(Uuid::max());
        expected.text = TEXT.into();
        assert!(!is_passage(&expected, &source(1, TEXT)));
    }

    #[test]
    fn every_fact_must_be_said_in_whatever_words_around_it() {
        let said = "Its warranty lasts 37 months [12], and lids are covered.";
        assert_eq!(
            missing_facts("37 months\nThe lid is covered", said),
            Vec::<String>::new()
        );
        assert_eq!(
            missing_facts("12 months", said),
            ["12 months"],
            "a citation is no number"
        );
        assert_eq!(
            missing_facts("37 months\nthe filter is not", said),
            ["the filter is not"]
        );
        assert_eq!(missing_facts("Yes", "Yes, it is."), Vec::<String>::new());
        assert_eq!(missing_facts("No", "Yes, it is."), ["No"]);
        assert_eq!(without_citations("a [1][22] b[c] [3"), "a  b[c] [3");
    }

    #[test]
    fn the_first_thing_that_went_wrong_is_the_reason() {
        let answered = |passage: Option<&str>, answer: Option<&str>| Expectation::Answered {
            passage: passage.map(self::passage),
            answer: answer.map(str::to_owned),
        };
        let run = |expectation: &Expectation, given: &[&str], cited: &[usize], said: Option<&str>| {
            let given: Vec<_> = given.iter().zip(1..).map(|(quote, n)| source(n, quote)).collect();
            let trial = Trial {
                cited: cited.iter().map(|i| given[*i].clone()).collect(),
                given,
                text: said.unwrap_or("I don't know.").into(),
                answered: said.is_some(),
                degraded: false,
            };
            judge(expectation, trial, 1).failure
        };
        let whole = answered(Some("a warranty of 37 months"), Some("37 months"));
        let other = "Parcels go to Bremen by train each week.";
        assert_eq!(run(&whole, &[other, TEXT], &[1], Some("37 months [2].")), None);
        assert_eq!(
            run(&whole, &[other], &[0], Some("37 months")),
            Some(Failure::NotFound)
        );
        assert_eq!(run(&whole, &[TEXT], &[], None), Some(Failure::NotAnswered));
        assert_eq!(
            run(&whole, &[TEXT, other], &[1], Some("37 months [2].")),
            Some(Failure::NotCited)
        );
        assert_eq!(
            run(&whole, &[TEXT], &[0], Some("24 months [1].")),
            Some(Failure::AnswerDiffers)
        );
        assert_eq!(run(&answered(None, None), &[TEXT], &[], Some("Sure.")), None);
        assert_eq!(
            run(&Expectation::Unanswerable, &[TEXT], &[0], Some("Sure.")),
            Some(Failure::ShouldNotKnow)
        );
        assert_eq!(run(&Expectation::Unanswerable, &[TEXT], &[], None), None);
    }
}
