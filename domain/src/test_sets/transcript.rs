//! A case made from what a visitor asked: the question, what was said before, and how it was answered.

use api_types::chat::MessageRole;
use api_types::conversations::TranscriptMessage;
use api_types::drafts::TestTurn;
use api_types::tenancy::Role;
use api_types::test_sets::{
    CaseFromConversationRequest, Expectation, ExpectedPassage, MAX_EXPECTED_CHARS, MAX_HISTORY,
    SaveTestCaseRequest, TestCase,
};
use uuid::Uuid;

use super::cases;
use crate::conversations::Part;
use crate::{Error, Result, Scope, Services, conversations};

/// Adds the case. What was cited is taken to be right, and so is an "I don't know", until a person says otherwise.
pub async fn add(
    services: &Services,
    scope: &Scope,
    set_id: Uuid,
    request: &CaseFromConversationRequest,
) -> Result<TestCase> {
    scope.require(Role::Editor)?;
    let around = Part::Around(request.message_id);
    let said = conversations::messages(services, scope, request.conversation_id, around).await?;
    let mut case = case(&said.messages, request.message_id)
        .ok_or_else(|| Error::not_found("question in this conversation"))?;
    if let Expectation::Answered {
        passage: Some(passage),
        ..
    } = &mut case.expectation
        && !is_known(services, scope, passage.document_id).await?
    {
        // It was deleted since; its words may stand in another.
        passage.document_id = None;
    }
    cases::add(&services.db, scope, set_id, case).await
}

fn case(messages: &[TranscriptMessage], question_id: Uuid) -> Option<SaveTestCaseRequest> {
    let is_question = |m: &TranscriptMessage| m.id == question_id && m.role == MessageRole::User;
    let at = messages.iter().position(is_question)?;
    let before = &messages[at.saturating_sub(MAX_HISTORY)..at];
    let turn = |m: &TranscriptMessage| TestTurn {
        role: m.role,
        content: m.content.clone(),
    };
    let said = |m: &&TranscriptMessage| !m.content.trim().is_empty();
    let answer = messages[at + 1..]
        .first()
        .filter(|m| m.role == MessageRole::Assistant);
    Some(SaveTestCaseRequest {
        question: messages[at].content.clone(),
        history: before.iter().filter(said).map(turn).collect(),
        expectation: answer.map_or(
            Expectation::Answered {
                passage: None,
                answer: None,
            },
            expectation,
        ),
    })
}

fn expectation(answer: &TranscriptMessage) -> Expectation {
    if !answer.answered {
        return Expectation::Unanswerable;
    }
    let passage = answer.sources.first().map(|source| ExpectedPassage {
        document_id: Some(source.document_id),
        text: source.quote.chars().take(MAX_EXPECTED_CHARS).collect(),
    });
    Expectation::Answered {
        passage,
        answer: None,
    }
}

async fn is_known(services: &Services, scope: &Scope, document_id: Option<Uuid>) -> Result<bool> {
    let mut tx = services.db.tenant(scope).await?;
    let known = sqlx::query_scalar!(
        "select 1 from documents where workspace_id = $1 and id = $2",
        scope.workspace_id(),
        document_id
    )
    .fetch_optional(&mut *tx)
    .await?;
    Ok(known.is_some())
}
