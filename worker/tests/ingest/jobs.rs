//! Jobs when things go wrong.

use std::time::Duration;

use api_types::kb::{Chunking, DocumentStatus};
use domain::kb::documents;
use domain::kb::ingest::{Outcome, enqueue_lost, ingest};
use uuid::Uuid;

use super::fixture::{Worker, execute, finalize, finalize_texts, harness, idle, number, settled, text};
use crate::support::{Harness, new_scope, until};

#[tokio::test]
async fn a_document_that_kills_its_worker_again_and_again_is_set_aside() {
    let harness = harness().await;
    let kb = finalize_texts(&harness, vec![text("Porto", "Bicycles are repaired in Porto.")]).await;
    let services = harness.worker_services();
    let workspace = harness.scope.workspace_id();
    let id = documents::list(&services.db, &harness.scope, kb).await.unwrap()[0].id;

    // Two attempts came to nothing just now: the third waits.
    execute(&harness, "update documents set attempts = 2, updated_at = now()").await;
    let outcome = ingest(&services, workspace, id, 1).await.unwrap();
    assert!(
        matches!(outcome, Outcome::Later(delay) if delay > Duration::from_secs(5)),
        "{outcome:?}"
    );

    execute(&harness, "update documents set attempts = 5").await;
    assert_eq!(ingest(&services, workspace, id, 1).await.unwrap(), Outcome::Done);
    let document = &documents::list(&services.db, &harness.scope, kb).await.unwrap()[0];
    assert_eq!(document.status, DocumentStatus::Failed);
    let error = document.error.as_ref().unwrap();
    assert!(error.message.contains("Retry"), "{}", error.message);
}

#[tokio::test]
async fn one_document_is_worked_on_once_at_a_time_and_replays_change_nothing() {
    let harness = harness().await;
    let kb = finalize_texts(&harness, vec![text("Porto", "Bicycles are repaired in Porto.")]).await;
    let services = harness.worker_services();
    let workspace = harness.scope.workspace_id();
    let id = documents::list(&services.db, &harness.scope, kb).await.unwrap()[0].id;
    let (one, two) = tokio::join!(
        ingest(&services, workspace, id, 1),
        ingest(&services, workspace, id, 1)
    );
    let mut outcomes = [one.unwrap(), two.unwrap()];
    outcomes.sort_by_key(|outcome| *outcome != Outcome::Done);
    assert!(
        matches!(outcomes, [Outcome::Done, Outcome::Later(_)]),
        "{outcomes:?}"
    );

    let rows = "select count(*) from chunks c join documents d on d.id = c.document_id and d.live_version = c.version";
    assert_eq!(number(&harness, rows).await, 1);
    assert_eq!(ingest(&services, workspace, id, 1).await.unwrap(), Outcome::Done);
    assert_eq!(
        ingest(&services, workspace, id, 7).await.unwrap(),
        Outcome::Done,
        "a version nobody wants"
    );
    assert_eq!(
        ingest(&services, workspace, Uuid::new_v4(), 1).await.unwrap(),
        Outcome::Done,
        "deleted meanwhile"
    );
    assert_eq!(number(&harness, rows).await, 1);
    assert_eq!(
        number(&harness, "select index_version from knowledge_bases").await,
        1
    );
}

#[tokio::test]
async fn documents_that_lost_their_job_get_another() {
    let harness = harness().await;
    let sources = vec![text("Porto", "Bicycles."), text("Lisbon", "Clocks.")];
    finalize_texts(&harness, sources).await;
    execute(
        &harness,
        "update documents set updated_at = now() - interval '2 minutes'",
    )
    .await;
    let db = harness.worker_services().db;
    assert_eq!(enqueue_lost(&db).await.unwrap(), 0, "both have one");
    execute(
        &harness,
        "update apalis.jobs set status = 'Killed' where id = (select id from apalis.jobs limit 1)",
    )
    .await;
    assert_eq!(enqueue_lost(&db).await.unwrap(), 1);
    assert_eq!(enqueue_lost(&db).await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_of_a_newer_release_is_left_alone_and_holds_up_nobody() {
    let harness = harness().await;
    execute(
        &harness,
        r#"insert into apalis.jobs (id, job_type, job, status, max_attempts, run_at)
           values ('01ARZ3NDEKTSV4RRFFQ69G5FAV', 'botwright', '{"job":"from_the_future"}', 'Pending', 5, '2020-01-01')"#,
    )
    .await;
    let kb = finalize_texts(&harness, vec![text("Porto", "Bicycles are repaired in Porto.")]).await;
    let worker = Worker::start(&harness);
    let documents = settled(&harness, kb).await;
    assert_eq!(documents[0].status, DocumentStatus::Indexed);
    until("the unknown job is put off", async || {
        let waiting = "select count(*) from apalis.jobs where status = 'Pending' and run_at > now()";
        (number(&harness, waiting).await == 1).then_some(())
    })
    .await;
    worker.stop().await;
}

/// A knowledge base whose documents keep a worker busy for a while.
async fn finalize_many(harness: &Harness) -> Uuid {
    let article = |i: usize| {
        let paragraphs = (0..30).map(|p| {
            format!(
                "Station {i}-{p} has {p} platforms and a clock from the year {}.\n\n",
                1800 + i + p
            )
        });
        text(&format!("Article {i}"), &paragraphs.collect::<String>())
    };
    let small = Chunking {
        size: 32,
        overlap: 0,
        ..Chunking::default()
    };
    finalize(harness, small, (0..12).map(article).collect(), Vec::new()).await
}

async fn indexed(harness: &Harness) -> i64 {
    number(harness, "select count(*) from documents where status = 'indexed'").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_stopped_gives_its_jobs_back_at_once() {
    let harness = harness().await;
    let kb = finalize_many(&harness).await;
    let first = Worker::start(&harness);
    until("some are indexed", async || {
        (indexed(&harness).await >= 2).then_some(())
    })
    .await;
    first.stop().await;
    assert!(indexed(&harness).await < 12, "all was done before the stop");
    let held = "select count(*) from apalis.jobs where status in ('Queued', 'Running')";
    assert_eq!(number(&harness, held).await, 0);
    let second = Worker::start(&harness);
    let documents = settled(&harness, kb).await;
    assert!(
        documents
            .iter()
            .all(|document| document.status == DocumentStatus::Indexed)
    );
    idle(&harness).await;
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_away_for_a_while_loses_nothing() {
    let harness = harness().await;
    let kb = finalize_many(&harness).await;
    let worker = Worker::start_with(&harness, Duration::from_secs(2));
    until("some are indexed", async || {
        (indexed(&harness).await >= 2).then_some(())
    })
    .await;
    harness.disconnect_database(Duration::from_secs(3)).await;
    let documents = settled(&harness, kb).await;
    assert!(
        documents
            .iter()
            .all(|document| document.status == DocumentStatus::Indexed),
        "{documents:?}"
    );
    idle(&harness).await;
    worker.stop().await;
    let chunks: i32 = documents.iter().map(|document| document.chunk_count).sum();
    assert_eq!(
        number(&harness, "select count(*) from chunks").await,
        i64::from(chunks)
    );
    assert_eq!(
        number(&harness, "select index_version from knowledge_bases").await,
        12
    );
}

#[tokio::test]
async fn a_single_document_goes_before_the_many_of_another_workspace() {
    let mut harness = harness().await;
    let many = (0..60).map(|i| text(&format!("Note {i}"), &format!("Lamp {i} is lit.")));
    finalize_texts(&harness, many.collect()).await;
    harness.scope = new_scope(&harness.services).await;
    finalize_texts(&harness, vec![text("Note", "Clocks are sold here.")]).await;
    // In the order in which the queue hands them out.
    let before = "with jobs as (
            select convert_from(job, 'UTF8')::jsonb ->> 'workspace_id' as workspace_id,
                   row_number() over (order by priority desc, run_at, id) as place
            from apalis.jobs
        )
        select max(place) - 1 from jobs group by workspace_id having count(*) = 1";
    let before = number(&harness, before).await;
    assert!((1..=20).contains(&before), "{before} go before it");
}
