//! Cohere's rerank API, version 2.

use serde::Deserialize;
use serde_json::{Value, json};

use super::Score;

pub(super) const PATH: &[&str] = &["v2", "rerank"];

#[derive(Deserialize)]
struct Answer {
    results: Vec<Score>,
}

pub(super) fn body(model: &str, query: &str, passages: &[&str]) -> Value {
    json!({ "model": model, "query": query, "documents": passages, "top_n": passages.len() })
}

pub(super) fn scores(body: &[u8]) -> serde_json::Result<Vec<Score>> {
    serde_json::from_slice::<Answer>(body).map(|answer| answer.results)
}
