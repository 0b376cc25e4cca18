//! Hugging Face's Text Embeddings Inference: one model a server, so none is named.

use serde_json::{Value, json};

pub(super) const PATH: &[&str] = &["embed"];

pub(super) fn body(texts: &[String]) -> Value {
    json!({ "inputs": texts, "truncate": true, "normalize": true })
}

pub(super) fn vectors(body: &[u8]) -> serde_json::Result<Vec<Vec<f32>>> {
    serde_json::from_slice(body)
}
