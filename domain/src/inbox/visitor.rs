//! What a visitor does while a person answers: types, reads.

use api_types::inbox::VisitorSignal;
use api_types::live::LiveEvent;
use api_types::visitors::Visitor;
use uuid::Uuid;

use crate::bots::LiveBot;
use crate::{Result, Services, chat, live};

/// Passes on that a visitor types, and keeps what they have seen.
pub async fn signal(
    services: &Services,
    bot: &LiveBot,
    session_id: Uuid,
    signal: &VisitorSignal,
    visitor: Option<&Visitor>,
) -> Result<()> {
    let scope = &bot.scope;
    let mut tx = services.db.tenant(scope).await?;
    chat::require(&mut tx, bot, session_id, visitor).await?;
    let mut is_read = false;
    if let Some(read_id) = signal.read_id {
        // A message of this conversation, and a newer one than before.
        let updated = sqlx::query!(
            "update conversations c set visitor_read_id = $3
             where c.workspace_id = $1 and c.id = $2 and (c.visitor_read_id is null or c.visitor_read_id < $3)
               and exists (select from messages m where m.workspace_id = $1 and m.conversation_id = $2 and m.id = $3)",
            scope.workspace_id(),
            session_id,
            read_id
        )
        .execute(&mut *tx)
        .await?;
        is_read = updated.rows_affected() > 0;
    }
    tx.commit().await?;
    if signal.is_typing {
        let event = LiveEvent::Typing {
            conversation_id: session_id,
            name: None,
        };
        live::tell(services, scope, &event).await;
    }
    if let Some(read_id) = signal.read_id.filter(|_| is_read) {
        let event = LiveEvent::Read {
            conversation_id: session_id,
            read_id,
            by_visitor: true,
        };
        live::tell(services, scope, &event).await;
    }
    Ok(())
}
