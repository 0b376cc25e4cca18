//! Keys for machines: `/api/v1/api-keys`.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What a program may do with a key. None lets it manage members, keys, providers or the audit log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum KeyScope {
    /// Talks to live bots as an OpenAI client.
    Chat,
    /// Searches knowledge bases.
    Search,
    /// Reads bots, knowledge, conversations and settings.
    Read,
    /// Builds and deploys bots, and changes knowledge and tests.
    Write,
}

impl KeyScope {
    /// Every scope, from least to most.
    pub const ALL: [Self; 4] = [Self::Chat, Self::Search, Self::Read, Self::Write];

    /// The name in the database and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Search => "search",
            Self::Read => "read",
            Self::Write => "write",
        }
    }

    /// The scope of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == name)
    }
}

/// A workspace API key. Only its hash is stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ApiKey {
    /// Id.
    pub id: Uuid,
    /// What it is for.
    pub name: String,
    /// Its first characters, to recognise it by.
    pub prefix: String,
    /// What it may do.
    pub scopes: Vec<KeyScope>,
    /// When it stops working; absent when it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last used, to the minute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<DateTime<Utc>>,
}

/// `POST /api-keys`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CreateApiKeyRequest {
    /// 1 to 80 characters.
    pub name: String,
    /// What it may do: one scope at least.
    #[serde(default)]
    pub scopes: Vec<KeyScope>,
    /// When it stops working, a time to come; never when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<DateTime<Utc>>,
}

/// Answer of `POST /api-keys`: the only time the key is shown.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreatedApiKey {
    /// The list row.
    #[serde(flatten)]
    pub api_key: ApiKey,
    /// The key itself: send it as `Authorization: Bearer …`.
    pub key: String,
}
