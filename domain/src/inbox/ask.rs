//! A visitor asks for a person.

use api_types::conversations::Channel;
use api_types::inbox::{AskForPersonRequest, AskedForPerson, ConversationState, HandOffStatus};
use api_types::visitors::Visitor;
use api_types::webhooks::Event;
use api_types::{ErrorCode, inbox::HandOff};
use chrono::Utc;
use serde_json::json;
use uuid::Uuid;

use super::{events, hours, words};
use crate::bots::LiveBot;
use crate::db::TenantTx;
use crate::jobs::{Job, enqueue};
use crate::{Error, Result, Services, analytics, chat, leads, webhooks};

/// A message that is people's to answer.
#[derive(Debug)]
pub(crate) struct Handed {
    /// Where the conversation stands.
    pub status: HandOffStatus,
    /// What the visitor reads now; may be empty.
    pub text: String,
    /// Id of that; of the visitor's message if there is none.
    pub message_id: Uuid,
    /// Whether it is time for the lead form.
    pub offers_lead_form: bool,
}

/// Asks for a person by the button.
pub async fn ask(
    services: &Services,
    bot: &LiveBot,
    request: &AskForPersonRequest,
    channel: Channel,
    visitor: Option<&Visitor>,
) -> Result<AskedForPerson> {
    if !bot.content.hand_off.enabled {
        let detail = "This bot does not hand over to people. Its owner can switch that on and deploy again.";
        return Err(Error::refused(ErrorCode::NotFound, detail));
    }
    let visitor = visitor
        .cloned()
        .map(|visitor| chat::redacted_visitor(bot, visitor));
    let mut tx = services.db.tenant(&bot.scope).await?;
    let metadata = std::collections::BTreeMap::new();
    let session_id = chat::find_or_begin(
        &mut tx,
        bot,
        request.session_id,
        channel,
        &metadata,
        visitor.as_ref(),
    )
    .await?;
    let handed = hand_over(&mut tx, bot, session_id, None).await?;
    tx.commit().await?;
    super::changed(services, &bot.scope, session_id).await;
    Ok(AskedForPerson {
        session_id,
        status: handed.status,
        message: handed.text,
        offers_lead_form: handed.offers_lead_form,
    })
}

/// What becomes of a visitor's message that was just stored: `None` if it is for the bot to answer.
pub(crate) async fn before_answer(
    tx: &mut TenantTx,
    bot: &LiveBot,
    conversation_id: Uuid,
    message_id: Uuid,
    message: &str,
) -> Result<Option<Handed>> {
    let scope = &bot.scope;
    let found = events::lock(tx, scope, conversation_id).await?;
    if found.state.is_with_people() {
        events::record(tx, scope, conversation_id, "message", Some(message_id)).await?;
        return Ok(Some(Handed {
            status: events::status(tx, scope, conversation_id).await?,
            text: String::new(),
            message_id,
            offers_lead_form: false,
        }));
    }
    if found.state == ConversationState::Closed {
        reopen(tx, bot, conversation_id).await?;
    }
    if !asks_for_person(bot, &found.channel, message) {
        return Ok(None);
    }
    Ok(Some(hand_over(tx, bot, conversation_id, Some(message_id)).await?))
}

/// Whether a message asks for a person, of a bot that has some.
pub(crate) fn asks_for_person(bot: &LiveBot, channel: &str, message: &str) -> bool {
    let HandOff {
        enabled, on_words, ..
    } = bot.content.hand_off;
    enabled && on_words && channel != Channel::Openai.as_str() && words::asks_for_person(message)
}

/// The visitor wrote again: the bot answers.
async fn reopen(tx: &mut TenantTx, bot: &LiveBot, conversation_id: Uuid) -> Result<()> {
    sqlx::query!(
        "update conversations set state = 'bot', assignee_id = null where workspace_id = $1 and id = $2",
        bot.scope.workspace_id(),
        conversation_id
    )
    .execute(&mut **tx)
    .await?;
    events::record(tx, &bot.scope, conversation_id, "reopened", None).await?;
    Ok(())
}

/// Has the conversation wait for a person. While nobody is there and the bot has a lead form, that stands in for it.
async fn hand_over(
    tx: &mut TenantTx,
    bot: &LiveBot,
    conversation_id: Uuid,
    asked_in: Option<Uuid>,
) -> Result<Handed> {
    let scope = &bot.scope;
    let found = events::lock(tx, scope, conversation_id).await?;
    if found.state.is_with_people() {
        return Ok(Handed {
            status: events::status(tx, scope, conversation_id).await?,
            text: String::new(),
            message_id: asked_in.unwrap_or_default(),
            offers_lead_form: false,
        });
    }
    let is_open = hours::is_open(&bot.hours, Utc::now());
    let has_form = bot.content.lead_form.enabled;
    let waits = is_open || !has_form;
    if waits {
        wait(tx, bot, conversation_id).await?;
    }
    let hand_off = &bot.content.hand_off;
    let text = if is_open {
        &hand_off.message
    } else {
        &hand_off.closed_message
    };
    let message_id = say(tx, bot, conversation_id, text).await?;
    let offers_lead_form = !waits && leads::left_in(tx, scope, conversation_id).await?.is_none();
    let status = events::status(tx, scope, conversation_id).await?;
    if waits {
        // Last, as it locks the sums until the end.
        analytics::hand_off(tx, scope, conversation_id).await?;
        analytics::hand_off_step(tx, scope, conversation_id, "hand_off_asked").await?;
    }
    Ok(Handed {
        status,
        text: text.clone(),
        message_id,
        offers_lead_form,
    })
}

async fn wait(tx: &mut TenantTx, bot: &LiveBot, conversation_id: Uuid) -> Result<()> {
    let scope = &bot.scope;
    sqlx::query!(
        "update conversations set state = 'waiting', assignee_id = null, waiting_since = now(), is_mailed = false
         where workspace_id = $1 and id = $2",
        scope.workspace_id(),
        conversation_id
    )
    .execute(&mut **tx)
    .await?;
    events::record(tx, scope, conversation_id, "asked", None).await?;
    let data = json!({ "conversation": {
        "id": conversation_id,
        "bot_id": bot.id,
        "bot_name": bot.content.name,
        "state": ConversationState::Waiting,
    } });
    webhooks::announce_conversation(tx, scope, Event::HandOffRequested, conversation_id, &data).await?;
    let job = Job::NotifyWaiting {
        workspace_id: scope.workspace_id(),
        conversation_id,
    };
    enqueue(tx, &job).await
}

/// Stores what the bot says of it.
async fn say(tx: &mut TenantTx, bot: &LiveBot, conversation_id: Uuid, text: &str) -> Result<Uuid> {
    let id = Uuid::now_v7();
    sqlx::query!(
        "with counted as (
             update conversations set message_count = message_count + 1, last_message_at = now()
             where workspace_id = $1 and id = $3)
         insert into messages (workspace_id, id, conversation_id, role, content, bot_version)
         values ($1, $2, $3, 'assistant', $4, $5)",
        bot.scope.workspace_id(),
        id,
        conversation_id,
        text,
        bot.version
    )
    .execute(&mut **tx)
    .await?;
    Ok(id)
}
