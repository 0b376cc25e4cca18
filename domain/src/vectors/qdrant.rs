//! The index in a Qdrant server: one collection for all workspaces, each a tenant of it, and one more for each workspace
//! whose vectors a provider makes.
//!
//! BM25 is made of sparse vectors with the words' weights, which Qdrant multiplies by their rarity within what is
//! searched. The words and their weights are the same as in memory.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt::{Debug, Formatter};
use std::time::Duration;

use qdrant_client::QdrantError;
use qdrant_client::qdrant::{
    Condition, CreateCollectionBuilder, CreateFieldIndexCollectionBuilder, DeletePointsBuilder, Distance,
    FieldType, Filter, HnswConfigDiffBuilder, IdfParamsBuilder, KeywordIndexParamsBuilder, Modifier,
    NamedVectors, PointStruct, Query, QueryBatchPointsBuilder, QueryPoints, QueryPointsBuilder, ScoredPoint,
    SearchParamsBuilder, SparseVectorParamsBuilder, SparseVectorsConfigBuilder, UpsertPointsBuilder, Vector,
    VectorInput, VectorParamsBuilder, VectorsConfigBuilder, point_id::PointIdOptions,
};
use qdrant_client::{Payload, Qdrant as Client};
use retrieval::words::{Language, Languages, Query as Words, Term, language_of, main_language};
use retrieval::{lexical, minilm};
use serde_json::json;
use tokio::sync::Mutex;
use uuid::Uuid;

use super::{Candidate, Candidates, Question, from_bytes, passage_text};
use crate::db::Db;
use crate::embeddings::{BUILT_IN, Space};
use crate::{Error, Result, Scope};

/// A search that takes longer is given up, and words alone are compared.
const SEARCH_TIMEOUT: Duration = Duration::from_secs(3);
/// For everything that is not a search.
const TIMEOUT: Duration = Duration::from_secs(30);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// Points sent at once; about 300 kB.
const BATCH: usize = 128;

const DENSE: &str = "dense";
const WORDS: &str = "words";

/// See the module.
pub struct Qdrant {
    client: Client,
    db: Db,
    /// Models whose collection was seen or made.
    ready: Mutex<HashSet<Uuid>>,
}

/// What chunks scored.
#[derive(Default)]
struct Scores {
    cosines: HashMap<Uuid, f32>,
    words: HashMap<Uuid, f32>,
}

impl Scores {
    /// Chunks that only one side has found; the other side may have a score for them all the same.
    fn half_known(&self) -> Vec<Uuid> {
        let near = self.cosines.keys().filter(|id| !self.words.contains_key(id));
        near.chain(self.words.keys().filter(|id| !self.cosines.contains_key(id)))
            .copied()
            .collect()
    }

    fn candidates(&self) -> Vec<Candidate> {
        let ids: BTreeSet<Uuid> = self.cosines.keys().chain(self.words.keys()).copied().collect();
        ids.into_iter().map(|id| self.candidate(id)).collect()
    }

    fn candidate(&self, id: Uuid) -> Candidate {
        Candidate {
            chunk_id: id,
            cosine: self.cosines.get(&id).copied(),
            lexical: self.words.get(&id).copied(),
        }
    }
}

/// A question in Qdrant's terms.
struct Asked<'a> {
    collection: &'a str,
    among: Filter,
    terms: Vec<Term>,
    vector: Option<&'a [f32]>,
}

impl Asked<'_> {
    fn dense(&self, ids: Option<&[Uuid]>, limit: usize) -> Option<QueryPoints> {
        let query = Query::new_nearest(self.vector?.to_vec());
        let mut nearest = self.nearest(query, DENSE, ids, limit);
        if ids.is_none() {
            // What points the other way is near to nothing, as in process.
            nearest = nearest.score_threshold(0.0);
        }
        Some(nearest.build())
    }

    fn words(&self, ids: Option<&[Uuid]>, limit: usize) -> Option<QueryPoints> {
        if self.terms.is_empty() {
            return None;
        }
        let weights = vec![1.0; self.terms.len()];
        let query = Query::new_nearest(VectorInput::new_sparse(self.terms.clone(), weights));
        // How rare a word is, is a matter of what is searched, not of what other tenants have.
        let rarity = SearchParamsBuilder::default().idf(IdfParamsBuilder::new().corpus(self.among.clone()));
        Some(self.nearest(query, WORDS, ids, limit).params(rarity).build())
    }

    fn nearest(&self, query: Query, using: &str, ids: Option<&[Uuid]>, limit: usize) -> QueryPointsBuilder {
        let mut among = self.among.clone();
        among
            .must
            .extend(ids.map(|ids| Condition::has_id(ids.iter().copied())));
        QueryPointsBuilder::new(self.collection)
            .query(query)
            .using(using)
            .filter(among)
            .limit(limit as u64)
            .with_payload(false)
    }
}

struct ChunkRow {
    id: Uuid,
    title: String,
    heading_path: Vec<String>,
    context: String,
    text: String,
    vector: Option<Vec<u8>>,
}

impl Qdrant {
    pub(super) fn new(url: &str, db: Db) -> anyhow::Result<Self> {
        Ok(Self {
            client: client(url)?,
            db,
            ready: Mutex::default(),
        })
    }

    pub(super) async fn check(url: &str) -> anyhow::Result<()> {
        client(url)?.health_check().await?;
        Ok(())
    }

    pub(super) async fn upsert_document(
        &self,
        scope: &Scope,
        space: Space,
        knowledge_base_id: Uuid,
        document_id: Uuid,
        version: i32,
    ) -> Result<()> {
        self.ready(space).await?;
        let mut tx = self.db.tenant(scope).await?;
        let rows = sqlx::query_as!(
            ChunkRow,
            r#"select c.id, d.title, c.heading_path, c.context, c.text, e.vector as "vector?"
             from chunks c
             join documents d on d.workspace_id = c.workspace_id and d.id = c.document_id
             left join embeddings e on e.workspace_id = c.workspace_id and e.model_id = $5
                 and e.content_hash = c.content_hash
             where c.workspace_id = $1 and c.document_id = $2 and c.version = $3 and c.knowledge_base_id = $4
                 and c.enabled
             order by c.position"#,
            scope.workspace_id(),
            document_id,
            version,
            knowledge_base_id,
            space.model_id
        )
        .fetch_all(&mut *tx)
        .await?;
        drop(tx);
        let payload = Payload::try_from(json!({
            "workspace_id": scope.workspace_id(),
            "knowledge_base_id": knowledge_base_id,
            "document_id": document_id,
            "version": version,
        }))
        .map_err(anyhow::Error::from)?;
        let passages: Vec<String> = rows.iter().map(ChunkRow::passage).collect();
        let whole = main_language(&passages.iter().map(String::as_str).collect::<Vec<_>>());
        for batch in rows.chunks(BATCH) {
            let points = batch.iter().map(|row| row.point(payload.clone(), whole, space));
            let points: Vec<PointStruct> = points.collect();
            self.client
                .upsert_points(UpsertPointsBuilder::new(collection(space.model_id), points).wait(true))
                .await?;
        }
        Ok(())
    }

    pub(super) async fn keep_version(&self, scope: &Scope, document_id: Uuid, version: i32) -> Result<()> {
        let mut others = filter(scope, [document(document_id)]);
        others
            .must_not
            .push(Condition::matches("version", i64::from(version)));
        self.remove(scope, others).await
    }

    pub(super) async fn remove_version(&self, scope: &Scope, document_id: Uuid, version: i32) -> Result<()> {
        let version = Condition::matches("version", i64::from(version));
        self.remove(scope, filter(scope, [document(document_id), version]))
            .await
    }

    pub(super) async fn remove_document(&self, scope: &Scope, document_id: Uuid) -> Result<()> {
        self.remove(scope, filter(scope, [document(document_id)])).await
    }

    pub(super) async fn remove_knowledge_base(&self, scope: &Scope, id: Uuid) -> Result<()> {
        self.remove(scope, filter(scope, [knowledge_bases(&[id])])).await
    }

    pub(super) async fn remove_from_space(
        &self,
        scope: &Scope,
        model_id: Uuid,
        document_id: Uuid,
    ) -> Result<()> {
        self.remove_from(model_id, filter(scope, [document(document_id)]))
            .await
    }

    pub(super) async fn remove_space(&self, scope: &Scope, model_id: Uuid) -> Result<()> {
        if model_id == BUILT_IN {
            return self.remove_from(model_id, filter(scope, [])).await;
        }
        // A model's collection is its workspace's alone.
        self.client.delete_collection(collection(model_id)).await?;
        self.ready.lock().await.remove(&model_id);
        Ok(())
    }

    /// Removes points, whatever model they are of.
    async fn remove(&self, scope: &Scope, points: Filter) -> Result<()> {
        for model_id in self.models(scope).await? {
            self.remove_from(model_id, points.clone()).await?;
        }
        Ok(())
    }

    async fn remove_from(&self, model_id: Uuid, points: Filter) -> Result<()> {
        let collection = collection(model_id);
        if !self.client.collection_exists(&collection).await? {
            return Ok(());
        }
        self.client
            .delete_points(DeletePointsBuilder::new(collection).points(points).wait(true))
            .await?;
        Ok(())
    }

    /// Models that the workspace may have vectors of.
    async fn models(&self, scope: &Scope) -> Result<Vec<Uuid>> {
        let mut tx = self.db.tenant(scope).await?;
        let mut models = sqlx::query_scalar!(
            "select id from embedding_models where workspace_id = $1",
            scope.workspace_id()
        )
        .fetch_all(&mut *tx)
        .await?;
        if !models.contains(&BUILT_IN) {
            models.push(BUILT_IN);
        }
        Ok(models)
    }

    pub(super) async fn remove_chunks(&self, scope: &Scope, ids: &[Uuid]) -> Result<()> {
        if ids.is_empty() {
            return Ok(());
        }
        self.remove(scope, filter(scope, [Condition::has_id(ids.iter().copied())]))
            .await
    }

    pub(super) async fn search(&self, scope: &Scope, question: &Question<'_>) -> Result<Candidates> {
        let search = self.query(scope, question);
        let timed_out = |_| unavailable(anyhow::anyhow!("no answer within {SEARCH_TIMEOUT:?}"));
        tokio::time::timeout(SEARCH_TIMEOUT, search)
            .await
            .map_err(timed_out)?
    }

    async fn query(&self, scope: &Scope, question: &Question<'_>) -> Result<Candidates> {
        self.ready(question.space).await?;
        let languages = self.languages(scope, question).await?;
        let words = Words::new(question.text, languages);
        let mut among = filter(scope, [knowledge_bases(question.knowledge_base_ids)]);
        among.must.extend(question.document_ids.map(documents));
        let collection = collection(question.space.model_id);
        let asked = Asked {
            collection: &collection,
            among,
            terms: words.terms(),
            vector: question.vector,
        };
        let mut scores = self.ask(&asked, None, question.limit).await?;
        let found = scores.candidates();
        let mut half_known = scores.half_known();
        half_known.extend(question.expected);
        if !half_known.is_empty() {
            let more = self.ask(&asked, Some(&half_known), half_known.len()).await?;
            scores.cosines.extend(more.cosines);
            scores.words.extend(more.words);
        }
        let found = found.iter().map(|candidate| scores.candidate(candidate.chunk_id));
        Ok(Candidates {
            found: found.collect(),
            degraded: question.vector.is_none(),
            expected: question.expected.map(|id| scores.candidate(id)),
            query: words,
        })
    }

    /// What is searched is written in. Documents that were indexed before this was known are in English.
    async fn languages(&self, scope: &Scope, question: &Question<'_>) -> Result<Languages> {
        let mut tx = self.db.tenant(scope).await?;
        let only: Option<Vec<Uuid>> = question.document_ids.map(|ids| ids.iter().copied().collect());
        let codes = sqlx::query_scalar!(
            r#"select distinct unnest(languages) as "code!" from documents
               where workspace_id = $1 and knowledge_base_id = any($2) and live_version is not null
                 and ($3::uuid[] is null or id = any($3))"#,
            scope.workspace_id(),
            question.knowledge_base_ids,
            only.as_deref()
        )
        .fetch_all(&mut *tx)
        .await?;
        Ok(codes
            .iter()
            .filter_map(|code| Language::from_code(code))
            .collect())
    }

    /// The best by cosine and by BM25, among `ids` if given.
    async fn ask(&self, question: &Asked<'_>, ids: Option<&[Uuid]>, limit: usize) -> Result<Scores> {
        let (dense, words) = (question.dense(ids, limit), question.words(ids, limit));
        let (has_dense, has_words) = (dense.is_some(), words.is_some());
        let queries: Vec<QueryPoints> = [dense, words].into_iter().flatten().collect();
        if queries.is_empty() {
            return Ok(Scores::default());
        }
        let answer = self
            .client
            .query_batch(QueryBatchPointsBuilder::new(question.collection, queries))
            .await?;
        let mut lists = answer
            .result
            .into_iter()
            .map(|list| list.result.into_iter().filter_map(scored).collect());
        let mut next = |asked: bool| {
            if asked {
                lists.next().unwrap_or_default()
            } else {
                HashMap::new()
            }
        };
        Ok(Scores {
            cosines: next(has_dense),
            words: next(has_words),
        })
    }

    async fn ready(&self, space: Space) -> Result<()> {
        if self.ready.lock().await.contains(&space.model_id) {
            return Ok(());
        }
        self.ensure_collection(space).await?;
        self.ready.lock().await.insert(space.model_id);
        Ok(())
    }

    /// Makes the collection and its payload indexes unless they exist.
    async fn ensure_collection(&self, space: Space) -> Result<()> {
        let name = collection(space.model_id);
        if !self.client.collection_exists(&name).await?
            && let Err(error) = self.create_collection(&name, space.dimensions).await
            // Another process may have been faster.
            && !self.client.collection_exists(&name).await?
        {
            return Err(error.into());
        }
        let tenant = KeywordIndexParamsBuilder::default().is_tenant(true);
        self.index_field(&name, "workspace_id", FieldType::Keyword, Some(tenant))
            .await?;
        self.index_field(&name, "knowledge_base_id", FieldType::Keyword, None)
            .await?;
        self.index_field(&name, "document_id", FieldType::Keyword, None)
            .await?;
        self.index_field(&name, "version", FieldType::Integer, None)
            .await?;
        Ok(())
    }

    async fn create_collection(&self, name: &str, dimensions: usize) -> Result<(), QdrantError> {
        let mut dense = VectorsConfigBuilder::default();
        let size = dimensions as u64;
        dense.add_named_vector_params(DENSE, VectorParamsBuilder::new(size, Distance::Cosine));
        let mut words = SparseVectorsConfigBuilder::default();
        let rarity = SparseVectorParamsBuilder::default().modifier(Modifier::Idf);
        words.add_named_vector_params(WORDS, rarity);
        // One graph a workspace and none over all, because nobody searches over all.
        let graphs = HnswConfigDiffBuilder::default().m(0).payload_m(16);
        let collection = CreateCollectionBuilder::new(name)
            .vectors_config(dense)
            .sparse_vectors_config(words)
            .hnsw_config(graphs);
        self.client.create_collection(collection).await?;
        Ok(())
    }

    async fn index_field(
        &self,
        collection: &str,
        field: &str,
        kind: FieldType,
        params: Option<KeywordIndexParamsBuilder>,
    ) -> Result<()> {
        let mut index = CreateFieldIndexCollectionBuilder::new(collection, field, kind).wait(true);
        if let Some(params) = params {
            index = index.field_index_params(params.build());
        }
        self.client.create_field_index(index).await?;
        Ok(())
    }
}

impl ChunkRow {
    fn passage(&self) -> String {
        passage_text(&self.title, &self.heading_path, &self.context, &self.text)
    }

    fn point(&self, payload: Payload, document: Language, space: Space) -> PointStruct {
        let passage = self.passage();
        let words = lexical::passage_weights(&passage, language_of(&passage, document));
        let mut vectors = NamedVectors::default();
        if !words.is_empty() {
            vectors = vectors.add_vector(WORDS, Vector::from(words));
        }
        let dense = self
            .vector
            .as_deref()
            .and_then(|bytes| from_bytes(bytes, space.dimensions));
        if let Some(dense) = dense {
            vectors = vectors.add_vector(DENSE, Vector::from(dense));
        }
        PointStruct::new(self.id, vectors, payload)
    }
}

/// Where vectors of a model are kept.
fn collection(model_id: Uuid) -> String {
    if model_id == BUILT_IN {
        return format!("botwright_{}", minilm::ID);
    }
    format!("botwright_{model_id}")
}

fn client(url: &str) -> Result<Client, QdrantError> {
    Client::from_url(url)
        .timeout(TIMEOUT)
        .connect_timeout(CONNECT_TIMEOUT)
        .skip_compatibility_check()
        .build()
}

/// What is of this workspace and fulfils `conditions`: the only way to a filter here.
fn filter<const N: usize>(scope: &Scope, conditions: [Condition; N]) -> Filter {
    let workspace = Condition::matches("workspace_id", scope.workspace_id().to_string());
    Filter::must(std::iter::once(workspace).chain(conditions))
}

fn document(id: Uuid) -> Condition {
    Condition::matches("document_id", id.to_string())
}

fn documents(ids: &HashSet<Uuid>) -> Condition {
    Condition::matches("document_id", ids.iter().map(Uuid::to_string).collect::<Vec<_>>())
}

fn knowledge_bases(ids: &[Uuid]) -> Condition {
    Condition::matches(
        "knowledge_base_id",
        ids.iter().map(Uuid::to_string).collect::<Vec<_>>(),
    )
}

fn scored(point: ScoredPoint) -> Option<(Uuid, f32)> {
    match point.id?.point_id_options? {
        PointIdOptions::Uuid(id) => Some((id.parse().ok()?, point.score)),
        PointIdOptions::Num(_) => None,
    }
}

fn unavailable(source: anyhow::Error) -> Error {
    Error::Unavailable {
        part: "Qdrant",
        source,
    }
}

impl From<QdrantError> for Error {
    fn from(error: QdrantError) -> Self {
        unavailable(error.into())
    }
}

impl Debug for Qdrant {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Qdrant").finish_non_exhaustive()
    }
}
