//! A turn with a deployed bot: the visitor's message is stored, the answer streams, what was said is stored.
//!
//! The answer is made in a task of its own. A visitor who goes away does not stop it: the answer is stored, and a
//! client that comes back picks the stream up where it broke off.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use api_types::ErrorCode;
use api_types::chat::{ChatEvent, ChatRequest, MessageRole};
use api_types::conversations::Channel;
use api_types::validate::{self, Checker};
use api_types::visitors::Visitor;
use chrono::Utc;
use futures::channel::mpsc;
use tracing::{Instrument, Span, debug_span};
use uuid::Uuid;

use super::begin::{Begun, Opening};
use super::logs::Log;
use super::running::Running;
use super::{Events, NumberedEvent, Turn};
use crate::analytics;
use crate::bots::LiveBot;
use crate::data::redaction::redact;
use crate::inbox::{self, Handed};
use crate::{Error, Result, Services, leads, log, uploads};

/// A turn to take.
#[derive(Debug)]
pub struct Request {
    /// What the visitor sent.
    pub chat: ChatRequest,
    /// Where it came from.
    pub channel: Channel,
    /// The conversation so far, where the client keeps it; else it is read from the session.
    pub history: Option<Vec<Turn>>,
    /// Who it is, if the site vouches for them.
    pub visitor: Option<Visitor>,
    /// How the answer is wanted.
    pub delivery: Delivery,
}

/// How an answer is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// When it is whole, its text in one piece.
    Whole,
    /// As it comes.
    Streamed,
    /// As it comes. Its events are kept for a while, so that a client that lost its connection can have the rest.
    Resumable,
}

/// Takes a turn. Refusals come back at once; once this returns, everything else is an event.
pub async fn start(services: Arc<Services>, bot: Arc<LiveBot>, request: Request) -> Result<Events> {
    check(&request.chat)?;
    let Request {
        chat,
        channel,
        history,
        visitor,
        delivery,
    } = redacted(&bot, request);
    let question = chat.message.trim().to_owned();
    let opening = Opening {
        bot: &bot,
        // Random, not by time: knowing it is the right to read the conversation.
        session_id: chat.session_id.unwrap_or_else(Uuid::new_v4),
        is_new: chat.session_id.is_none(),
        channel,
        metadata: &chat.metadata,
        visitor: visitor.as_ref(),
        question_id: Uuid::now_v7(),
        question: &question,
        has_history: history.is_some(),
    };
    let (session_id, question_id) = (opening.session_id, opening.question_id);
    // Before anybody else can take it, so that it is heard of.
    let signals = services.live.conversation(session_id);
    let is_plain = chat.attachments.is_empty() && !inbox::asks_for_person(&bot, channel.as_str(), &question);
    let begun = match is_plain {
        true => opening.begin(&services).await?,
        false => None,
    };
    let begun = match begun {
        Some(begun) => begun,
        None => match begin_in_steps(&services, &opening, &chat.attachments).await? {
            First::Bot(begun) => begun,
            First::People(handed) => {
                inbox::changed(&services, &bot.scope, session_id).await;
                return Ok(hand_over(&services, &bot, session_id, handed));
            }
        },
    };
    inbox::bot_turn(&services, &bot.scope, session_id);

    let form = &bot.content.lead_form;
    let offers_lead_form = leads::is_time(form, &question, begun.asked) && !begun.has_lead;
    let history = history.unwrap_or(begun.history);
    let history = redacted_history(&bot, history);
    let (sender, receiver) = mpsc::unbounded();
    let running = Running {
        services,
        session_id,
        message_id: Uuid::now_v7(),
        question_id,
        history,
        ground: begun.ground,
        variables: chat.variables,
        metadata: chat.metadata,
        page: chat.page.as_deref().and_then(analytics::clean_page),
        began: Instant::now(),
        began_at: Utc::now(),
        offers_lead_form,
        first_words: OnceLock::new(),
        question,
        bot,
    };
    log::about("session_id", session_id);
    let under_way = running.services.under_way.clone();
    under_way.spawn(
        running
            .run(sender, signals, delivery)
            .instrument(debug_span!("turn"))
            .instrument(Span::current()),
    );
    Ok(receiver)
}

/// Who is first to answer.
enum First {
    Bot(Begun),
    People(Handed),
}

/// The beginning of a turn that is more than a message to the bot: one with files, to people, or that asks for them.
async fn begin_in_steps(services: &Services, opening: &Opening<'_>, attachments: &[Uuid]) -> Result<First> {
    let (bot, session_id, question_id) = (opening.bot, opening.session_id, opening.question_id);
    let mut tx = services.db.tenant(&bot.scope).await?;
    let begun = opening.begin_within(services, &mut *tx).await?;
    uploads::attach(
        &mut tx,
        bot,
        session_id,
        question_id,
        attachments,
        opening.visitor,
    )
    .await?;
    let handed = inbox::before_answer(&mut tx, bot, session_id, question_id, opening.question).await?;
    tx.commit().await?;
    Ok(handed.map_or(First::Bot(begun), First::People))
}

/// The answer to a message that is people's to answer: what the visitor reads meanwhile, if anything.
fn hand_over(services: &Services, bot: &LiveBot, session_id: Uuid, handed: Handed) -> Events {
    let (sender, receiver) = mpsc::unbounded();
    let log = Log::begin(services, bot.id, session_id, handed.message_id);
    let start = ChatEvent::Start {
        session_id,
        message_id: handed.message_id,
    };
    let text = Some(handed.text).filter(|text| !text.is_empty());
    let done = ChatEvent::Done {
        message_id: handed.message_id,
        sources: Vec::new(),
        answered: true,
        usage: None,
        suggestions: Vec::new(),
        offers_lead_form: handed.offers_lead_form,
    };
    let delta = text.map(|text| ChatEvent::Delta { text });
    let events = [
        Some(start),
        delta,
        Some(ChatEvent::HandOff(handed.status)),
        Some(done),
    ];
    for (n, event) in (1..).zip(events.into_iter().flatten()) {
        let event = NumberedEvent { n, event };
        log.append(event.clone());
        // The receiver is still here.
        let _ = sender.unbounded_send(event);
    }
    receiver
}

/// What the visitor sent, without their addresses and numbers where the workspace wants it so. Everything that follows sees
/// only this.
fn redacted(bot: &LiveBot, mut request: Request) -> Request {
    if !bot.redacts {
        return request;
    }
    let chat = &mut request.chat;
    let values = chat.metadata.values_mut().chain(chat.variables.values_mut());
    for text in values.chain([&mut chat.message]).chain(&mut chat.page) {
        redact_in_place(text);
    }
    request.visitor = request.visitor.map(|visitor| redacted_visitor(bot, visitor));
    request
}

/// A visitor as they are kept. The site's id stays: the conversation is known by it.
pub(crate) fn redacted_visitor(bot: &LiveBot, mut visitor: Visitor) -> Visitor {
    if bot.redacts {
        visitor.email = None;
        if let Some(name) = &mut visitor.name {
            redact_in_place(name);
        }
    }
    visitor
}

/// What the visitor said before: a client may send it along, and some of it may be older than the workspace's wish.
fn redacted_history(bot: &LiveBot, mut history: Vec<Turn>) -> Vec<Turn> {
    if bot.redacts {
        let said = history.iter_mut().filter(|turn| turn.role == MessageRole::User);
        said.for_each(|turn| redact_in_place(&mut turn.content));
    }
    history
}

fn redact_in_place(text: &mut String) {
    if let Cow::Owned(redacted) = redact(text) {
        *text = redacted;
    }
}

fn check(chat: &ChatRequest) -> Result<()> {
    let mut errors = validate::message_with("message", &chat.message, chat.attachments.len())
        .err()
        .unwrap_or_default();
    let mut check = Checker::default();
    for (field, map) in [("metadata", &chat.metadata), ("variables", &chat.variables)] {
        check.require(map.len() <= 20, field, "Send at most 20 values.");
        let short = map
            .iter()
            .all(|(key, value)| key.len() <= 64 && value.len() <= 500);
        check.require(
            short,
            field,
            "Names have at most 64 and values at most 500 bytes.",
        );
        let holds_nul = map
            .iter()
            .any(|(key, value)| key.contains('\0') || value.contains('\0'));
        check.require(!holds_nul, field, "Text can't hold NUL characters.");
    }
    let is_page = chat.page.as_deref().is_none_or(validate::is_web_address);
    let message = "Send the address of a web page, or leave it out.";
    check.require(is_page, "page", message);
    errors.extend(check.finish().err().unwrap_or_default());
    if errors.is_empty() {
        Ok(())
    } else {
        Err(Error::validation(errors))
    }
}

/// What happened, without the provider's address, key or words.
fn visitor_words(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::ProviderRateLimited => {
            "Too many questions are being asked just now. Please try again shortly."
        }
        ErrorCode::ProviderUnavailable | ErrorCode::ProviderProtocol => {
            "The answer could not be finished. Please try again."
        }
        _ => "This bot can't answer at the moment. Its owner has to look at its settings.",
    }
}

/// Who reads an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Audience {
    /// Anybody, who learns nothing of how the bot is made.
    Visitor,
    /// Somebody of the workspace, who can put it right.
    Team,
}

/// An error as its reader sees it.
pub(super) fn error_event(error: &Error, audience: Audience) -> ChatEvent {
    let code = error.code();
    let message = match error {
        Error::Refused(refusal) if audience == Audience::Team => refusal.detail.clone(),
        Error::Refused(refusal) => {
            tracing::warn!(?code, detail = refusal.detail, "an answer was refused");
            visitor_words(code).to_owned()
        }
        Error::Unavailable { .. } => "Something we need is away for the moment. Please try again.".to_owned(),
        Error::Internal(source) => {
            tracing::error!(error = ?source, "an answer failed");
            "Something went wrong on our side. Please try again.".to_owned()
        }
    };
    let retryable = !matches!(
        code,
        ErrorCode::ProviderUnauthorized | ErrorCode::ValidationFailed | ErrorCode::NotFound
    );
    ChatEvent::Error {
        code,
        message,
        retryable,
    }
}
