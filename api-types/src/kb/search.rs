//! Trying out what a knowledge base answers.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Chunk, SourceKind};
use crate::retrieval::{Candidate, Rerank};

/// `POST /kb/{kb_id}/search`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SearchRequest {
    /// 1 to 4,000 characters.
    pub query: String,
    /// How many, 1 to 50.
    #[serde(default = "SearchRequest::default_limit")]
    pub limit: u8,
    /// Which documents to search.
    #[serde(default)]
    pub filter: SearchFilter,
    /// Whether `candidates` is wanted.
    #[serde(default)]
    pub explain: bool,
    /// A chunk whose fate is wanted: the passage that should have been found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<Uuid>,
    /// What puts the best in order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rerank: Option<Rerank>,
}

impl SearchRequest {
    const fn default_limit() -> u8 {
        10
    }
}

/// Which documents to search: those that fulfil every condition that is set.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct SearchFilter {
    /// Documents with any of these tags.
    pub tags: Vec<String>,
    /// Documents that came from any of these.
    pub kinds: Vec<SourceKind>,
    /// Documents written in any of these languages (ISO 639-1).
    pub languages: Vec<String>,
    /// Any of these documents.
    pub documents: Vec<Uuid>,
}

/// A chunk that was found, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SearchHit {
    /// The chunk.
    pub chunk: Chunk,
    /// Its document.
    pub document_id: Uuid,
    /// The document's title.
    pub title: String,
    /// The document's page, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Score of the last ranking it took part in; larger is better, comparable within that ranking only.
    pub score: f32,
    /// BM25 score, if the words matched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lexical: Option<f32>,
    /// Cosine similarity, if it was among the nearest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cosine: Option<f32>,
}

/// Answer of `search`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SearchResponse {
    /// Best first.
    pub hits: Vec<SearchHit>,
    /// True when the vectors were away and only words were compared.
    pub degraded: bool,
    /// How sure it is that something found answers the question, 0 to 1.
    pub relevance: f32,
    /// Whether a bot would answer from it.
    pub relevant: bool,
    /// Why the reranker's order was not had; the order is then that of the search alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rerank_error: Option<String>,
    /// With `explain`: every candidate, best first, and what became of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<Candidate>,
    /// The chunk that was asked about; absent when there is no such chunk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<Candidate>,
}
