//! Documents on their way into the index, with a worker in this process.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "test helpers; lints know tests by their attribute only"
)]

#[path = "../../domain/tests/support/mod.rs"]
mod support;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use api_types::ErrorCode;
use api_types::drafts::CreateDraftRequest;
use api_types::kb::{
    AddSourcesRequest, Chunking, Document, DocumentStatus, NewSource, SaveKbDraftRequest, SearchRequest,
};
use domain::kb::drafts::{self, NewFile};
use domain::kb::ingest::{Outcome, enqueue_lost, ingest};
use domain::kb::{self, bases, documents};
use domain::storage::Storage;
use support::{Harness, until};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use worker::Settings;

struct Worker {
    shutdown: CancellationToken,
    task: JoinHandle<()>,
}

impl Worker {
    fn start(harness: &Harness) -> Self {
        Self::start_with(harness, Duration::from_secs(15))
    }

    fn start_with(harness: &Harness, lost_after: Duration) -> Self {
        let shutdown = CancellationToken::new();
        let settings = Settings {
            concurrency: 2,
            lost_after,
        };
        let task = tokio::spawn(worker::run(
            Arc::new(harness.worker_services()),
            settings,
            shutdown.clone(),
        ));
        Self { shutdown, task }
    }

    async fn stop(self) {
        self.shutdown.cancel();
        self.task.await.unwrap();
    }
}

async fn harness() -> Harness {
    Harness::new(Path::new(env!("CARGO_BIN_EXE_botwright-worker"))).await
}

fn text(title: &str, text: &str) -> NewSource {
    NewSource::Text {
        title: title.to_owned(),
        text: text.to_owned(),
    }
}

/// Finalizes a draft of these sources; a new knowledge base, or more of the one it is made from.
async fn finalize(
    harness: &Harness,
    from: Option<Uuid>,
    chunking: Chunking,
    sources: Vec<NewSource>,
    files: Vec<NewFile>,
) -> Uuid {
    let (services, scope) = (&harness.services, &harness.scope);
    let draft = drafts::create(services, scope, &CreateDraftRequest { from })
        .await
        .unwrap();
    let name = if from.is_some() {
        draft.content.name
    } else {
        format!("Base {}", draft.id)
    };
    let save = SaveKbDraftRequest {
        version: draft.version,
        name,
        description: String::new(),
        chunking,
    };
    drafts::save(services, scope, draft.id, save).await.unwrap();
    if !sources.is_empty() {
        drafts::add_sources(services, scope, draft.id, AddSourcesRequest { sources })
            .await
            .unwrap();
    }
    if !files.is_empty() {
        drafts::add_files(services, scope, draft.id, files).await.unwrap();
    }
    drafts::finalize(services, scope, draft.id)
        .await
        .unwrap()
        .knowledge_base_id
}

async fn finalize_texts(harness: &Harness, sources: Vec<NewSource>) -> Uuid {
    finalize(harness, None, Chunking::default(), sources, Vec::new()).await
}

/// The documents, once none is on its way any more.
async fn settled(harness: &Harness, kb: Uuid) -> Vec<Document> {
    until("every document is indexed or failed", async || {
        let base = bases::get(&harness.services.db, &harness.scope, kb)
            .await
            .unwrap();
        (!base.progress.in_progress()).then_some(())
    })
    .await;
    documents::list(&harness.services.db, &harness.scope, kb)
        .await
        .unwrap()
}

async fn titles_found(harness: &Harness, kb: Uuid, query: &str) -> Vec<String> {
    let request = SearchRequest {
        query: query.to_owned(),
        limit: 3,
    };
    let found = kb::find(&harness.services, &harness.scope, kb, &request)
        .await
        .unwrap();
    found.hits.into_iter().map(|hit| hit.title).collect()
}

async fn number(harness: &Harness, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql)
        .fetch_one(&mut harness.superuser().await)
        .await
        .unwrap()
}

async fn execute(harness: &Harness, sql: &'static str) {
    sqlx::query(sql)
        .execute(&mut harness.superuser().await)
        .await
        .unwrap();
}

/// Waits until the queue holds nothing that is still to be done.
async fn idle(harness: &Harness) {
    until("no job is left", async || {
        let open = number(harness, "select count(*) from apalis.jobs where status <> 'Done'").await;
        (open == 0).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_of_every_kind_are_indexed_and_found() {
    let harness = harness().await;
    let fixtures = [
        "brewing-notes.md",
        "lumen-lamp.html",
        "aurora-k2-guide.pdf",
        "returns-handbook.docx",
        "scanned.pdf",
    ];
    let files = fixtures.map(|name| NewFile {
        name: name.to_owned(),
        bytes: std::fs::read(Path::new("../domain/tests/fixtures").join(name)).unwrap(),
    });
    let notes = vec![text(
        "Opening hours",
        "The shop in Lisbon opens at nine on Tuesdays.",
    )];
    let kb = finalize(&harness, None, Chunking::default(), notes, files.into()).await;
    let worker = Worker::start(&harness);
    let documents = settled(&harness, kb).await;
    idle(&harness).await;
    worker.stop().await;

    for document in &documents {
        let scanned = document.title == "scanned.pdf";
        let expected = if scanned {
            DocumentStatus::Failed
        } else {
            DocumentStatus::Indexed
        };
        assert_eq!(document.status, expected, "{document:?}");
        assert_eq!(
            document.error.as_ref().map(|e| e.code),
            scanned.then_some(ErrorCode::NeedsOcr)
        );
        assert_eq!(document.chunks_done, document.chunk_count);
    }
    let found = titles_found(&harness, kb, "When does the shop in Lisbon open?").await;
    assert_eq!(found[0], "Opening hours");
    let pdf = documents
        .iter()
        .find(|d| d.title == "aurora-k2-guide.pdf")
        .unwrap();
    let chunks = documents::chunks(&harness.services.db, &harness.scope, kb, pdf.id)
        .await
        .unwrap();
    assert_eq!(i32::try_from(chunks.len()).unwrap(), pdf.chunk_count);
    assert!(
        chunks
            .iter()
            .zip(0..)
            .all(|(chunk, i)| chunk.position == i && chunk.id.is_some() && chunk.page.is_some())
    );
    let base = bases::get(&harness.services.db, &harness.scope, kb)
        .await
        .unwrap();
    assert_eq!(
        (base.progress.total, base.progress.indexed, base.progress.failed),
        (6, 5, 1)
    );
    assert_eq!(
        base.chunk_count,
        number(&harness, "select count(*) from chunks").await
    );
    assert_eq!(
        number(&harness, "select count(*) from chunks where embedding is null").await,
        0
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_document_is_tried_again_when_asked() {
    let harness = harness().await;
    let kb = finalize_texts(&harness, vec![text("Note", "Bicycles are repaired in Porto.")]).await;
    let (db, scope) = (&harness.services.db, &harness.scope);
    let id = documents::list(db, scope, kb).await.unwrap()[0].id;
    let key = Storage::document_key(scope.workspace_id(), id);
    let bytes = harness.services.storage.get(&key).await.unwrap().unwrap();
    harness.services.storage.delete(&key).await.unwrap();

    let worker = Worker::start(&harness);
    let failed = settled(&harness, kb).await;
    assert_eq!(failed[0].status, DocumentStatus::Failed);
    assert_eq!(failed[0].error.as_ref().unwrap().code, ErrorCode::NotFound);

    harness.services.storage.put(&key, bytes).await.unwrap();
    let queued = documents::retry(db, scope, kb, id).await.unwrap();
    assert_eq!((queued.status, queued.error), (DocumentStatus::Queued, None));
    let indexed = settled(&harness, kb).await;
    assert_eq!(indexed[0].status, DocumentStatus::Indexed, "{indexed:?}");
    // Trying one again that is indexed changes nothing.
    let same = documents::retry(db, scope, kb, id).await.unwrap();
    assert_eq!(same, indexed[0]);
    idle(&harness).await;
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn deleting_leaves_nothing_behind() {
    let harness = harness().await;
    let (db, scope) = (&harness.services.db, &harness.scope);
    let sources = vec![
        text("Porto", "Bicycles are repaired in Porto."),
        text("Lisbon", "Clocks are repaired in Lisbon."),
    ];
    let kb = finalize_texts(&harness, sources).await;
    let worker = Worker::start(&harness);
    let documents = settled(&harness, kb).await;
    idle(&harness).await;
    assert_eq!(
        titles_found(&harness, kb, "Who repairs bicycles?").await[0],
        "Porto"
    );

    let porto = documents.iter().find(|d| d.title == "Porto").unwrap();
    documents::delete(db, scope, kb, porto.id).await.unwrap();
    assert_eq!(
        titles_found(&harness, kb, "Who repairs bicycles?").await,
        ["Lisbon"]
    );
    bases::delete(db, scope, kb).await.unwrap();
    idle(&harness).await;
    worker.stop().await;

    for document in documents {
        let key = Storage::document_key(scope.workspace_id(), document.id);
        assert_eq!(
            harness.services.storage.get(&key).await.unwrap(),
            None,
            "{}",
            document.title
        );
    }
    for sql in [
        "select count(*) from knowledge_bases",
        "select count(*) from kb_finalizations",
        "select count(*) from documents",
        "select count(*) from chunks",
        "select count(*) from apalis.jobs where convert_from(job, 'UTF8') like '%ingest_document%'",
    ] {
        assert_eq!(number(&harness, sql).await, 0, "{sql}");
    }
}

#[tokio::test]
async fn a_knowledge_base_that_a_bot_uses_is_kept() {
    let harness = harness().await;
    let kb = finalize_texts(&harness, vec![text("Porto", "Bicycles are repaired in Porto.")]).await;
    let mut superuser = harness.superuser().await;
    let workspace = harness.scope.workspace_id();
    sqlx::query(
        "with bot as (
             insert into bots (workspace_id, id, name, live_version) values ($1, $2, 'Repairs', 1)
         ), version as (
             insert into bot_versions (workspace_id, bot_id, version, content, draft_id) values ($1, $2, 1, '{}', $2)
         )
         insert into bot_knowledge_bases (workspace_id, bot_id, knowledge_base_id) values ($1, $2, $3)",
    )
    .bind(workspace)
    .bind(Uuid::new_v4())
    .bind(kb)
    .execute(&mut superuser)
    .await
    .unwrap();

    let base = bases::get(&harness.services.db, &harness.scope, kb)
        .await
        .unwrap();
    assert_eq!(base.used_by, ["Repairs"]);
    let error = bases::delete(&harness.services.db, &harness.scope, kb)
        .await
        .unwrap_err();
    assert_eq!(error.code(), ErrorCode::InUse);
    assert!(error.to_string().contains("Repairs"), "{error}");
    assert_eq!(number(&harness, "select count(*) from documents").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn unchanged_text_is_not_embedded_again() {
    let harness = harness().await;
    let sources = || vec![text("Porto", "Bicycles are repaired in Porto.")];
    let first = finalize_texts(&harness, sources()).await;
    let worker = Worker::start(&harness);
    settled(&harness, first).await;
    // A vector that no model makes of this text: whoever has it has copied it.
    execute(
        &harness,
        "update chunks set embedding = decode(repeat('0000003f', 384), 'hex')",
    )
    .await;
    let second = finalize_texts(&harness, sources()).await;
    let documents = settled(&harness, second).await;
    worker.stop().await;
    assert_eq!(documents[0].status, DocumentStatus::Indexed);
    assert_eq!(number(&harness, "select count(*) from chunks").await, 2);
    assert_eq!(
        number(&harness, "select count(distinct embedding) from chunks").await,
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn new_settings_cut_documents_anew_while_the_old_chunks_answer() {
    let harness = harness().await;
    let (db, scope) = (&harness.services.db, &harness.scope);
    let long: String = (0..40)
        .map(|i| format!("Shelf {i} of the archive holds maps of region {i}.\n\n"))
        .collect();
    let kb = finalize_texts(&harness, vec![text("Archive", &long)]).await;
    let worker = Worker::start(&harness);
    let before = settled(&harness, kb).await;
    worker.stop().await;

    let finer = Chunking {
        size: 40,
        overlap: 0,
        ..Chunking::default()
    };
    let more = vec![text("Cellar", "The cellar holds globes.")];
    finalize(&harness, Some(kb), finer, more, Vec::new()).await;
    // No worker runs: what there was still answers.
    assert_eq!(
        titles_found(&harness, kb, "Where are the maps of region 7?").await[0],
        "Archive"
    );
    let old = documents::chunks(db, scope, kb, before[0].id).await.unwrap();
    assert_eq!(i32::try_from(old.len()).unwrap(), before[0].chunk_count);

    let worker = Worker::start(&harness);
    let after = settled(&harness, kb).await;
    worker.stop().await;
    assert_eq!(after.len(), 2);
    assert!(after[0].chunk_count > before[0].chunk_count, "{after:?}");
    let new = documents::chunks(db, scope, kb, before[0].id).await.unwrap();
    assert!(new.iter().all(|chunk| chunk.tokens <= 40));
    assert_eq!(
        number(&harness, "select count(*) from chunks where version = 1").await,
        1,
        "the cellar's only"
    );
}

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
    finalize(harness, None, small, (0..12).map(article).collect(), Vec::new()).await
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
