//! The index in memory. A knowledge base is loaded when it is first asked for, and brought up to date whenever its
//! row's `index_version` is not the one that was loaded; so every process sees a change with its next question.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use anyhow::Context;
use moka::future::Cache;
use moka::ops::compute::Op;
use retrieval::dense::{self, Matrix};
use retrieval::words::{Languages, Query, language_of, main_language};
use retrieval::{best, lexical};
use tokio::task;
use uuid::Uuid;

use super::{Candidate, Candidates, Question, from_bytes, passage_text};
use crate::db::{Db, TenantTx};
use crate::embeddings::Space;
use crate::{Result, Scope};

/// Memory for loaded knowledge bases; those not asked for the longest make room.
const CAPACITY_KIB: u64 = 1024 * 1024;

/// Documents whose rows are read at once.
const DOCUMENTS_PER_READ: usize = 100;

/// Workspace, knowledge base and model.
type Key = (Uuid, Uuid, Uuid);

/// See the module.
#[derive(Debug)]
pub struct InProcess {
    db: Db,
    vectors: bool,
    loaded: Cache<Key, Arc<KnowledgeBase>>,
}

/// A knowledge base as of one `index_version`.
#[derive(Debug)]
struct KnowledgeBase {
    version: i64,
    documents: Vec<Arc<Document>>,
}

/// The chunks of one version of a document. They never change, so a newer state of the knowledge base shares those
/// documents that stayed.
#[derive(Debug)]
struct Document {
    key: DocumentKey,
    languages: Languages,
    chunk_ids: Vec<Uuid>,
    vectors: Matrix,
    words: lexical::Index,
}

/// Id, version, and how often chunks of that version were changed in place.
type DocumentKey = (Uuid, i32, i32);

struct ChunkRow {
    document_id: Uuid,
    version: i32,
    revision: i32,
    id: Uuid,
    title: String,
    heading_path: Vec<String>,
    context: String,
    text: String,
    vector: Option<Vec<u8>>,
}

impl InProcess {
    pub(super) fn with_vectors(db: Db) -> Self {
        Self::new(db, true)
    }

    pub(super) fn words_only(db: Db) -> Self {
        Self::new(db, false)
    }

    fn new(db: Db, vectors: bool) -> Self {
        let loaded = Cache::builder()
            .weigher(|_, kb: &Arc<KnowledgeBase>| u32::try_from(kb.size() / 1024).unwrap_or(u32::MAX))
            .max_capacity(CAPACITY_KIB)
            .build();
        Self { db, vectors, loaded }
    }

    /// Frees the memory of a deleted knowledge base.
    pub(super) async fn forget(&self, scope: &Scope, knowledge_base_id: Uuid) {
        for (key, _) in &self.loaded {
            if (key.0, key.1) == (scope.workspace_id(), knowledge_base_id) {
                self.loaded.invalidate(&*key).await;
            }
        }
    }

    pub(super) async fn search(&self, scope: &Scope, question: &Question<'_>) -> Result<Candidates> {
        let mut documents = Vec::new();
        let versions = match question.versions {
            Some(versions) => Cow::Borrowed(versions),
            None => Cow::Owned(self.versions(scope, question.knowledge_base_ids).await?),
        };
        for &(id, version) in &*versions {
            documents.extend_from_slice(&self.at(scope, question.space, id, version).await?.documents);
        }
        if let Some(only) = question.document_ids {
            documents.retain(|document| only.contains(&document.key.0));
        }
        let (text, vector) = (question.text.to_owned(), question.vector.map(<[f32]>::to_vec));
        let (limit, expected) = (question.limit, question.expected);
        let search = move || search(&documents, &text, vector.as_deref(), limit, expected);
        Ok(task::spawn_blocking(search).await.map_err(anyhow::Error::from)?)
    }

    /// Those of the knowledge bases that are this workspace's, and what version of them is wanted.
    async fn versions(&self, scope: &Scope, ids: &[Uuid]) -> Result<Vec<(Uuid, i64)>> {
        let mut tx = self.db.tenant(scope).await?;
        let rows = sqlx::query!(
            "select id, index_version from knowledge_bases where workspace_id = $1 and id = any($2)",
            scope.workspace_id(),
            ids
        )
        .fetch_all(&mut *tx)
        .await?;
        Ok(rows.into_iter().map(|row| (row.id, row.index_version)).collect())
    }

    /// The knowledge base at `version` or a later one.
    async fn at(&self, scope: &Scope, space: Space, id: Uuid, version: i64) -> Result<Arc<KnowledgeBase>> {
        let key = (scope.workspace_id(), id, space.model_id);
        let current = |kb: &Arc<KnowledgeBase>| kb.version >= version;
        if let Some(kb) = self.loaded.get(&key).await.filter(current) {
            return Ok(kb);
        }
        // Whoever asks for the same at the same time waits for this one load.
        let outcome = self
            .loaded
            .entry(key)
            .and_try_compute_with(async |entry| {
                let stale = entry.map(moka::Entry::into_value);
                if stale.as_ref().is_some_and(current) {
                    return Ok::<_, crate::Error>(Op::Nop);
                }
                self.load(scope, space, id, version, stale.as_deref())
                    .await
                    .map(|kb| Op::Put(Arc::new(kb)))
            })
            .await?;
        let entry = outcome.into_entry().context("a loaded knowledge base was lost")?;
        Ok(entry.into_value())
    }

    /// Reads what `stale` does not have.
    async fn load(
        &self,
        scope: &Scope,
        space: Space,
        id: Uuid,
        version: i64,
        stale: Option<&KnowledgeBase>,
    ) -> Result<KnowledgeBase> {
        let mut tx = self.db.tenant(scope).await?;
        let live = sqlx::query!(
            r#"select id, live_version as "live_version!", revision from documents
               where workspace_id = $1 and knowledge_base_id = $2 and live_version is not null"#,
            scope.workspace_id(),
            id
        )
        .fetch_all(&mut *tx)
        .await?;
        let known: HashMap<DocumentKey, &Arc<Document>> = stale
            .iter()
            .flat_map(|kb| &kb.documents)
            .map(|d| (d.key, d))
            .collect();
        let mut documents = Vec::with_capacity(live.len());
        let mut missing = Vec::new();
        for row in live {
            match known.get(&(row.id, row.live_version, row.revision)) {
                Some(document) => documents.push(Arc::clone(document)),
                None => missing.push(row.id),
            }
        }
        for ids in missing.chunks(DOCUMENTS_PER_READ) {
            documents.extend(self.read(&mut tx, scope, space, ids).await?);
        }
        Ok(KnowledgeBase { version, documents })
    }

    /// Reads the live versions of these documents.
    async fn read(
        &self,
        tx: &mut TenantTx,
        scope: &Scope,
        space: Space,
        ids: &[Uuid],
    ) -> Result<Vec<Arc<Document>>> {
        let rows = sqlx::query_as!(
            ChunkRow,
            r#"select c.document_id, c.version, d.revision, c.id, d.title, c.heading_path, c.context, c.text,
                 e.vector as "vector?"
             from documents d
             join chunks c on c.workspace_id = d.workspace_id and c.document_id = d.id and c.version = d.live_version
             left join embeddings e on $3 and e.workspace_id = c.workspace_id and e.model_id = $4
                 and e.content_hash = c.content_hash
             where d.workspace_id = $1 and d.id = any($2) and c.enabled
             order by c.document_id, c.position"#,
            scope.workspace_id(),
            ids,
            self.vectors,
            space.model_id
        )
        .fetch_all(&mut **tx)
        .await?;
        let index = move || {
            let same_document = |a: &ChunkRow, b: &ChunkRow| a.document_id == b.document_id;
            rows.chunk_by(same_document)
                .filter_map(|rows| Document::new(rows, space.dimensions))
                .map(Arc::new)
                .collect()
        };
        Ok(task::spawn_blocking(index).await.map_err(anyhow::Error::from)?)
    }
}

impl KnowledgeBase {
    fn size(&self) -> usize {
        self.documents.iter().map(|d| d.size()).sum()
    }
}

impl Document {
    /// `None` without chunks.
    fn new(rows: &[ChunkRow], dimensions: usize) -> Option<Self> {
        let first = rows.first()?;
        let mut vectors = Matrix::new(dimensions);
        for row in rows {
            // Without a vector the row is one of zeros, and only words find the chunk.
            let vector = row
                .vector
                .as_deref()
                .and_then(|bytes| from_bytes(bytes, dimensions));
            vectors.push(&vector.unwrap_or_default());
        }
        let passages: Vec<String> = rows
            .iter()
            .map(|row| passage_text(&row.title, &row.heading_path, &row.context, &row.text))
            .collect();
        let passages: Vec<&str> = passages.iter().map(String::as_str).collect();
        let whole = main_language(&passages);
        let languages: Vec<_> = passages
            .iter()
            .map(|passage| language_of(passage, whole))
            .collect();
        Some(Self {
            key: (first.document_id, first.version, first.revision),
            languages: languages.iter().copied().collect(),
            chunk_ids: rows.iter().map(|row| row.id).collect(),
            vectors,
            words: lexical::Index::new(passages.into_iter().zip(languages)),
        })
    }

    fn size(&self) -> usize {
        size_of::<Self>() + self.chunk_ids.len() * size_of::<Uuid>() + self.vectors.size() + self.words.size()
    }
}

fn search(
    documents: &[Arc<Document>],
    text: &str,
    vector: Option<&[f32]>,
    limit: usize,
    expected: Option<Uuid>,
) -> Candidates {
    let mut languages = Languages::default();
    documents
        .iter()
        .for_each(|document| languages.extend(document.languages));
    let query = Query::new(text, languages);
    let words: Vec<&lexical::Index> = documents.iter().map(|d| &d.words).collect();
    let lexical = lexical::scores(&words, &query);
    let vectors = documents.iter().map(|d| &d.vectors);
    let cosines = vector
        .map(|vector| dense::cosines(vectors, vector))
        .unwrap_or_default();
    let rows: BTreeSet<usize> = best(&lexical, limit)
        .into_iter()
        .chain(best(&cosines, limit))
        .collect();

    // Exactly 0 is what no vector, or no word, scores.
    let score = |scores: &[f32], row: usize| scores.get(row).copied().filter(|score| *score != 0.0);
    let chunk_ids: Vec<&[Uuid]> = documents.iter().map(|d| d.chunk_ids.as_slice()).collect();
    let chunk_ids: Vec<Uuid> = chunk_ids.concat();
    let candidate = |row| {
        let chunk_id = *chunk_ids.get(row)?;
        Some(Candidate {
            chunk_id,
            cosine: score(&cosines, row),
            lexical: score(&lexical, row),
        })
    };
    let expected = expected.and_then(|id| chunk_ids.iter().position(|chunk_id| *chunk_id == id));
    Candidates {
        found: rows.into_iter().filter_map(candidate).collect(),
        degraded: vector.is_none(),
        expected: expected.and_then(candidate),
        query,
    }
}
