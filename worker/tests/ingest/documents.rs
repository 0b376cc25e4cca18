//! What becomes of documents.

use std::path::Path;

use api_types::ErrorCode;
use api_types::kb::{Chunking, DocumentStatus, NewSource, SourceKind};
use api_types::pairs::{Pair, SavePairsRequest};
use domain::kb::drafts::NewFile;
use domain::kb::{bases, chunks, documents, pairs};
use domain::storage::Storage;
use uuid::Uuid;

use super::fixture::{
    Worker, add, cut_anew, execute, finalize, finalize_texts, harness, idle, number, settled, text,
    titles_found,
};

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
    let kb = finalize(&harness, Chunking::default(), notes, files.into()).await;
    let worker = Worker::start(&harness);
    let documents = settled(&harness, kb).await;
    idle(&harness).await;
    worker.stop().await;

    // Where it is installed, text recognition reads the scan.
    let reads_scans = domain::kb::ocr::languages().await.is_some();
    for document in &documents {
        let scanned = document.title == "scanned.pdf" && !reads_scans;
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
    let chunks = chunks::list(&harness.services.db, &harness.scope, kb, pdf.id)
        .await
        .unwrap();
    assert_eq!(i32::try_from(chunks.len()).unwrap(), pdf.chunk_count);
    assert!(chunks.iter().zip(0..).all(|(chunk, i)| chunk.chunk.position == i
        && chunk.chunk.id.is_some()
        && chunk.chunk.page.is_some()));
    let base = bases::get(&harness.services.db, &harness.scope, kb)
        .await
        .unwrap();
    assert_eq!(
        (base.progress.total, base.progress.indexed, base.progress.failed),
        if reads_scans { (6, 6, 0) } else { (6, 5, 1) }
    );
    assert_eq!(
        base.chunk_count,
        number(&harness, "select count(*) from chunks").await
    );
    assert_eq!(
        number(&harness, "select count(*) from chunks c where not exists (select from embeddings e where e.content_hash = c.content_hash)").await,
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
             insert into bot_versions (workspace_id, bot_id, version, content, draft_id, draft_version)
             values ($1, $2, 1, '{}', $2, 1)
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
        "update embeddings set vector = decode(repeat('0000003f', 384), 'hex')",
    )
    .await;
    let second = finalize_texts(&harness, sources()).await;
    let documents = settled(&harness, second).await;
    worker.stop().await;
    assert_eq!(documents[0].status, DocumentStatus::Indexed);
    assert_eq!(number(&harness, "select count(*) from chunks").await, 2);
    assert_eq!(
        number(
            &harness,
            "select count(*) from embeddings where vector = decode(repeat('0000003f', 384), 'hex')"
        )
        .await,
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
    cut_anew(&harness, kb, finer).await;
    add(&harness, kb, more).await;
    // No worker runs: what there was still answers.
    assert_eq!(
        titles_found(&harness, kb, "Where are the maps of region 7?").await[0],
        "Archive"
    );
    let old = chunks::list(db, scope, kb, before[0].id).await.unwrap();
    assert_eq!(i32::try_from(old.len()).unwrap(), before[0].chunk_count);

    let worker = Worker::start(&harness);
    let after = settled(&harness, kb).await;
    worker.stop().await;
    assert_eq!(after.len(), 2);
    assert!(after[0].chunk_count > before[0].chunk_count, "{after:?}");
    let new = chunks::list(db, scope, kb, before[0].id).await.unwrap();
    assert!(new.iter().all(|chunk| chunk.chunk.tokens <= 40));
    assert_eq!(
        number(&harness, "select count(*) from chunks where version = 1").await,
        1,
        "the cellar's only"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn of_changed_pairs_only_the_changed_ones_are_embedded_again() {
    let harness = harness().await;
    let (services, scope) = (&harness.services, &harness.scope);
    let pair = |i: usize, answer: &str| Pair {
        question: format!("Where is shelf {i}?"),
        answer: answer.to_owned(),
    };
    let written = (0..40).map(|i| pair(i, &format!("In room {i} of the archive.")));
    let source = NewSource::Qa {
        title: "Shelves".to_owned(),
        pairs: written.collect(),
    };
    let kb = finalize_texts(&harness, vec![source]).await;
    let worker = Worker::start(&harness);
    let documents = settled(&harness, kb).await;
    assert_eq!(
        (documents[0].kind, documents[0].chunk_count),
        (SourceKind::Qa, 40)
    );
    // A vector that no model makes of this text: whoever has it was not embedded again.
    execute(
        &harness,
        "update embeddings set vector = decode(repeat('0000003f', 384), 'hex')",
    )
    .await;

    let source = documents[0].source_id;
    let mut read = pairs::get(services, scope, kb, source).await.unwrap();
    read.pairs.remove(3);
    read.pairs[20] = pair(21, "It was sold.");
    let request = SavePairsRequest {
        version: read.version,
        pairs: read.pairs,
    };
    pairs::save(services, scope, kb, source, &request).await.unwrap();
    let after = settled(&harness, kb).await;
    idle(&harness).await;
    worker.stop().await;
    assert_eq!(after[0].chunk_count, 39);
    assert_eq!(
        number(
            &harness,
            "select count(*) from embeddings where vector <> decode(repeat('0000003f', 384), 'hex')"
        )
        .await,
        1
    );
    // The file of the first version is gone, and the last goes with the source.
    let key = Storage::document_key(scope.workspace_id(), after[0].id);
    assert_eq!(services.storage.get(&key).await.unwrap(), None);
    assert_eq!(
        titles_found(&harness, kb, "Where is shelf 7?").await[0],
        "Shelves"
    );
}
