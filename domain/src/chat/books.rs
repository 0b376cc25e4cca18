//! Finished answers on their way into the database, those of a workspace that are ready at the same time in one transaction.
//!
//! The sums of a bot and the disk are what answers would wait for one after the other; this way they wait together.

use std::sync::Arc;

use serde::Serialize;
use sqlx::PgExecutor;
use sqlx::types::Json;
use uuid::Uuid;

use api_types::chat::Source;

use super::retrieve::Found;
use crate::db::Db;
use crate::gather::Gather;
use crate::{Result, Scope};

/// An answer as `finish_turns` takes it.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Finished {
    pub message_id: Uuid,
    pub conversation_id: Uuid,
    pub content: String,
    pub sources: Vec<Source>,
    pub status: &'static str,
    pub answered: bool,
    pub model: String,
    pub bot_version: i32,
    pub latency_ms: i32,
    pub prompt_tokens: Option<u32>,
    pub completion_tokens: Option<u32>,
    /// Whether it was given before, if it was looked for.
    pub cached: Option<bool>,
    /// How its passages were chosen. Goes beside the others, as text: it is large, and nobody looks for anything in it.
    #[serde(skip)]
    pub found: Option<Arc<Found>>,
    pub session_event_id: Uuid,
    pub turn_event_id: Uuid,
    /// `answered`, `gap` or `error`.
    pub outcome: &'static str,
    /// ISO 639-1, if it can be told.
    pub language: Option<&'static str>,
    /// Origin and path.
    pub page: Option<String>,
    pub provider_id: Option<Uuid>,
    pub first_token_ms: Option<i32>,
    pub total_ms: Option<i32>,
    /// Hash of what was asked for.
    pub question_key: Option<i64>,
}

/// The answers that wait, by workspace. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Books(Gather<Uuid, Arc<Finished>, ()>);

impl Books {
    /// Stores an answer and what was counted of it. Doing it twice changes nothing.
    pub(super) async fn store(&self, db: &Db, scope: &Scope, finished: Arc<Finished>) -> Result<()> {
        let (pool, workspace_id) = (db.pool().clone(), scope.workspace_id());
        let store = move |answers: Vec<Arc<Finished>>| {
            let pool = pool.clone();
            async move {
                finish(&pool, workspace_id, &answers).await?;
                Ok(vec![(); answers.len()])
            }
        };
        self.0.join(workspace_id, finished, store).await
    }
}

/// Stores answers in one statement, which binds its transaction to the workspace by itself. Answers how many were not there
/// yet.
pub(super) async fn finish(
    executor: impl PgExecutor<'_>,
    workspace_id: Uuid,
    answers: &[Arc<Finished>],
) -> Result<usize> {
    let answers: Vec<&Finished> = answers.iter().map(|answer| &**answer).collect();
    let found = answers.iter().map(|answer| answer.found.as_ref());
    let retrievals: Vec<Option<String>> = found
        .map(|found| {
            found
                .map(|found| serde_json::to_string(&found.retrieval))
                .transpose()
        })
        .collect::<Result<_, _>>()?;
    let stored = sqlx::query_scalar!(
        r#"select id as "id!" from finish_turns($1, $2, $3) as id"#,
        workspace_id,
        Json(answers) as _,
        &retrievals as _
    )
    .fetch_all(executor)
    .await?;
    Ok(stored.len())
}
