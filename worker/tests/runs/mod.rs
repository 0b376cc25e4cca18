//! Runs of test sets to work on.

use api_types::bots::ChatbotContent;
use api_types::test_sets::{Expectation, SaveTestCaseRequest, StartRunRequest, TestRun};
use domain::{drafts, test_sets};
use uuid::Uuid;

use crate::support::Harness;

/// Starts a run of `cases` cases on a draft that answers from a knowledge base.
pub async fn start_run(harness: &Harness, knowledge_base_id: Uuid, cases: usize) -> TestRun {
    let (services, scope) = (&harness.services, &harness.scope);
    let content = ChatbotContent {
        knowledge_base_ids: vec![knowledge_base_id],
        ..ChatbotContent::default()
    };
    let draft = drafts::create(&services.drafts, scope, content, None)
        .await
        .unwrap();
    let set = test_sets::create(&services.db, scope, "Shops").await.unwrap();
    for i in 0..cases {
        let case = SaveTestCaseRequest {
            question: format!("Where are bicycles repaired, asks visitor {i}?"),
            history: Vec::new(),
            expectation: Expectation::Unanswerable,
        };
        test_sets::add_case(&services.db, scope, set.id, case)
            .await
            .unwrap();
    }
    let target = StartRunRequest {
        draft_id: Some(draft.id),
        bot_id: None,
    };
    test_sets::start(services, scope, set.id, target).await.unwrap()
}
