//! What people change about chunks while their document is being worked on.

use api_types::kb::{Chunking, DocumentStatus, Importance, SaveChunkRequest, StoredChunk};
use domain::jobs::Outcome;
use domain::kb::{chunks, documents, drafts};
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use super::fixture::{Worker, finalize_texts, harness, number, settled, text};
use crate::support::{Harness, until};

const TEXT: &str = "Bicycles are repaired in Porto, at Rua das Flores 12.";

/// A document with one chunk; ids of the knowledge base and of the document.
async fn indexed(harness: &Harness) -> (Uuid, Uuid) {
    let kb = finalize_texts(harness, vec![text("Porto", TEXT)]).await;
    let worker = Worker::start(harness);
    let document = settled(harness, kb).await[0].id;
    worker.stop().await;
    (kb, document)
}

async fn only_chunk(harness: &Harness, kb: Uuid, document: Uuid) -> StoredChunk {
    let chunks = chunks::list(&harness.services.db, &harness.scope, kb, document).await;
    let mut chunks = chunks.unwrap();
    assert_eq!(chunks.len(), 1);
    chunks.remove(0)
}

/// Has every document of a knowledge base cut anew.
async fn cut_anew(harness: &Harness, kb: Uuid) {
    let (services, scope) = (&harness.services, &harness.scope);
    let request = api_types::drafts::CreateDraftRequest { from: Some(kb) };
    let draft = drafts::create(services, scope, &request).await.unwrap();
    let save = api_types::kb::SaveKbDraftRequest {
        version: draft.version,
        name: draft.content.name,
        description: String::new(),
        chunking: Chunking {
            size: draft.content.chunking.size / 2,
            ..draft.content.chunking
        },
    };
    drafts::save(services, scope, draft.id, save).await.unwrap();
    drafts::finalize(services, scope, draft.id).await.unwrap();
}

/// Begins a transaction that holds a lock until it is dropped.
async fn hold(connection: &mut PgConnection, lock: &'static str) {
    for sql in ["begin", lock] {
        sqlx::query(sql).execute(&mut *connection).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_made_while_the_document_is_read_again_is_kept() {
    let harness = harness().await;
    let (kb, document) = indexed(&harness).await;
    let before = only_chunk(&harness, kb, document).await;

    // The job is held up before it writes chunks, then once more between taking edits over and going live.
    let (mut writing, mut going_live) = (harness.superuser().await, harness.superuser().await);
    hold(&mut writing, "lock table chunks in share mode").await;
    cut_anew(&harness, kb).await;
    let worker = Worker::start(&harness);
    until("it is about to write chunks", async || {
        let documents = documents::list(&harness.services.db, &harness.scope, kb)
            .await
            .unwrap();
        (documents[0].status == DocumentStatus::Embedding).then_some(())
    })
    .await;
    // Stands in the way of whoever wants the row for itself, not of those who change it.
    hold(&mut going_live, "select 1 from documents for key share").await;
    writing.close().await.unwrap();
    until("it is about to go live", async || {
        let waiting = "select count(*) from pg_stat_activity
            where datname = current_database() and wait_event_type = 'Lock' and query like 'select revision%for update%'";
        (number(&harness, waiting).await == 1).then_some(())
    })
    .await;

    let edit = SaveChunkRequest {
        text: format!("{TEXT} Closed on Mondays."),
        context: "workshop".to_owned(),
        importance: Importance::default(),
        enabled: true,
    };
    chunks::save(
        &harness.services,
        &harness.scope,
        kb,
        document,
        before.chunk.id.unwrap(),
        &edit,
    )
    .await
    .unwrap();
    going_live.close().await.unwrap();
    settled(&harness, kb).await;
    worker.stop().await;

    let after = only_chunk(&harness, kb, document).await;
    assert_ne!(before.chunk.id, after.chunk.id, "a new version");
    assert_eq!(
        (after.chunk.text, after.context),
        (edit.text, edit.context),
        "what was written meanwhile"
    );
    assert_eq!(after.original_text.as_deref(), Some(TEXT));
}

#[tokio::test]
async fn a_document_is_put_into_the_index_by_one_job_at_a_time() {
    let harness = harness().await;
    let (kb, document) = indexed(&harness).await;
    let (services, workspace) = (harness.worker_services(), harness.scope.workspace_id());
    // Another job on the same document, held up for as long as the test likes.
    let mut other = harness.superuser().await;
    sqlx::query("select pg_advisory_lock(hashtextextended('ingest:' || $1, 0))")
        .bind(document.to_string())
        .execute(&mut other)
        .await
        .unwrap();
    let meanwhile = chunks::index(&services, workspace, kb, document).await.unwrap();
    assert!(matches!(meanwhile, Outcome::Later(_)), "{meanwhile:?}");
    other.close().await.unwrap();
    let after = until("the lock is free", async || {
        let outcome = chunks::index(&services, workspace, kb, document).await.unwrap();
        (outcome == Outcome::Done).then_some(outcome)
    });
    assert_eq!(after.await, Outcome::Done);

    let (one, two) = tokio::join!(
        chunks::index(&services, workspace, kb, document),
        chunks::index(&services, workspace, kb, document)
    );
    let outcomes = [one.unwrap(), two.unwrap()];
    assert!(outcomes.contains(&Outcome::Done), "{outcomes:?}");
}
