//! What people change about chunks while their document is being worked on.

use api_types::kb::{ChunkStrategy, Chunking, DocumentStatus, Importance, SaveChunkRequest, StoredChunk};
use domain::jobs::Outcome;
use domain::kb::{bases, chunks, documents, edits};
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use super::fixture::{
    Worker, cut_anew, execute, finalize, finalize_texts, harness, number, settled, text, titles_found,
};
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
    cut_anew(&harness, kb, sized(100)).await;
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

/// Sentences that fill a chunk of 32 tokens each.
const SENTENCES: [&str; 4] = [
    "The Tejo workshop repairs bicycles of all makes on Tuesdays and on Thursdays, from nine in the morning until five.",
    "The Douro depot lends cargo bicycles to families for a weekend, against a deposit of two hundred and fifty euros.",
    "The Minho studio paints frames in any colour of the chart, which takes eight working days after the first talk.",
    "The Sado school teaches grown-ups to ride safely in traffic, in groups of six at most, each Saturday of spring.",
];

/// Whole sentences in chunks of this size.
fn sized(size: u16) -> Chunking {
    Chunking {
        strategy: ChunkStrategy::Sentence,
        size,
        overlap: 0,
    }
}

/// A document that is cut at each sentence, and its worker.
async fn cut_at_sentences(harness: &Harness) -> (Uuid, Uuid, Worker) {
    let sources = vec![text("Porto", &SENTENCES.join(" "))];
    let kb = finalize(harness, sized(40), sources, Vec::new()).await;
    let worker = Worker::start(harness);
    let document = settled(harness, kb).await[0].id;
    (kb, document, worker)
}

async fn list(harness: &Harness, kb: Uuid, document: Uuid) -> Vec<StoredChunk> {
    chunks::list(&harness.services.db, &harness.scope, kb, document)
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn edits_rest_while_a_document_is_cut_otherwise_and_come_back() {
    let harness = harness().await;
    let (kb, document, worker) = cut_at_sentences(&harness).await;
    let before = list(&harness, kb, document).await;
    assert_eq!(before.len(), SENTENCES.len(), "{before:#?}");
    let edited = SaveChunkRequest {
        text: SENTENCES[1].replace("two hundred and fifty", "three hundred"),
        context: "bail".to_owned(),
        importance: Importance::High,
        enabled: true,
    };
    let off = SaveChunkRequest {
        text: SENTENCES[2].to_owned(),
        context: String::new(),
        importance: Importance::default(),
        enabled: false,
    };
    for (chunk, request) in [(&before[1], &edited), (&before[2], &off)] {
        let id = chunk.chunk.id.unwrap();
        chunks::save(&harness.services, &harness.scope, kb, document, id, request)
            .await
            .unwrap();
    }
    let base = bases::get(&harness.services.db, &harness.scope, kb)
        .await
        .unwrap();
    assert_eq!(base.edit_count, 2);

    cut_anew(&harness, kb, sized(300)).await;
    settled(&harness, kb).await;
    let whole = list(&harness, kb, document).await;
    assert_eq!(whole.len(), 1);
    assert_eq!(whole[0].original_text, None);
    let resting = edits::resting(&harness.services.db, &harness.scope, kb, document)
        .await
        .unwrap();
    assert_eq!(resting.len(), 2);
    assert!(
        resting
            .iter()
            .any(|edit| edit.text == edited.text && edit.context == "bail")
    );
    // Vectors that nothing uses are removed after a while; the edit must do without.
    execute(
        &harness,
        "delete from embeddings e where not exists (select from chunks c where c.content_hash = e.content_hash)",
    )
    .await;

    cut_anew(&harness, kb, sized(40)).await;
    settled(&harness, kb).await;
    worker.stop().await;
    let after = list(&harness, kb, document).await;
    assert_eq!(
        (
            &after[1].chunk.text,
            after[1].context.as_str(),
            after[1].importance
        ),
        (&edited.text, "bail", Importance::High)
    );
    assert_eq!(after[1].original_text.as_deref(), Some(SENTENCES[1]));
    assert!(!after[2].enabled);
    let resting = edits::resting(&harness.services.db, &harness.scope, kb, document)
        .await
        .unwrap();
    assert_eq!(resting, []);
    assert!(!titles_found(&harness, kb, "bail").await.is_empty());
    // Taken back, it is forgotten.
    let restored = SaveChunkRequest {
        text: SENTENCES[1].to_owned(),
        context: String::new(),
        importance: Importance::default(),
        enabled: true,
    };
    let id = after[1].chunk.id.unwrap();
    chunks::save(&harness.services, &harness.scope, kb, document, id, &restored)
        .await
        .unwrap();
    let base = bases::get(&harness.services.db, &harness.scope, kb)
        .await
        .unwrap();
    assert_eq!(base.edit_count, 1);
}
