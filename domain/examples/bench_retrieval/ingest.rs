//! Passages to knowledge bases.

use std::collections::HashMap;

use api_types::kb::{Chunk, Chunking};
use domain::Scope;
use domain::kb::chunk::{Measure, chunk};
use domain::kb::parse::{Page, ParsedDocument};
use domain::vectors::passage_text;
use uuid::Uuid;

use crate::corpus::{Corpus, embedder};
use crate::set::{Passage, Set};

/// Passages embedded at once.
const BATCH: usize = 64;

/// What was put into the database.
pub struct Ingested {
    /// The workspace.
    pub scope: Scope,
    /// One a collection.
    pub knowledge_bases: Vec<Uuid>,
    /// By collection and place.
    pub documents: Vec<Vec<Uuid>>,
    /// By chunk.
    pub document_of: HashMap<Uuid, Uuid>,
}

struct Document {
    id: Uuid,
    title: String,
    chunks: Vec<Chunk>,
}

/// Cuts, embeds and stores every passage.
pub async fn ingest(corpus: &mut Corpus, set: &Set) -> Ingested {
    let mut ingested = Ingested {
        scope: corpus.workspace().await,
        knowledge_bases: Vec::new(),
        documents: Vec::new(),
        document_of: HashMap::new(),
    };
    let mut all = Vec::new();
    for passages in &set.collections {
        let knowledge_base = corpus.knowledge_base(&ingested.scope).await;
        ingested.knowledge_bases.push(knowledge_base);
        let mut ids = Vec::new();
        for passage in passages {
            let id = corpus
                .document(&ingested.scope, knowledge_base, &passage.title)
                .await;
            ids.push(id);
            all.push(Document {
                id,
                title: passage.title.clone(),
                chunks: cut(passage).await,
            });
        }
        ingested.documents.push(ids);
    }
    store(corpus, &mut ingested, &all).await;
    ingested
}

/// As a knowledge base does whose settings nobody changed.
async fn cut(passage: &Passage) -> Vec<Chunk> {
    let embedder = embedder().await;
    let page = Page {
        number: None,
        heading: None,
        markdown: passage.text.clone(),
    };
    let document = ParsedDocument {
        title: None,
        pages: vec![page],
    };
    let measure = Measure {
        count: &|text| embedder.count_tokens(text),
        embed: None,
    };
    let mut chunks = chunk(&document, Chunking::default(), measure);
    for chunk in &mut chunks {
        chunk.heading_path.clone_from(&passage.headings);
    }
    chunks
}

async fn store(corpus: &mut Corpus, ingested: &mut Ingested, documents: &[Document]) {
    let mut vectors = embed(documents).await.into_iter();
    for document in documents {
        let own: Vec<Vec<f32>> = vectors.by_ref().take(document.chunks.len()).collect();
        let ids = corpus
            .store(&ingested.scope, document.id, 1, &document.chunks, Some(&own))
            .await;
        corpus.publish(document.id, 1).await;
        ingested
            .document_of
            .extend(ids.into_iter().map(|id| (id, document.id)));
    }
}

/// The vectors of all chunks of all documents, in order.
async fn embed(documents: &[Document]) -> Vec<Vec<f32>> {
    let passage = |title: &str, chunk: &Chunk| passage_text(title, &chunk.heading_path, "", &chunk.text);
    let passages: Vec<String> = documents
        .iter()
        .flat_map(|d| d.chunks.iter().map(|chunk| passage(&d.title, chunk)))
        .collect();
    let mut vectors = Vec::with_capacity(passages.len());
    for batch in passages.chunks(BATCH) {
        vectors.extend(embedder().await.embed_passages(batch.to_vec()).await.unwrap());
    }
    vectors
}
