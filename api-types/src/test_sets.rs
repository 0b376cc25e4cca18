//! Test sets: questions with what their answers should be, and what bots make of them: `/api/v1/test-sets`.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::FieldError;
use crate::chat::Source;
use crate::drafts::TestTurn;
use crate::validate::{Checker, MAX_MESSAGE_CHARS};

/// Most cases in one set.
pub const MAX_CASES: usize = 500;
/// Longest expected passage or answer, in characters.
pub const MAX_EXPECTED_CHARS: usize = 2_000;
/// Earlier turns kept with a case.
pub const MAX_HISTORY: usize = 20;

/// A test set in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TestSet {
    /// Id.
    pub id: Uuid,
    /// Name, unique in the workspace.
    pub name: String,
    /// Cases in it.
    pub case_count: i64,
    /// The newest run, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_run: Option<TestRun>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it or one of its cases was last changed.
    pub updated_at: DateTime<Utc>,
}

/// `POST /test-sets` and `PUT /test-sets/{test_set_id}`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SaveTestSetRequest {
    /// 1 to 80 characters, unique in the workspace.
    pub name: String,
}

/// What the right answer to a question is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Expectation {
    /// The bot answers. With neither passage nor answer, any answer will do.
    Answered {
        /// The answer must cite this passage.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        passage: Option<ExpectedPassage>,
        /// What the answer must say, one fact a line. Up to 2,000 characters.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        answer: Option<String>,
    },
    /// The bot says that it does not know.
    Unanswerable,
}

/// A passage, known by its words so that it is found again when the document is cut differently.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct ExpectedPassage {
    /// The document it stands in; any when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document_id: Option<Uuid>,
    /// Words of it, up to 2,000 characters; any passage of the document when empty.
    pub text: String,
}

/// `POST` and `PUT …/cases`: a question with what its answer should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SaveTestCaseRequest {
    /// 1 to 4,000 characters.
    pub question: String,
    /// Turns before it, oldest first, up to 20.
    #[serde(default)]
    pub history: Vec<TestTurn>,
    /// What is right.
    pub expectation: Expectation,
}

/// A case of a set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TestCase {
    /// Id.
    pub id: Uuid,
    /// What is asked.
    pub question: String,
    /// Turns before it, oldest first.
    pub history: Vec<TestTurn>,
    /// What is right.
    pub expectation: Expectation,
    /// Title of the expected passage's document, as long as that exists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document_title: Option<String>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

/// `POST …/cases/from-conversation`: makes a case of a visitor's question and how it was answered.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CaseFromConversationRequest {
    /// The conversation.
    pub conversation_id: Uuid,
    /// The visitor's message in it.
    pub message_id: Uuid,
}

/// `POST …/import`: cases as CSV with the columns question, expected_answer, expected_text, document and
/// unanswerable, in any order.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ImportCasesRequest {
    /// The file's text, up to 2 MB.
    pub csv: String,
    /// Only say what would come of it.
    #[serde(default)]
    pub preview: bool,
}

/// What came, or would come, of an import. With errors nothing is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ImportedCases {
    /// New cases.
    pub added: usize,
    /// Cases of the same question that are changed.
    pub changed: usize,
    /// Cases that are there already, word for word.
    pub unchanged: usize,
    /// What is wrong, by row: `field` is `row <line of the file>`, with the column behind it. The first 100.
    pub errors: Vec<FieldError>,
}

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

/// `POST …/runs`: what to run the set on; exactly one of the two.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct StartRunRequest {
    /// The live version of a bot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bot_id: Option<Uuid>,
    /// A chatbot draft, as it was last saved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub draft_id: Option<Uuid>,
}

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RunStatus {
    /// Waits for a worker.
    Queued,
    /// Questions are being asked.
    Running,
    /// Every question was asked.
    Done,
    /// Somebody stopped it.
    Cancelled,
    /// It could not go on; see `error`.
    Failed,
}

impl RunStatus {
    /// The name used in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Done => "done",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
        }
    }

    /// Whether it is still to end.
    pub const fn is_active(self) -> bool {
        matches!(self, Self::Queued | Self::Running)
    }
}

/// What a run was on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RunTarget {
    /// The bot's name then.
    pub name: String,
    /// The bot, or the one that the draft edits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bot_id: Option<Uuid>,
    /// With a deployed bot: its version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bot_version: Option<i32>,
    /// The draft.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draft_id: Option<Uuid>,
    /// With a draft: its version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draft_version: Option<i64>,
}

/// What a run found, over the cases done so far. Shares are 0 to 1, and absent when there is nothing to take them of.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Figures {
    /// Cases done.
    pub done: u32,
    /// Cases that passed.
    pub passed: u32,
    /// Cases that were answered while part of the search was away.
    pub degraded: u32,
    /// Passed of done.
    pub pass_rate: Option<f64>,
    /// Of the cases that expect a passage: the first passage given to the model was it.
    pub recall_at_1: Option<f64>,
    /// Of the cases that expect a passage: it was among the first five given to the model.
    pub recall_at_5: Option<f64>,
    /// Of the cases that expect an answer: the bot gave one, right or not.
    pub answer_rate: Option<f64>,
    /// Of the times the bot said that it does not know: that was right.
    pub unknown_precision: Option<f64>,
    /// Of the cases that can't be answered: the bot said so.
    pub unknown_recall: Option<f64>,
    /// Of the answered cases that expect a passage: at least one citation is it.
    pub cited_right: Option<f64>,
    /// Of all citations of those cases: the share that is the expected passage.
    pub citation_precision: Option<f64>,
    /// Of the cases that expect words: the answer says them.
    pub answer_match: Option<f64>,
    /// Median time to a complete answer, in milliseconds.
    pub latency_ms: Option<u32>,
}

/// A run of a set on a bot or draft.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TestRun {
    /// Id.
    pub id: Uuid,
    /// The set.
    pub test_set_id: Uuid,
    /// What it was on.
    pub target: RunTarget,
    /// How far it is.
    pub status: RunStatus,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Cases in it.
    pub total: i32,
    /// Cases done.
    pub done: i64,
    /// Once it ended: what it found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub figures: Option<Figures>,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<DateTime<Utc>>,
}

/// Why a case did not pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// The bot said that it does not know, though it should.
    NotAnswered,
    /// The bot answered what can't be answered.
    ShouldNotKnow,
    /// The expected passage was not among those given to the model.
    NotFound,
    /// The expected passage was given to the model, but the answer does not cite it.
    NotCited,
    /// The answer lacks words that are expected.
    AnswerDiffers,
}

impl Failure {
    /// In words.
    pub const fn as_words(self) -> &'static str {
        match self {
            Self::NotAnswered => "The bot said that it does not know.",
            Self::ShouldNotKnow => "The bot answered, but should have said that it does not know.",
            Self::NotFound => "The search did not find the expected passage.",
            Self::NotCited => "The expected passage was found, but the answer does not cite it.",
            Self::AnswerDiffers => "The answer does not say what is expected.",
        }
    }
}

/// What the bot made of one case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CaseResult {
    /// Why it did not pass; absent when it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// What was said.
    pub response: String,
    /// False when the bot said that it does not know.
    pub answered: bool,
    /// The passages given to the model, best first.
    pub retrieved: Vec<Source>,
    /// The numbers of those that the answer cites.
    pub cited: Vec<u32>,
    /// The numbers of those that are the expected passage.
    pub expected: Vec<u32>,
    /// Lines of the expected answer that were not found in what was said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
    /// True when part of the search was away.
    #[serde(default)]
    pub degraded: bool,
    /// Time to the complete answer, in milliseconds.
    pub latency_ms: u32,
}

/// How a case compares with the run before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Failed before, passes now.
    Improved,
    /// Passed before, fails now.
    Regressed,
    /// As before.
    Unchanged,
}

/// One case of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RunCase {
    /// The case; it may have been changed or deleted since.
    pub case_id: Uuid,
    /// What was asked.
    pub question: String,
    /// Turns before it.
    pub history: Vec<TestTurn>,
    /// What was expected.
    pub expectation: Expectation,
    /// What came of it; absent until the case is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<CaseResult>,
    /// Beside the run before; absent when that had no such case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<Change>,
}

/// `GET …/runs/{run_id}`: a run, case by case, beside the last one on the same bot or draft.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TestRunDetail {
    /// The list row.
    #[serde(flatten)]
    pub run: TestRun,
    /// The last complete run before it on the same bot or draft.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<TestRun>,
    /// In the order of the set.
    pub cases: Vec<RunCase>,
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

impl SaveTestCaseRequest {
    /// Checks a case before it is stored.
    pub fn check(&self) -> Result<(), Vec<FieldError>> {
        let mut check = Checker::default();
        check.length("question", &self.question, 1, MAX_MESSAGE_CHARS);
        check.require(
            self.history.len() <= MAX_HISTORY,
            "history",
            "Keep at most the last 20 turns.",
        );
        for (i, turn) in self.history.iter().enumerate() {
            check.length(&format!("history[{i}].content"), &turn.content, 1, 20_000);
        }
        if let Expectation::Answered { passage, answer } = &self.expectation {
            if let Some(passage) = passage {
                let field = "expectation.passage.text";
                check.length(field, &passage.text, 0, MAX_EXPECTED_CHARS);
                check.require(
                    passage.document_id.is_some() || !passage.text.trim().is_empty(),
                    field,
                    "Name a document, words of the passage, or both.",
                );
            }
            if let Some(answer) = answer {
                check.length("expectation.answer", answer, 1, MAX_EXPECTED_CHARS);
            }
        }
        check.finish()
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
