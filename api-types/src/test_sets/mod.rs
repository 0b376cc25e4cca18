//! Test sets: questions with what their answers should be, and what bots make of them: `/api/v1/test-sets`.

mod gate;
mod runs;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use gate::{BotTests, OverrideTests, TestsRequired, Thresholds};
pub use runs::{
    CaseResult, Change, Failure, Figures, RunCase, RunStatus, RunTarget, StartRunRequest, TestRun,
    TestRunDetail,
};

use crate::FieldError;
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
