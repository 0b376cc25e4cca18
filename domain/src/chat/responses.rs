//! Answers of models that are given again, for bots whose owners want that.

use std::sync::Arc;
use std::time::Duration;

use moka::future::Cache;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::engine::Question;
use crate::llm::ChatCompletion;
use crate::{Result, metrics};

/// Memory for answers, in bytes.
const CAPACITY: u64 = 32 * 1024 * 1024;
/// How long an answer may be given again.
const LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

/// What a model was asked, the whole of it: who asks as which bot in which version, and every message with the passages in it.
/// So an answer is given again only where the model would have read the very same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Key([u8; 32]);

/// Answers of this process, as models wrote them. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Responses(Cache<Key, Arc<str>>);

impl Default for Responses {
    fn default() -> Self {
        let weigh = |_: &Key, text: &Arc<str>| {
            let size = size_of::<Key>() + size_of::<Arc<str>>() + text.len();
            u32::try_from(size).unwrap_or(u32::MAX)
        };
        Self(
            Cache::builder()
                .weigher(weigh)
                .max_capacity(CAPACITY)
                .time_to_live(LIFETIME)
                .build(),
        )
    }
}

impl Key {
    /// `None` when the bot's answers are not given again: its owner does not want it, it is a draft, or files came with the
    /// question.
    pub(super) fn of(question: &Question<'_>, request: &ChatCompletion) -> Result<Option<Self>> {
        let Some((bot_id, version)) = question.live else {
            return Ok(None);
        };
        if !question.content.response_cache || !question.files.is_empty() {
            return Ok(None);
        }
        // Versions name the provider, whose address may change under them.
        let address = question
            .ground
            .provider
            .as_ref()
            .map(|provider| &provider.base_url);
        let asked = json!([
            question.scope.workspace_id(),
            bot_id,
            version,
            address,
            request.model,
            request.temperature,
            request.messages
        ]);
        Ok(Some(Self(Sha256::digest(asked.to_string()).into())))
    }
}

impl Responses {
    pub(super) async fn get(&self, key: &Key) -> Option<Arc<str>> {
        let known = self.0.get(key).await;
        metrics::cache("responses", known.is_some());
        known
    }

    pub(super) async fn keep(&self, key: Key, text: &str) {
        self.0.insert(key, text.into()).await;
    }
}
