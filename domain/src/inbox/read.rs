//! One conversation as the inbox shows it.

use api_types::inbox::{ConversationEvent, ConversationEventKind, ConversationNote, InboxConversation};
use uuid::Uuid;

use super::list;
use crate::db::TenantTx;
use crate::{Error, Result, Scope, Services, conversations};

/// A conversation with everything that became of it.
pub async fn get(services: &Services, scope: &Scope, id: Uuid) -> Result<InboxConversation> {
    let mut tx = services.db.tenant(scope).await?;
    read(&mut tx, scope, id).await
}

pub(super) async fn read(tx: &mut TenantTx, scope: &Scope, id: Uuid) -> Result<InboxConversation> {
    let item = list::one(tx, scope, id)
        .await?
        .ok_or_else(|| Error::not_found("conversation"))?;
    let events = sqlx::query!(
        r#"select e.n, e.kind, u.name as "actor?", e.created_at
           from conversation_events e left join users u on u.id = e.actor_id
           where e.workspace_id = $1 and e.conversation_id = $2 and e.kind <> 'message'
           order by e.n desc limit 500"#,
        scope.workspace_id(),
        id
    )
    .fetch_all(&mut **tx)
    .await?;
    let events = events.into_iter().rev().filter_map(|row| {
        Some(ConversationEvent {
            n: row.n,
            kind: ConversationEventKind::from_name(&row.kind)?,
            actor: row.actor,
            created_at: row.created_at,
        })
    });
    let mut notes = sqlx::query_as!(
        ConversationNote,
        r#"select n.id, u.name as "author?", n.content, n.created_at
           from conversation_notes n left join users u on u.id = n.author_id
           where n.workspace_id = $1 and n.conversation_id = $2 order by n.created_at desc, n.id desc limit 500"#,
        scope.workspace_id(),
        id
    )
    .fetch_all(&mut **tx)
    .await?;
    notes.reverse();
    let visitor_read_id = sqlx::query_scalar!(
        "select visitor_read_id from conversations where workspace_id = $1 and id = $2",
        scope.workspace_id(),
        id
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(InboxConversation {
        item,
        conversation: conversations::read(tx, scope, id).await?,
        events: events.collect(),
        notes,
        visitor_read_id,
    })
}
