//! Hybrid search over real rows with the real model.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

#[path = "support/corpus.rs"]
#[expect(dead_code, reason = "the tests of the index need more")]
mod corpus;
#[path = "support/database.rs"]
#[expect(dead_code, reason = "others need Redis too")]
mod database;
#[path = "support/fake_rerank.rs"]
#[expect(dead_code, reason = "the client's own tests have it misbehave in more ways")]
mod fake_rerank;

use std::sync::Arc;

use api_types::retrieval::Fate;
use corpus::{Corpus, embedder};
use domain::Scope;
use domain::embeddings::Model;
use domain::kb::embed::Embedder;
use domain::kb::search::{ReadChunks, Search, SearchOutcome, Searcher};
use domain::llm::rerank::{Reranker, Shape};
use domain::outbound::Outbound;
use domain::vectors::VectorIndex;
use fake_rerank::{FakeRerank, Reply};
use uuid::Uuid;

const PASSWORD: &str = "Open Settings, then Security, and choose a new password.";
const EXPIRY: &str = "A password expires after a year.";
const INVOICE: &str = "Invoices are sent by mail on the first day of every month.";
const REFUND: &str = "Money is returned to the card it was paid with within ten days.";

/// One knowledge base with one document.
struct Fixture {
    corpus: Corpus,
    index: VectorIndex,
    scope: Scope,
    knowledge_base: Uuid,
    document: Uuid,
}

impl Fixture {
    async fn new(texts: &[&str]) -> Self {
        let mut corpus = Corpus::new().await;
        let scope = corpus.workspace().await;
        let knowledge_base = corpus.knowledge_base(&scope).await;
        let document = corpus.document(&scope, knowledge_base, "Handbook").await;
        corpus
            .write(&scope, document, 1, texts, Some(embedder().await))
            .await;
        corpus.publish(document, 1).await;
        let index = VectorIndex::new(None, corpus.db.clone()).unwrap();
        Self {
            corpus,
            index,
            scope,
            knowledge_base,
            document,
        }
    }

    async fn search(&self, query: &str, limit: usize) -> SearchOutcome {
        self.search_with(Some(embedder().await), query, limit).await
    }

    async fn search_with(
        &self,
        embedder: Option<&Arc<Embedder>>,
        query: &str,
        limit: usize,
    ) -> SearchOutcome {
        let everywhere = [self.knowledge_base];
        let search = Search::new(&everywhere, query, limit);
        self.run(embedder, &search).await
    }

    async fn reranked(&self, server: &FakeRerank, query: &str, limit: usize) -> SearchOutcome {
        let outbound = Outbound::new(&[server.place()]).unwrap();
        let reranker = Reranker::new(outbound, Shape::Tei, &server.base_url(), None, "").unwrap();
        let everywhere = [self.knowledge_base];
        let search = Search {
            reranker: Some(&reranker),
            ..Search::new(&everywhere, query, limit)
        };
        self.run(Some(embedder().await), &search).await
    }

    /// Gives a chunk other words, as somebody does who edits it.
    async fn rewrite(&self, chunk: Uuid, text: &str) {
        let mut tx = self.corpus.db.tenant(&self.scope).await.unwrap();
        let edit = "with document as (update documents set revision = revision + 1 where id = $1 returning knowledge_base_id),
             base as (update knowledge_bases set index_version = index_version + 1
                 where id = (select knowledge_base_id from document))
             update chunks set text = $3 where id = $2";
        let edit = sqlx::query(edit).bind(self.document).bind(chunk).bind(text);
        edit.execute(&mut *tx).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// As a turn of a chat does, which has read the version of the index already.
    async fn search_at(&self, chunks: &ReadChunks, version: i64) -> SearchOutcome {
        let (everywhere, versions) = ([self.knowledge_base], [(self.knowledge_base, version)]);
        let search = Search {
            versions: Some(&versions),
            ..Search::new(&everywhere, "password", 3)
        };
        self.run_with(chunks, Some(embedder().await), &search).await
    }

    async fn run(&self, embedder: Option<&Arc<Embedder>>, search: &Search<'_>) -> SearchOutcome {
        self.run_with(&ReadChunks::default(), embedder, search).await
    }

    async fn run_with(
        &self,
        chunks: &ReadChunks,
        embedder: Option<&Arc<Embedder>>,
        search: &Search<'_>,
    ) -> SearchOutcome {
        let model = embedder.map(|embedder| Model::built_in(Arc::clone(embedder)));
        let searcher = Searcher {
            db: &self.corpus.db,
            vectors: &self.index,
            chunks,
            model: model.as_ref(),
        };
        searcher.search(&self.scope, search).await.unwrap()
    }
}

fn texts(outcome: &SearchOutcome) -> Vec<&str> {
    outcome.hits.iter().map(|hit| hit.chunk.text.as_str()).collect()
}

#[tokio::test]
async fn a_hit_says_what_it_is_and_why_it_was_found() {
    let fixture = Fixture::new(&[PASSWORD, INVOICE, REFUND]).await;
    let outcome = fixture.search("When do I get my invoice?", 2).await;
    assert_eq!(outcome.hits.len(), 2);
    assert!(outcome.relevant);
    assert!(!outcome.degraded);

    let hit = &outcome.hits[0];
    assert_eq!((hit.chunk.text.as_str(), hit.chunk.position), (INVOICE, 1));
    assert_eq!(
        (hit.document_id, hit.title.as_str()),
        (fixture.document, "Handbook")
    );
    assert!(hit.lexical.unwrap() > 0.0);
    assert!(hit.cosine.unwrap() > 0.3);
    assert!(hit.score > outcome.hits[1].score);
}

#[tokio::test]
async fn a_question_in_other_words_is_answered_by_meaning() {
    let fixture = Fixture::new(&[PASSWORD, INVOICE, REFUND]).await;
    let outcome = fixture.search("How can I modify my login credentials?", 3).await;
    assert_eq!(texts(&outcome)[0], PASSWORD);
    assert_eq!(outcome.hits[0].lexical, None);
    assert!(outcome.relevant);
}

#[tokio::test]
async fn another_subject_is_not_relevant() {
    let fixture = Fixture::new(&[PASSWORD, INVOICE, REFUND]).await;
    for query in [
        "Who wrote the Odyssey?",
        "What is the boiling point of mercury?",
        "🦜",
    ] {
        let outcome = fixture.search(query, 3).await;
        assert!(!outcome.relevant, "{query}: {outcome:?}");
    }
}

#[tokio::test]
async fn no_text_is_found_twice() {
    let fixture = Fixture::new(&[PASSWORD, PASSWORD, EXPIRY, PASSWORD]).await;
    let outcome = fixture.search("password", 2).await;
    let mut found = texts(&outcome);
    found.sort_unstable();
    assert_eq!(found, [EXPIRY, PASSWORD]);
}

#[tokio::test]
async fn without_an_embedder_words_are_compared() {
    let fixture = Fixture::new(&[PASSWORD, INVOICE, REFUND]).await;
    let outcome = fixture.search_with(None, "new password", 3).await;
    assert_eq!(texts(&outcome), [PASSWORD]);
    assert!(outcome.degraded);
    assert!(outcome.relevant);
    assert!(
        !fixture
            .search_with(None, "the Odyssey of Homer", 3)
            .await
            .relevant
    );
}

#[tokio::test]
async fn what_the_index_still_has_but_the_table_has_not_is_left_out() {
    let mut fixture = Fixture::new(&[PASSWORD]).await;
    assert_eq!(fixture.search("password", 3).await.hits.len(), 1);
    fixture.corpus.vanish(fixture.document).await;
    let outcome = fixture.search("password", 3).await;
    assert_eq!(outcome.hits, []);
    assert!(!outcome.relevant);
}

#[tokio::test]
async fn a_chunk_that_was_read_is_read_again_once_its_knowledge_base_has_changed() {
    let fixture = Fixture::new(&[PASSWORD]).await;
    let chunks = ReadChunks::default();
    let first = fixture.search_at(&chunks, 1).await;
    assert_eq!(texts(&first), [PASSWORD]);
    let chunk = first.hits[0].chunk.id.unwrap();
    fixture.rewrite(chunk, EXPIRY).await;
    // Whoever looked before the change is answered from what was there then, without it being read again.
    assert_eq!(texts(&fixture.search_at(&chunks, 1).await), [PASSWORD]);
    let after = fixture.search_at(&chunks, 2).await;
    assert_eq!(texts(&after), [EXPIRY]);
    assert_eq!(
        fixture.search_at(&chunks, 2).await.hits,
        after.hits,
        "nor is that"
    );
}

#[tokio::test]
async fn nothing_is_found_in_another_workspace() {
    let mut fixture = Fixture::new(&[PASSWORD]).await;
    fixture.scope = fixture.corpus.workspace().await;
    assert_eq!(fixture.search("password", 3).await.hits, []);
}

#[tokio::test]
async fn a_reranker_decides_the_order_and_not_whether_there_is_an_answer() {
    let fixture = Fixture::new(&[PASSWORD, INVOICE, REFUND]).await;
    let query = "When do I get my invoice?";
    let before = fixture.search(query, 1).await;
    assert_eq!(texts(&before), [INVOICE]);
    let server = FakeRerank::start(Reply::Favour("Money")).await;
    let after = fixture.reranked(&server, query, 1).await;
    assert_eq!(texts(&after), [REFUND], "before the best are taken");
    assert_eq!((after.relevance, after.relevant), (before.relevance, true));
    assert_eq!((after.rerank_error.as_deref(), after.hits[0].score), (None, 0.98));
    let places: Vec<_> = after
        .traces
        .iter()
        .map(|trace| trace.reranked.unwrap().rank)
        .collect();
    assert_eq!(places, [Some(1), Some(2)], "of those that are near at all");
    assert_eq!(after.traces[1].fate, Fate::Limit);
    let sent = server.requests()[0].body["texts"][0].as_str().unwrap().to_owned();
    assert_eq!(sent, format!("Handbook\n{INVOICE}"), "with its headings");

    let elsewhere = fixture.reranked(&server, "Who wrote the Odyssey?", 1).await;
    assert!(!elsewhere.relevant);
}

#[tokio::test]
async fn without_a_usable_ranking_the_order_stays() {
    let fixture = Fixture::new(&[PASSWORD, INVOICE, REFUND]).await;
    let query = "When do I get my invoice?";
    let before = fixture.search(query, 3).await;
    let server = FakeRerank::start(Reply::Silence).await;
    for reply in [
        Reply::Status(500, "out of memory"),
        Reply::TooManyRequests(1),
        Reply::Raw("[]".into()),
        Reply::Silence,
    ] {
        server.reply(reply);
        let after = fixture.reranked(&server, query, 3).await;
        assert!(after.rerank_error.is_some());
        assert_eq!(
            (after.hits, after.traces),
            (before.hits.clone(), before.traces.clone())
        );
    }
}

#[tokio::test]
async fn only_the_best_thirty_are_reranked() {
    let rules: Vec<String> = (0..40)
        .map(|n| format!("Password rule {n} of this house."))
        .collect();
    let rules: Vec<&str> = rules.iter().map(String::as_str).collect();
    let fixture = Fixture::new(&rules).await;
    let before = fixture.search("password rule", 40).await;
    let server = FakeRerank::start(Reply::Favour("rule 7 ")).await;
    let after = fixture.reranked(&server, "password rule", 40).await;
    assert_eq!(server.requests()[0].body["texts"].as_array().unwrap().len(), 30);
    let ranked = after.traces.iter().filter(|trace| trace.reranked.is_some());
    assert_eq!(ranked.count(), 30);
    assert_eq!(texts(&after)[30..], texts(&before)[30..]);
}
