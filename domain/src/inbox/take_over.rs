//! Noticing that people took a conversation over while something goes on in it.

use api_types::inbox::HandOffStatus;
use api_types::live::LiveEvent;
use tokio::sync::broadcast::error::RecvError;
use uuid::Uuid;

use super::events;
use crate::live::{Signal, Signals};
use crate::{Result, Scope, Services};

/// Waits until a conversation is up to people, and answers how it stands then. `signals` were subscribed to before anybody
/// could take it. Without Redis nothing is told: then it waits for ever.
pub(crate) async fn taken_over(
    services: &Services,
    scope: &Scope,
    conversation_id: Uuid,
    mut signals: Signals,
) -> HandOffStatus {
    loop {
        match signals.recv().await {
            Ok(signal) if !concerns(&signal) => continue,
            Err(RecvError::Closed) => std::future::pending().await,
            Ok(_) | Err(RecvError::Lagged(_)) => {}
        }
        match Box::pin(look(services, scope, conversation_id)).await {
            Ok(status) if status.state.is_with_people() => return status,
            Ok(_) => {}
            Err(error) => tracing::debug!(%error, "can't tell whether a conversation was taken over"),
        }
    }
}

fn concerns(signal: &Signal) -> bool {
    match &signal.event {
        LiveEvent::Ready | LiveEvent::Changed { .. } => true,
        LiveEvent::Away | LiveEvent::Typing { .. } | LiveEvent::Read { .. } => false,
    }
}

async fn look(services: &Services, scope: &Scope, id: Uuid) -> Result<HandOffStatus> {
    let mut tx = services.db.tenant(scope).await?;
    events::status(&mut tx, scope, id).await
}
