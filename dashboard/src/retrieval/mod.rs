//! Why passages were found or not: the same view for a knowledge base's search and for an answer in a transcript.

mod candidates;
mod rerank;
mod verdict;

pub use candidates::Candidates;
pub use rerank::{RerankFields, not_reranked};
