//! The figures of a run, from the results of its cases.

use api_types::test_sets::{CaseResult, Expectation, Figures};

/// Counts what is so among what could be.
#[derive(Default)]
struct Share {
    yes: u32,
    of: u32,
}

impl Share {
    fn add(&mut self, yes: bool) {
        self.of += 1;
        self.yes += u32::from(yes);
    }

    /// `None` of nothing.
    fn value(&self) -> Option<f64> {
        (self.of > 0).then(|| f64::from(self.yes) / f64::from(self.of))
    }
}

/// The figures over the cases that are done. See [`Figures`] for what each means.
pub(super) fn figures(done: &[(Expectation, CaseResult)]) -> Figures {
    let mut passed = Share::default();
    let (mut at_1, mut at_5, mut answers) = (Share::default(), Share::default(), Share::default());
    let (mut unknown_precision, mut unknown_recall) = (Share::default(), Share::default());
    let (mut cited_right, mut citations, mut matches) =
        (Share::default(), Share::default(), Share::default());
    let mut degraded = 0;
    for (expectation, result) in done {
        passed.add(result.failure.is_none());
        degraded += u32::from(result.degraded);
        if !result.answered {
            unknown_precision.add(*expectation == Expectation::Unanswerable);
        }
        let Expectation::Answered { passage, answer } = expectation else {
            unknown_recall.add(!result.answered);
            continue;
        };
        answers.add(result.answered);
        if answer.is_some() {
            matches.add(result.answered && result.missing.is_empty());
        }
        if passage.is_none() {
            continue;
        }
        // The numbers are those that readers see; the passages are there best first.
        let rank = result
            .retrieved
            .iter()
            .position(|source| result.expected.contains(&source.n));
        at_1.add(rank.is_some_and(|rank| rank == 0));
        at_5.add(rank.is_some_and(|rank| rank < 5));
        if result.answered {
            cited_right.add(result.cited.iter().any(|n| result.expected.contains(n)));
            for n in &result.cited {
                citations.add(result.expected.contains(n));
            }
        }
    }
    Figures {
        done: passed.of,
        passed: passed.yes,
        degraded,
        pass_rate: passed.value(),
        recall_at_1: at_1.value(),
        recall_at_5: at_5.value(),
        answer_rate: answers.value(),
        unknown_precision: unknown_precision.value(),
        unknown_recall: unknown_recall.value(),
        cited_right: cited_right.value(),
        citation_precision: citations.value(),
        answer_match: matches.value(),
        latency_ms: median(done.iter().map(|(_, result)| result.latency_ms).collect()),
    }
}

/// The middle one; of two in the middle the smaller.
fn median(mut values: Vec<u32>) -> Option<u32> {
    values.sort_unstable();
    values.get(values.len().saturating_sub(1) / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use api_types::chat::Source;
    use api_types::test_sets::{ExpectedPassage, Failure};

    fn result(failure: Option<Failure>, answered: bool, expected: &[u32], cited: &[u32]) -> CaseResult {
        CaseResult {
            failure,
            response: String::new(),
            answered,
            retrieved: (1..=6).map(source).collect(),
            cited: cited.to_vec(),
            expected: expected.to_vec(),
            missing: Vec::new(),
            degraded: false,
            latency_ms: 10 * (1 + cited.len() as u32),
        }
    }

    fn source(n: u32) -> Source {
        Source {
            n,
            document_id: uuid::Uuid::nil(),
            title: String::new(),
            url: None,
            page: None,
            heading_path: Vec::new(),
            quote: String::new(),
        }
    }

    /// Numbers are in the order of the text, ranks in that of the search.
    #[test]
    fn a_rank_is_a_place_and_no_number() {
        let mut result = result(None, true, &[2], &[2]);
        result.retrieved = [2, 1].map(source).into();
        let passage = Expectation::Answered {
            passage: Some(ExpectedPassage::default()),
            answer: None,
        };
        assert_eq!(figures(&[(passage, result)]).recall_at_1, Some(1.0));
    }

    #[test]
    fn figures_of_nothing_are_absent() {
        assert_eq!(figures(&[]), Figures::default());
    }

    #[test]
    fn each_figure_is_taken_of_the_cases_that_can_tell() {
        let passage = || Expectation::Answered {
            passage: Some(ExpectedPassage::default()),
            answer: None,
        };
        let answer = || Expectation::Answered {
            passage: None,
            answer: Some("37 months".into()),
        };
        let mut differs = result(Some(Failure::AnswerDiffers), true, &[], &[]);
        differs.missing = vec!["37 months".into()];
        let done = [
            (passage(), result(None, true, &[1, 3], &[1, 2])),
            (passage(), result(Some(Failure::NotCited), true, &[2], &[1, 3])),
            (passage(), result(Some(Failure::NotFound), false, &[], &[])),
            (passage(), result(None, true, &[6], &[6])),
            (answer(), result(None, true, &[], &[])),
            (answer(), differs),
            (Expectation::Unanswerable, result(None, false, &[], &[])),
            (
                Expectation::Unanswerable,
                result(Some(Failure::ShouldNotKnow), true, &[], &[1]),
            ),
        ];
        let expected = Figures {
            done: 8,
            passed: 4,
            degraded: 0,
            pass_rate: Some(0.5),
            recall_at_1: Some(0.25),
            recall_at_5: Some(0.5),
            answer_rate: Some(5.0 / 6.0),
            unknown_precision: Some(0.5),
            unknown_recall: Some(0.5),
            cited_right: Some(2.0 / 3.0),
            citation_precision: Some(0.4),
            answer_match: Some(0.5),
            latency_ms: Some(10),
        };
        assert_eq!(figures(&done), expected);
    }
}
