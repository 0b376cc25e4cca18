//! What became of a conversation: numbered in the order of its commits.

use api_types::inbox::{ConversationState, HandOffStatus};
use uuid::Uuid;

use crate::db::TenantTx;
use crate::{Error, Result, Scope};

/// A conversation whose row is locked until the end of the transaction.
pub(super) struct Locked {
    pub state: ConversationState,
    pub assignee_id: Option<Uuid>,
    pub channel: String,
    pub bot_id: Uuid,
}

/// Locks a conversation, so that whoever changes who answers comes one after the other.
pub(super) async fn lock(tx: &mut TenantTx, scope: &Scope, id: Uuid) -> Result<Locked> {
    let row = sqlx::query!(
        "select state, assignee_id, channel, bot_id from conversations where workspace_id = $1 and id = $2
         for no key update",
        scope.workspace_id(),
        id
    )
    .fetch_optional(&mut **tx)
    .await?
    .ok_or_else(|| Error::not_found("conversation"))?;
    Ok(Locked {
        state: state(&row.state)?,
        assignee_id: row.assignee_id,
        channel: row.channel,
        bot_id: row.bot_id,
    })
}

pub(super) fn state(name: &str) -> Result<ConversationState> {
    let state = ConversationState::from_name(name);
    Ok(state.ok_or_else(|| anyhow::anyhow!("a conversation in the state {name:?}"))?)
}

/// Writes down what became of a conversation, and answers the event's number. Locks the conversation.
pub(super) async fn record(
    tx: &mut TenantTx,
    scope: &Scope,
    conversation_id: Uuid,
    kind: &str,
    message_id: Option<Uuid>,
) -> Result<i32> {
    let n = sqlx::query_scalar!(
        "with next as (
             update conversations set last_event = last_event + 1 where workspace_id = $1 and id = $2
             returning last_event)
         insert into conversation_events (workspace_id, conversation_id, n, kind, actor_id, message_id)
         select $1, $2, last_event, $3, $4, $5 from next
         returning n",
        scope.workspace_id(),
        conversation_id,
        kind,
        scope.user_id(),
        message_id
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(n)
}

/// Who answers in a conversation, as its visitor is told.
pub(crate) async fn status(tx: &mut TenantTx, scope: &Scope, conversation_id: Uuid) -> Result<HandOffStatus> {
    let row = sqlx::query!(
        r#"select c.state, c.last_event, u.name as "name?"
           from conversations c left join users u on u.id = c.assignee_id and c.state = 'human'
           where c.workspace_id = $1 and c.id = $2"#,
        scope.workspace_id(),
        conversation_id
    )
    .fetch_optional(&mut **tx)
    .await?
    .ok_or_else(|| Error::not_found("conversation"))?;
    Ok(HandOffStatus {
        state: state(&row.state)?,
        name: row.name,
        after: row.last_event,
    })
}
