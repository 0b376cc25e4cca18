//! The model that makes a workspace's vectors: `/api/v1/embedding`.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A model that makes vectors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EmbeddingModel {
    /// Whose it is; absent for the built-in model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_id: Option<Uuid>,
    /// That provider's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_name: Option<String>,
    /// Its name; empty where the server has but one.
    pub model: String,
    /// Numbers in each vector.
    pub dimensions: u32,
}

impl EmbeddingModel {
    /// The one that runs on the server itself.
    pub fn built_in() -> Self {
        Self {
            provider_id: None,
            provider_name: None,
            model: "all-MiniLM-L6-v2".to_owned(),
            dimensions: 384,
        }
    }
}

/// A model that is to take over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EmbeddingChange {
    /// Which.
    pub model: EmbeddingModel,
    /// Documents that it has embedded.
    pub documents_done: i64,
    /// Documents in all knowledge bases of the workspace.
    pub documents_total: i64,
    /// Why it does not go on, if its provider refused the last time. It is tried again by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// When it was chosen.
    pub started_at: DateTime<Utc>,
}

/// `GET /embedding`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EmbeddingSettings {
    /// What search compares; absent where no model is installed, and only words are compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub live: Option<EmbeddingModel>,
    /// What is to take over once it has embedded everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<EmbeddingChange>,
    /// Why new documents wait, if the live model's provider refused the last time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Whether there is a built-in model to choose.
    pub built_in: bool,
}

/// `PUT /embedding`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ChangeEmbeddingRequest {
    /// Whose model; the built-in one when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_id: Option<Uuid>,
    /// The provider's name of the model, up to 200 characters; empty for the built-in one, or where the server has but
    /// one.
    #[serde(default)]
    pub model: String,
    /// How many numbers each vector is to have, 1 to 8,192, for models that can make shorter ones; what the model makes
    /// when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dimensions: Option<u16>,
}
