//! Drafts: unpublished work in Redis.
//!
//! `draft:<kind>:<id>` holds the JSON of a [`Stored`] draft with a TTL of 24 hours, renewed by each save.
//! `drafts:<kind>:<workspace>` is the workspace's sorted set of draft ids by expiry, for listing. Saves are
//! compare-and-set on `version`, in one round trip (a Lua script), so that two tabs lose nothing. A copy of each goes to Postgres
//! (`draft_copies`), from which a Redis that was emptied gets back what it had.

pub mod archive;
mod copies;
mod lost;
mod store;

use api_types::bots::ChatbotContent;
use api_types::kb::KnowledgeBaseContent;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::Result;
use crate::db::Db;
use crate::redis::Redis;

use copies::Copies;
pub use copies::collect_copies;
pub(crate) use lost::doubt;
pub(crate) use store::{count, delete_all, delete_version, exists, forget, missing, seal, unseal};
pub use store::{create, delete, get, list, save, update};

/// How long a draft lives after its last save, in seconds.
pub const TTL_SECONDS: i64 = 24 * 60 * 60;

/// The drafts of all workspaces. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Drafts {
    redis: Redis,
    db: Db,
    copies: Copies,
}

impl Drafts {
    /// In this Redis, with copies in this Postgres.
    pub fn new(redis: Redis, db: Db) -> Self {
        let copies = Copies::new(db.clone());
        Self { redis, db, copies }
    }

    /// Writes the copies that are not in Postgres yet, before the process ends.
    pub async fn flush(&self) -> Result<()> {
        self.copies.flush().await
    }
}

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
