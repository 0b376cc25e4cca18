//! The worker as a process, killed again and again while it ingests.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "test helpers; lints know tests by their attribute only"
)]

mod process;
#[expect(dead_code, reason = "shared with tests that use more of it")]
#[path = "../../domain/tests/support/mod.rs"]
mod support;

use std::path::Path;

use api_types::drafts::CreateDraftRequest;
use api_types::kb::{AddSourcesRequest, Chunking, DocumentStatus, NewSource, SaveKbDraftRequest};
use domain::kb::{bases, chunks, documents, drafts};
use process::{PROGRAM, Worker};
use support::{Harness, until};
use uuid::Uuid;

/// How many documents and kills: `BOTWRIGHT_KILL_DOCUMENTS` (at most 200) and `BOTWRIGHT_KILLS` ask for more.
fn amount(variable: &str, usual: i64) -> i64 {
    let asked = std::env::var(variable).ok();
    asked.map_or(usual, |asked| asked.parse().unwrap())
}

/// A text of a few chunks that no other document has.
fn article(i: usize) -> NewSource {
    let paragraphs = (0..6).map(|p| {
        format!(
            "Paragraph {p} of article {i} tells of station {i}-{p}, where trains from depot {} stop every {} \
             minutes, and where travellers with ticket class {} change platforms by the stairs in the middle.\n\n",
            i * 7 + p,
            i + p + 3,
            p + 1
        )
    });
    NewSource::Text {
        title: format!("Article {i}"),
        text: paragraphs.collect(),
    }
}

async fn finalize(harness: &Harness, documents: usize) -> Uuid {
    let (services, scope) = (&harness.services, &harness.scope);
    let draft = drafts::create(services, scope, &CreateDraftRequest::default())
        .await
        .unwrap();
    let save = SaveKbDraftRequest {
        version: draft.version,
        name: "Stations".to_owned(),
        description: String::new(),
        chunking: Chunking {
            size: 100,
            overlap: 10,
            ..Chunking::default()
        },
    };
    drafts::save(services, scope, draft.id, save).await.unwrap();
    let sources = (0..documents).map(article).collect();
    drafts::add_sources(services, scope, draft.id, AddSourcesRequest { sources })
        .await
        .unwrap();
    drafts::finalize(services, scope, draft.id)
        .await
        .unwrap()
        .knowledge_base_id
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_again_and_again_every_document_is_indexed_once() {
    let documents = amount("BOTWRIGHT_KILL_DOCUMENTS", 50);
    let kills = amount("BOTWRIGHT_KILLS", 20);
    let harness = Harness::new(Path::new(PROGRAM)).await;
    let (db, scope) = (&harness.services.db, &harness.scope);
    let kb = finalize(&harness, usize::try_from(documents).unwrap()).await;
    let indexed = async || bases::get(db, scope, kb).await.unwrap().progress.indexed;

    // Each time some more documents are done, and others are somewhere on their way; a tenth is left for the end.
    for kill in 1..=kills {
        let worker = Worker::start(&harness);
        until("more are indexed", async || {
            (indexed().await >= kill * documents * 9 / (kills * 10)).then_some(())
        })
        .await;
        assert!(indexed().await < documents, "all was done before kill {kill}");
        drop(worker);
    }
    let _worker = Worker::start(&harness);
    until("all are indexed", async || {
        let progress = bases::get(db, scope, kb).await.unwrap().progress;
        assert_eq!(progress.failed, 0);
        (progress.indexed == documents).then_some(())
    })
    .await;

    let base = bases::get(db, scope, kb).await.unwrap();
    let mut superuser = harness.superuser().await;
    let all: i64 = sqlx::query_scalar("select count(*) from chunks")
        .fetch_one(&mut superuser)
        .await
        .unwrap();
    let texts: i64 = sqlx::query_scalar("select count(distinct text) from chunks")
        .fetch_one(&mut superuser)
        .await
        .unwrap();
    assert_eq!(
        (all, texts),
        (base.chunk_count, base.chunk_count),
        "a chunk is there twice"
    );
    // One switch a document: none was brought into the index a second time.
    let switches: i64 = sqlx::query_scalar("select index_version from knowledge_bases")
        .fetch_one(&mut superuser)
        .await
        .unwrap();
    assert_eq!(switches, documents);
    for document in documents::list(db, scope, kb).await.unwrap() {
        assert_eq!(document.status, DocumentStatus::Indexed);
        let chunks = chunks::list(db, scope, kb, document.id).await.unwrap();
        let positions: Vec<i32> = chunks.iter().map(|chunk| chunk.chunk.position).collect();
        assert!(chunks.len() > 1, "{}", document.title);
        assert_eq!(
            positions,
            (0..document.chunk_count).collect::<Vec<_>>(),
            "{}",
            document.title
        );
    }
}
