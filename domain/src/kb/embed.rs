//! The local embedding model, away from the async threads.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Context;
use moka::future::Cache;
use retrieval::minilm::{self, MiniLm};
use tokio::sync::{Semaphore, oneshot};
use tokio::task;

use super::chunk::estimate_tokens;
use crate::{Error, Result, metrics};

/// Length of a vector.
pub const DIMENSIONS: usize = minilm::DIMENSIONS;

/// Queries whose vectors are remembered: people ask the same, and each turn of a chat is often asked twice.
const REMEMBERED_QUERIES: u64 = 1_000;

/// Queries that are run together at most: more would let the last of them wait for longer than it saves.
const MOST_TOGETHER: usize = 12;

/// Turns text into vectors. Where no model is installed there is no embedder, and search compares words only.
#[derive(Debug)]
pub struct Embedder {
    model: Arc<MiniLm>,
    queries: Cache<String, Arc<[f32]>>,
    /// Groups of queries computed at once: one a core. More would only make all of them slow.
    slots: Arc<Semaphore>,
    waiting: Arc<Mutex<Vec<Waiting>>>,
}

/// A query, and who waits for its vector.
type Waiting = (String, oneshot::Sender<Result<Vec<f32>>>);

impl Embedder {
    /// Loads the model that lies in its folder under `models_dir`.
    pub fn load(models_dir: &Path) -> Result<Self, minilm::LoadError> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Ok(Self {
            model: Arc::new(MiniLm::load(&models_dir.join(minilm::ID))?),
            queries: Cache::new(REMEMBERED_QUERIES),
            slots: Arc::new(Semaphore::new(cores)),
            waiting: Arc::default(),
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
        let (sender, vector) = oneshot::channel();
        lock(&self.waiting).push((text.to_owned(), sender));
        let (model, slots, waiting) = (
            Arc::clone(&self.model),
            Arc::clone(&self.slots),
            Arc::clone(&self.waiting),
        );
        // A task of its own: it works for others, too, who still wait when this one has gone away.
        task::spawn(async move {
            let Ok(slot) = slots.acquire_owned().await else {
                return;
            };
            task::spawn_blocking(move || {
                let _slot = slot;
                embed_waiting(&model, &waiting);
            });
        });
        Ok(vector.await.context("a query was not embedded")??.into())
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

/// Embeds some of what waits by now, together: fetching the weights from memory is most of what one short query takes.
fn embed_waiting(model: &MiniLm, waiting: &Mutex<Vec<Waiting>>) {
    let mut all = lock(waiting);
    let count = all.len().min(MOST_TOGETHER);
    let (texts, senders): (Vec<String>, Vec<_>) = all.drain(..count).unzip();
    drop(all);
    let vectors: Vec<Result<Vec<f32>>> = match model.embed(&texts) {
        Ok(vectors) => vectors.into_iter().map(Ok).collect(),
        Err(error) => texts
            .iter()
            .map(|_| Err(anyhow::Error::from(error).into()))
            .collect(),
    };
    for (sender, vector) in senders.into_iter().zip(vectors) {
        // Whoever asked may have gone away.
        let _ = sender.send(vector);
    }
}

fn lock(waiting: &Mutex<Vec<Waiting>>) -> MutexGuard<'_, Vec<Waiting>> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner)
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
