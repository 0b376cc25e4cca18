//! Hybrid search: the nearest by meaning and the best by words are fused, the best of both are looked at closely, and
//! what became of every candidate is written down.
//!
//! Each stage and what it is worth is in `docs/RETRIEVAL.md`, measured by `cargo xtask bench retrieval`.

mod neighbours;
mod rank;
mod relevance;
mod rerank;
mod rows;

use std::collections::HashSet;

use api_types::kb::Chunk;
use api_types::retrieval::{Fate, Trace};
use tracing::instrument;
use uuid::Uuid;

use crate::db::Db;
use crate::embeddings::{Model, Space};
use crate::llm::rerank::Reranker;
use crate::vectors::{Candidates, VectorIndex};
use crate::{Result, Scope};
pub use neighbours::{Passage, merge};
use rank::Ranked;
pub use relevance::ENOUGH_FOR_A_MODEL;
use relevance::is_relevant;
pub use rows::ReadChunks;

/// Candidates taken from each side.
const CANDIDATES: usize = 100;

/// A chunk that was found, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// The chunk.
    pub chunk: Chunk,
    /// A person's words about it.
    pub context: String,
    /// Its document.
    pub document_id: Uuid,
    /// The document's title.
    pub title: String,
    /// The document's page, if it has one.
    pub url: Option<String>,
    /// Whether the document holds questions with their answers, and the chunk is one of them.
    pub is_pair: bool,
    /// Score of the last ranking it took part in; comparable within that ranking only.
    pub score: f32,
    /// BM25 score, if the words matched.
    pub lexical: Option<f32>,
    /// Cosine similarity, if there were vectors to compare.
    pub cosine: Option<f32>,
    /// The share of the question's words that it has; rare words count more.
    pub covered: f32,
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SearchOutcome {
    /// Best first; no text twice.
    pub hits: Vec<Hit>,
    /// Vectors could not be compared, only words.
    pub degraded: bool,
    /// How sure it is that something answers the question, 0 to 1.
    pub relevance: f32,
    /// Whether that is enough to quote from.
    pub relevant: bool,
    /// Why the reranker's order was not had, where one was asked.
    pub rerank_error: Option<String>,
    /// What became of each candidate, best first. What was not relevant is still [`Fate::Given`] here: the caller
    /// decides what it does with it.
    pub traces: Vec<Trace>,
    /// What became of the chunk that was asked about, if it is not among the candidates.
    pub expected: Option<Trace>,
}

/// What to search for.
#[derive(Debug, Clone, Copy)]
pub struct Search<'a> {
    /// Where; all of the scope's workspace.
    pub knowledge_base_ids: &'a [Uuid],
    /// Which of them are there, and the version of each one's index, where that was read already.
    pub versions: Option<&'a [(Uuid, i64)]>,
    /// Only in these documents.
    pub document_ids: Option<&'a HashSet<Uuid>>,
    /// The question.
    pub query: &'a str,
    /// Most hits.
    pub limit: usize,
    /// A chunk whose fate is wanted even if it is no candidate.
    pub expected: Option<Uuid>,
    /// Puts the best in order.
    pub reranker: Option<&'a Reranker>,
}

impl<'a> Search<'a> {
    /// The best `limit` chunks of these knowledge bases.
    pub fn new(knowledge_base_ids: &'a [Uuid], query: &'a str, limit: usize) -> Self {
        Self {
            knowledge_base_ids,
            versions: None,
            document_ids: None,
            query,
            limit,
            expected: None,
            reranker: None,
        }
    }
}

/// Where to search.
#[derive(Debug, Clone, Copy)]
pub struct Searcher<'a> {
    /// Holds the chunks.
    pub db: &'a Db,
    /// Finds them.
    pub vectors: &'a VectorIndex,
    /// Those that were read lately.
    pub chunks: &'a ReadChunks,
    /// Makes the question's vector; without it only words are compared.
    pub model: Option<&'a Model>,
}

impl Searcher<'_> {
    /// The best live chunks for a question.
    pub async fn search(&self, scope: &Scope, search: &Search<'_>) -> Result<SearchOutcome> {
        let candidates = self.candidates(scope, search).await?;
        let mut ranked = rank::fused(&candidates);
        let shortlist = ranked.len().min(rank::SHORTLIST);
        let ids: Vec<Uuid> = ranked[..shortlist]
            .iter()
            .map(|ranked| ranked.trace.chunk_id)
            .collect();
        let rows = self.chunks.rows(self.db, scope, search, &ids).await?;
        rank::look_closely(&candidates.query, &mut ranked, rows);
        // A model that orders does not decide whether there is an answer at all.
        let relevance = relevance::of(&first(&ranked, search.limit), candidates.degraded);
        let rerank_error = match search.reranker {
            Some(reranker) => rerank::rerank(reranker, search.query, &mut ranked).await,
            None => None,
        };
        let hits = choose(&mut ranked, search.limit);
        let found = |id: &Uuid| ranked.iter().any(|ranked| ranked.trace.chunk_id == *id);
        let expected = search.expected.filter(|id| !found(id));
        Ok(SearchOutcome {
            relevant: is_relevant(relevance),
            relevance,
            degraded: candidates.degraded,
            rerank_error,
            expected: expected.map(|id| rank::not_found(id, &candidates)),
            traces: ranked.into_iter().map(|ranked| ranked.trace).collect(),
            hits,
        })
    }

    async fn candidates(&self, scope: &Scope, search: &Search<'_>) -> Result<Candidates> {
        let vector = self.query_vector(search.query).await;
        let mut candidates = self
            .vectors
            .search(
                scope,
                &crate::vectors::Question {
                    knowledge_base_ids: search.knowledge_base_ids,
                    versions: search.versions,
                    document_ids: search.document_ids,
                    text: search.query,
                    space: self.model.map_or(Space::BUILT_IN, Model::space),
                    vector: vector.as_deref(),
                    limit: CANDIDATES,
                    expected: search.expected,
                },
            )
            .await?;
        if let Some(model) = self.model {
            candidates.translate(model.calibration());
        }
        Ok(candidates)
    }

    /// `None` without a model; if it fails, words still find something.
    #[instrument(level = "debug", name = "embedding", skip_all)]
    async fn query_vector(&self, query: &str) -> Option<Vec<f32>> {
        let embedded = self.model?.embed_query(query).await;
        embedded
            .inspect_err(|error| tracing::error!(%error, "comparing words only"))
            .ok()
    }
}

/// Of the first `limit` that are live and say something new, as many as relevance is decided by.
fn first(ranked: &[Ranked], limit: usize) -> Vec<&Hit> {
    let mut seen = HashSet::new();
    let hits = ranked.iter().filter_map(|candidate| candidate.hit.as_ref());
    hits.filter(|hit| seen.insert(hit.chunk.text.as_str()))
        .take(limit.min(relevance::LOOKED_AT))
        .collect()
}

/// The first `limit` that are live and say something new; decides the fate of each that was looked at.
fn choose(ranked: &mut [Ranked], limit: usize) -> Vec<Hit> {
    let mut hits: Vec<Hit> = Vec::with_capacity(limit);
    let mut seen = HashSet::new();
    for candidate in ranked {
        let Some(hit) = candidate.hit.take() else {
            continue;
        };
        candidate.trace.fate = match () {
            () if !seen.insert(hit.chunk.text.clone()) => Fate::Duplicate,
            () if hits.len() >= limit => Fate::Limit,
            () => {
                hits.push(hit);
                Fate::Given
            }
        };
    }
    hits
}
