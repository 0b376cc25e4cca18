//! Drafts: unpublished work in Redis.
//!
//! `draft:<kind>:<id>` holds the JSON of a [`Stored`] draft with a TTL of 24 hours, renewed by each save.
//! `drafts:<kind>:<workspace>` is the workspace's sorted set of draft ids by expiry, for listing. Saves are
//! compare-and-set on `version`, in one round trip (a Lua script), so that two tabs lose nothing.

pub mod archive;
mod store;

use api_types::bots::ChatbotContent;
use api_types::kb::KnowledgeBaseContent;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub(crate) use store::{count, delete_all, delete_version, exists, seal, unseal};
pub use store::{create, delete, get, list, save, update};

/// How long a draft lives after its last save, in seconds.
pub const TTL_SECONDS: i64 = 24 * 60 * 60;

/// What can be drafted.
pub trait Draftable: Serialize + DeserializeOwned + Send + Sync {
    /// The kind in the Redis key.
    const KIND: &'static str;
    /// The name shown in lists; may be empty.
    fn name(&self) -> &str;
}

impl Draftable for ChatbotContent {
    const KIND: &'static str = "chatbot";

    fn name(&self) -> &str {
        &self.name
    }
}

impl Draftable for KnowledgeBaseContent {
    const KIND: &'static str = "kb";

    fn name(&self) -> &str {
        &self.name
    }
}
