//! The model against vectors made by sentence-transformers; see `fixtures/README.md`.
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use std::path::PathBuf;
use std::sync::LazyLock;

use retrieval::minilm::{DIMENSIONS, MiniLm};
use serde::Deserialize;

#[derive(Deserialize)]
struct Reference {
    text: String,
    vector: Vec<f32>,
}

static MODEL: LazyLock<MiniLm> = LazyLock::new(|| {
    let models = std::env::var_os("BOTWRIGHT_MODELS_DIR").expect(
        "BOTWRIGHT_MODELS_DIR must name the folder that holds all-minilm-l6-v2 (`cargo xtask test` sets it)",
    );
    MiniLm::load(&PathBuf::from(models).join("all-minilm-l6-v2")).unwrap()
});

fn references() -> Vec<Reference> {
    serde_json::from_str(include_str!("fixtures/minilm_reference.json")).unwrap()
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

/// A text's vector, with no other text beside it.
fn alone(text: &str) -> Vec<f32> {
    let vectors = MODEL.embed(&[text.to_owned()]).unwrap();
    vectors.into_iter().next().expect("a text")
}

#[test]
fn one_text_has_the_reference_vector() {
    for reference in references() {
        let vector = alone(&reference.text);
        assert_eq!(vector.len(), DIMENSIONS);
        let cosine = cosine(&vector, &reference.vector);
        assert!(cosine >= 0.99999, "{:?}: cosine {cosine}", reference.text);
    }
}

#[test]
fn many_texts_have_the_reference_vectors_in_their_order() {
    let references: Vec<Reference> = (0..5).flat_map(|_| references()).collect();
    let texts: Vec<String> = references.iter().map(|r| r.text.clone()).collect();
    let vectors = MODEL.embed_all(&texts).unwrap();
    assert_eq!(vectors.len(), references.len());
    for (vector, reference) in vectors.iter().zip(&references) {
        let cosine = cosine(vector, &reference.vector);
        assert!(cosine >= 0.99999, "{:?}: cosine {cosine}", reference.text);
    }
}

#[test]
fn counts_tokens_beyond_what_the_model_reads() {
    assert_eq!(MODEL.count_tokens(""), 0);
    assert_eq!(MODEL.count_tokens("hello, world"), 3);
    assert_eq!(MODEL.count_tokens(&"word ".repeat(1000)), 1000);
}

#[test]
fn an_empty_text_has_a_unit_vector() {
    let vector = alone("");
    assert!((cosine(&vector, &vector) - 1.0).abs() < 1e-5);
}

#[test]
fn a_missing_model_is_named() {
    let error = MiniLm::load(&PathBuf::from("no/such/folder"))
        .unwrap_err()
        .to_string();
    assert!(error.contains("config.json"), "{error}");
}
