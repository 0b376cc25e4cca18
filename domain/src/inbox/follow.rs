//! A visitor follows their conversation live: what people write comes from Postgres, in order; Redis only says when to look.

use std::sync::Arc;
use std::time::Duration;

use api_types::chat::SessionMessage;
use api_types::inbox::VisitorEvent;
use api_types::live::LiveEvent;
use api_types::visitors::Visitor;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_stream::wrappers::ReceiverStream;
use uuid::Uuid;

use super::events;
use crate::bots::LiveBot;
use crate::live::{Signal, Signals};
use crate::{Result, Services, chat};

/// How often is looked although nothing was told: it may have got lost.
const LOOK: Duration = Duration::from_secs(15);
/// How long a stream goes on; then the client asks for the next one, and is let in anew.
const LIFE: Duration = Duration::from_secs(30 * 60);
/// Events that wait for a client that reads slowly.
const WAITING: usize = 64;
/// Events that are read at once.
const BATCH: i64 = 100;

/// An event with its number, if it is one that lasts.
#[derive(Debug)]
pub struct Followed {
    /// The number.
    pub n: Option<i32>,
    /// The event.
    pub event: VisitorEvent,
}

struct Follower {
    services: Arc<Services>,
    bot: Arc<LiveBot>,
    session_id: Uuid,
    after: i32,
    sender: mpsc::Sender<Followed>,
}

/// Who answers, then everything after event number `after`, or from now on, as it comes. Ends by itself when there is nothing
/// to wait for: no person has the conversation, and none can be asked for.
pub async fn follow(
    services: Arc<Services>,
    bot: Arc<LiveBot>,
    session_id: Uuid,
    after: Option<i32>,
    visitor: Option<&Visitor>,
) -> Result<ReceiverStream<Followed>> {
    // Before anything is read, so that nothing falls in between.
    let signals = services.live.conversation(session_id);
    let mut tx = services.db.tenant(&bot.scope).await?;
    chat::require(&mut tx, &bot, session_id, visitor).await?;
    let status = events::status(&mut tx, &bot.scope, session_id).await?;
    tx.commit().await?;
    let (sender, receiver) = mpsc::channel(WAITING);
    let after = after.unwrap_or(status.after).clamp(0, status.after);
    let state = Followed {
        // A number only if nothing comes before it: else a stream that breaks off here would go on too far.
        n: (after == status.after).then_some(after),
        event: VisitorEvent::State(status),
    };
    let follower = Follower {
        services,
        bot,
        session_id,
        after,
        sender,
    };
    tokio::spawn(async move {
        if follower.sender.send(state).await.is_err() {
            return;
        }
        if let Err(error) = follower.run(signals).await {
            tracing::debug!(%error, "a visitor's live stream broke off");
        }
    });
    Ok(ReceiverStream::new(receiver))
}

impl Follower {
    async fn run(mut self, mut signals: Signals) -> Result<()> {
        let end = Instant::now() + LIFE;
        while self.look().await? {
            loop {
                let signal = tokio::select! {
                    signal = signals.recv() => signal,
                    () = self.sender.closed() => return Ok(()),
                    // The client goes on at another server.
                    () = self.services.live.closing() => return Ok(()),
                    () = tokio::time::sleep(LOOK) => break,
                    () = tokio::time::sleep_until(end) => return Ok(()),
                };
                match signal {
                    Ok(signal) if self.concerns(&signal) => {
                        let Some(event) = passing(signal.event) else { break };
                        let passed = self.sender.send(Followed { n: None, event }).await;
                        if passed.is_err() {
                            return Ok(());
                        }
                    }
                    Ok(_) => {}
                    Err(RecvError::Lagged(_)) => break,
                    Err(RecvError::Closed) => return Ok(()),
                }
            }
        }
        Ok(())
    }

    fn concerns(&self, signal: &Signal) -> bool {
        let workspace_id = self.bot.scope.workspace_id();
        signal.workspace_id.is_none_or(|of| of == workspace_id)
            && match &signal.event {
                LiveEvent::Ready | LiveEvent::Changed { .. } => true,
                LiveEvent::Away => false,
                LiveEvent::Typing { name, .. } => name.is_some(),
                LiveEvent::Read { by_visitor, .. } => !by_visitor,
            }
    }

    /// Sends what is new. Answers whether to go on.
    async fn look(&mut self) -> Result<bool> {
        let scope = &self.bot.scope;
        loop {
            let mut tx = self.services.db.tenant(scope).await?;
            let rows = sqlx::query!(
                r#"select e.n, e.created_at, m.id as "message_id?", m.role as "role?", m.content as "content?",
                     u.name as "author?"
                   from conversation_events e
                   left join messages m on m.workspace_id = e.workspace_id and m.id = e.message_id
                   left join users u on u.id = m.author_id
                   where e.workspace_id = $1 and e.conversation_id = $2 and e.n > $3
                   order by e.n limit $4"#,
                scope.workspace_id(),
                self.session_id,
                self.after,
                BATCH
            )
            .fetch_all(&mut *tx)
            .await?;
            let status = match events::status(&mut tx, scope, self.session_id).await {
                Err(crate::Error::Refused(_)) => return Ok(false),
                status => status?,
            };
            tx.commit().await?;
            if rows.is_empty() {
                return Ok(status.state.is_with_people() || self.bot.content.hand_off.enabled);
            }
            for row in rows {
                let event = match (row.message_id, row.role.as_deref(), row.content) {
                    (Some(id), Some("assistant"), Some(content)) => {
                        Some(VisitorEvent::Message(SessionMessage {
                            id,
                            role: api_types::chat::MessageRole::Assistant,
                            content,
                            sources: Vec::new(),
                            rating: None,
                            by_person: true,
                            author: row.author,
                            attachments: Vec::new(),
                            created_at: row.created_at,
                        }))
                    }
                    // Their own.
                    (Some(_), ..) => None,
                    (None, ..) => Some(VisitorEvent::State(status.clone())),
                };
                self.after = row.n;
                let n = Some(row.n);
                if let Some(event) = event
                    && self.sender.send(Followed { n, event }).await.is_err()
                {
                    return Ok(false);
                }
            }
        }
    }
}

/// What is gone once it was told; `None` for what is read from Postgres.
fn passing(event: LiveEvent) -> Option<VisitorEvent> {
    match event {
        LiveEvent::Ready | LiveEvent::Away | LiveEvent::Changed { .. } => None,
        LiveEvent::Typing { name, .. } => Some(VisitorEvent::Typing {
            name: name.unwrap_or_default(),
        }),
        LiveEvent::Read { read_id, .. } => Some(VisitorEvent::Read { read_id }),
    }
}
