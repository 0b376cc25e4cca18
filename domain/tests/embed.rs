//! The embedder as the product uses it. That its vectors are right is tested in the `retrieval` crate.
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use std::path::{Path, PathBuf};

use domain::embeddings::Calibration;
use domain::kb::embed::Embedder;

fn embedder() -> Embedder {
    let models = std::env::var_os("BOTWRIGHT_MODELS_DIR")
        .expect("BOTWRIGHT_MODELS_DIR is not set; run the tests with `cargo xtask test`");
    Embedder::load(&PathBuf::from(models)).unwrap()
}

#[tokio::test]
async fn passages_and_queries_have_the_same_vectors_in_order() {
    let embedder = embedder();
    let texts = vec![
        "a bridge".to_owned(),
        "a river under a bridge".to_owned(),
        String::new(),
    ];
    let passages = embedder.embed_passages(texts.clone()).await.unwrap();
    assert_eq!(passages.len(), texts.len());
    for (text, passage) in texts.iter().zip(passages) {
        assert_eq!(embedder.embed_query(text).await.unwrap(), passage);
        assert_eq!(
            embedder.embed_query(text).await.unwrap(),
            passage,
            "the remembered one"
        );
    }
}

#[tokio::test]
async fn queries_that_are_run_together_have_their_own_vectors() {
    let embedder = embedder();
    let texts: Vec<String> = (0..40)
        .map(|n| format!("Who has opened bridge number {n}?"))
        .collect();
    let passages = embedder.embed_passages(texts.clone()).await.unwrap();
    // Whoever goes away takes nobody along.
    let gone = embedder.embed_query("Is anybody there?");
    assert!(futures::poll!(std::pin::pin!(gone)).is_pending());
    let queries = futures::future::join_all(texts.iter().map(|text| embedder.embed_query(text))).await;
    for (query, passage) in queries.into_iter().zip(passages) {
        assert_eq!(query.unwrap(), passage);
    }
}

#[tokio::test]
async fn a_query_does_not_wait_for_passages() {
    let embedder = embedder();
    let long = "word ".repeat(250);
    let passages = embedder.embed_passages(vec![long; 40]);
    tokio::pin!(passages);
    let query = async {
        // The passages' future is polled first, so they are under way.
        tokio::task::yield_now().await;
        embedder.embed_query("where is the bridge").await.unwrap()
    };
    tokio::select! {
        biased;
        _ = &mut passages => panic!("the query came after the passages"),
        vector = query => assert_eq!(vector.len(), domain::kb::embed::DIMENSIONS),
    }
}

#[test]
fn a_missing_model_is_an_error_that_names_the_file() {
    let error = Embedder::load(Path::new("no/such/folder"))
        .unwrap_err()
        .to_string();
    assert!(error.contains("all-minilm-l6-v2"), "{error}");
}

/// What other models' cosines are translated to.
#[tokio::test]
async fn the_calibration_of_the_built_in_model_is_what_it_measures() {
    let pairs: Vec<serde_json::Value> =
        serde_json::from_str(include_str!("../src/embeddings/calibration.json")).unwrap();
    let texts = |field: &str| {
        let texts = pairs.iter().map(|pair| pair[field].as_str().unwrap().to_owned());
        texts.collect::<Vec<String>>()
    };
    let embedder = embedder();
    let questions = embedder.embed_passages(texts("question")).await.unwrap();
    let passages = embedder.embed_passages(texts("passage")).await.unwrap();
    let measured = Calibration::of(&questions, &passages);
    assert!(
        (measured.spread - Calibration::BUILT_IN.spread).abs() < 0.001,
        "{measured:?}"
    );
    assert!(
        (measured.unrelated - Calibration::BUILT_IN.unrelated).abs() < 0.001,
        "{measured:?}"
    );
}
