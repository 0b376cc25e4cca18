//! Deleting conversations with everything that hangs on them, in Postgres and in Redis.

use std::collections::BTreeSet;

use api_types::audit::AuditAction;
use api_types::data::{DeletionKind, DeletionReceipt, MAX_CONVERSATIONS};
use api_types::tenancy::Role;
use serde_json::json;
use uuid::Uuid;

use crate::chat::{self, Stream};
use crate::data::BATCH;
use crate::data::receipts::{Counts, Deletion, add};
use crate::db::TenantTx;
use crate::{Error, Result, Scope, Services, analytics, audit, gaps, uploads};

/// Deletes these conversations, all of them or none, and answers with a receipt. Needs the role admin.
pub async fn delete(services: &Services, scope: &Scope, ids: &[Uuid]) -> Result<DeletionReceipt> {
    scope.require(Role::Admin)?;
    let ids: Vec<Uuid> = ids.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
    if ids.is_empty() || ids.len() > MAX_CONVERSATIONS {
        return Err(Error::field("conversation_ids", "Name 1 to 100 conversations."));
    }
    let mut tx = services.db.tenant(scope).await?;
    let counts = remove(services, &mut tx, scope, &ids).await?;
    if counts.get("conversations").copied() != Some(ids.len() as u64) {
        return Err(Error::not_found("conversation"));
    }
    let deletion = Deletion::now(DeletionKind::Conversations, scope, scope.workspace_id());
    let receipt = deletion.finished(counts)?;
    deletion.store(&mut tx, &receipt).await?;
    let details = json!({ "receipt_id": receipt.id, "counts": receipt.counts });
    // One is named, so that it is found by its id.
    let object_id = if let [only] = ids[..] {
        only
    } else {
        scope.workspace_id()
    };
    audit::record(
        &mut tx,
        scope,
        AuditAction::ConversationDelete,
        object_id,
        "",
        details,
    );
    tx.commit().await?;
    Ok(receipt)
}

/// Removes a batch of conversations whose last message is older than so many days, and of questions without an answer
/// whose conversation is gone already. Answers what was removed.
pub(crate) async fn remove_older(
    services: &Services,
    tx: &mut TenantTx,
    scope: &Scope,
    days: u16,
) -> Result<Counts> {
    let ids = sqlx::query_scalar!(
        "select id from conversations
         where workspace_id = $1 and last_message_at < now() - make_interval(days => $2)
         order by last_message_at limit $3",
        scope.workspace_id(),
        i32::from(days),
        BATCH
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut counts = remove(services, tx, scope, &ids).await?;
    let deleted_gaps = sqlx::query!(
        "delete from gaps where workspace_id = $1 and id in (
             select id from gaps
             where workspace_id = $1 and conversation_id is null and created_at < now() - make_interval(days => $2)
             limit $3)",
        scope.workspace_id(),
        i32::from(days),
        BATCH
    )
    .execute(&mut **tx)
    .await?;
    if deleted_gaps.rows_affected() > 0 {
        gaps::forget_empty(tx, scope).await?;
    }
    add(&mut counts, "gaps", deleted_gaps.rows_affected());
    Ok(counts)
}

/// Redis and files go first: when it is away nothing was changed, and when Postgres fails then, only what could be resumed for a few
/// minutes is lost.
async fn remove(services: &Services, tx: &mut TenantTx, scope: &Scope, ids: &[Uuid]) -> Result<Counts> {
    let mut counts = Counts::new();
    // Whoever writes to one of them just now is done first, or finds it gone.
    sqlx::query!(
        "select id from conversations where workspace_id = $1 and id = any($2) order by id for update",
        scope.workspace_id(),
        ids
    )
    .fetch_all(&mut **tx)
    .await?;
    let messages = sqlx::query!(
        r#"select c.bot_id, m.conversation_id, m.id, m.role,
                exists (select from retrievals r where r.workspace_id = m.workspace_id and r.message_id = m.id)
                    as "has_retrieval!"
         from messages m join conversations c on c.workspace_id = m.workspace_id and c.id = m.conversation_id
         where m.workspace_id = $1 and m.conversation_id = any($2)"#,
        scope.workspace_id(),
        ids
    )
    .fetch_all(&mut **tx)
    .await?;
    let streams: Vec<Stream> = messages
        .iter()
        .filter(|message| message.role == "assistant")
        .map(|message| Stream {
            bot_id: message.bot_id,
            session_id: message.conversation_id,
            message_id: message.id,
        })
        .collect();
    add(
        &mut counts,
        "redis.streams",
        chat::forget(&services.redis, &streams).await?,
    );
    let files = uploads::forget_conversations(services, tx, scope, ids).await?;
    let deleted_gaps = sqlx::query!(
        "delete from gaps where workspace_id = $1 and conversation_id = any($2)",
        scope.workspace_id(),
        ids
    )
    .execute(&mut **tx)
    .await?;
    analytics::forget(tx, scope, ids).await?;
    let deleted = sqlx::query!(
        "delete from conversations where workspace_id = $1 and id = any($2)",
        scope.workspace_id(),
        ids
    )
    .execute(&mut **tx)
    .await?;
    gaps::forget_empty(tx, scope).await?;
    add(&mut counts, "gaps", deleted_gaps.rows_affected());
    add(&mut counts, "conversations", deleted.rows_affected());
    add(&mut counts, "messages", messages.len() as u64);
    let retrievals = messages.iter().filter(|message| message.has_retrieval).count();
    add(&mut counts, "retrievals", retrievals as u64);
    add(&mut counts, "uploads", files);
    Ok(counts)
}
