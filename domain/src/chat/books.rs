//! Finished answers on their way into the database, those of a workspace that are ready at the same time in one transaction.
//!
//! The sums of a bot and the disk are what answers would wait for one after the other; this way they wait together. An answer
//! that comes alone is stored at once: while one transaction is under way, the next one's answers gather.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use serde::Serialize;
use sqlx::types::Json;
use sqlx::{PgExecutor, PgPool};
use tokio::sync::oneshot;
use uuid::Uuid;

use api_types::chat::Source;
use api_types::retrieval::Retrieval;

use crate::db::Db;
use crate::{Error, Result, Scope};

/// Answers of one transaction at most.
const MOST: usize = 64;

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
    /// Goes beside the others, as text: it is large, and nobody looks for anything in it.
    #[serde(skip)]
    pub retrieval: Option<Retrieval>,
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

/// An answer, and who waits until it is stored.
type Waiting = (Arc<Finished>, oneshot::Sender<Result<()>>);

/// The answers that wait, by workspace. A workspace is there while somebody stores for it. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Books {
    waiting: Arc<Mutex<HashMap<Uuid, Vec<Waiting>>>>,
}

impl Books {
    /// Stores an answer and what was counted of it. Doing it twice changes nothing.
    pub(super) async fn store(&self, db: &Db, scope: &Scope, finished: Arc<Finished>) -> Result<()> {
        let (sender, stored) = oneshot::channel();
        if self.add(scope.workspace_id(), (finished, sender)) {
            let (books, pool, workspace_id) = (self.clone(), db.pool().clone(), scope.workspace_id());
            // In a task of its own: whoever comes first does not store for the others for ever.
            tokio::spawn(async move { books.work(&pool, workspace_id).await });
        }
        stored.await.context("the task that stores answers ended")?
    }

    /// Answers whether nobody stores for the workspace yet.
    fn add(&self, workspace_id: Uuid, waiting: Waiting) -> bool {
        let mut all = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let is_first = !all.contains_key(&workspace_id);
        all.entry(workspace_id).or_default().push(waiting);
        is_first
    }

    /// The next ones; `None`, and nobody stores for the workspace any more, when there are none.
    fn take(&self, workspace_id: Uuid) -> Option<Vec<Waiting>> {
        let mut all = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = all.get_mut(&workspace_id)?;
        if waiting.is_empty() {
            all.remove(&workspace_id);
            return None;
        }
        Some(waiting.drain(..waiting.len().min(MOST)).collect())
    }

    async fn work(&self, pool: &PgPool, workspace_id: Uuid) {
        while let Some(waiting) = self.take(workspace_id) {
            let (answers, senders): (Vec<_>, Vec<_>) = waiting.into_iter().unzip();
            match finish(pool, workspace_id, &answers).await {
                Ok(_) => senders.into_iter().for_each(|sender| tell(sender, Ok(()))),
                // One that can't be stored must not take the others along.
                Err(error) if answers.len() > 1 && !matches!(error, Error::Unavailable { .. }) => {
                    for (answer, sender) in answers.into_iter().zip(senders) {
                        tell(sender, finish(pool, workspace_id, &[answer]).await.map(drop));
                    }
                }
                Err(error) => {
                    let is_away = matches!(error, Error::Unavailable { .. });
                    let text = format!("{error:#}");
                    let mut first = Some(error);
                    for sender in senders {
                        let error = first.take().unwrap_or_else(|| copy(is_away, &text));
                        tell(sender, Err(error));
                    }
                }
            }
        }
    }
}

fn copy(is_away: bool, text: &str) -> Error {
    let source = anyhow::anyhow!(text.to_owned());
    if is_away {
        return Error::Unavailable {
            part: "Postgres",
            source,
        };
    }
    source.into()
}

fn tell(sender: oneshot::Sender<Result<()>>, stored: Result<()>) {
    // Nobody waits any more when the server stops.
    let _ = sender.send(stored);
}

/// Stores answers in one statement, which binds its transaction to the workspace by itself. Answers how many were not there
/// yet.
pub(super) async fn finish(
    executor: impl PgExecutor<'_>,
    workspace_id: Uuid,
    answers: &[Arc<Finished>],
) -> Result<usize> {
    let answers: Vec<&Finished> = answers.iter().map(|answer| &**answer).collect();
    let retrievals = answers.iter().map(|answer| answer.retrieval.as_ref());
    let retrievals: Vec<Option<String>> = retrievals
        .map(|retrieval| retrieval.map(serde_json::to_string).transpose())
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
