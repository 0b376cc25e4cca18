//! What a bot asks of its test set before it is deployed.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Figures, TestRun};
use crate::validate::Checker;

/// What has to be reached for a run to pass: whole percentages, 0 to 100; what is absent is not looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Thresholds {
    /// Cases that passed; at least 1.
    pub pass_rate: u8,
    /// See [`Figures::recall_at_5`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recall_at_5: Option<u8>,
    /// See [`Figures::unknown_precision`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unknown_precision: Option<u8>,
    /// See [`Figures::unknown_recall`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unknown_recall: Option<u8>,
    /// See [`Figures::cited_right`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cited_right: Option<u8>,
    /// See [`Figures::answer_match`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer_match: Option<u8>,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            pass_rate: 90,
            recall_at_5: None,
            unknown_precision: None,
            unknown_recall: None,
            cited_right: None,
            answer_match: None,
        }
    }
}

/// The test set of a bot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct BotTests {
    /// The set.
    pub test_set_id: Uuid,
    /// Whether the bot is deployed only after a run that passed.
    #[serde(default)]
    pub required: bool,
    /// When a run has passed.
    #[serde(default)]
    pub thresholds: Thresholds,
}

/// `current` of a problem with the code `tests_required`: why a draft is not deployed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TestsRequired {
    /// The set.
    pub test_set_id: Uuid,
    /// Its name.
    pub test_set_name: String,
    /// The newest run of the set as it is, on the draft as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<TestRun>,
    /// What that run did not reach.
    pub shortfalls: Vec<String>,
}

/// Deploys although a required run is missing or did not pass; kept in the audit log.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct OverrideTests {
    /// Why, in 10 to 500 characters.
    pub reason: String,
}

impl Thresholds {
    /// What `figures` do not reach, in words; empty when the run passed.
    pub fn shortfalls(&self, figures: &Figures) -> Vec<String> {
        let mut shortfalls = Vec::new();
        let mut look = |name: &str, wanted: Option<u8>, got: Option<f64>, none_is_fine: bool| {
            let Some(wanted) = wanted else { return };
            match got {
                // A little for what floating point leaves out.
                Some(got) if got * 100.0 + 1e-6 >= f64::from(wanted) => {}
                // Rounded down, so that 89.9 is not shown as the 90 it falls short of.
                Some(got) => {
                    let got = (got * 1000.0).floor() / 10.0;
                    shortfalls.push(format!("{name}: {got} %, and {wanted} % are needed."));
                }
                None if none_is_fine => {}
                None => shortfalls.push(format!("{name}: the set holds no case that measures this.")),
            }
        };
        look("Cases passed", Some(self.pass_rate), figures.pass_rate, false);
        look(
            "Passage found among the first five",
            self.recall_at_5,
            figures.recall_at_5,
            false,
        );
        // A bot that never says so is never wrong to.
        look(
            "“I don't know” said rightly",
            self.unknown_precision,
            figures.unknown_precision,
            true,
        );
        look(
            "“I don't know” said where it is due",
            self.unknown_recall,
            figures.unknown_recall,
            false,
        );
        look(
            "Right passage cited",
            self.cited_right,
            figures.cited_right,
            false,
        );
        look(
            "Answer as expected",
            self.answer_match,
            figures.answer_match,
            false,
        );
        shortfalls
    }

    /// Checks that all are percentages; `prefix` is the path of the field.
    pub fn check(&self, check: &mut Checker, prefix: &str) {
        check.require(
            (1..=100).contains(&self.pass_rate),
            &format!("{prefix}.pass_rate"),
            "Use a percentage from 1 to 100.",
        );
        let all = [
            ("recall_at_5", self.recall_at_5),
            ("unknown_precision", self.unknown_precision),
            ("unknown_recall", self.unknown_recall),
            ("cited_right", self.cited_right),
            ("answer_match", self.answer_match),
        ];
        for (name, value) in all {
            let field = format!("{prefix}.{name}");
            check.require(
                value.is_none_or(|value| value <= 100),
                &field,
                "Use a percentage from 0 to 100.",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_passes_when_every_threshold_is_reached() {
        let thresholds = Thresholds {
            pass_rate: 90,
            unknown_recall: Some(100),
            unknown_precision: Some(100),
            ..Thresholds::default()
        };
        let figures = Figures {
            pass_rate: Some(0.9),
            unknown_recall: Some(1.0),
            ..Figures::default()
        };
        assert_eq!(thresholds.shortfalls(&figures), [""; 0]);
        let figures = Figures {
            pass_rate: Some(0.8999),
            ..Figures::default()
        };
        assert_eq!(
            thresholds.shortfalls(&figures),
            [
                "Cases passed: 89.9 %, and 90 % are needed.",
                "“I don't know” said where it is due: the set holds no case that measures this.",
            ]
        );
    }
}
