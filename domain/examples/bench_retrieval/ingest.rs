//! Articles to knowledge bases.

use std::collections::HashMap;

use api_types::kb::{Chunk, Chunking};
use domain::Scope;
use domain::kb::chunk::chunk;
use domain::kb::parse::{Page, ParsedDocument};
use domain::vectors::passage_text;
use uuid::Uuid;

use crate::corpus::{Corpus, embedder};
use crate::squad::Article;

/// Passages embedded at once.
const BATCH: usize = 64;

/// What was put into the database.
pub struct Ingested {
    /// The workspace.
    pub scope: Scope,
    /// One an article.
    pub knowledge_bases: Vec<Uuid>,
    /// By chunk.
    pub paragraph_of: HashMap<Uuid, usize>,
    /// All of them.
    pub questions: Vec<Question>,
}

/// A question and where its answer is.
pub struct Question {
    /// Its text.
    pub text: String,
    /// Number of the paragraph, counted over all articles.
    pub paragraph: usize,
    /// Number of the article.
    pub article: usize,
}

struct Document {
    id: Uuid,
    paragraph: usize,
    title: String,
    chunks: Vec<Chunk>,
}

/// Cuts, embeds and stores every paragraph.
pub async fn ingest(corpus: &mut Corpus, articles: &[Article]) -> Ingested {
    let scope = corpus.workspace().await;
    let (mut knowledge_bases, mut questions, mut documents) = (Vec::new(), Vec::new(), Vec::new());
    for (article, number) in articles.iter().zip(0..) {
        let knowledge_base = corpus.knowledge_base(&scope).await;
        knowledge_bases.push(knowledge_base);
        let title = article.title.replace('_', " ");
        for paragraph in &article.paragraphs {
            let id = corpus.document(&scope, knowledge_base, &title).await;
            let asked = paragraph.qas.iter().map(|q| q.question.clone());
            let place = documents.len();
            questions.extend(asked.map(|text| Question {
                text,
                paragraph: place,
                article: number,
            }));
            let chunks = cut(&paragraph.context).await;
            documents.push(Document {
                id,
                paragraph: place,
                title: title.clone(),
                chunks,
            });
        }
    }
    let vectors = embed(&documents).await;
    let paragraph_of = store(corpus, &scope, &documents, vectors).await;
    Ingested {
        scope,
        knowledge_bases,
        paragraph_of,
        questions,
    }
}

/// As a knowledge base does whose settings nobody changed.
async fn cut(text: &str) -> Vec<Chunk> {
    let embedder = embedder().await;
    let page = Page {
        number: None,
        heading: None,
        markdown: text.to_owned(),
    };
    let document = ParsedDocument {
        title: None,
        pages: vec![page],
    };
    chunk(&document, Chunking::default(), &|text| {
        embedder.count_tokens(text)
    })
}

/// The vectors of all chunks of all documents, in order.
async fn embed(documents: &[Document]) -> Vec<Vec<f32>> {
    let passage = |title: &str, chunk: &Chunk| passage_text(title, &chunk.heading_path, &chunk.text);
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

async fn store(
    corpus: &mut Corpus,
    scope: &Scope,
    documents: &[Document],
    vectors: Vec<Vec<f32>>,
) -> HashMap<Uuid, usize> {
    let mut vectors = vectors.into_iter();
    let mut paragraph_of = HashMap::new();
    for document in documents {
        let own: Vec<Vec<f32>> = vectors.by_ref().take(document.chunks.len()).collect();
        let ids = corpus
            .store(scope, document.id, 1, &document.chunks, Some(&own))
            .await;
        corpus.publish(document.id, 1).await;
        paragraph_of.extend(ids.into_iter().map(|id| (id, document.paragraph)));
    }
    paragraph_of
}
