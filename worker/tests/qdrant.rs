//! The index in a Qdrant server beside the one in memory, over the same rows, with the jobs that keep both. `QDRANT_BIN`
//! names the server's program; without it these tests say so and pass.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "test helpers; lints know tests by their attribute only"
)]

#[path = "ingest/fixture.rs"]
#[expect(dead_code, reason = "the tests of ingestion use all of it")]
mod fixture;
#[path = "../../domain/tests/support/mod.rs"]
#[expect(dead_code, reason = "others need more of it")]
mod support;
mod qdrant {
    pub mod help;
    pub mod proxy;
    pub mod server;
}

use std::path::Path;

use api_types::kb::{
    ChunkStrategy, Chunking, Document, Importance, SaveChunkRequest, SaveDocumentRequest, SearchFilter,
    SearchRequest, SearchResponse, StoredChunk,
};
use domain::Services;
use domain::db::DbRole;
use domain::kb::{self, chunks, documents};
use fixture::{Worker, cut_anew, finalize, finalize_texts, idle, number, settled, text};
use qdrant::help::{Half, halves};
use qdrant::proxy::Proxy;
use qdrant::server::Server;
use support::{Harness, new_scope, until};
use uuid::Uuid;

const PROGRAM: &str = env!("CARGO_BIN_EXE_botwright-worker");

/// How far a score may differ: numbers are added in another order there.
const TOLERANCE: f32 = 1e-3;

/// An installation with a Qdrant server, and its rows searched in memory.
struct Both {
    harness: Harness,
    in_memory: Services,
}

impl Both {
    async fn new(server: &Server) -> Self {
        let harness = Harness::with(Path::new(PROGRAM), |config| {
            config.qdrant_url = Some(server.url());
        })
        .await;
        let mut config = harness.config.clone();
        config.qdrant_url = None;
        let embedder = harness.services.embedder.clone();
        assert!(embedder.is_some(), "there is no embedding model");
        let in_memory = Services::new(&config, DbRole::App, PROGRAM.into(), embedder).unwrap();
        Self { harness, in_memory }
    }

    async fn find(&self, services: &Services, kb: Uuid, request: &SearchRequest) -> SearchResponse {
        kb::find(services, &self.harness.scope, kb, request)
            .await
            .unwrap()
    }

    /// Asks both; they must give the same passages in the same order. How many there were.
    async fn same(&self, kb: Uuid, request: &SearchRequest) -> usize {
        let here = self.find(&self.in_memory, kb, request).await;
        let there = self.find(&self.harness.services, kb, request).await;
        let what = &request.query;
        assert!(!here.degraded && !there.degraded, "{what}");
        let ids =
            |answer: &SearchResponse| -> Vec<_> { answer.hits.iter().map(|hit| hit.chunk.id).collect() };
        let both = format!("{what}:\n{:#?}\n{:#?}", here.hits, there.hits);
        assert_eq!(ids(&here), ids(&there), "{both}");
        for (a, b) in here.hits.iter().zip(&there.hits) {
            assert!((a.score - b.score).abs() < TOLERANCE, "{both}");
            assert_eq!(a.lexical.is_some(), b.lexical.is_some(), "{both}");
            let cosines = (a.cosine.unwrap_or(0.0), b.cosine.unwrap_or(0.0));
            assert!((cosines.0 - cosines.1).abs() < TOLERANCE, "{both}");
        }
        assert_eq!(here.relevant, there.relevant, "{what}");
        let expected = [&here, &there].map(|answer| {
            let trace = answer.expected.as_ref().map(|candidate| candidate.trace);
            trace.map(|trace| (trace.chunk_id, trace.fate))
        });
        assert_eq!(expected[0], expected[1], "{what}");
        here.hits.len()
    }

    /// Every question, with all documents and with some, and what became of a chunk that may be no candidate.
    async fn same_for_all(&self, kb: Uuid, questions: &[String]) {
        let all = settled(&self.harness, kb).await;
        let some: Vec<Uuid> = all.iter().step_by(3).map(|document| document.id).collect();
        let mut found = 0;
        for (i, question) in questions.iter().enumerate() {
            let chunks = self.chunks(kb, &all[i % all.len()]).await;
            let filter = match i % 3 {
                0 => SearchFilter::default(),
                1 => SearchFilter {
                    documents: some.clone(),
                    ..SearchFilter::default()
                },
                _ => SearchFilter {
                    languages: vec!["en".to_owned(), "de".to_owned(), "ru".to_owned()],
                    ..SearchFilter::default()
                },
            };
            let request = SearchRequest {
                filter,
                expected: chunks.first().and_then(|chunk| chunk.chunk.id),
                ..request(question)
            };
            found += self.same(kb, &request).await;
        }
        assert!(found > questions.len(), "hardly anything was found");
    }

    async fn chunks(&self, kb: Uuid, document: &Document) -> Vec<StoredChunk> {
        chunks::list(&self.in_memory.db, &self.harness.scope, kb, document.id)
            .await
            .unwrap()
    }

    /// Changes the first chunk of a document.
    async fn edit(&self, kb: Uuid, document: &Document, change: impl FnOnce(&mut SaveChunkRequest)) {
        let chunk = self.chunks(kb, document).await.remove(0);
        let mut request = SaveChunkRequest {
            text: chunk.chunk.text,
            context: chunk.context,
            importance: chunk.importance,
            enabled: chunk.enabled,
        };
        change(&mut request);
        let (services, scope) = (&self.harness.services, &self.harness.scope);
        chunks::save(
            services,
            scope,
            kb,
            document.id,
            chunk.chunk.id.unwrap(),
            &request,
        )
        .await
        .unwrap();
    }
}

fn request(query: &str) -> SearchRequest {
    SearchRequest {
        query: query.to_owned(),
        limit: 10,
        filter: SearchFilter::default(),
        explain: false,
        expected: None,
        rerank: None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn both_back_ends_answer_the_same_whatever_happens() {
    let Some(mut server) = Server::start().await else {
        return;
    };
    let mut both = Both::new(&server).await;
    let worker = Worker::start(&both.harness);
    let [ours, theirs] = halves(6);
    // Two workspaces, one server.
    let foreign_kb = finalize_texts(&both.harness, theirs.sources).await;
    settled(&both.harness, foreign_kb).await;
    let own = new_scope(&both.harness.services).await;
    let foreign = std::mem::replace(&mut both.harness.scope, own);
    let Half { sources, questions } = ours;
    let kb = finalize_texts(&both.harness, sources).await;
    let pages = settled(&both.harness, kb).await;
    assert!(pages.len() > 10, "{} pages", pages.len());
    both.same_for_all(kb, &questions).await;

    // Changed, switched off, made important; a page made less so.
    both.edit(kb, &pages[0], |chunk| {
        chunk.text = "Parrots may be kept in every flat if the neighbours agree.".to_owned();
    })
    .await;
    both.edit(kb, &pages[1], |chunk| chunk.enabled = false).await;
    both.edit(kb, &pages[2], |chunk| chunk.importance = Importance::High)
        .await;
    let save = SaveDocumentRequest {
        tags: vec!["policy".to_owned()],
        importance: Importance::Low,
    };
    let (services, scope) = (&both.harness.services, &both.harness.scope);
    documents::save(&services.db, scope, kb, pages[3].id, save)
        .await
        .unwrap();
    idle(&both.harness).await;
    both.same_for_all(kb, &questions).await;
    let parrots = request("May I keep a parrot?");
    assert!(both.same(kb, &parrots).await > 0);
    let found = both.find(&both.harness.services, kb, &parrots).await;
    assert!(
        found.hits[0].chunk.text.starts_with("Parrots"),
        "{:#?}",
        found.hits
    );

    // Cut anew: another version of every page.
    let chunking = Chunking {
        strategy: ChunkStrategy::Sentence,
        size: 64,
        overlap: 0,
    };
    cut_anew(&both.harness, kb, chunking).await;
    settled(&both.harness, kb).await;
    idle(&both.harness).await;
    both.same_for_all(kb, &questions).await;

    let (services, scope) = (&both.harness.services, &both.harness.scope);
    documents::delete(&services.db, scope, kb, pages[4].id)
        .await
        .unwrap();
    idle(&both.harness).await;
    both.same_for_all(kb, &questions).await;

    // Killed; words alone meanwhile, and a change waits for it.
    server.kill();
    let question = request(&questions[0]);
    let degraded = both.find(&both.harness.services, kb, &question).await;
    assert!(degraded.degraded);
    both.edit(kb, &pages[5], |chunk| {
        chunk.text = "Budgerigars may be kept without being asked.".to_owned();
    })
    .await;
    server.restart().await;
    until("vectors are compared again", async || {
        let answer = both.find(&both.harness.services, kb, &question).await;
        (!answer.degraded).then_some(())
    })
    .await;
    idle(&both.harness).await;
    both.same_for_all(kb, &questions).await;
    assert!(both.same(kb, &request("May I keep budgerigars?")).await > 0);

    // The other workspace has what it had.
    both.harness.scope = foreign;
    both.same_for_all(foreign_kb, &theirs.questions).await;
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_is_cut_off_is_tried_again_later_and_later() {
    let Some(server) = Server::start().await else {
        return;
    };
    // Enough to make a collection, too little for the points.
    let proxy = Proxy::start(server.address(), 20_000).await;
    let harness = Harness::with(Path::new(PROGRAM), |config| {
        config.qdrant_url = Some(proxy.url());
    })
    .await;
    let worker = Worker::start(&harness);
    let stations: String = (0..40)
        .map(|i| {
            format!(
                "## Station {i}\n\nTrains stop at station {i} every {} minutes.\n\n",
                i + 3
            )
        })
        .collect();
    let chunking = Chunking {
        strategy: ChunkStrategy::Heading,
        ..Chunking::default()
    };
    let kb = finalize(&harness, chunking, vec![text("Stations", &stations)], Vec::new()).await;
    until("two attempts were cut off, and the next one is put off", async || {
        let waiting = "select count(*) from apalis.jobs where attempts >= 2 and run_at > now() + interval '1 second'";
        (proxy.cuts() >= 2 && number(&harness, waiting).await == 1).then_some(())
    })
    .await;
    proxy.heal();
    let stations = settled(&harness, kb).await;
    assert_eq!((stations[0].chunk_count, stations[0].error.as_ref()), (40, None));
    let found = kb::find(&harness.services, &harness.scope, kb, &request("station 17"))
        .await
        .unwrap();
    assert!(!found.degraded);
    assert!(
        found.hits[0].chunk.text.contains("station 17"),
        "{:#?}",
        found.hits
    );
    worker.stop().await;
}
