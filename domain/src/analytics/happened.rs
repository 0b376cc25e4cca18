//! Events, as they are written.

use std::time::Duration;

use api_types::chat::Rating;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::outcome::{Outcome, Session};
use crate::db::TenantTx;
use crate::{Result, Scope};

/// One row of `events`. What is not set stays empty.
#[derive(Debug, Default)]
struct Event<'a> {
    kind: &'a str,
    /// When it counts; now, if not said.
    counts_at: Option<DateTime<Utc>>,
    /// Sessions, resolved ones, deflected ones.
    sessions: [i16; 3],
    /// Thumbs-ups and thumbs-downs.
    ratings: [i16; 2],
}

/// A visitor's verdict, and the one that it replaces.
#[derive(Debug)]
pub(crate) struct Rated {
    /// When the answer was given.
    pub answered_at: DateTime<Utc>,
    /// The verdict before.
    pub before: Option<Rating>,
    /// The verdict now.
    pub now: Rating,
}

/// Writes down a verdict, as the last thing of its transaction.
pub(crate) async fn rated(
    tx: &mut TenantTx,
    scope: &Scope,
    conversation_id: Uuid,
    rated: &Rated,
) -> Result<()> {
    if rated.before == Some(rated.now) {
        return Ok(());
    }
    let outcome = Outcome {
        is_rated: true,
        ..Outcome::default()
    };
    let session = outcome.apply(tx, scope, conversation_id).await?;
    session_changed(tx, scope, conversation_id, &session).await?;
    let counts = |rating| [i16::from(rating == Rating::Up), i16::from(rating == Rating::Down)];
    let ([ups, downs], before) = (counts(rated.now), rated.before.map_or([0, 0], counts));
    let event = Event {
        kind: "rating",
        counts_at: Some(rated.answered_at),
        ratings: [ups - before[0], downs - before[1]],
        ..Event::default()
    };
    event.insert(tx, scope, Some(conversation_id), &session).await
}

/// Writes down that a person took over a conversation. Does nothing when one has already.
pub async fn hand_off(tx: &mut TenantTx, scope: &Scope, conversation_id: Uuid) -> Result<()> {
    let taken = sqlx::query_scalar!(
        "select is_handed_off from conversations where workspace_id = $1 and id = $2 for no key update",
        scope.workspace_id(),
        conversation_id
    )
    .fetch_optional(&mut **tx)
    .await?;
    if taken == Some(true) {
        return Ok(());
    }
    let outcome = Outcome {
        // Also one who asked for a person first thing had a session.
        is_counted: true,
        is_handed_off: true,
        ..Outcome::default()
    };
    let session = outcome.apply(tx, scope, conversation_id).await?;
    session_changed(tx, scope, conversation_id, &session).await?;
    let event = Event {
        kind: "hand_off",
        ..Event::default()
    };
    event.insert(tx, scope, Some(conversation_id), &session).await
}

/// Writes down a step before or after a hand-off: `hand_off_asked` or `hand_off_closed`. They count for nothing by
/// themselves. Like the others, the last thing of its transaction.
pub(crate) async fn hand_off_step(
    tx: &mut TenantTx,
    scope: &Scope,
    conversation_id: Uuid,
    kind: &'static str,
) -> Result<()> {
    let session = Outcome::default().apply(tx, scope, conversation_id).await?;
    let event = Event {
        kind,
        ..Event::default()
    };
    event.insert(tx, scope, Some(conversation_id), &session).await
}

/// Writes down that somebody left a lead, in the transaction that stores it; `channel` is where.
pub async fn lead(
    tx: &mut TenantTx,
    scope: &Scope,
    bot_id: Uuid,
    conversation_id: Option<Uuid>,
    channel: &str,
) -> Result<()> {
    let session = Session {
        bot_id,
        channel: channel.to_owned(),
        began_at: Utc::now(),
        changes: [0; 3],
    };
    let event = Event {
        kind: "lead",
        ..Event::default()
    };
    event.insert(tx, scope, conversation_id, &session).await
}

/// Before anything that counts later: who writes to several sums does so in the order of time, so that no two wait for
/// each other in a circle.
async fn session_changed(
    tx: &mut TenantTx,
    scope: &Scope,
    conversation_id: Uuid,
    session: &Session,
) -> Result<()> {
    if session.changes == [0; 3] {
        return Ok(());
    }
    let event = Event {
        kind: "session",
        counts_at: Some(session.began_at),
        sessions: session.changes,
        ..Event::default()
    };
    event.insert(tx, scope, Some(conversation_id), session).await
}

impl Event<'_> {
    async fn insert(
        self,
        tx: &mut TenantTx,
        scope: &Scope,
        conversation_id: Option<Uuid>,
        session: &Session,
    ) -> Result<()> {
        let [sessions, resolved, deflected] = self.sessions;
        let [ups, downs] = self.ratings;
        sqlx::query!(
            "insert into events (workspace_id, id, counts_at, kind, bot_id, conversation_id, channel, sessions, resolved,
                 deflected, ups, downs)
             values ($1, $2, coalesce($3, now()), $4, $5, $6, $7, $8, $9, $10, $11, $12)",
            scope.workspace_id(),
            Uuid::now_v7(),
            self.counts_at,
            self.kind,
            session.bot_id,
            conversation_id,
            session.channel,
            sessions,
            resolved,
            deflected,
            ups,
            downs
        )
        .execute(&mut **tx)
        .await?;
        Ok(())
    }
}

/// Whole milliseconds.
pub(crate) fn millis(time: Duration) -> i32 {
    i32::try_from(time.as_millis()).unwrap_or(i32::MAX)
}
