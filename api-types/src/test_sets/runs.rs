//! Runs of a set, and what they found.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Expectation;
use crate::chat::Source;
use crate::drafts::TestTurn;

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
