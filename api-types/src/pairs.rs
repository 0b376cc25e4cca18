//! Question-and-answer pairs, a kind of source: `/api/v1/kb/{kb_id}/sources/{source_id}/pairs`.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::FieldError;
use crate::validate::Checker;

/// Most pairs of one source.
pub const MAX_PAIRS: usize = 2_000;
/// Longest question, in characters.
pub const MAX_QUESTION_CHARS: usize = 500;
/// Longest answer, in characters.
pub const MAX_ANSWER_CHARS: usize = 4_000;

/// A question and what is to be answered. It becomes one chunk, with the question as its heading.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Pair {
    /// 1 to 500 characters, in one line. No two questions of a source are the same, letter case aside.
    pub question: String,
    /// 1 to 4,000 characters, Markdown.
    pub answer: String,
}

impl Pair {
    /// Without white space around both; the question in one line.
    pub fn tidied(&self) -> Self {
        Self {
            question: self.question.split_whitespace().collect::<Vec<_>>().join(" "),
            answer: self.answer.trim().to_owned(),
        }
    }

    /// What tells a question from others.
    pub fn key(&self) -> String {
        self.tidied().question.to_lowercase()
    }

    /// Adds what is wrong to `check`; `prefix` is the path of the field, with its dot.
    pub fn check(&self, check: &mut Checker, prefix: &str) {
        check.length(
            &format!("{prefix}question"),
            &self.question,
            1,
            MAX_QUESTION_CHARS,
        );
        check.length(&format!("{prefix}answer"), &self.answer, 1, MAX_ANSWER_CHARS);
    }
}

/// Adds what is wrong with the pairs of a source to `check`; `field` is the path of the list.
pub fn check(check: &mut Checker, field: &str, pairs: &[Pair]) {
    check.require(
        (1..=MAX_PAIRS).contains(&pairs.len()),
        field,
        "Write 1 to 2,000 questions with their answers.",
    );
    let mut seen = HashMap::new();
    for (i, pair) in pairs.iter().enumerate() {
        let prefix = format!("{field}[{i}].");
        pair.check(check, &prefix);
        if let Some(first) = seen.insert(pair.key(), i) {
            check.require(
                false,
                &format!("{prefix}question"),
                &format!("This question is there already, as number {}.", first + 1),
            );
        }
    }
}

/// The pairs of a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Pairs {
    /// Grows with every change.
    pub version: i32,
    /// In the order they were added.
    pub pairs: Vec<Pair>,
}

/// `PUT …/pairs`: all pairs of a source anew.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SavePairsRequest {
    /// The version this save is based on.
    pub version: i32,
    /// 1 to 2,000.
    pub pairs: Vec<Pair>,
}

/// `PUT …/pairs` of a source in a draft: all pairs anew.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SaveDraftPairsRequest {
    /// 1 to 2,000.
    pub pairs: Vec<Pair>,
}

/// What adding pairs did to a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AddedPairs {
    /// The version of the source now.
    pub version: i32,
    /// New questions.
    pub added: usize,
    /// Questions that were there with another answer.
    pub changed: usize,
    /// Questions that were there with this answer.
    pub unchanged: usize,
}

/// Where a message of an import stands: the row of the file, counted as spreadsheets do.
pub fn row_error(row: usize, column: &str, message: impl Into<String>) -> FieldError {
    FieldError::new(format!("row {row}: {column}"), message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(question: &str, answer: &str) -> Pair {
        Pair {
            question: question.to_owned(),
            answer: answer.to_owned(),
        }
    }

    fn problems(pairs: &[Pair]) -> Vec<String> {
        let mut found = Checker::default();
        check(&mut found, "pairs", pairs);
        let errors = found.finish().err().unwrap_or_default();
        errors.into_iter().map(|error| error.field).collect()
    }

    #[test]
    fn pairs_out_of_bounds_are_named() {
        assert_eq!(
            problems(&[pair("Why?", "Because."), pair("How?", "So.")]),
            [""; 0]
        );
        assert_eq!(problems(&[]), ["pairs"]);
        let most = vec![pair(&"q".repeat(500), &"a".repeat(4_000))];
        assert_eq!(problems(&most), [""; 0]);
        let bad = [
            pair(" ", "x"),
            pair(&"q".repeat(501), &"a".repeat(4_001)),
            pair("Why\n is it?", "x"),
            pair(" why is  IT?", "y"),
        ];
        let expected = [
            "pairs[0].question",
            "pairs[1].question",
            "pairs[1].answer",
            "pairs[3].question",
        ];
        assert_eq!(problems(&bad), expected);
        let many: Vec<Pair> = (0..=MAX_PAIRS).map(|i| pair(&format!("{i}?"), "x")).collect();
        assert_eq!(problems(&many), ["pairs"]);
    }
}
