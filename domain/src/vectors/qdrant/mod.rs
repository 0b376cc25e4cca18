//! The index in a Qdrant server: one collection for all workspaces, each a tenant of it, and one more for each workspace
//! whose vectors a provider makes.
//!
//! BM25 is made of sparse vectors with the words' weights, which Qdrant multiplies by their rarity within what is
//! searched. The words and their weights are the same as in memory.

mod collection;
mod search;

use std::collections::HashSet;
use std::fmt::{Debug, Formatter};
use std::time::Duration;

use qdrant_client::QdrantError;
use qdrant_client::qdrant::{
    Condition, DeletePointsBuilder, Filter, NamedVectors, PointStruct, UpsertPointsBuilder, Vector,
};
use qdrant_client::{Payload, Qdrant as Client};
use retrieval::lexical;
use retrieval::words::{Language, language_of, main_language};
use serde_json::json;
use tokio::sync::Mutex;
use uuid::Uuid;

use super::{from_bytes, passage_text};
use crate::db::Db;
use crate::embeddings::{BUILT_IN, Space};
use crate::{Error, Result, Scope};
use collection::collection;

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

fn knowledge_bases(ids: &[Uuid]) -> Condition {
    Condition::matches(
        "knowledge_base_id",
        ids.iter().map(Uuid::to_string).collect::<Vec<_>>(),
    )
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_filter_names_the_workspace() {
        let scope = Scope::worker(Uuid::new_v4());
        let workspace = Condition::matches("workspace_id", scope.workspace_id().to_string());
        let other = Uuid::new_v4();
        for filter in [
            filter(&scope, []),
            filter(&scope, [document(other)]),
            filter(&scope, [knowledge_bases(&[other]), Condition::has_id([other])]),
        ] {
            assert_eq!(filter.must[0], workspace);
            assert!(filter.should.is_empty() && filter.must_not.is_empty());
        }
    }
}
