//! "Improve answer": the answer that was missing is written into the knowledge, and into a test set.

use api_types::gaps::{GapStatus, ImproveAnswerRequest, ImprovedAnswer};
use api_types::tenancy::Role;
use api_types::test_sets::{Expectation, ExpectedPassage, MAX_EXPECTED_CHARS, SaveTestCaseRequest};
use uuid::Uuid;

use super::groups;
use crate::{Error, Result, Scope, Services, kb, test_sets};

/// Adds the pair, then the case, then marks the group. Asked again after it broke off, it goes on: a pair that is there
/// already is not added twice.
pub async fn improve(
    services: &Services,
    scope: &Scope,
    id: Uuid,
    request: &ImproveAnswerRequest,
) -> Result<ImprovedAnswer> {
    scope.require(Role::Editor)?;
    request.check().map_err(Error::validation)?;
    let mut tx = services.db.tenant(scope).await?;
    groups::get(&mut tx, scope, id).await?;
    drop(tx);
    if let Some(set_id) = request.test_set_id {
        test_sets::get(&services.db, scope, set_id).await?;
    }
    let pair = request.pair().tidied();
    let place = kb::pairs::add_improved(services, scope, request.knowledge_base_id, &pair).await?;
    let case_id = match request.test_set_id {
        None => None,
        Some(set_id) => {
            let case = SaveTestCaseRequest {
                question: pair.question,
                history: Vec::new(),
                expectation: Expectation::Answered {
                    passage: Some(ExpectedPassage {
                        document_id: Some(place.document_id),
                        text: pair.answer.chars().take(MAX_EXPECTED_CHARS).collect(),
                    }),
                    answer: None,
                },
            };
            Some(test_sets::add_case(&services.db, scope, set_id, case).await?.id)
        }
    };
    let mut tx = services.db.tenant(scope).await?;
    groups::mark(&mut tx, scope, id, GapStatus::Improved).await?;
    tx.commit().await?;
    Ok(ImprovedAnswer {
        source_id: place.source_id,
        document_id: place.document_id,
        case_id,
    })
}
