//! What an answer stands on: the state of its knowledge, the model of its vectors, whom to ask for the words. One statement
//! reads all of it.

use sqlx::PgExecutor;
use uuid::Uuid;

use api_types::bots::ChatbotContent;

use super::engine;
use crate::embeddings::Stored as StoredModel;
use crate::providers::Stored as StoredProvider;
use crate::{Result, Scope};

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Ground {
    /// The knowledge bases that are there, and the version of each one's index.
    pub bases: Vec<(Uuid, i64)>,
    /// The model of the vectors; the built-in one when absent.
    pub vectors: Option<StoredModel>,
    /// The provider of the bot's model.
    pub provider: Option<StoredProvider>,
}

/// The row of `turn_ground`.
pub(super) struct Row {
    pub base_ids: Vec<Uuid>,
    pub base_versions: Vec<i64>,
    pub vectors_id: Option<Uuid>,
    pub vectors_provider_id: Option<Uuid>,
    pub vectors_model: Option<String>,
    pub vectors_dimensions: Option<i32>,
    pub vectors_asked_dimensions: Option<i32>,
    pub vectors_unrelated: Option<f32>,
    pub vectors_spread: Option<f32>,
    pub vectors_error: Option<String>,
    pub provider_kind: Option<String>,
    pub provider_base_url: Option<String>,
    pub provider_default_model: Option<String>,
    pub provider_api_key: Option<Vec<u8>>,
}

impl Ground {
    /// Reads it for a bot's content. The statement binds its transaction to the workspace by itself.
    pub(crate) async fn read(
        executor: impl PgExecutor<'_>,
        scope: &Scope,
        content: &ChatbotContent,
    ) -> Result<Self> {
        let provider_id = engine::provider_id(content);
        let row = sqlx::query_as!(
            Row,
            r#"select base_ids as "base_ids!", base_versions as "base_versions!", vectors_id, vectors_provider_id,
                 vectors_model, vectors_dimensions, vectors_asked_dimensions, vectors_unrelated, vectors_spread,
                 vectors_error, provider_kind, provider_base_url, provider_default_model, provider_api_key
               from turn_ground($1, $2, $3)"#,
            scope.workspace_id(),
            &content.knowledge_base_ids,
            provider_id
        )
        .fetch_one(executor)
        .await?;
        Ok(row.into_ground(provider_id))
    }
}

impl Row {
    pub(super) fn into_ground(self, provider_id: Option<Uuid>) -> Ground {
        let vectors = self.vectors_id.map(|id| StoredModel {
            id,
            provider_id: self.vectors_provider_id,
            model: self.vectors_model.unwrap_or_default(),
            dimensions: self.vectors_dimensions.unwrap_or_default(),
            asked_dimensions: self.vectors_asked_dimensions,
            unrelated: self.vectors_unrelated.unwrap_or_default(),
            spread: self.vectors_spread.unwrap_or_default(),
            error: self.vectors_error,
        });
        let provider = provider_id
            .zip(self.provider_kind)
            .map(|(id, kind)| StoredProvider {
                id,
                kind,
                base_url: self.provider_base_url.unwrap_or_default(),
                default_model: self.provider_default_model.unwrap_or_default(),
                api_key: self.provider_api_key,
            });
        Ground {
            bases: self.base_ids.into_iter().zip(self.base_versions).collect(),
            vectors,
            provider,
        }
    }
}
