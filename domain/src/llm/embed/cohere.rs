//! Cohere's embed API, version 2.

use serde::Deserialize;
use serde_json::{Value, json};

use super::Role;

pub(super) const PATH: &[&str] = &["v2", "embed"];

#[derive(Deserialize)]
struct Answer {
    embeddings: Embeddings,
}

#[derive(Deserialize)]
struct Embeddings {
    float: Vec<Vec<f32>>,
}

pub(super) fn body(model: &str, texts: &[String], role: Role, dimensions: Option<usize>) -> Value {
    let input_type = match role {
        Role::Question => "search_query",
        Role::Passage => "search_document",
    };
    let mut body = json!({
        "model": model,
        "texts": texts,
        "input_type": input_type,
        "embedding_types": ["float"],
        "truncate": "END",
    });
    if let (Some(dimensions), Some(body)) = (dimensions, body.as_object_mut()) {
        body.insert("output_dimension".to_owned(), dimensions.into());
    }
    body
}

pub(super) fn vectors(body: &[u8]) -> serde_json::Result<Vec<Vec<f32>>> {
    serde_json::from_slice::<Answer>(body).map(|answer| answer.embeddings.float)
}
