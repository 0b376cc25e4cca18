//! Rerank by Text Embeddings Inference: one model a server, so none is named.

use serde_json::{Value, json};

use super::Score;

pub(super) const PATH: &[&str] = &["rerank"];

pub(super) fn body(query: &str, passages: &[&str]) -> Value {
    json!({ "query": query, "texts": passages, "raw_scores": false, "truncate": true })
}

pub(super) fn scores(body: &[u8]) -> serde_json::Result<Vec<Score>> {
    serde_json::from_slice(body)
}
