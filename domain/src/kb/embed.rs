//! The local embedding model, away from the async threads.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use moka::future::Cache;
use retrieval::minilm::{self, MiniLm};
use tokio::sync::Semaphore;
use tokio::task;

use super::chunk::estimate_tokens;
use crate::{Error, Result, metrics};

/// Length of a vector.
pub const DIMENSIONS: usize = minilm::DIMENSIONS;

/// Queries whose vectors are remembered: people ask the same, and each turn of a chat is often asked twice.
const REMEMBERED_QUERIES: u64 = 1_000;

/// Turns text into vectors. Where no model is installed there is no embedder, and search compares words only.
#[derive(Debug)]
pub struct Embedder {
    model: Arc<MiniLm>,
    queries: Cache<String, Arc<[f32]>>,
    /// Queries computed at once: one a core. More would only make all of them slow.
    slots: Semaphore,
}

impl Embedder {
    /// Loads the model that lies in its folder under `models_dir`.
    pub fn load(models_dir: &Path) -> Result<Self, minilm::LoadError> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Ok(Self {
            model: Arc::new(MiniLm::load(&models_dir.join(minilm::ID))?),
            queries: Cache::new(REMEMBERED_QUERIES),
            slots: Semaphore::new(cores),
        })
    }

    /// The model's name.
    pub fn model_id(&self) -> &'static str {
        minilm::ID
    }

    /// How many tokens `text` has. Takes time in proportion to its length: call it off the async threads.
    pub fn count_tokens(&self, text: &str) -> usize {
        self.model.count_tokens(text)
    }

    /// The vector of a question. Does not wait for passages that are being embedded.
    pub async fn embed_query(&self, text: &str) -> Result<Vec<f32>> {
        let known = self.queries.get(text).await;
        metrics::cache("vectors", known.is_some());
        if let Some(vector) = known {
            return Ok(vector.to_vec());
        }
        let vector = self.queries.try_get_with_by_ref(text, self.compute(text)).await;
        // The error is shared with others who asked the same at the same time, so only its text can be passed on.
        vector
            .map(|v| v.to_vec())
            .map_err(|e: Arc<Error>| anyhow::anyhow!("{e:#}").into())
    }

    async fn compute(&self, text: &str) -> Result<Arc<[f32]>> {
        let _slot = self.slots.acquire().await.context("the embedder was closed")?;
        let (model, text) = (Arc::clone(&self.model), text.to_owned());
        let vector = task::spawn_blocking(move || model.embed(&text))
            .await
            .map_err(anyhow::Error::from)?;
        Ok(vector.map_err(anyhow::Error::from)?.into())
    }

    /// The vectors of texts, computed on the caller's thread and those of the embedder: not for async threads.
    pub fn embed_now(&self, texts: &[String]) -> Result<Vec<Vec<f32>>> {
        Ok(self.model.embed_all(texts).map_err(anyhow::Error::from)?)
    }

    /// The vectors of passages in their order, on all cores. What was begun runs to its end even if the future is
    /// dropped, so give it some dozens at a time.
    pub async fn embed_passages(&self, texts: Vec<String>) -> Result<Vec<Vec<f32>>> {
        let model = Arc::clone(&self.model);
        let vectors = task::spawn_blocking(move || model.embed_all(&texts))
            .await
            .map_err(anyhow::Error::from)?;
        Ok(vectors.map_err(anyhow::Error::from)?)
    }
}

/// How many tokens a text has, counted off the async threads; estimated where there is no embedder.
pub(super) async fn count_tokens(embedder: Option<Arc<Embedder>>, text: String) -> Result<i32> {
    let count = move || match embedder {
        Some(embedder) => embedder.count_tokens(&text),
        None => estimate_tokens(&text),
    };
    let count = task::spawn_blocking(count).await.map_err(anyhow::Error::from)?;
    Ok(i32::try_from(count).unwrap_or(i32::MAX))
}
