//! A model in use.

use std::sync::Arc;

use moka::future::Cache;
use uuid::Uuid;

use super::{Calibration, Space, settings};
use crate::db::Db;
use crate::kb::embed::Embedder;
use crate::llm::embed::EmbeddingClient;
use crate::{Error, Result, Scope, Services, metrics, providers};

/// Passages that the built-in model embeds at once: enough for all cores, few enough that progress is seen, and that
/// little is lost when the worker is killed.
const BUILT_IN_BATCH: usize = 16;

/// Vectors of questions by model: people ask the same, and each turn of a chat is often asked twice.
pub type QueryVectors = Cache<(Uuid, String), Arc<[f32]>>;

/// Turns texts into vectors of one [`Space`].
#[derive(Debug, Clone)]
pub struct Model {
    space: Space,
    calibration: Calibration,
    source: Source,
}

#[derive(Debug, Clone)]
enum Source {
    BuiltIn(Arc<Embedder>),
    Provider {
        client: Box<EmbeddingClient>,
        queries: QueryVectors,
        /// Its last call failed, as far as people were told.
        ailing: bool,
    },
}

/// A model's row.
#[derive(Debug)]
pub(crate) struct Stored {
    pub(crate) id: Uuid,
    pub(crate) provider_id: Option<Uuid>,
    pub(crate) model: String,
    pub(crate) dimensions: i32,
    pub(crate) asked_dimensions: Option<i32>,
    pub(crate) unrelated: f32,
    pub(crate) spread: f32,
    pub(crate) error: Option<String>,
}

impl Model {
    /// The built-in one.
    pub fn built_in(embedder: Arc<Embedder>) -> Self {
        Self {
            space: Space::BUILT_IN,
            calibration: Calibration::BUILT_IN,
            source: Source::BuiltIn(embedder),
        }
    }

    /// Opens the model of a row.
    pub(super) async fn open(services: &Services, scope: &Scope, row: &Stored) -> Result<Option<Self>> {
        let Some(provider_id) = row.provider_id else {
            return Ok(services.embedder.clone().map(Self::built_in));
        };
        let space = Space::new(row.id, row.dimensions);
        let asked = row
            .asked_dimensions
            .and_then(|dimensions| usize::try_from(dimensions).ok());
        let client = providers::embedder(services, scope, provider_id, &row.model, asked);
        Ok(Some(Self {
            space,
            calibration: Calibration {
                unrelated: row.unrelated,
                spread: row.spread,
            },
            source: Source::Provider {
                client: Box::new(client.await?),
                queries: services.query_vectors.clone(),
                ailing: row.error.is_some(),
            },
        }))
    }

    /// Which vectors it makes.
    pub const fn space(&self) -> Space {
        self.space
    }

    /// How what it calls near compares with the built-in model.
    pub const fn calibration(&self) -> Calibration {
        self.calibration
    }

    /// How many passages to give it at a time.
    pub const fn batch(&self) -> usize {
        match &self.source {
            Source::BuiltIn(_) => BUILT_IN_BATCH,
            Source::Provider { client, .. } => client.batch(),
        }
    }

    /// The vector of a question.
    pub async fn embed_query(&self, text: &str) -> Result<Vec<f32>> {
        let (client, queries) = match &self.source {
            Source::BuiltIn(embedder) => return embedder.embed_query(text).await,
            Source::Provider { client, queries, .. } => (client, queries),
        };
        let key = (self.space.model_id, text.to_owned());
        let known = queries.get(&key).await;
        metrics::cache("vectors", known.is_some());
        if let Some(vector) = known {
            return Ok(vector.to_vec());
        }
        let vector = client.embed_query(text).await?;
        self.check(&vector)?;
        queries.insert(key, vector.clone().into()).await;
        Ok(vector)
    }

    /// The vectors of passages in their order, for a job. What a provider refuses is written down for people, and is
    /// [`Error::Unavailable`]: it is for them to put right, and no fault of the text.
    pub(crate) async fn embed_for(
        &self,
        services: &Services,
        scope: &Scope,
        texts: Vec<String>,
    ) -> Result<Vec<Vec<f32>>> {
        let Source::Provider { ailing, .. } = &self.source else {
            return self.embed_passages(texts).await;
        };
        match self.embed_passages(texts).await {
            Ok(vectors) => {
                if *ailing {
                    settings::note(services, scope, self.space.model_id, None).await?;
                }
                Ok(vectors)
            }
            Err(error) => {
                settings::note(services, scope, self.space.model_id, Some(&error.to_string())).await?;
                Err(away(error))
            }
        }
    }

    /// The vectors of passages in their order.
    pub async fn embed_passages(&self, texts: Vec<String>) -> Result<Vec<Vec<f32>>> {
        let client = match &self.source {
            Source::BuiltIn(embedder) => return embedder.embed_passages(texts).await,
            Source::Provider { client, .. } => client,
        };
        let vectors = client.embed_passages(&texts).await?;
        vectors.first().map_or(Ok(()), |vector| self.check(vector))?;
        Ok(vectors)
    }

    /// Vectors of another length are of another model.
    fn check(&self, vector: &[f32]) -> Result<()> {
        let expected = self.space.dimensions;
        if vector.len() == expected {
            return Ok(());
        }
        let detail = format!(
            "The model now makes vectors of {} numbers instead of {expected}: it is not the one that was set. Set it \
             anew in Settings.",
            vector.len()
        );
        Err(Error::refused(api_types::ErrorCode::ProviderProtocol, detail))
    }
}

/// The model that answers; `None` where only words are compared, as no model is installed or set.
pub async fn live(services: &Services, scope: &Scope) -> Result<Option<Model>> {
    let row = settings::row(&services.db, scope, "live").await?;
    opened(services, scope, row.as_ref()).await
}

/// The model of a row, or the built-in one.
pub(crate) async fn opened(
    services: &Services,
    scope: &Scope,
    row: Option<&Stored>,
) -> Result<Option<Model>> {
    match row {
        Some(row) => Model::open(services, scope, row).await,
        None => Ok(services.embedder.clone().map(Model::built_in)),
    }
}

/// The vectors that are searched.
pub(crate) async fn live_space(db: &Db, scope: &Scope) -> Result<Space> {
    let row = settings::row(db, scope, "live").await?;
    Ok(row.map_or(Space::BUILT_IN, |row| Space::new(row.id, row.dimensions)))
}

/// A model that can't be opened or asked is for people to put right: work that needs it waits.
pub(crate) fn away(error: Error) -> Error {
    match error {
        Error::Refused(refusal) => Error::Unavailable {
            part: "embedding provider",
            source: anyhow::anyhow!(refusal.detail),
        },
        other => other,
    }
}
