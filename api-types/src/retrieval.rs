//! How passages were chosen for a question, candidate by candidate.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A model that puts passages in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Rerank {
    /// A provider that reranks, see `/api/v1/providers`.
    pub provider_id: Uuid,
    /// The model's name as the provider knows it, up to 200 characters; empty where the server has but one.
    #[serde(default)]
    pub model: String,
}

/// Where a candidate stood in one ranking.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Place {
    /// Counted from 1; absent beyond the candidates that this side was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rank: Option<u32>,
    /// Larger is better; comparable within this ranking only.
    pub score: f32,
}

/// What became of a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// It was among the passages given.
    Given,
    /// Neither its words nor its meaning were near enough to make it a candidate.
    NotFound,
    /// Others were better by words and meaning together, so it was not looked at closely.
    Shortlist,
    /// It is switched off, or no longer part of the live version of its document.
    NotLive,
    /// Its text was given already.
    Duplicate,
    /// Enough better ones were there.
    Limit,
    /// The passages before it used up the room in the prompt.
    Budget,
    /// Nothing that was found was worth answering from.
    NotRelevant,
}

/// One candidate on its way through the search.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Trace {
    /// The chunk.
    pub chunk_id: Uuid,
    /// By words (BM25), if it has any of the question's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lexical: Option<Place>,
    /// By meaning (cosine), if there were vectors to compare.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vector: Option<Place>,
    /// Both fused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fused: Option<Place>,
    /// After a closer look at where the words stand, and with what people said of its importance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub close: Option<Place>,
    /// By the rerank model, if there is one, it was asked about this candidate, and it answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reranked: Option<Place>,
    /// What became of it.
    pub fate: Fate,
}

/// How the passages of one answer were chosen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Retrieval {
    /// What was searched for: the question, made to stand alone.
    pub query: String,
    /// Vectors could not be compared, only words.
    pub degraded: bool,
    /// How sure it is that something found answers the question, 0 to 1.
    pub relevance: f32,
    /// Whether that was enough to answer from.
    pub relevant: bool,
    /// Why the reranker's order was not had, where there should have been one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rerank_error: Option<String>,
    /// The best candidates, best first.
    pub candidates: Vec<Trace>,
}

/// A candidate with its text, for people.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Candidate {
    /// Its way through the search.
    #[serde(flatten)]
    pub trace: Trace,
    /// Its document; absent when the chunk is no longer there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<CandidateSource>,
}

/// What a candidate says, and where it stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CandidateSource {
    /// The knowledge base.
    pub knowledge_base_id: Uuid,
    /// The document.
    pub document_id: Uuid,
    /// The document's title.
    pub title: String,
    /// Headings above it, outermost first.
    pub heading_path: Vec<String>,
    /// Page it starts on, if the format has pages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<i32>,
    /// The text, Markdown.
    pub text: String,
}

/// `GET /conversations/{id}/messages/{message_id}/retrieval`: why an answer is what it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MessageRetrieval {
    /// What was searched for: the question, made to stand alone.
    pub query: String,
    /// Vectors could not be compared, only words.
    pub degraded: bool,
    /// How sure it was that something found answers the question, 0 to 1.
    pub relevance: f32,
    /// Whether that was enough to answer from.
    pub relevant: bool,
    /// Why the reranker's order was not had, where there should have been one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rerank_error: Option<String>,
    /// The best candidates, best first, with the text they have now.
    pub candidates: Vec<Candidate>,
}
