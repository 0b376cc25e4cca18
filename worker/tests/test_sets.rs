//! Test runs and workers that die: what was asked is kept, what is left is asked.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "test helpers; lints know tests by their attribute only"
)]

mod process;
mod runs;
#[expect(dead_code, reason = "shared with tests that use more of it")]
#[path = "../../domain/tests/support/mod.rs"]
mod support;

use std::path::Path;

use api_types::drafts::CreateDraftRequest;
use api_types::kb::{AddSourcesRequest, Chunking, NewSource, SaveKbDraftRequest};
use api_types::test_sets::{RunStatus, TestRun, TestRunDetail};
use domain::jobs::Outcome;
use domain::kb::{bases, drafts as kb_drafts};
use domain::test_sets;
use process::{PROGRAM, Worker};
use runs::start_run;
use support::{Harness, until};
use uuid::Uuid;

const CASES: usize = 300;
const KILLS: i64 = 5;

async fn knowledge_base(harness: &Harness) -> Uuid {
    let (services, scope) = (&harness.services, &harness.scope);
    let draft = kb_drafts::create(services, scope, &CreateDraftRequest::default())
        .await
        .unwrap();
    let save = SaveKbDraftRequest {
        version: draft.version,
        name: "Shops".to_owned(),
        description: String::new(),
        chunking: Chunking::default(),
    };
    kb_drafts::save(services, scope, draft.id, save).await.unwrap();
    let text = NewSource::Text {
        title: "Porto".to_owned(),
        text: "Bicycles are repaired in Porto, at Rua das Flores 12.".to_owned(),
    };
    let sources = AddSourcesRequest { sources: vec![text] };
    kb_drafts::add_sources(services, scope, draft.id, sources)
        .await
        .unwrap();
    kb_drafts::finalize(services, scope, draft.id)
        .await
        .unwrap()
        .knowledge_base_id
}

/// A run of `cases` cases on a draft that answers from a new knowledge base.
async fn start(harness: &Harness, cases: usize) -> TestRun {
    let knowledge_base = knowledge_base(harness).await;
    start_run(harness, knowledge_base, cases).await
}

async fn look(harness: &Harness, run: &TestRun) -> TestRunDetail {
    test_sets::get_run(&harness.services.db, &harness.scope, run.test_set_id, run.id)
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_whose_workers_are_killed_keeps_what_is_done_and_asks_the_rest() {
    let harness = Harness::new(Path::new(PROGRAM)).await;
    let run = start(&harness, CASES).await;
    let mut before: Vec<_> = look(&harness, &run).await.cases;
    for kill in 1..=KILLS {
        let worker = Worker::start(&harness);
        until("some more cases are done", async || {
            (look(&harness, &run).await.run.done >= kill * 10).then_some(())
        })
        .await;
        drop(worker);
        let now = look(&harness, &run).await;
        assert_eq!(
            now.run.status,
            RunStatus::Running,
            "all was done before kill {kill}"
        );
        for (before, now) in before.iter().zip(&now.cases) {
            assert!(
                before.result.is_none() || before.result == now.result,
                "asked again: {}",
                now.question
            );
        }
        before = now.cases;
    }
    let _worker = Worker::start(&harness);
    let done = until("the run ends", async || {
        let detail = look(&harness, &run).await;
        (!detail.run.status.is_active()).then_some(detail)
    })
    .await;
    assert_eq!(done.run.status, RunStatus::Done);
    assert_eq!(done.run.done, CASES as i64);
    assert_eq!(done.run.figures.unwrap().done as usize, CASES);
    for (before, now) in before.iter().zip(&done.cases) {
        assert!(before.result.is_none() || before.result == now.result);
    }
}

#[tokio::test]
async fn a_run_that_was_stopped_or_deleted_or_kills_its_worker_asks_nothing_more() {
    let harness = Harness::new(Path::new(PROGRAM)).await;
    let (services, scope) = (&harness.services, &harness.scope);
    let worker = harness.worker_services();
    let workspace = scope.workspace_id();
    let run = start(&harness, 2).await;
    test_sets::cancel(&services.db, scope, run.test_set_id, run.id)
        .await
        .unwrap();
    assert_eq!(
        test_sets::run(&worker, workspace, run.id).await.unwrap(),
        Outcome::Done
    );
    let cancelled = look(&harness, &run).await.run;
    assert_eq!((cancelled.status, cancelled.done), (RunStatus::Cancelled, 0));

    // Six times a worker began and came to nothing.
    let mut superuser = harness.superuser().await;
    sqlx::query("update test_runs set status = 'running', attempts = 6")
        .execute(&mut superuser)
        .await
        .unwrap();
    assert_eq!(
        test_sets::run(&worker, workspace, run.id).await.unwrap(),
        Outcome::Done
    );
    let failed = look(&harness, &run).await.run;
    assert_eq!(failed.status, RunStatus::Failed);
    assert!(failed.error.unwrap().contains("interrupted"));

    test_sets::delete(&services.db, scope, run.test_set_id)
        .await
        .unwrap();
    assert_eq!(
        test_sets::run(&worker, workspace, run.id).await.unwrap(),
        Outcome::Done
    );
    assert_eq!(
        bases::list(&services.db, scope).await.unwrap().len(),
        1,
        "nothing else went"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_whose_job_is_lost_is_enqueued_again_once() {
    let harness = Harness::new(Path::new(PROGRAM)).await;
    let run = start(&harness, 2).await;
    let mut superuser = harness.superuser().await;
    let db = harness.worker_services().db;
    let mut execute = async |sql: &'static str| {
        sqlx::query(sql).execute(&mut superuser).await.unwrap();
    };
    execute("update test_runs set created_at = now() - interval '2 minutes'").await;
    assert_eq!(test_sets::enqueue_lost(&db).await.unwrap(), 0, "it has a job");
    execute("delete from apalis.jobs where convert_from(job, 'UTF8')::jsonb ->> 'job' = 'run_tests'").await;
    execute("update test_runs set created_at = now()").await;
    assert_eq!(
        test_sets::enqueue_lost(&db).await.unwrap(),
        0,
        "it may be between two jobs"
    );
    execute("update test_runs set created_at = now() - interval '2 minutes'").await;
    // The worker looks by itself, as soon as it starts.
    let _worker = Worker::start(&harness);
    until("the run ends", async || {
        let detail = look(&harness, &run).await;
        (detail.run.status == RunStatus::Done).then_some(())
    })
    .await;
    assert_eq!(test_sets::enqueue_lost(&db).await.unwrap(), 0, "it is over");
}
