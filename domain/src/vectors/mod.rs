//! Where chunks are searched: in this process, or in Qdrant. Both are projections of the `chunks` table and can be
//! made anew from it; neither is a second truth.
//!
//! Every call names the workspace (through its [`Scope`]) and filters by it inside the index. What is found are ids
//! of chunks; whoever shows them reads their rows, which proves once more that they exist and are live.

mod in_process;
mod qdrant;

use anyhow::Context;
use retrieval::minilm;
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use crate::db::Db;
use crate::{Error, Result, Scope};
use in_process::InProcess;
use qdrant::Qdrant;

/// A chunk that may answer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidate {
    /// Which one.
    pub chunk_id: Uuid,
    /// Cosine similarity to the question, if both have a vector.
    pub cosine: Option<f32>,
    /// BM25 score, if they have words in common.
    pub lexical: Option<f32>,
}

/// What may answer a question: the best of both sides, each with both of its scores. In no order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Candidates {
    /// Each chunk once.
    pub found: Vec<Candidate>,
    /// Vectors could not be compared: there was none for the question, or Qdrant is away.
    pub degraded: bool,
}

/// The index of all chunks of all workspaces.
#[derive(Debug)]
pub enum VectorIndex {
    /// Exact, in memory, loaded a knowledge base at a time when it is asked for. Good to about 100,000 chunks.
    InProcess(InProcess),
    /// A Qdrant server.
    Qdrant {
        /// The server.
        server: Box<Qdrant>,
        /// The lexical side, for when the server is away.
        words: InProcess,
    },
}

impl VectorIndex {
    /// Chooses Qdrant if there is a URL (its gRPC port, usually 6334). Nothing is connected yet.
    pub fn new(qdrant_url: Option<&SecretString>, db: Db) -> anyhow::Result<Self> {
        let Some(url) = qdrant_url else {
            return Ok(Self::InProcess(InProcess::with_vectors(db)));
        };
        let server = Box::new(Qdrant::new(url.expose_secret(), db.clone())?);
        Ok(Self::Qdrant {
            server,
            words: InProcess::words_only(db),
        })
    }

    /// Whether the Qdrant server at `url` answers.
    pub async fn check(url: &SecretString) -> anyhow::Result<()> {
        Qdrant::check(url.expose_secret())
            .await
            .context("Qdrant does not answer")
    }

    /// Puts every chunk of this version of a document into the index. Repeating it changes nothing.
    ///
    /// The in-process index reads the rows by itself, once the version is live and the knowledge base's
    /// `index_version` has grown.
    pub async fn upsert_document(
        &self,
        scope: &Scope,
        knowledge_base_id: Uuid,
        document_id: Uuid,
        version: i32,
    ) -> Result<()> {
        match self {
            Self::InProcess(_) => Ok(()),
            Self::Qdrant { server, .. } => {
                server
                    .upsert_document(scope, knowledge_base_id, document_id, version)
                    .await
            }
        }
    }

    /// Removes every version of a document but this one.
    pub async fn keep_version(&self, scope: &Scope, document_id: Uuid, version: i32) -> Result<()> {
        match self {
            Self::InProcess(_) => Ok(()),
            Self::Qdrant { server, .. } => server.keep_version(scope, document_id, version).await,
        }
    }

    /// Removes one version of a document.
    pub async fn remove_version(&self, scope: &Scope, document_id: Uuid, version: i32) -> Result<()> {
        match self {
            Self::InProcess(_) => Ok(()),
            Self::Qdrant { server, .. } => server.remove_version(scope, document_id, version).await,
        }
    }

    /// Removes a document.
    pub async fn remove_document(&self, scope: &Scope, document_id: Uuid) -> Result<()> {
        match self {
            Self::InProcess(_) => Ok(()),
            Self::Qdrant { server, .. } => server.remove_document(scope, document_id).await,
        }
    }

    /// Removes a knowledge base.
    pub async fn remove_knowledge_base(&self, scope: &Scope, knowledge_base_id: Uuid) -> Result<()> {
        match self {
            Self::InProcess(index) => index.forget(scope, knowledge_base_id).await,
            Self::Qdrant { server, words } => {
                words.forget(scope, knowledge_base_id).await;
                return server.remove_knowledge_base(scope, knowledge_base_id).await;
            }
        }
        Ok(())
    }

    /// Up to `limit` chunks from each side, among the live documents of these knowledge bases. Those that are not
    /// of this workspace hold nothing.
    pub async fn search(
        &self,
        scope: &Scope,
        knowledge_base_ids: &[Uuid],
        query: &str,
        query_vector: Option<&[f32]>,
        limit: usize,
    ) -> Result<Candidates> {
        if knowledge_base_ids.is_empty() || limit == 0 {
            return Ok(Candidates::default());
        }
        match self {
            Self::InProcess(index) => {
                index
                    .search(scope, knowledge_base_ids, query, query_vector, limit)
                    .await
            }
            Self::Qdrant { server, words } => {
                match server
                    .search(scope, knowledge_base_ids, query, query_vector, limit)
                    .await
                {
                    Err(error @ Error::Unavailable { .. }) => {
                        tracing::warn!(%error, "comparing words only");
                        words.search(scope, knowledge_base_ids, query, None, limit).await
                    }
                    result => result,
                }
            }
        }
    }
}

/// The text of a chunk as both sides of the index see it: with what it stands under, so that a passage that does not
/// name its subject is found all the same.
pub fn passage_text(title: &str, heading_path: &[String], text: &str) -> String {
    let mut passage = String::with_capacity(title.len() + text.len() + 64);
    for heading in std::iter::once(title).chain(heading_path.iter().map(String::as_str)) {
        passage.push_str(heading);
        passage.push('\n');
    }
    passage.push_str(text);
    passage
}

/// A vector as the `chunks` table keeps it: f32, little endian.
pub fn to_bytes(vector: &[f32]) -> Vec<u8> {
    vector.iter().flat_map(|x| x.to_le_bytes()).collect()
}

/// The vector in `bytes`; what is no vector of this model becomes `None`.
fn from_bytes(bytes: &[u8]) -> Option<Vec<f32>> {
    let (numbers, rest) = bytes.as_chunks::<4>();
    let whole = rest.is_empty() && numbers.len() == minilm::DIMENSIONS;
    whole.then(|| numbers.iter().map(|n| f32::from_le_bytes(*n)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_survive_the_table() {
        let vector: Vec<f32> = (0..minilm::DIMENSIONS).map(|i| (i as f32).sin()).collect();
        assert_eq!(from_bytes(&to_bytes(&vector)), Some(vector));
        assert_eq!(from_bytes(&[0; 12]), None);
        assert_eq!(from_bytes(&vec![0; minilm::DIMENSIONS * 4 + 1]), None);
    }
}
