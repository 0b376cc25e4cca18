//! Clients of servers whose model puts passages in order by how well they answer a question.
//!
//! Errors carry the same codes as those of [`openai`](super::openai), and a sentence for the owner of the bot.

mod cohere;
mod jina;
mod tei;

use std::sync::Arc;
use std::time::{Duration, Instant};

use api_types::ErrorCode;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use super::Breakers;
use super::failure::{protocol, unavailable};
use super::post::Endpoint;
use crate::Result;
use crate::outbound::Outbound;

/// How long a ranking may take, connecting included: a visitor waits for it.
const LIMIT: Duration = Duration::from_secs(3);

/// As much of the question and of each passage as is sent, in characters: about what such models read.
const MAX_CHARS: usize = 2_000;

/// The longest answer, in bytes.
const MAX_JSON: usize = 1024 * 1024;

/// Whose API a server speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Cohere's, version 2.
    Cohere,
    /// Jina's.
    Jina,
    /// That of Hugging Face's Text Embeddings Inference, which serves one model.
    Tei,
}

/// How well one of the passages answers.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
pub struct Score {
    /// Which of the passages sent, from 0.
    pub index: usize,
    /// Larger is better; comparable within one ranking only. Finite.
    #[serde(alias = "relevance_score")]
    pub score: f32,
}

/// A connection to one server and model. The key goes to this server alone; redirects are not followed.
#[derive(Debug, Clone)]
pub struct Reranker {
    endpoint: Endpoint,
    shape: Shape,
    model: String,
    limit: Duration,
    guard: Option<(Arc<Breakers>, Uuid)>,
}

impl Reranker {
    /// `base_url` ends before the version, such as `https://api.cohere.com`. Its query is kept.
    pub fn new(
        outbound: Outbound,
        shape: Shape,
        base_url: &str,
        api_key: Option<SecretString>,
        model: &str,
    ) -> Result<Self> {
        Ok(Self {
            endpoint: Endpoint::new(outbound, base_url, shape.path(), api_key, MAX_JSON, "rerank")?,
            shape,
            model: model.to_owned(),
            limit: LIMIT,
            guard: None,
        })
    }

    /// Waits for longer or shorter than usual.
    #[must_use]
    pub fn with_limit(self, limit: Duration) -> Self {
        Self { limit, ..self }
    }

    /// Is not asked while this provider is to be left alone.
    #[must_use]
    pub fn guarded(self, breakers: Arc<Breakers>, provider_id: Uuid) -> Self {
        Self {
            guard: Some((breakers, provider_id)),
            ..self
        }
    }

    /// All of the passages, best first; equals stay in the order they have. An answer that leaves one out, names one
    /// twice or lacks a score is an error.
    pub async fn rank(&self, query: &str, passages: &[&str]) -> Result<Vec<Score>> {
        let Some((breakers, id)) = &self.guard else {
            return self.rank_now(query, passages).await;
        };
        if let Some(rest) = breakers.rest(*id, Instant::now()) {
            let seconds = rest.as_secs() + 1;
            return Err(unavailable(format!(
                "{} failed several times in a row, so it is not asked for another {seconds} s.",
                self.endpoint.host()
            )));
        }
        let ranked = self.rank_now(query, passages).await;
        // What refuses the question or the key is not away.
        let is_away = ranked.as_ref().is_err_and(|error| {
            matches!(
                error.code(),
                ErrorCode::ProviderUnavailable | ErrorCode::ProviderRateLimited
            )
        });
        breakers.note(*id, !is_away, Instant::now());
        ranked
    }

    async fn rank_now(&self, query: &str, passages: &[&str]) -> Result<Vec<Score>> {
        let passages: Vec<&str> = passages.iter().map(|passage| head(passage)).collect();
        let body = self.shape.body(&self.model, head(query), &passages);
        let answer = self.endpoint.post(&body, self.limit).await?;
        let host = self.endpoint.host();
        let scores = self
            .shape
            .scores(&answer)
            .map_err(|_| protocol(format!("{host} sent something that is not a ranking.")))?;
        in_order(scores, passages.len()).map_err(|what| protocol(format!("The ranking of {host} {what}.")))
    }
}

impl Shape {
    const fn path(self) -> &'static [&'static str] {
        match self {
            Self::Cohere => cohere::PATH,
            Self::Jina => jina::PATH,
            Self::Tei => tei::PATH,
        }
    }

    fn body(self, model: &str, query: &str, passages: &[&str]) -> Value {
        match self {
            Self::Cohere => cohere::body(model, query, passages),
            Self::Jina => jina::body(model, query, passages),
            Self::Tei => tei::body(query, passages),
        }
    }

    fn scores(self, body: &[u8]) -> serde_json::Result<Vec<Score>> {
        match self {
            Self::Cohere => cohere::scores(body),
            Self::Jina => jina::scores(body),
            Self::Tei => tei::scores(body),
        }
    }
}

/// Best first, if every one of `count` passages has one usable score; else what is wrong.
fn in_order(mut scores: Vec<Score>, count: usize) -> std::result::Result<Vec<Score>, String> {
    let mut seen = vec![false; count];
    for score in &scores {
        let Some(seen) = seen.get_mut(score.index) else {
            return Err("names a passage that was not sent".to_owned());
        };
        if std::mem::replace(seen, true) {
            return Err("names a passage twice".to_owned());
        }
        if !score.score.is_finite() {
            return Err("has a score that is no number".to_owned());
        }
    }
    if scores.len() < count {
        return Err(format!("has {} of {count} passages", scores.len()));
    }
    scores.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.index.cmp(&b.index)));
    Ok(scores)
}

/// The first [`MAX_CHARS`] characters.
fn head(text: &str) -> &str {
    let end = text.char_indices().nth(MAX_CHARS).map(|(at, _)| at);
    &text[..end.unwrap_or(text.len())]
}
