//! Drafts in a back-up: read as they are, and put back for another 24 hours.

use anyhow::Context;
use chrono::Utc;
use redis::AsyncCommands;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::TTL_SECONDS;
use super::store::ALL;
use crate::Result;
use crate::redis::Redis;

/// Drafts that are read or written at once; each has up to half a megabyte.
const PORTION: usize = 20;

/// A draft of any kind.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Archived {
    /// Its key in Redis, `draft:<kind>:<id>`.
    key: String,
    /// What lies there.
    draft: Value,
}

impl Archived {
    /// Its kind, its id and its workspace.
    fn parts(&self) -> anyhow::Result<(&str, Uuid, Uuid)> {
        let key = self
            .key
            .strip_prefix("draft:")
            .and_then(|key| key.split_once(':'));
        let (kind, id) = key.with_context(|| format!("{} is not the key of a draft", self.key))?;
        let workspace_id = self.draft["workspace_id"].as_str().unwrap_or_default();
        Ok((kind, id.parse()?, workspace_id.parse()?))
    }
}

/// Hands on every draft, of all workspaces.
pub async fn export(redis: &Redis, mut each: impl FnMut(Archived) -> anyhow::Result<()>) -> Result<()> {
    let mut commands = redis.commands();
    let now = Utc::now().timestamp();
    let keys: Vec<String> = commands.zrangebyscore(ALL, now, "+inf").await?;
    for keys in keys.chunks(PORTION) {
        let found: Vec<Option<String>> = commands.mget(keys).await?;
        for (key, json) in keys.iter().zip(found) {
            // It was deployed or deleted a moment ago.
            let Some(json) = json else { continue };
            let draft = serde_json::from_str(&json)?;
            each(Archived {
                key: key.clone(),
                draft,
            })?;
        }
    }
    Ok(())
}

/// Puts drafts back, as if they were saved now. One that is there already is replaced.
pub async fn import(redis: &Redis, drafts: impl Iterator<Item = anyhow::Result<Archived>>) -> Result<u64> {
    let mut count = 0;
    let mut pipe = redis::pipe();
    let (mut commands, now) = (redis.commands(), Utc::now());
    let expiry = now.timestamp() + TTL_SECONDS;
    let ttl = TTL_SECONDS.unsigned_abs();
    for archived in drafts {
        let mut archived = archived?;
        let (kind, id, workspace_id) = archived.parts()?;
        let index = format!("drafts:{kind}:{workspace_id}");
        archived.draft["updated_at"] = json!(now);
        pipe.set_ex(&archived.key, archived.draft.to_string(), ttl)
            .zadd(&index, id.to_string(), expiry)
            .expire(&index, TTL_SECONDS)
            .zadd(ALL, &archived.key, expiry);
        count += 1;
        if count % PORTION as u64 == 0 {
            std::mem::replace(&mut pipe, redis::pipe())
                .exec_async(&mut commands)
                .await?;
        }
    }
    if count % PORTION as u64 != 0 {
        pipe.exec_async(&mut commands).await?;
    }
    Ok(count)
}
