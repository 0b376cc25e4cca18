//! Collections, made when they are first needed.

use qdrant_client::QdrantError;
use qdrant_client::qdrant::{
    CreateCollectionBuilder, CreateFieldIndexCollectionBuilder, Distance, FieldType, HnswConfigDiffBuilder,
    KeywordIndexParamsBuilder, Modifier, SparseVectorParamsBuilder, SparseVectorsConfigBuilder,
    VectorParamsBuilder, VectorsConfigBuilder,
};
use retrieval::minilm;
use uuid::Uuid;

use super::{DENSE, Qdrant, WORDS};
use crate::Result;
use crate::embeddings::{BUILT_IN, Space};

impl Qdrant {
    pub(super) async fn ready(&self, space: Space) -> Result<()> {
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

/// Where vectors of a model are kept.
pub(super) fn collection(model_id: Uuid) -> String {
    if model_id == BUILT_IN {
        return format!("botwright_{}", minilm::ID);
    }
    format!("botwright_{model_id}")
}
