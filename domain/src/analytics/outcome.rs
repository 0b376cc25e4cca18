//! What a session is counted as, and what changes that.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::db::TenantTx;
use crate::{Error, Result, Scope};

/// What just became of a session.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Outcome {
    /// Messages that were added.
    pub messages: i32,
    /// It is counted from now on.
    pub is_counted: bool,
    /// The bot answered.
    pub has_answer: bool,
    /// The bot did not know.
    pub has_gap: bool,
    /// A rating came or was changed.
    pub is_rated: bool,
    /// A person took over.
    pub is_handed_off: bool,
}

/// What a session counts as.
#[derive(Debug, Clone, Copy)]
struct Standing {
    is_counted: bool,
    has_answer: bool,
    has_trouble: bool,
    is_handed_off: bool,
}

impl Standing {
    /// As numbers: a session, resolved, deflected.
    const fn counts(self) -> [i16; 3] {
        [
            self.is_counted as i16,
            (self.is_counted && self.has_answer && !self.has_trouble) as i16,
            (self.is_counted && self.has_answer && !self.is_handed_off) as i16,
        ]
    }
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
            r#"with before as (
                   select id, is_counted, has_answer, has_gap, has_dislike, is_handed_off from conversations
                   where workspace_id = $1 and id = $2 for no key update)
               update conversations c
               set message_count = c.message_count + $3,
                   last_message_at = case when $3 > 0 then now() else c.last_message_at end,
                   is_counted = c.is_counted or $4, has_answer = c.has_answer or $5, has_gap = c.has_gap or $6,
                   is_handed_off = c.is_handed_off or $8,
                   has_dislike = case when $7 then exists (
                           select from messages m
                           where m.workspace_id = $1 and m.conversation_id = $2 and m.rating = 'down')
                       else c.has_dislike end
               from before b
               where c.workspace_id = $1 and c.id = b.id
               returning c.bot_id, c.channel, c.created_at,
                   b.is_counted as was_counted, b.has_answer as had_answer, b.has_gap or b.has_dislike as "had_trouble!",
                   b.is_handed_off as was_handed_off,
                   c.is_counted, c.has_answer, c.has_gap or c.has_dislike as "has_trouble!", c.is_handed_off"#,
            scope.workspace_id(),
            conversation_id,
            self.messages,
            self.is_counted,
            self.has_answer,
            self.has_gap,
            self.is_rated,
            self.is_handed_off
        )
        .fetch_optional(&mut **tx)
        .await?
        .ok_or_else(|| Error::not_found("conversation"))?;
        let before = Standing {
            is_counted: row.was_counted,
            has_answer: row.had_answer,
            has_trouble: row.had_trouble,
            is_handed_off: row.was_handed_off,
        };
        let after = Standing {
            is_counted: row.is_counted,
            has_answer: row.has_answer,
            has_trouble: row.has_trouble,
            is_handed_off: row.is_handed_off,
        };
        let mut changes = after.counts();
        changes
            .iter_mut()
            .zip(before.counts())
            .for_each(|(after, before)| *after -= before);
        Ok(Session {
            bot_id: row.bot_id,
            channel: row.channel,
            began_at: row.created_at,
            changes,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_resolved_once_it_was_answered_and_nothing_is_wrong() {
        let standing = |is_counted, has_answer, has_trouble, is_handed_off| Standing {
            is_counted,
            has_answer,
            has_trouble,
            is_handed_off,
        };
        assert_eq!(standing(true, true, false, false).counts(), [1, 1, 1]);
        assert_eq!(standing(true, true, true, false).counts(), [1, 0, 1]);
        assert_eq!(standing(true, true, false, true).counts(), [1, 1, 0]);
        assert_eq!(standing(true, false, false, false).counts(), [1, 0, 0]);
        assert_eq!(standing(false, true, false, false).counts(), [0, 0, 0]);
    }
}
