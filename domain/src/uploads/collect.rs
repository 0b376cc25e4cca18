//! Removing files: those that are in no message after a day, and those of what is deleted.

use std::time::Duration;

use api_types::uploads::UNUSED_HOURS;
use uuid::Uuid;

use crate::db::TenantTx;
use crate::jobs::{Job, Outcome, enqueue};
use crate::storage::Storage;
use crate::{Result, Scope, Services};

/// How much later than the hour is looked, at least.
const SLACK: Duration = Duration::from_secs(60);

/// Removes a file that is in no message a day after it was sent, or looks again then.
pub async fn collect(services: &Services, workspace_id: Uuid, id: Uuid) -> Result<Outcome> {
    let scope = Scope::worker(workspace_id);
    let mut tx = services.db.tenant(&scope).await?;
    let hours = i32::try_from(UNUSED_HOURS).unwrap_or(i32::MAX);
    let seconds_left = sqlx::query_scalar!(
        r#"select greatest(0, extract(epoch from created_at + make_interval(hours => $3) - now()))::bigint as "seconds!"
           from uploads where workspace_id = $1 and id = $2 and message_id is null"#,
        workspace_id,
        id,
        hours
    )
    .fetch_optional(&mut *tx)
    .await?;
    match seconds_left {
        None => return Ok(Outcome::Done),
        Some(0) => {}
        Some(seconds) => {
            let left = Duration::from_secs(seconds.unsigned_abs());
            return Ok(Outcome::Later(left + SLACK));
        }
    }
    // Its row is locked from here on: it is not put into a message any more.
    let deleted = sqlx::query!(
        "delete from uploads where workspace_id = $1 and id = $2 and message_id is null",
        workspace_id,
        id
    )
    .execute(&mut *tx)
    .await?;
    if deleted.rows_affected() > 0 {
        // Before the commit: should we end in between, it is found again.
        let key = Storage::upload_key(workspace_id, id);
        services.storage.delete(&key).await?;
    }
    tx.commit().await?;
    Ok(Outcome::Done)
}

/// Deletes the files of conversations that are being deleted. Answers how many there were. As with what lies in Redis,
/// they go first: a receipt says that they are gone.
pub(crate) async fn forget_conversations(
    services: &Services,
    tx: &mut TenantTx,
    scope: &Scope,
    ids: &[Uuid],
) -> Result<u64> {
    let files = sqlx::query_scalar!(
        "select id from uploads where workspace_id = $1 and conversation_id = any($2)",
        scope.workspace_id(),
        ids
    )
    .fetch_all(&mut **tx)
    .await?;
    for id in &files {
        services
            .storage
            .delete(&Storage::upload_key(scope.workspace_id(), *id))
            .await?;
    }
    Ok(files.len() as u64)
}

/// Has the files of a bot deleted that is being deleted with its conversations.
pub(crate) async fn forget_bot(tx: &mut TenantTx, scope: &Scope, bot_id: Uuid) -> Result<()> {
    let files = sqlx::query_scalar!(
        "select id from uploads where workspace_id = $1 and bot_id = $2",
        scope.workspace_id(),
        bot_id
    )
    .fetch_all(&mut **tx)
    .await?;
    if files.is_empty() {
        return Ok(());
    }
    let workspace_id = scope.workspace_id();
    let job = Job::RemoveFiles {
        workspace_id,
        storage_keys: files
            .into_iter()
            .map(|id| Storage::upload_key(workspace_id, id))
            .collect(),
    };
    enqueue(tx, &job).await
}
