//! Hybrid search: the nearest by meaning and the best by words, fused by the distribution of their scores.
//!
//! Every candidate has both scores, not only those of the list it came from; that is worth a point of recall at 1.

mod relevance;

use std::collections::{HashMap, HashSet};

use api_types::kb::Chunk;
use retrieval::fusion;
use uuid::Uuid;

use super::embed::Embedder;
use crate::db::Db;
use crate::vectors::{Candidate, Candidates, VectorIndex};
use crate::{Result, Scope};

/// Candidates taken from each side.
const CANDIDATES: usize = 100;

/// A chunk that was found, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// The chunk.
    pub chunk: Chunk,
    /// Its document.
    pub document_id: Uuid,
    /// The document's title.
    pub title: String,
    /// The document's page, if it has one.
    pub url: Option<String>,
    /// Fused score; comparable within one outcome only.
    pub score: f32,
    /// BM25 score, if the words matched.
    pub lexical: Option<f32>,
    /// Cosine similarity, if there were vectors to compare.
    pub cosine: Option<f32>,
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SearchOutcome {
    /// Best first; no text twice.
    pub hits: Vec<Hit>,
    /// Vectors could not be compared, only words.
    pub degraded: bool,
    /// Whether something is worth answering from.
    pub relevant: bool,
}

struct ChunkRow {
    id: Uuid,
    position: i32,
    text: String,
    heading_path: Vec<String>,
    page: Option<i32>,
    tokens: i32,
    document_id: Uuid,
    title: String,
    url: Option<String>,
}

/// Where to search.
#[derive(Debug, Clone, Copy)]
pub struct Searcher<'a> {
    /// Holds the chunks.
    pub db: &'a Db,
    /// Finds them.
    pub vectors: &'a VectorIndex,
    /// Makes the question's vector; without it only words are compared.
    pub embedder: Option<&'a Embedder>,
}

impl Searcher<'_> {
    /// The best `limit` live chunks for `query` in these knowledge bases of `scope`'s workspace.
    pub async fn search(
        &self,
        scope: &Scope,
        knowledge_base_ids: &[Uuid],
        query: &str,
        limit: usize,
    ) -> Result<SearchOutcome> {
        let candidates = self.candidates(scope, knowledge_base_ids, query).await?;
        let ranked = rank(&candidates);
        let hits = self.hits(scope, knowledge_base_ids, &ranked, limit).await?;
        let relevant = relevance::is_relevant(query, &hits, candidates.degraded);
        Ok(SearchOutcome {
            hits,
            degraded: candidates.degraded,
            relevant,
        })
    }

    async fn candidates(
        &self,
        scope: &Scope,
        knowledge_base_ids: &[Uuid],
        query: &str,
    ) -> Result<Candidates> {
        let vector = self.query_vector(query).await;
        self.vectors
            .search(scope, knowledge_base_ids, query, vector.as_deref(), CANDIDATES)
            .await
    }

    /// `None` without an embedder; if it fails, words still find something.
    async fn query_vector(&self, query: &str) -> Option<Vec<f32>> {
        let embedded = self.embedder?.embed_query(query).await;
        embedded
            .inspect_err(|error| tracing::error!(%error, "comparing words only"))
            .ok()
    }

    /// The first `limit` that are live (the index may be behind) and say something new.
    async fn hits(
        &self,
        scope: &Scope,
        knowledge_base_ids: &[Uuid],
        ranked: &[Ranked],
        limit: usize,
    ) -> Result<Vec<Hit>> {
        let mut hits = Vec::with_capacity(limit);
        let mut seen = HashSet::new();
        // Mostly the first window is enough.
        for window in ranked.chunks(2 * limit.max(1)) {
            let mut rows = self.rows(scope, knowledge_base_ids, window).await?;
            let found = window
                .iter()
                .filter_map(|ranked| Some(rows.remove(&ranked.candidate.chunk_id)?.hit(ranked)));
            hits.extend(found.filter(|hit| seen.insert(hit.chunk.text.clone())));
            if hits.len() >= limit {
                break;
            }
        }
        hits.truncate(limit);
        Ok(hits)
    }

    async fn rows(
        &self,
        scope: &Scope,
        knowledge_base_ids: &[Uuid],
        ranked: &[Ranked],
    ) -> Result<HashMap<Uuid, ChunkRow>> {
        let ids: Vec<Uuid> = ranked.iter().map(|r| r.candidate.chunk_id).collect();
        let mut tx = self.db.tenant(scope).await?;
        let rows = sqlx::query_as!(
            ChunkRow,
            "select c.id, c.position, c.text, c.heading_path, c.page, c.tokens, c.document_id, d.title, d.url
             from chunks c
             join documents d
                 on d.workspace_id = c.workspace_id and d.id = c.document_id and d.live_version = c.version
             where c.workspace_id = $1 and c.id = any($2) and c.knowledge_base_id = any($3)",
            scope.workspace_id(),
            &ids,
            knowledge_base_ids
        )
        .fetch_all(&mut *tx)
        .await?;
        Ok(rows.into_iter().map(|row| (row.id, row)).collect())
    }
}

/// A candidate with its fused score.
struct Ranked {
    candidate: Candidate,
    score: f32,
}

/// Best first.
fn rank(candidates: &Candidates) -> Vec<Ranked> {
    let found: HashMap<Uuid, Candidate> = candidates.found.iter().map(|c| (c.chunk_id, *c)).collect();
    let fused = fuse(candidates);
    fused
        .into_iter()
        .filter_map(|(id, score)| {
            Some(Ranked {
                candidate: *found.get(&id)?,
                score,
            })
        })
        .collect()
}

/// Chunks without any of the words count as 0 among those that have some.
fn fuse(candidates: &Candidates) -> Vec<(Uuid, f32)> {
    let found = &candidates.found;
    let dense: Vec<(Uuid, f32)> = found
        .iter()
        .filter_map(|c| Some((c.chunk_id, c.cosine?)))
        .collect();
    let some_words = found.iter().any(|c| c.lexical.is_some());
    let lexical: Vec<(Uuid, f32)> = found
        .iter()
        .filter(|_| some_words)
        .map(|c| (c.chunk_id, c.lexical.unwrap_or(0.0)))
        .collect();
    fusion::distribution_based(&[&lexical, &dense])
}

impl ChunkRow {
    fn hit(self, ranked: &Ranked) -> Hit {
        Hit {
            chunk: Chunk {
                id: Some(self.id),
                position: self.position,
                text: self.text,
                heading_path: self.heading_path,
                page: self.page,
                tokens: self.tokens,
            },
            document_id: self.document_id,
            title: self.title,
            url: self.url,
            score: ranked.score,
            lexical: ranked.candidate.lexical,
            cosine: ranked.candidate.cosine,
        }
    }
}
