//! Jina's rerank API: Cohere's, but that it repeats the passages unless told not to.

use serde_json::{Value, json};

pub(super) use super::cohere::scores;

pub(super) const PATH: &[&str] = &["v1", "rerank"];

pub(super) fn body(model: &str, query: &str, passages: &[&str]) -> Value {
    json!({
        "model": model,
        "query": query,
        "documents": passages,
        "top_n": passages.len(),
        "return_documents": false,
    })
}
