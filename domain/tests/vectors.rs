//! Both back ends of the index against real servers. Qdrant's tests need `QDRANT_URL` and say so when it is missing.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

#[path = "support/corpus.rs"]
mod corpus;
#[path = "support/database.rs"]
#[expect(dead_code, reason = "others need Redis too")]
mod database;

use corpus::{Corpus, embedder};
use domain::Scope;
use domain::embeddings::Space;
use domain::vectors::{Candidate, Candidates, Question, VectorIndex};
use secrecy::SecretString;
use uuid::Uuid;

const PASSWORD: &str = "Open Settings, then Security, and choose a new password.";
const INVOICE: &str = "Invoices are sent by mail on the first day of every month.";
const REFUND: &str = "Money is returned to the card it was paid with within ten days.";

fn in_process(corpus: &Corpus) -> VectorIndex {
    VectorIndex::new(None, corpus.db.clone()).unwrap()
}

/// `None`, with a word about it, where there is no Qdrant to test with.
fn qdrant(corpus: &Corpus) -> Option<VectorIndex> {
    let Ok(url) = std::env::var("QDRANT_URL") else {
        eprintln!("skipped for Qdrant: QDRANT_URL is not set");
        return None;
    };
    Some(VectorIndex::new(Some(&SecretString::from(url)), corpus.db.clone()).unwrap())
}

fn indexes(corpus: &Corpus) -> Vec<VectorIndex> {
    [Some(in_process(corpus)), qdrant(corpus)]
        .into_iter()
        .flatten()
        .collect()
}

/// What shares words with the question, best first.
fn lexical(candidates: &Candidates) -> Vec<Uuid> {
    ranked(candidates, |c| c.lexical)
}

/// What has a vector, nearest first.
fn dense(candidates: &Candidates) -> Vec<Uuid> {
    ranked(candidates, |c| c.cosine)
}

fn ranked(candidates: &Candidates, score: impl Fn(&Candidate) -> Option<f32>) -> Vec<Uuid> {
    let mut scored: Vec<(f32, Uuid)> = candidates
        .found
        .iter()
        .filter_map(|c| Some((score(c)?, c.chunk_id)))
        .collect();
    scored.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    scored.into_iter().map(|(_, id)| id).collect()
}

async fn search(index: &VectorIndex, scope: &Scope, knowledge_bases: &[Uuid], query: &str) -> Candidates {
    let vector = embedder().await.embed_query(query).await.unwrap();
    let question = question(knowledge_bases, query, Some(&vector));
    index.search(scope, &question).await.unwrap()
}

fn question<'a>(knowledge_base_ids: &'a [Uuid], text: &'a str, vector: Option<&'a [f32]>) -> Question<'a> {
    Question {
        knowledge_base_ids,
        versions: None,
        document_ids: None,
        text,
        space: Space::BUILT_IN,
        vector,
        limit: 10,
        expected: None,
    }
}

/// Writes, uploads and publishes a version; returns its chunks.
async fn ingest(
    corpus: &mut Corpus,
    index: &VectorIndex,
    scope: &Scope,
    knowledge_base: Uuid,
    document: Uuid,
    version: i32,
    texts: &[&str],
) -> Vec<Uuid> {
    let chunks = corpus
        .write(scope, document, version, texts, Some(embedder().await))
        .await;
    index
        .upsert_document(scope, Space::BUILT_IN, knowledge_base, document, version)
        .await
        .unwrap();
    corpus.publish(document, version).await;
    index.keep_version(scope, document, version).await.unwrap();
    chunks
}

#[tokio::test]
async fn finds_by_words_and_by_meaning() {
    let mut corpus = Corpus::new().await;
    let scope = corpus.workspace().await;
    for index in indexes(&corpus) {
        let kb = corpus.knowledge_base(&scope).await;
        let document = corpus.document(&scope, kb, "Help").await;
        let chunks = ingest(
            &mut corpus,
            &index,
            &scope,
            kb,
            document,
            1,
            &[PASSWORD, INVOICE, REFUND],
        )
        .await;

        let found = search(&index, &scope, &[kb], "monthly invoice").await;
        assert_eq!(lexical(&found), [chunks[1]]);
        assert_eq!(dense(&found)[0], chunks[1]);
        assert!(!found.degraded);

        // No word in common, so only the vectors find it.
        let found = search(&index, &scope, &[kb], "reimbursement").await;
        assert!(lexical(&found).is_empty());
        assert_eq!(dense(&found)[0], chunks[2]);
    }
}

#[tokio::test]
async fn only_this_workspace_and_these_knowledge_bases_are_searched() {
    let mut corpus = Corpus::new().await;
    for index in indexes(&corpus) {
        let (ours, theirs) = (corpus.workspace().await, corpus.workspace().await);
        let (kb, other) = (
            corpus.knowledge_base(&ours).await,
            corpus.knowledge_base(&ours).await,
        );
        let foreign = corpus.knowledge_base(&theirs).await;
        let mut chunks = Vec::new();
        for (scope, kb) in [(&ours, kb), (&ours, other), (&theirs, foreign)] {
            let document = corpus.document(scope, kb, "Help").await;
            chunks.extend(ingest(&mut corpus, &index, scope, kb, document, 1, &[PASSWORD]).await);
        }
        for (scope, knowledge_bases, expected) in [
            (&ours, vec![kb], vec![chunks[0]]),
            (&ours, vec![kb, foreign], vec![chunks[0]]),
            (&ours, vec![foreign], vec![]),
            (&theirs, vec![kb, other], vec![]),
            (&theirs, vec![foreign, kb], vec![chunks[2]]),
            (&ours, vec![], vec![]),
        ] {
            let found = search(&index, scope, &knowledge_bases, "password").await;
            assert_eq!(lexical(&found), expected);
            assert_eq!(dense(&found), expected);
        }
        let both = search(&index, &ours, &[kb, other], "password").await;
        assert_eq!(both.found.len(), 2);
    }
}

#[tokio::test]
async fn a_new_version_takes_the_place_of_the_old_one() {
    let mut corpus = Corpus::new().await;
    let scope = corpus.workspace().await;
    for index in indexes(&corpus) {
        let kb = corpus.knowledge_base(&scope).await;
        let document = corpus.document(&scope, kb, "Help").await;
        let kept = corpus.document(&scope, kb, "Kept").await;
        let first = ingest(&mut corpus, &index, &scope, kb, document, 1, &[PASSWORD]).await;
        let other = ingest(&mut corpus, &index, &scope, kb, kept, 1, &[INVOICE]).await;
        assert_eq!(lexical(&search(&index, &scope, &[kb], "password").await), first);

        let second = ingest(&mut corpus, &index, &scope, kb, document, 2, &[REFUND, PASSWORD]).await;
        let found = search(&index, &scope, &[kb], "password").await;
        assert_eq!(lexical(&found), [second[1]]);
        assert!(!dense(&found).contains(&first[0]));
        assert_eq!(lexical(&search(&index, &scope, &[kb], "invoices").await), other);
    }
}

#[tokio::test]
async fn uploading_again_changes_nothing() {
    let mut corpus = Corpus::new().await;
    let scope = corpus.workspace().await;
    for index in indexes(&corpus) {
        let kb = corpus.knowledge_base(&scope).await;
        let document = corpus.document(&scope, kb, "Help").await;
        ingest(&mut corpus, &index, &scope, kb, document, 1, &[PASSWORD, INVOICE]).await;
        let before = search(&index, &scope, &[kb], "password").await;
        index
            .upsert_document(&scope, Space::BUILT_IN, kb, document, 1)
            .await
            .unwrap();
        assert_eq!(search(&index, &scope, &[kb], "password").await, before);
    }
}

#[tokio::test]
async fn what_is_deleted_is_gone() {
    let mut corpus = Corpus::new().await;
    let scope = corpus.workspace().await;
    for index in indexes(&corpus) {
        let kb = corpus.knowledge_base(&scope).await;
        let (a, b) = (
            corpus.document(&scope, kb, "A").await,
            corpus.document(&scope, kb, "B").await,
        );
        ingest(&mut corpus, &index, &scope, kb, a, 1, &[PASSWORD]).await;
        let left = ingest(&mut corpus, &index, &scope, kb, b, 1, &[PASSWORD]).await;
        assert_eq!(search(&index, &scope, &[kb], "password").await.found.len(), 2);

        corpus.delete(a).await;
        index.remove_document(&scope, a).await.unwrap();
        let found = search(&index, &scope, &[kb], "password").await;
        assert_eq!((lexical(&found), dense(&found)), (left.clone(), left));

        corpus.delete(b).await;
        index.remove_knowledge_base(&scope, kb).await.unwrap();
        let found = search(&index, &scope, &[kb], "password").await;
        assert_eq!(found.found, []);
    }
}

#[tokio::test]
async fn another_process_sees_a_change_with_its_next_question() {
    let mut corpus = Corpus::new().await;
    let scope = corpus.workspace().await;
    let (server, worker) = (in_process(&corpus), in_process(&corpus));
    let kb = corpus.knowledge_base(&scope).await;
    assert_eq!(search(&server, &scope, &[kb], "password").await.found, []);

    let document = corpus.document(&scope, kb, "Help").await;
    let chunks = ingest(&mut corpus, &worker, &scope, kb, document, 1, &[PASSWORD]).await;
    assert_eq!(lexical(&search(&server, &scope, &[kb], "password").await), chunks);
}

#[tokio::test]
async fn a_version_that_is_not_live_is_not_found() {
    let mut corpus = Corpus::new().await;
    let scope = corpus.workspace().await;
    let index = in_process(&corpus);
    let kb = corpus.knowledge_base(&scope).await;
    let document = corpus.document(&scope, kb, "Help").await;
    corpus
        .write(&scope, document, 1, &[PASSWORD], Some(embedder().await))
        .await;
    assert_eq!(search(&index, &scope, &[kb], "password").await.found, []);
}

#[tokio::test]
async fn chunks_without_vectors_are_found_by_their_words() {
    let mut corpus = Corpus::new().await;
    let scope = corpus.workspace().await;
    for index in indexes(&corpus) {
        let kb = corpus.knowledge_base(&scope).await;
        let document = corpus.document(&scope, kb, "Help").await;
        let chunks = corpus.write(&scope, document, 1, &[PASSWORD], None).await;
        index
            .upsert_document(&scope, Space::BUILT_IN, kb, document, 1)
            .await
            .unwrap();
        corpus.publish(document, 1).await;

        let found = search(&index, &scope, &[kb], "password").await;
        assert_eq!((lexical(&found), dense(&found)), (chunks.clone(), vec![]));
        let found = index
            .search(&scope, &question(&[kb], "password", None))
            .await
            .unwrap();
        assert_eq!(lexical(&found), chunks);
        assert!(found.degraded);
    }
}

#[tokio::test]
async fn words_are_compared_while_qdrant_is_away() {
    let mut corpus = Corpus::new().await;
    let scope = corpus.workspace().await;
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let url = SecretString::from(format!("http://127.0.0.1:{port}"));
    let index = VectorIndex::new(Some(&url), corpus.db.clone()).unwrap();
    let kb = corpus.knowledge_base(&scope).await;
    let document = corpus.document(&scope, kb, "Help").await;
    let chunks = corpus
        .write(&scope, document, 1, &[PASSWORD], Some(embedder().await))
        .await;

    let refused = index
        .upsert_document(&scope, Space::BUILT_IN, kb, document, 1)
        .await
        .unwrap_err();
    assert!(
        matches!(refused, domain::Error::Unavailable { part: "Qdrant", .. }),
        "{refused:?}"
    );
    corpus.publish(document, 1).await;
    let found = search(&index, &scope, &[kb], "password").await;
    assert_eq!(
        (lexical(&found), dense(&found), found.degraded),
        (chunks, vec![], true)
    );
    assert!(VectorIndex::check(&url).await.is_err());
}

#[tokio::test]
async fn both_back_ends_agree() {
    let mut corpus = Corpus::new().await;
    let Some(remote) = qdrant(&corpus) else { return };
    let local = in_process(&corpus);
    let scope = corpus.workspace().await;
    let kb = corpus.knowledge_base(&scope).await;
    let document = corpus.document(&scope, kb, "Help").await;
    ingest(
        &mut corpus,
        &remote,
        &scope,
        kb,
        document,
        1,
        &[PASSWORD, INVOICE, REFUND],
    )
    .await;
    for query in [
        "How do I set a new password?",
        "When is the invoice sent?",
        "Where does my money go?",
    ] {
        let (here, there) = (
            search(&local, &scope, &[kb], query).await,
            search(&remote, &scope, &[kb], query).await,
        );
        assert_eq!(lexical(&here), lexical(&there));
        assert_eq!(dense(&here), dense(&there));
        for candidate in &here.found {
            let other = there
                .found
                .iter()
                .find(|c| c.chunk_id == candidate.chunk_id)
                .unwrap();
            let (a, b) = (candidate.cosine.unwrap(), other.cosine.unwrap());
            assert!((a - b).abs() < 1e-4, "{a} {b}");
        }
    }
}
