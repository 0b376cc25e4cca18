//! A turn with a deployed bot: the visitor's message is stored, the answer streams, what was said is stored.
//!
//! The answer is made in a task of its own. A visitor who goes away does not stop it: the answer is stored, and a
//! client that comes back picks the stream up where it broke off.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use api_types::ErrorCode;
use api_types::chat::{ChatEvent, ChatRequest, MessageRole};
use api_types::conversations::{Channel, MessageStatus};
use api_types::gaps::GapKind;
use api_types::live::Topic;
use api_types::retrieval::Retrieval;
use api_types::usage::Quota;
use api_types::validate::{self, Checker};
use api_types::visitors::Visitor;
use retrieval::words;
use serde_json::json;
use tokio::sync::mpsc;
use tokio_stream::wrappers::UnboundedReceiverStream;
use uuid::Uuid;

use super::engine::{self, Question};
use super::{Answer, Events, NumberedEvent, Turn, resume, session};
use crate::analytics::{self, Outcome};
use crate::bots::LiveBot;
use crate::data::redaction::redact;
use crate::db::TenantTx;
use crate::gaps::{self, NewGap};
use crate::inbox::{self, Handed};
use crate::{Error, Result, Services, leads, quotas};

/// How long an answer is kept in memory while Postgres is away.
const STORE_FOR: Duration = Duration::from_secs(30);
/// How often storing it is tried.
const STORE_AGAIN: Duration = Duration::from_secs(1);

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
}

/// A turn under way.
struct Running {
    services: Arc<Services>,
    bot: Arc<LiveBot>,
    session_id: Uuid,
    message_id: Uuid,
    question: String,
    history: Vec<Turn>,
    variables: BTreeMap<String, String>,
    metadata: BTreeMap<String, String>,
    /// The page that the visitor is on.
    page: Option<String>,
    began: Instant,
    /// Whether it is time for the lead form.
    offers_lead_form: bool,
    /// How long the first words took.
    first_words: OnceLock<Duration>,
}

/// Takes a turn. Refusals come back at once; once this returns, everything else is an event.
pub async fn start(services: Arc<Services>, bot: Arc<LiveBot>, request: Request) -> Result<Events> {
    check(&request.chat)?;
    let Request {
        chat,
        channel,
        history,
        visitor,
    } = redacted(&bot, request);
    let question = chat.message.trim().to_owned();
    let mut tx = services.db.tenant(&bot.scope).await?;
    let session_id = session::find_or_begin(
        &mut tx,
        &bot,
        chat.session_id,
        channel,
        &chat.metadata,
        visitor.as_ref(),
    )
    .await?;
    let history = match history {
        Some(history) => history,
        None if chat.session_id.is_some() => session::history(&mut tx, &bot, session_id).await?,
        None => Vec::new(),
    };
    let history = redacted_history(&bot, history);
    let question_id = store_question(&services, &mut tx, &bot, session_id, &question).await?;
    let handed = inbox::before_answer(&mut tx, &bot, session_id, question_id, &question).await?;
    if let Some(handed) = handed {
        tx.commit().await?;
        inbox::changed(&services, &bot.scope, session_id).await;
        return Ok(hand_over(&services, &bot, session_id, handed));
    }
    let offers_lead_form = offers_lead_form(&mut tx, &bot, session_id, &question).await?;
    tx.commit().await?;
    inbox::changed(&services, &bot.scope, session_id).await;

    let (sender, receiver) = mpsc::unbounded_channel();
    let running = Running {
        services,
        bot,
        session_id,
        message_id: Uuid::now_v7(),
        question,
        history,
        variables: chat.variables,
        metadata: chat.metadata,
        page: chat.page.as_deref().and_then(analytics::clean_page),
        began: Instant::now(),
        offers_lead_form,
        first_words: OnceLock::new(),
    };
    tokio::spawn(running.run(sender));
    Ok(UnboundedReceiverStream::new(receiver))
}

/// The answer to a message that is people's to answer: what the visitor reads meanwhile, if anything.
fn hand_over(services: &Services, bot: &LiveBot, session_id: Uuid, handed: Handed) -> Events {
    let (sender, receiver) = mpsc::unbounded_channel();
    let log = resume::Log::begin(services.redis.clone(), bot.id, session_id, handed.message_id);
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
        let _ = sender.send(event);
    }
    UnboundedReceiverStream::new(receiver)
}

/// Whether the bot's lead form is to be shown after the answer to this question.
async fn offers_lead_form(
    tx: &mut TenantTx,
    bot: &LiveBot,
    session_id: Uuid,
    question: &str,
) -> Result<bool> {
    let form = &bot.content.lead_form;
    if !form.enabled {
        return Ok(false);
    }
    let asked = session::asked(tx, bot, session_id).await?;
    Ok(leads::is_time(form, question, asked) && leads::left_in(tx, &bot.scope, session_id).await?.is_none())
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

impl Running {
    async fn run(self, sender: mpsc::UnboundedSender<NumberedEvent>) {
        let log = resume::Log::begin(
            self.services.redis.clone(),
            self.bot.id,
            self.session_id,
            self.message_id,
        );
        let mut n = 0;
        let mut text = String::new();
        let mut emit = |event: ChatEvent| {
            if let ChatEvent::Delta { text: piece } = &event {
                self.first_words.get_or_init(|| self.began.elapsed());
                text.push_str(piece);
            }
            n += 1;
            let event = NumberedEvent { n, event };
            log.append(event.clone());
            // The visitor may be gone; the answer is finished all the same.
            let _ = sender.send(event);
        };
        emit(ChatEvent::Start {
            session_id: self.session_id,
            message_id: self.message_id,
        });
        let question = Question {
            scope: &self.bot.scope,
            content: &self.bot.content,
            history: &self.history,
            text: &self.question,
            variables: &self.variables,
            metadata: &self.metadata,
        };
        let answered = engine::answer(&self.services, question, &mut emit).await;
        let last = match answered {
            Ok(answer) => self.finish(answer).await,
            Err(error) => Err(error),
        };
        let last = match last {
            Ok(done) => done,
            Err(error) => {
                // While Postgres is away nobody has deleted anything, and the visitor has waited for long enough.
                let is_away = matches!(error, Error::Unavailable { .. });
                let is_deleted = !is_away && self.is_deleted().await;
                if is_deleted {
                    log.discard();
                }
                emit(error_event(&error, Audience::Visitor));
                if !is_deleted {
                    self.store_failure(&text).await;
                }
                return;
            }
        };
        emit(last);
    }

    /// Whether the conversation was deleted while it was answered: then nothing is left behind, not even for the minutes in
    /// which the answer could be resumed.
    async fn is_deleted(&self) -> bool {
        match session::exists(&self.services, &self.bot, self.session_id).await {
            Ok(exists) => !exists,
            Err(error) => {
                tracing::debug!(%error, "can't tell whether a conversation was deleted");
                false
            }
        }
    }

    async fn finish(&self, answer: Answer) -> Result<ChatEvent> {
        self.store_patiently(&answer, MessageStatus::Complete).await?;
        Ok(ChatEvent::Done {
            message_id: self.message_id,
            sources: answer.cited,
            answered: answer.answered,
            usage: answer.usage,
            suggestions: Vec::new(),
            offers_lead_form: self.offers_lead_form,
        })
    }

    /// Keeps what was shown before it broke off.
    async fn store_failure(&self, text: &str) {
        let status = if text.is_empty() {
            MessageStatus::Failed
        } else {
            MessageStatus::Partial
        };
        let partial = Answer {
            text: text.to_owned(),
            cited: Vec::new(),
            answered: true,
            usage: None,
            retrieval: None,
        };
        if let Err(error) = self.store_patiently(&partial, status).await {
            tracing::error!(%error, message_id = %self.message_id, "a broken-off answer could not be stored");
        }
    }

    /// Stores an answer that the visitor has read already, even if Postgres is away just now.
    async fn store_patiently(&self, answer: &Answer, status: MessageStatus) -> Result<()> {
        let began = Instant::now();
        loop {
            match self.store_answer(answer, status).await {
                Err(Error::Unavailable { .. }) if began.elapsed() < STORE_FOR => {
                    tokio::time::sleep(STORE_AGAIN).await;
                }
                stored => return stored,
            }
        }
    }

    async fn store_answer(&self, answer: &Answer, status: MessageStatus) -> Result<()> {
        let scope = &self.bot.scope;
        let total = self.began.elapsed();
        let mut tx = self.services.db.tenant(scope).await?;
        let stored = sqlx::query!(
            "with metered as (
                 insert into usage_days as d (workspace_id, day, prompt_tokens, completion_tokens)
                 select $1, (now() at time zone 'UTC')::date, coalesce($11::int, 0), coalesce($12::int, 0)
                 on conflict (workspace_id, day) do update
                 set prompt_tokens = d.prompt_tokens + excluded.prompt_tokens,
                     completion_tokens = d.completion_tokens + excluded.completion_tokens)
             insert into messages (workspace_id, id, conversation_id, role, content, sources, status, answered, model,
                 bot_version, latency_ms, prompt_tokens, completion_tokens)
             values ($1, $2, $3, 'assistant', $4, $5, $6, $7, $8, $9, $10, $11, $12)
             on conflict (workspace_id, id) do nothing",
            scope.workspace_id(),
            self.message_id,
            self.session_id,
            answer.text,
            json!(answer.cited),
            status.as_str(),
            answer.answered,
            engine::model_name(&self.bot.content),
            self.bot.version,
            i32::try_from(total.as_millis()).unwrap_or(i32::MAX),
            answer.usage.map(|usage| usage.prompt_tokens.cast_signed()),
            answer.usage.map(|usage| usage.completion_tokens.cast_signed())
        )
        .execute(&mut *tx)
        .await?;
        if stored.rows_affected() == 0 {
            // Committed before, without our hearing of it.
            return Ok(());
        }
        let is_whole = status == MessageStatus::Complete;
        let outcome = Outcome {
            messages: 1,
            is_counted: true,
            has_answer: is_whole && answer.answered,
            has_gap: !answer.answered,
            ..Outcome::default()
        };
        let session = outcome.apply(&mut tx, scope, self.session_id).await?;
        if let Some(retrieval) = &answer.retrieval {
            self.store_retrieval(&mut tx, retrieval).await?;
        }
        if !answer.answered {
            self.store_gap(&mut tx).await?;
        }
        let turn = analytics::Turn {
            outcome: match (is_whole, answer.answered) {
                (true, true) => "answered",
                (true, false) => "gap",
                (false, _) => "error",
            },
            language: self.language(),
            page: self.page.as_deref(),
            model: engine::model_name(&self.bot.content),
            provider_id: engine::provider_id(&self.bot.content),
            usage: answer.usage,
            first_token: self.first_words.get().copied().filter(|_| is_whole),
            total: is_whole.then_some(total),
            question_key: Some(words::gist_key(&words::gist(&self.question))),
        };
        if is_whole && !answer.answered {
            tx.tell(Topic::Gap, self.bot.id);
        }
        // Last, as it locks the sums until the end.
        analytics::turn(&mut tx, scope, self.session_id, &session, &turn).await?;
        tx.commit().await?;
        inbox::changed(&self.services, scope, self.session_id).await;
        Ok(())
    }

    /// The language of the question; of what was asked before it, where it is too short to tell.
    fn language(&self) -> Option<&'static str> {
        let before = || {
            let asked = self.history.iter().filter(|turn| turn.role == MessageRole::User);
            let asked: Vec<&str> = asked.map(|turn| turn.content.as_str()).collect();
            words::language_told(&asked.join("\n"))
        };
        words::language_told(&self.question).or_else(before)
    }

    async fn store_retrieval(&self, tx: &mut TenantTx, retrieval: &Retrieval) -> Result<()> {
        sqlx::query!(
            "insert into retrievals (workspace_id, message_id, retrieval) values ($1, $2, $3)",
            self.bot.scope.workspace_id(),
            self.message_id,
            json!(retrieval)
        )
        .execute(&mut **tx)
        .await?;
        Ok(())
    }

    async fn store_gap(&self, tx: &mut TenantTx) -> Result<()> {
        let gap = NewGap {
            bot_id: self.bot.id,
            conversation_id: self.session_id,
            message_id: self.message_id,
            kind: GapKind::Unanswered,
            question: &self.question,
        };
        gaps::record(tx, &self.bot.scope, &gap).await
    }
}

/// Stores the question and counts it, in one statement, unless the plan allows no more this month.
async fn store_question(
    services: &Services,
    tx: &mut TenantTx,
    bot: &LiveBot,
    session_id: Uuid,
    question: &str,
) -> Result<Uuid> {
    let id = Uuid::now_v7();
    let (_, plan) = services.plans.named(bot.plan.as_deref());
    let stored = sqlx::query!(
        "insert into messages (workspace_id, id, conversation_id, role, content)
         select $1, $2, $3, 'user', $4 where meter_usage('messages', $5)",
        bot.scope.workspace_id(),
        id,
        session_id,
        question,
        plan.limit(Quota::Messages)
    )
    .execute(&mut **tx)
    .await?;
    if stored.rows_affected() == 0 {
        tracing::info!(bot_id = %bot.id, "a message was refused: the plan allows no more this month");
        return Err(quotas::no_more_messages());
    }
    sqlx::query!(
        "update conversations set message_count = message_count + 1, last_message_at = now()
         where workspace_id = $1 and id = $2",
        bot.scope.workspace_id(),
        session_id
    )
    .execute(&mut **tx)
    .await?;
    Ok(id)
}

fn check(chat: &ChatRequest) -> Result<()> {
    let mut errors = validate::message("message", &chat.message)
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
