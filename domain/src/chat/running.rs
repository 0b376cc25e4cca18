//! An answer under way: made, told as it comes, and stored, in a task of its own.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use api_types::chat::{ChatEvent, MessageRole};
use api_types::conversations::MessageStatus;
use api_types::gaps::GapKind;
use api_types::inbox::HandOffStatus;
use api_types::live::Topic;
use chrono::{DateTime, Utc};
use futures::channel::mpsc;
use retrieval::words;
use tokio::time::timeout;
use tracing::instrument;
use uuid::Uuid;

use super::books::{self, Finished};
use super::engine::{self, Question};
use super::logs::Log;
use super::turn::{Audience, Delivery, error_event};
use super::{Answer, Ground, NumberedEvent, Turn, session};
use crate::analytics;
use crate::bots::LiveBot;
use crate::db::TenantTx;
use crate::gaps::{self, NewGap};
use crate::inbox;
use crate::live::Signals;
use crate::metrics::{self, Counted};
use crate::{Error, Result, Services, uploads};

/// How long a visitor waits for their answer to be stored while Postgres is away.
const STORE_FOR: Duration = Duration::from_secs(30);
/// How long an answer is kept in memory then.
const KEEP_FOR: Duration = Duration::from_secs(600);
/// How often storing it is tried.
const STORE_AGAIN: Duration = Duration::from_secs(1);

/// A turn under way. While its answer is written it waits, one of thousands perhaps: what is large and over before, or comes after, is
/// boxed, so that it is no part of what waits.
pub(super) struct Running {
    pub(super) services: Arc<Services>,
    pub(super) bot: Arc<LiveBot>,
    pub(super) session_id: Uuid,
    pub(super) message_id: Uuid,
    /// The visitor's message.
    pub(super) question_id: Uuid,
    pub(super) question: String,
    pub(super) history: Vec<Turn>,
    pub(super) ground: Ground,
    pub(super) variables: BTreeMap<String, String>,
    pub(super) metadata: BTreeMap<String, String>,
    /// The page that the visitor is on.
    pub(super) page: Option<String>,
    pub(super) began: Instant,
    /// The same by the clock.
    pub(super) began_at: DateTime<Utc>,
    /// Whether it is time for the lead form.
    pub(super) offers_lead_form: bool,
    /// How long the first words took.
    pub(super) first_words: OnceLock<Duration>,
}

/// How an answer came to its end.
enum Ended {
    Whole(Answer),
    /// People took over.
    Handed(HandOffStatus),
}

/// What was told of an answer so far.
struct Told {
    delivery: Delivery,
    /// Where it is kept, if it can be resumed.
    log: Option<Log>,
    sender: mpsc::UnboundedSender<NumberedEvent>,
    n: u64,
    /// The text of it.
    text: String,
}

impl Told {
    fn tell(&mut self, event: ChatEvent) {
        if let ChatEvent::Delta { text } = &event {
            self.text.push_str(text);
            // Whoever waits for all of it is not woken for each token.
            if self.delivery == Delivery::Whole {
                return;
            }
        }
        if self.delivery == Delivery::Whole && event.is_last() && !self.text.is_empty() {
            let text = self.text.clone();
            self.send(ChatEvent::Delta { text });
        }
        self.send(event);
    }

    fn send(&mut self, event: ChatEvent) {
        self.n += 1;
        let event = NumberedEvent { n: self.n, event };
        if let Some(log) = &self.log {
            log.append(event.clone());
        }
        // The visitor may be gone; the answer is finished all the same.
        let _ = self.sender.unbounded_send(event);
    }
}

impl Running {
    pub(super) async fn run(
        self,
        sender: mpsc::UnboundedSender<NumberedEvent>,
        signals: Signals,
        delivery: Delivery,
    ) {
        let log = (delivery == Delivery::Resumable)
            .then(|| Log::begin(&self.services, self.bot.id, self.session_id, self.message_id));
        let _open = Counted::stream();
        let mut told = Told {
            delivery,
            log,
            sender,
            n: 0,
            text: String::new(),
        };
        told.tell(ChatEvent::Start {
            session_id: self.session_id,
            message_id: self.message_id,
        });
        let taken_over = inbox::taken_over(&self.services, &self.bot.scope, self.session_id, signals);
        let mut emit = |event: ChatEvent| {
            if matches!(event, ChatEvent::Delta { .. }) {
                self.first_words.get_or_init(|| self.began.elapsed());
            }
            told.tell(event);
        };
        let answered = tokio::select! {
            // Once somebody took over, nothing more of the bot's is shown.
            biased;
            status = taken_over => Ok(Ended::Handed(status)),
            error = self.services.under_way.cut() => Err(error),
            answered = self.answer(&mut emit) => answered.map(Ended::Whole),
        };
        self.count(&answered);
        let last = match answered {
            Ok(Ended::Whole(answer)) => {
                let finished = self.finished(&answer, MessageStatus::Complete);
                let mut storing = Box::pin(self.store_patiently(&finished));
                match timeout(STORE_FOR, &mut storing).await {
                    Ok(stored) => stored.map(|()| self.done(answer)),
                    Err(_) => {
                        told.tell(error_event(&not_stored_yet(), Audience::Visitor));
                        return self.report(storing.await);
                    }
                }
            }
            Ok(Ended::Handed(status)) => {
                told.tell(ChatEvent::HandOff(status));
                Box::pin(self.finish_handed(&told.text)).await
            }
            Err(error) => Err(error),
        };
        let last = match last {
            Ok(done) => done,
            Err(error) => {
                // While Postgres is away nobody has deleted anything, and the visitor has waited for long enough.
                let is_away = matches!(error, Error::Unavailable { .. });
                let is_deleted = !is_away && (has_no_place(&error) || Box::pin(self.is_deleted()).await);
                if let Some(log) = told.log.as_ref().filter(|_| is_deleted) {
                    log.discard();
                }
                let error = if is_deleted { gone() } else { error };
                told.tell(error_event(&error, Audience::Visitor));
                if !is_deleted {
                    Box::pin(self.store_failure(&told.text)).await;
                }
                return;
            }
        };
        told.tell(last);
    }

    fn count(&self, answered: &Result<Ended>) {
        let outcome = match answered {
            Ok(Ended::Whole(answer)) if answer.answered => "answered",
            Ok(Ended::Whole(_)) => "gap",
            Ok(Ended::Handed(_)) => "people",
            Err(_) => "error",
        };
        metrics::turn(outcome, self.first_words.get().copied(), self.began.elapsed());
        if let Ok(Ended::Whole(Answer {
            usage: Some(usage), ..
        })) = answered
        {
            metrics::tokens(usage.prompt_tokens, usage.completion_tokens);
        }
    }

    async fn answer(&self, emit: &mut (dyn FnMut(ChatEvent) + Send)) -> Result<Answer> {
        let files = Box::pin(uploads::given(
            &self.services,
            &self.bot,
            self.session_id,
            self.question_id,
        ))
        .await?;
        let question = Question {
            scope: &self.bot.scope,
            content: &self.bot.content,
            history: &self.history,
            text: &self.question,
            variables: &self.variables,
            metadata: &self.metadata,
            files: &files,
            ground: &self.ground,
            live: Some((self.bot.id, self.bot.version)),
        };
        engine::answer(&self.services, question, emit).await
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

    fn done(&self, answer: Answer) -> ChatEvent {
        ChatEvent::Done {
            message_id: self.message_id,
            sources: answer.cited,
            answered: answer.answered,
            usage: answer.usage,
            suggestions: Vec::new(),
            offers_lead_form: self.offers_lead_form,
        }
    }

    /// Says what became of an answer that nobody waits for any more.
    fn report(&self, stored: Result<()>) {
        match stored {
            Ok(()) => tracing::info!(message_id = %self.message_id, "an answer was stored late"),
            Err(error) => {
                tracing::error!(%error, message_id = %self.message_id, "an answer could not be stored");
            }
        }
    }

    /// Keeps what was shown before people took over, if anything, as of when it was begun: it stands before what they say.
    async fn finish_handed(&self, text: &str) -> Result<ChatEvent> {
        if !text.is_empty() {
            let scope = &self.bot.scope;
            let mut tx = self.services.db.tenant(scope).await?;
            sqlx::query!(
                "with counted as (
                     update conversations set message_count = message_count + 1 where workspace_id = $1 and id = $3)
                 insert into messages (workspace_id, id, conversation_id, role, content, status, model, bot_version,
                     created_at)
                 values ($1, $2, $3, 'assistant', $4, 'partial', $5, $6, $7)",
                scope.workspace_id(),
                self.message_id,
                self.session_id,
                text,
                engine::model_name(&self.bot.content),
                self.bot.version,
                self.began_at
            )
            .execute(&mut *tx)
            .await?;
            tx.commit().await?;
            inbox::changed(&self.services, scope, self.session_id).await;
        }
        Ok(ChatEvent::Done {
            message_id: self.message_id,
            sources: Vec::new(),
            answered: true,
            usage: None,
            suggestions: Vec::new(),
            offers_lead_form: false,
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
            cached: None,
            found: None,
        };
        let stored = self.store_patiently(&self.finished(&partial, status)).await;
        if stored.is_err() {
            self.report(stored);
        }
    }

    /// Stores an answer that the visitor has read already, even if Postgres is away just now.
    async fn store_patiently(&self, finished: &Arc<Finished>) -> Result<()> {
        let began = Instant::now();
        loop {
            match self.store_answer(finished).await {
                Err(Error::Unavailable { .. }) if began.elapsed() < KEEP_FOR => {
                    tokio::time::sleep(STORE_AGAIN).await;
                }
                stored => return stored,
            }
        }
    }

    #[instrument(level = "debug", name = "storing", skip_all)]
    async fn store_answer(&self, finished: &Arc<Finished>) -> Result<()> {
        let scope = &self.bot.scope;
        if finished.answered || self.question.is_empty() {
            let services = &self.services;
            services
                .books
                .store(&services.db, scope, Arc::clone(finished))
                .await?;
        } else {
            self.store_with_gap(finished).await?;
        }
        inbox::bot_turn(&self.services, scope, self.session_id);
        Ok(())
    }

    async fn store_with_gap(&self, finished: &Arc<Finished>) -> Result<()> {
        let scope = &self.bot.scope;
        let mut tx = self.services.db.tenant(scope).await?;
        self.store_gap(&mut tx).await?;
        tx.tell(Topic::Gap, self.bot.id);
        // Last, as it locks the sums until the end.
        let stored = books::finish(&mut *tx, scope.workspace_id(), std::slice::from_ref(finished)).await?;
        if stored == 0 {
            // Committed before, gap and all, without our hearing of it.
            return Ok(());
        }
        tx.commit().await
    }

    /// What is stored of an answer, and counted.
    fn finished(&self, answer: &Answer, status: MessageStatus) -> Arc<Finished> {
        let content = &self.bot.content;
        let total = analytics::millis(self.began.elapsed());
        let is_whole = status == MessageStatus::Complete;
        Arc::new(Finished {
            message_id: self.message_id,
            conversation_id: self.session_id,
            content: answer.text.clone(),
            sources: answer.cited.clone(),
            status: status.as_str(),
            answered: answer.answered,
            model: engine::model_name(content).to_owned(),
            bot_version: self.bot.version,
            latency_ms: total,
            prompt_tokens: answer.usage.map(|usage| usage.prompt_tokens),
            completion_tokens: answer.usage.map(|usage| usage.completion_tokens),
            cached: answer.cached,
            found: answer.found.clone(),
            session_event_id: Uuid::now_v7(),
            turn_event_id: Uuid::now_v7(),
            outcome: match (is_whole, answer.answered) {
                (true, true) => "answered",
                (true, false) => "gap",
                (false, _) => "error",
            },
            language: self.language(),
            page: self.page.clone(),
            provider_id: engine::provider_id(content),
            first_token_ms: self
                .first_words
                .get()
                .copied()
                .filter(|_| is_whole)
                .map(analytics::millis),
            total_ms: is_whole.then_some(total),
            question_key: Some(words::gist(&self.question))
                .filter(|gist| !gist.is_empty())
                .map(|gist| words::gist_key(&gist)),
        })
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

/// Whether an answer could not be stored because there is no such conversation. Looking for it may fail, as Postgres may be away again.
fn has_no_place(error: &Error) -> bool {
    let Error::Internal(source) = error else {
        return false;
    };
    source
        .downcast_ref::<sqlx::Error>()
        .and_then(sqlx::Error::as_database_error)
        .is_some_and(sqlx::error::DatabaseError::is_foreign_key_violation)
}

/// What a visitor is told whose conversation is not there any more: somebody deleted it, or Postgres was killed and lost the question,
/// whose transaction does not wait for the disk.
fn gone() -> Error {
    Error::Unavailable {
        part: "the conversation",
        source: anyhow::anyhow!("the conversation is gone"),
    }
}

/// What a visitor is told whose answer waits for Postgres.
fn not_stored_yet() -> Error {
    Error::Unavailable {
        part: "Postgres",
        source: anyhow::anyhow!("an answer waits to be stored"),
    }
}
