//! Clients of servers whose model turns texts into vectors.
//!
//! Errors carry the same codes as those of [`openai`](super::openai), and a sentence for people who set the model.

mod cohere;
mod openai;
mod prefix;
mod tei;

use std::time::Duration;

use secrecy::SecretString;
use serde_json::Value;
use tokio::time::sleep;

use super::failure::protocol;
use super::post::{Answer, Endpoint};
use crate::outbound::Outbound;
use crate::{Error, Result};

/// How long the vector of a question may take, connecting included: a visitor waits for it.
const QUESTION_LIMIT: Duration = Duration::from_secs(3);
/// How long one request with passages may take.
const PASSAGES_LIMIT: Duration = Duration::from_secs(60);

/// How often a request with passages is sent at most, when the server asks to slow down or stumbles.
const TRIES: u32 = 4;
/// The longest pause before another try; who asks for more is tried again by the job.
const LONGEST_PAUSE: Duration = Duration::from_secs(20);

/// As much of a text as is sent, in characters: longer than any chunk, and about what such models read.
const MAX_CHARS: usize = 8_000;

/// The longest answer, in bytes: vectors of 4,096 numbers for the most texts of one request.
const MAX_JSON: usize = 16 * 1024 * 1024;

/// Numbers in a vector, at most.
pub const MAX_DIMENSIONS: usize = 8_192;

/// Whose API a server speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// OpenAI's.
    OpenAi,
    /// Cohere's, version 2.
    Cohere,
    /// That of Hugging Face's Text Embeddings Inference, which serves one model.
    Tei,
}

/// What a text is to search; some models tell the two apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Question,
    Passage,
}

/// A connection to one server and model. The key goes to this server alone; redirects are not followed.
#[derive(Debug, Clone)]
pub struct EmbeddingClient {
    endpoint: Endpoint,
    shape: Shape,
    model: String,
    /// Asked of models that can make shorter vectors.
    dimensions: Option<usize>,
}

impl EmbeddingClient {
    /// `base_url` is that of the provider, such as `https://api.openai.com/v1` or `https://api.cohere.com`. Its query
    /// is kept. `dimensions` asks for vectors of that length, where it is given.
    pub fn new(
        outbound: Outbound,
        shape: Shape,
        base_url: &str,
        api_key: Option<SecretString>,
        model: &str,
        dimensions: Option<usize>,
    ) -> Result<Self> {
        Ok(Self {
            endpoint: Endpoint::new(outbound, base_url, shape.path(), api_key, MAX_JSON, "embed")?,
            shape,
            model: model.to_owned(),
            dimensions,
        })
    }

    /// Texts that one request takes.
    pub const fn batch(&self) -> usize {
        match self.shape {
            Shape::OpenAi | Shape::Cohere => 64,
            // What such a server takes unless it was told otherwise.
            Shape::Tei => 32,
        }
    }

    /// The vector of a question, of unit length. Asks once.
    pub async fn embed_query(&self, text: &str) -> Result<Vec<f32>> {
        let texts = [self.input(text, Role::Question)];
        let body = self.body(&texts, Role::Question);
        let answer = self.endpoint.post(&body, QUESTION_LIMIT).await?;
        let vectors = self.vectors(&answer, 1)?;
        vectors.into_iter().next().ok_or_else(|| self.not_vectors())
    }

    /// The vectors of passages in their order, of unit length and all of the same dimensions. Asks again when the
    /// server wants a pause.
    pub async fn embed_passages(&self, texts: &[String]) -> Result<Vec<Vec<f32>>> {
        self.embed_all(texts, Role::Passage).await
    }

    /// The vectors of questions that nobody waits for, as [`embed_passages`](Self::embed_passages).
    pub async fn embed_questions(&self, texts: &[String]) -> Result<Vec<Vec<f32>>> {
        self.embed_all(texts, Role::Question).await
    }

    async fn embed_all(&self, texts: &[String], role: Role) -> Result<Vec<Vec<f32>>> {
        let mut vectors = Vec::with_capacity(texts.len());
        for batch in texts.chunks(self.batch()) {
            let batch: Vec<String> = batch.iter().map(|text| self.input(text, role)).collect();
            let answer = self.patiently(&self.body(&batch, role)).await?;
            vectors.extend(self.vectors(&answer, batch.len())?);
        }
        same_length(&vectors).map_err(|what| self.protocol(&what))?;
        Ok(vectors)
    }

    async fn patiently(&self, body: &Value) -> Result<Vec<u8>> {
        let mut tried = 0;
        loop {
            let (retry_after, error) = match self.endpoint.try_post(body, PASSAGES_LIMIT).await? {
                Answer::Body(body) => return Ok(body),
                Answer::NotNow { retry_after, error } => (retry_after, error),
            };
            tried += 1;
            let pause = retry_after.unwrap_or(Duration::from_secs(1) * 2_u32.pow(tried - 1));
            if tried >= TRIES || pause > LONGEST_PAUSE {
                return Err(error);
            }
            sleep(pause).await;
        }
    }

    fn input(&self, text: &str, role: Role) -> String {
        let end = text.char_indices().nth(MAX_CHARS).map(|(at, _)| at);
        let head = &text[..end.unwrap_or(text.len())];
        // Most servers refuse a text without any.
        let head = if head.trim().is_empty() { "." } else { head };
        match self.shape {
            // Told by a field of the request.
            Shape::Cohere => head.to_owned(),
            Shape::OpenAi | Shape::Tei => format!("{}{head}", prefix::prefix(&self.model, role)),
        }
    }

    fn body(&self, texts: &[String], role: Role) -> Value {
        match self.shape {
            Shape::OpenAi => openai::body(&self.model, texts, self.dimensions),
            Shape::Cohere => cohere::body(&self.model, texts, role, self.dimensions),
            Shape::Tei => tei::body(texts),
        }
    }

    fn vectors(&self, answer: &[u8], count: usize) -> Result<Vec<Vec<f32>>> {
        let vectors = match self.shape {
            Shape::OpenAi => openai::vectors(answer),
            Shape::Cohere => cohere::vectors(answer),
            Shape::Tei => tei::vectors(answer),
        };
        let mut vectors = vectors.map_err(|_| self.not_vectors())?;
        if vectors.len() != count {
            let what = format!("sent {} vectors for {count} texts", vectors.len());
            return Err(self.protocol(&what));
        }
        for vector in &mut vectors {
            normalise(vector).map_err(|what| self.protocol(&what))?;
        }
        Ok(vectors)
    }

    fn not_vectors(&self) -> Error {
        self.protocol("sent something that is not a list of vectors")
    }

    fn protocol(&self, what: &str) -> Error {
        protocol(format!("{} {what}.", self.endpoint.host()))
    }
}

impl Shape {
    const fn path(self) -> &'static [&'static str] {
        match self {
            Self::OpenAi => openai::PATH,
            Self::Cohere => cohere::PATH,
            Self::Tei => tei::PATH,
        }
    }
}

/// Brings a vector to length 1, if it is one.
fn normalise(vector: &mut [f32]) -> Result<(), String> {
    if vector.is_empty() || vector.len() > MAX_DIMENSIONS {
        return Err(format!(
            "sent a vector of {} numbers; 1 to {MAX_DIMENSIONS} can be used",
            vector.len()
        ));
    }
    let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
    if !length.is_finite() || length < f32::EPSILON {
        return Err("sent a vector without a direction".to_owned());
    }
    vector.iter_mut().for_each(|x| *x /= length);
    Ok(())
}

fn same_length(vectors: &[Vec<f32>]) -> Result<(), String> {
    let Some(first) = vectors.first() else {
        return Ok(());
    };
    match vectors.iter().find(|vector| vector.len() != first.len()) {
        Some(other) => Err(format!(
            "sent vectors of {} and of {} numbers",
            first.len(),
            other.len()
        )),
        None => Ok(()),
    }
}
