//! OpenAI's `/embeddings`, which most servers speak: Ollama, vLLM, LM Studio, Jina, Mistral, Voyage and others.

use serde::Deserialize;
use serde_json::{Value, json};

pub(super) const PATH: &[&str] = &["embeddings"];

#[derive(Deserialize)]
struct Answer {
    data: Vec<Embedding>,
}

#[derive(Deserialize)]
struct Embedding {
    /// Some servers leave it out, and answer in order.
    index: Option<usize>,
    embedding: Vec<f32>,
}

pub(super) fn body(model: &str, texts: &[String], dimensions: Option<usize>) -> Value {
    let mut body = json!({ "model": model, "input": texts, "encoding_format": "float" });
    if let (Some(dimensions), Some(body)) = (dimensions, body.as_object_mut()) {
        body.insert("dimensions".to_owned(), dimensions.into());
    }
    body
}

pub(super) fn vectors(body: &[u8]) -> serde_json::Result<Vec<Vec<f32>>> {
    let mut data = serde_json::from_slice::<Answer>(body)?.data;
    data.sort_by_key(|embedding| embedding.index);
    Ok(data.into_iter().map(|embedding| embedding.embedding).collect())
}
