//! A visitor's verdict on an answer.

use std::borrow::Cow;

use api_types::ErrorCode;
use api_types::chat::{FeedbackRequest, Rating};
use api_types::gaps::GapKind;
use api_types::live::Topic;
use api_types::validate::Checker;
use api_types::visitors::Visitor;
use chrono::{DateTime, Utc};

use super::session::require;
use crate::analytics::{self, Rated};
use crate::bots::LiveBot;
use crate::data::redaction::redact;
use crate::db::TenantTx;
use crate::gaps::{self, NewGap};
use crate::{Error, Result, Services};

/// Longest remark, in characters.
const MAX_COMMENT_CHARS: usize = 1_000;

/// Keeps a visitor's verdict on an answer; a later one replaces it. What was not liked is looked at like a question without
/// an answer.
pub async fn rate(
    services: &Services,
    bot: &LiveBot,
    request: &FeedbackRequest,
    visitor: Option<&Visitor>,
) -> Result<()> {
    check(request)?;
    let mut tx = services.db.tenant(&bot.scope).await?;
    require(&mut tx, bot, request.session_id, visitor).await?;
    let answer = lock(&mut tx, bot, request).await?;
    let comment = request
        .comment
        .as_deref()
        .map(str::trim)
        .filter(|comment| !comment.is_empty());
    let comment = match comment {
        Some(comment) if bot.redacts => Some(redact(comment)),
        comment => comment.map(Cow::Borrowed),
    };
    sqlx::query!(
        "update messages set rating = $3, rating_reason = $4, rating_comment = $5 where workspace_id = $1 and id = $2",
        bot.scope.workspace_id(),
        request.message_id,
        request.rating.as_str(),
        request.reason.map(api_types::chat::FeedbackReason::as_str),
        comment.as_deref()
    )
    .execute(&mut *tx)
    .await?;
    match (answer.rating, request.rating) {
        // Where the bot did not know, the question is there already.
        (Some(Rating::Up) | None, Rating::Down) if answer.answered => {
            store_question(&mut tx, bot, request).await?;
        }
        (Some(Rating::Down), Rating::Up) => gaps::take_back(&mut tx, &bot.scope, request.message_id).await?,
        _ => {}
    }
    let rated = Rated {
        answered_at: answer.created_at,
        before: answer.rating,
        now: request.rating,
    };
    tx.tell(Topic::Gap, bot.id);
    analytics::rated(&mut tx, &bot.scope, request.session_id, &rated).await?;
    tx.commit().await
}

fn check(request: &FeedbackRequest) -> Result<()> {
    let mut check = Checker::default();
    if let Some(comment) = &request.comment {
        check.length("comment", comment, 0, MAX_COMMENT_CHARS);
    }
    if request.rating == Rating::Up {
        let message = "Only what did not help has a reason; leave it out.";
        check.require(request.reason.is_none(), "reason", message);
        check.require(request.comment.is_none(), "comment", message);
    }
    check.finish().map_err(Error::validation)
}

/// The answer as it stands, locked, and its conversation before it, as a turn does: whoever writes at the same time comes
/// one after the other, and nobody waits in a circle.
struct Rateable {
    rating: Option<Rating>,
    answered: bool,
    created_at: DateTime<Utc>,
}

async fn lock(tx: &mut TenantTx, bot: &LiveBot, request: &FeedbackRequest) -> Result<Rateable> {
    let found = sqlx::query!(
        "select m.rating, m.answered, m.created_at
         from conversations c join messages m on m.workspace_id = c.workspace_id and m.conversation_id = c.id
         where c.workspace_id = $1 and c.id = $2 and m.id = $3 and m.role = 'assistant' for no key update of c, m",
        bot.scope.workspace_id(),
        request.session_id,
        request.message_id
    )
    .fetch_optional(&mut **tx)
    .await?;
    let found = found.ok_or_else(|| {
        Error::refused(
            ErrorCode::NotFound,
            "There is no such answer in this conversation.",
        )
    })?;
    Ok(Rateable {
        rating: found.rating.as_deref().and_then(Rating::from_name),
        answered: found.answered,
        created_at: found.created_at,
    })
}

/// Keeps what was asked when the answer was given that was not liked.
async fn store_question(tx: &mut TenantTx, bot: &LiveBot, request: &FeedbackRequest) -> Result<()> {
    let question = sqlx::query_scalar!(
        "select content from messages
         where workspace_id = $1 and conversation_id = $2 and role = 'user' and id < $3
           and id >= (select first_id(created_at) from conversations where workspace_id = $1 and id = $2)
         order by id desc limit 1",
        bot.scope.workspace_id(),
        request.session_id,
        request.message_id
    )
    .fetch_optional(&mut **tx)
    .await?;
    let Some(question) = question else { return Ok(()) };
    let gap = NewGap {
        bot_id: bot.id,
        conversation_id: request.session_id,
        message_id: request.message_id,
        kind: GapKind::Disliked,
        question: &question,
    };
    gaps::record(tx, &bot.scope, &gap).await
}
