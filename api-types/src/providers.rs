//! Connections to model providers: `/api/v1/providers`.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A connection to an OpenAI-compatible server. The key never leaves the server again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Provider {
    /// Id.
    pub id: Uuid,
    /// Name, unique in the workspace.
    pub name: String,
    /// Base URL, such as `https://api.openai.com/v1`.
    pub base_url: String,
    /// The model offered first.
    pub default_model: String,
    /// The key's last four characters, if a key is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_hint: Option<String>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// `POST /providers` and `PUT /providers/{provider_id}`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SaveProviderRequest {
    /// 1 to 80 characters.
    pub name: String,
    /// `http` or `https`, without `/chat/completions`.
    pub base_url: String,
    /// The model offered first, 1 to 200 characters.
    pub default_model: String,
    /// The key. On update, leave it out to keep the one that is set; a changed host needs it again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_key: Option<String>,
}

/// Answer of `POST /providers/{provider_id}/check`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProviderCheck {
    /// Whether the default model answered.
    pub ok: bool,
    /// What happened, for people.
    pub message: String,
    /// Milliseconds to the answer.
    pub latency_ms: u64,
}
