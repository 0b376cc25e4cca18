//! What a session is counted as, and what changes that.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::db::TenantTx;
use crate::{Error, Result, Scope};

/// What just became of a session.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Outcome {
    /// It is counted from now on.
    pub is_counted: bool,
    /// A rating came or was changed.
    pub is_rated: bool,
    /// A person took over.
    pub is_handed_off: bool,
}

/// A session after something became of it.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    /// Its bot.
    pub bot_id: Uuid,
    /// Where it takes place.
    pub channel: String,
    /// When it began.
    pub began_at: DateTime<Utc>,
    /// By how much it counts differently: as a session, as resolved, as deflected.
    pub changes: [i16; 3],
}

impl Outcome {
    /// Writes it to the conversation, whose row is locked from then on.
    pub(crate) async fn apply(
        self,
        tx: &mut TenantTx,
        scope: &Scope,
        conversation_id: Uuid,
    ) -> Result<Session> {
        let row = sqlx::query!(
            r#"select bot as "bot!", place as "place!", began_at as "began_at!", changes as "changes!"
               from count_session($1, $2, 0, $3, false, false, $4, $5)"#,
            scope.workspace_id(),
            conversation_id,
            self.is_counted,
            self.is_rated,
            self.is_handed_off
        )
        .fetch_optional(&mut **tx)
        .await?
        .ok_or_else(|| Error::not_found("conversation"))?;
        Ok(Session {
            bot_id: row.bot,
            channel: row.place,
            began_at: row.began_at,
            changes: row.changes.try_into().unwrap_or_default(),
        })
    }
}

/// Takes from events what says whose they are, before their conversations are deleted.
pub(crate) async fn forget(tx: &mut TenantTx, scope: &Scope, conversation_ids: &[Uuid]) -> Result<()> {
    sqlx::query!(
        "update events set conversation_id = null, page = null, question_key = null
         where workspace_id = $1 and conversation_id = any($2)",
        scope.workspace_id(),
        conversation_ids
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
