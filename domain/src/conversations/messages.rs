//! What was said in a conversation, a part at a time: some have tens of thousands of messages.

use api_types::ErrorCode;
use api_types::chat::{FeedbackReason, Rating, Usage};
use api_types::conversations::{MessagePage, MessageStatus, TranscriptMessage};
use uuid::Uuid;

use super::role;
use crate::db::TenantTx;
use crate::{Error, Result, Scope, Services, uploads};

/// Messages of one part.
const PART: usize = 100;

/// Which part.
#[derive(Debug, Clone, Copy, Default)]
pub enum Part {
    /// The last messages.
    #[default]
    Last,
    /// Those before this one.
    Before(Uuid),
    /// Those after this one.
    After(Uuid),
    /// This one with what was said around it.
    Around(Uuid),
}

/// A part of a conversation.
pub async fn messages(services: &Services, scope: &Scope, id: Uuid, part: Part) -> Result<MessagePage> {
    let mut tx = services.db.tenant(scope).await?;
    let found = sqlx::query_scalar!(
        "select 1 from conversations where workspace_id = $1 and id = $2",
        scope.workspace_id(),
        id
    )
    .fetch_optional(&mut *tx)
    .await?;
    found.ok_or_else(|| Error::not_found("conversation"))?;
    match part {
        Part::Last => last(&mut tx, scope, id).await,
        Part::Before(message) => {
            let before = before(&mut tx, scope, id, message, PART).await?;
            page(&mut tx, scope, id, before, (Vec::new(), true)).await
        }
        Part::After(message) => {
            let after = after(&mut tx, scope, id, message, PART).await?;
            page(&mut tx, scope, id, (Vec::new(), true), after).await
        }
        Part::Around(message) => {
            let (mut earlier, has_earlier) = before(&mut tx, scope, id, message, PART / 2).await?;
            earlier.push(message);
            let later = after(&mut tx, scope, id, message, PART / 2).await?;
            let found = page(&mut tx, scope, id, (earlier, has_earlier), later).await?;
            if found.messages.iter().any(|said| said.id == message) {
                Ok(found)
            } else {
                let detail = "This conversation has no such message; it may have been deleted.";
                Err(Error::refused(ErrorCode::NotFound, detail))
            }
        }
    }
}

pub(super) async fn last(tx: &mut TenantTx, scope: &Scope, id: Uuid) -> Result<MessagePage> {
    let before = before(tx, scope, id, Uuid::max(), PART).await?;
    page(tx, scope, id, before, (Vec::new(), false)).await
}

/// Ids in the order in which they were said, and whether there are more on that side.
type Ids = (Vec<Uuid>, bool);

async fn before(tx: &mut TenantTx, scope: &Scope, id: Uuid, message: Uuid, most: usize) -> Result<Ids> {
    let mut ids = sqlx::query_scalar!(
        "select id from messages where workspace_id = $1 and conversation_id = $2 and id < $3
           and id >= (select first_id(created_at) from conversations where workspace_id = $1 and id = $2)
         order by id desc limit $4",
        scope.workspace_id(),
        id,
        message,
        asked(most)
    )
    .fetch_all(&mut **tx)
    .await?;
    let more = ids.len() > most;
    ids.truncate(most);
    ids.reverse();
    Ok((ids, more))
}

async fn after(tx: &mut TenantTx, scope: &Scope, id: Uuid, message: Uuid, most: usize) -> Result<Ids> {
    let mut ids = sqlx::query_scalar!(
        "select id from messages where workspace_id = $1 and conversation_id = $2 and id > $3
         order by id limit $4",
        scope.workspace_id(),
        id,
        message,
        asked(most)
    )
    .fetch_all(&mut **tx)
    .await?;
    let more = ids.len() > most;
    ids.truncate(most);
    Ok((ids, more))
}

/// One more, to know whether there are others.
fn asked(most: usize) -> i64 {
    i64::try_from(most).unwrap_or(i64::MAX).saturating_add(1)
}

async fn page(
    tx: &mut TenantTx,
    scope: &Scope,
    id: Uuid,
    (mut ids, has_earlier): Ids,
    (later, has_later): Ids,
) -> Result<MessagePage> {
    ids.extend(later);
    Ok(MessagePage {
        messages: read(tx, scope, id, &ids).await?,
        has_earlier,
        has_later,
    })
}

async fn read(
    tx: &mut TenantTx,
    scope: &Scope,
    conversation_id: Uuid,
    ids: &[Uuid],
) -> Result<Vec<TranscriptMessage>> {
    let messages = sqlx::query!(
        r#"select id, role, content, sources, status, answered, model, bot_version, latency_ms, prompt_tokens,
             completion_tokens, rating, rating_reason, rating_comment, created_at, is_by_person,
             (select u.name from users u where u.id = messages.author_id) as author,
             exists(select from retrievals r where r.workspace_id = messages.workspace_id and r.message_id = messages.id)
                 as "has_search!"
         from messages where workspace_id = $1 and conversation_id = $2 and id = any($3) order by id"#,
        scope.workspace_id(),
        conversation_id,
        ids
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut attachments = uploads::of_conversation(tx, scope, conversation_id).await?;
    messages
        .into_iter()
        .map(|m| {
            Ok(TranscriptMessage {
                id: m.id,
                role: role(&m.role),
                content: m.content,
                sources: serde_json::from_value(m.sources)?,
                status: match m.status.as_str() {
                    "partial" => MessageStatus::Partial,
                    "failed" => MessageStatus::Failed,
                    _ => MessageStatus::Complete,
                },
                answered: m.answered,
                has_search: m.has_search,
                model: m.model,
                bot_version: m.bot_version,
                latency_ms: m.latency_ms,
                usage: m
                    .prompt_tokens
                    .zip(m.completion_tokens)
                    .map(|(prompt, completion)| Usage {
                        prompt_tokens: prompt.unsigned_abs(),
                        completion_tokens: completion.unsigned_abs(),
                    }),
                rating: m.rating.as_deref().and_then(Rating::from_name),
                rating_reason: m.rating_reason.as_deref().and_then(FeedbackReason::from_name),
                rating_comment: m.rating_comment,
                by_person: m.is_by_person,
                author: m.author,
                attachments: attachments.remove(&m.id).unwrap_or_default(),
                created_at: m.created_at,
            })
        })
        .collect()
}
