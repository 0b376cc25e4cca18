//! Where chunks are searched: in this process, or in Qdrant. Both are projections of the `chunks` table and can be
//! made anew from it; neither is a second truth.
//!
//! Every call names the workspace (through its [`Scope`]) and filters by it inside the index. What is found are ids
//! of chunks; whoever shows them reads their rows, which proves once more that they exist and are live.

mod in_process;
mod qdrant;

use std::collections::HashSet;

use anyhow::Context;
use retrieval::words::Query;
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use crate::db::Db;
use crate::embeddings::{Calibration, Space};
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
    /// The question's words in the languages of what was searched.
    pub query: Query,
    /// The scores of the chunk that was asked about, whether it was found or not.
    pub expected: Option<Candidate>,
}

impl Candidates {
    /// Makes cosines of a model comparable with those of the built-in one.
    pub fn translate(&mut self, calibration: Calibration) {
        for candidate in self.found.iter_mut().chain(&mut self.expected) {
            candidate.cosine = candidate.cosine.map(|cosine| calibration.translate(cosine));
        }
    }
}

/// A question to the index.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// Where to search. Those that are not of the workspace hold nothing.
    pub knowledge_base_ids: &'a [Uuid],
    /// Which of them are there, and the version of each one's index, where that was read already.
    pub versions: Option<&'a [(Uuid, i64)]>,
    /// Only in these documents.
    pub document_ids: Option<&'a HashSet<Uuid>>,
    /// Its words.
    pub text: &'a str,
    /// Which vectors to compare.
    pub space: Space,
    /// Its vector, of that space.
    pub vector: Option<&'a [f32]>,
    /// Most candidates from each side.
    pub limit: usize,
    /// A chunk whose scores are wanted in any case.
    pub expected: Option<Uuid>,
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

    /// Puts every chunk of this version of a document into the index, with its vectors of `space`. Repeating it changes
    /// nothing.
    ///
    /// The in-process index reads the rows by itself, once the version is live and the knowledge base's
    /// `index_version` has grown.
    pub async fn upsert_document(
        &self,
        scope: &Scope,
        space: Space,
        knowledge_base_id: Uuid,
        document_id: Uuid,
        version: i32,
    ) -> Result<()> {
        match self {
            Self::InProcess(_) => Ok(()),
            Self::Qdrant { server, .. } => {
                server
                    .upsert_document(scope, space, knowledge_base_id, document_id, version)
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

    /// Removes chunks that people switched off.
    pub async fn remove_chunks(&self, scope: &Scope, chunk_ids: &[Uuid]) -> Result<()> {
        match self {
            Self::InProcess(_) => Ok(()),
            Self::Qdrant { server, .. } => server.remove_chunks(scope, chunk_ids).await,
        }
    }

    /// Removes a document.
    pub async fn remove_document(&self, scope: &Scope, document_id: Uuid) -> Result<()> {
        match self {
            Self::InProcess(_) => Ok(()),
            Self::Qdrant { server, .. } => server.remove_document(scope, document_id).await,
        }
    }

    /// Removes a document from what one model is searched in.
    pub async fn remove_from_space(&self, scope: &Scope, model_id: Uuid, document_id: Uuid) -> Result<()> {
        match self {
            Self::InProcess(_) => Ok(()),
            Self::Qdrant { server, .. } => server.remove_from_space(scope, model_id, document_id).await,
        }
    }

    /// Removes everything that a model of the workspace was searched in.
    pub async fn remove_space(&self, scope: &Scope, model_id: Uuid) -> Result<()> {
        match self {
            Self::InProcess(_) => Ok(()),
            Self::Qdrant { server, .. } => server.remove_space(scope, model_id).await,
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

    /// Up to `limit` chunks from each side, among the live documents.
    pub async fn search(&self, scope: &Scope, question: &Question<'_>) -> Result<Candidates> {
        if question.knowledge_base_ids.is_empty() || question.limit == 0 {
            return Ok(Candidates::default());
        }
        match self {
            Self::InProcess(index) => index.search(scope, question).await,
            Self::Qdrant { server, words } => match server.search(scope, question).await {
                Err(error @ Error::Unavailable { .. }) => {
                    tracing::warn!(%error, "comparing words only");
                    let by_words = Question {
                        vector: None,
                        ..*question
                    };
                    words.search(scope, &by_words).await
                }
                result => result,
            },
        }
    }
}

/// The text of a chunk as both sides of the index see it: with what it stands under, so that a passage that does not
/// name its subject is found all the same, and with what people wrote about it.
pub fn passage_text(title: &str, heading_path: &[String], context: &str, text: &str) -> String {
    let mut passage = headings(title, heading_path, context);
    passage.push_str(text);
    passage
}

/// What a chunk stands under, a line each.
pub fn headings(title: &str, heading_path: &[String], context: &str) -> String {
    let mut headings = String::with_capacity(title.len() + context.len() + 64);
    let context = Some(context).filter(|context| !context.is_empty());
    let lines = std::iter::once(title).chain(heading_path.iter().map(String::as_str));
    for line in lines.chain(context) {
        headings.push_str(line);
        headings.push('\n');
    }
    headings
}

/// A vector as the `embeddings` table keeps it: f32, little endian.
pub fn to_bytes(vector: &[f32]) -> Vec<u8> {
    vector.iter().flat_map(|x| x.to_le_bytes()).collect()
}

/// The vector in `bytes`; what has other dimensions becomes `None`.
pub(crate) fn from_bytes(bytes: &[u8], dimensions: usize) -> Option<Vec<f32>> {
    let (numbers, rest) = bytes.as_chunks::<4>();
    let whole = rest.is_empty() && numbers.len() == dimensions;
    whole.then(|| numbers.iter().map(|n| f32::from_le_bytes(*n)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_survive_the_table() {
        let vector: Vec<f32> = (0..20).map(|i| (i as f32).sin()).collect();
        assert_eq!(from_bytes(&to_bytes(&vector), 20), Some(vector));
        assert_eq!(from_bytes(&[0; 12], 20), None);
        assert_eq!(from_bytes(&[0; 81], 20), None);
    }
}
