//! The part of a knowledge base draft that is typed: the server keeps the sources.

use api_types::client::{self, Call};
use api_types::drafts::Draft;
use api_types::kb::{Chunking, DraftSource, KnowledgeBaseContent, SaveKbDraftRequest};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::drafts::DraftContent;

/// Name, description and chunking.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KbForm {
    /// Name.
    pub name: String,
    /// What it is about.
    pub description: String,
    /// How to cut.
    pub chunking: Chunking,
}

impl KbForm {
    /// The whole content, for the shared checks.
    pub fn with_sources(&self, sources: Vec<DraftSource>) -> KnowledgeBaseContent {
        KnowledgeBaseContent {
            name: self.name.clone(),
            description: self.description.clone(),
            chunking: self.chunking,
            sources,
        }
    }
}

impl DraftContent for KbForm {
    type Wire = KnowledgeBaseContent;

    fn from_wire(wire: KnowledgeBaseContent) -> Self {
        Self {
            name: wire.name,
            description: wire.description,
            chunking: wire.chunking,
        }
    }

    fn save(&self, id: Uuid, version: i64) -> Call<Draft<KnowledgeBaseContent>> {
        let request = SaveKbDraftRequest {
            version,
            name: self.name.clone(),
            description: self.description.clone(),
            chunking: self.chunking,
        };
        client::kb_drafts::save(id, &request)
    }

    fn differences(&self, other: &Self) -> Vec<&'static str> {
        let pairs = [
            (tr!("Name"), self.name != other.name),
            (tr!("Description"), self.description != other.description),
            (tr!("Chunking"), self.chunking != other.chunking),
        ];
        pairs
            .into_iter()
            .filter_map(|(name, differs)| differs.then_some(name))
            .collect()
    }
}
