//! The beginning of a turn: the conversation found or begun, the message counted and stored, everything read that the answer
//! needs. All of it is one statement, `begin_turns`, for all that begin with a bot at the same time.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use anyhow::Context;
use api_types::conversations::Channel;
use api_types::usage::Quota;
use api_types::visitors::Visitor;
use serde::{Deserialize, Serialize};
use sqlx::PgExecutor;
use sqlx::types::Json;
use tracing::instrument;
use uuid::Uuid;

use super::ground::{Ground, Row};
use super::{Turn, engine, session};
use crate::bots::LiveBot;
use crate::conversations::role;
use crate::gather::Gather;
use crate::{Result, Services, quotas};

/// Messages looked back at.
const HISTORY: i32 = 20;

/// A message that came.
pub(super) struct Opening<'a> {
    pub bot: &'a Arc<LiveBot>,
    /// The conversation.
    pub session_id: Uuid,
    /// Whether it begins with this message.
    pub is_new: bool,
    pub channel: Channel,
    pub metadata: &'a BTreeMap<String, String>,
    pub visitor: Option<&'a Visitor>,
    pub question_id: Uuid,
    pub question: &'a str,
    /// Whether the client keeps the conversation: then nothing is looked up.
    pub has_history: bool,
}

/// What was found.
#[derive(Debug)]
pub(super) struct Begun {
    /// The conversation so far, oldest first.
    pub history: Vec<Turn>,
    /// Messages of the visitor with this one, for bots with a lead form.
    pub asked: usize,
    /// Whether the visitor left their details, for bots with a lead form.
    pub has_lead: bool,
    pub ground: Ground,
}

/// How a message is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Storing {
    /// In a statement of its own with others, unless people have the conversation, or somebody else has locked it.
    Together,
    /// In a statement of its own, unless people have the conversation.
    Alone,
    /// As part of a transaction, whoever has the conversation.
    Within,
}

/// A message as `begin_turns` takes it.
#[derive(Debug, Serialize)]
struct Message {
    session: Uuid,
    is_new: bool,
    via: &'static str,
    about: BTreeMap<String, String>,
    person: Option<Visitor>,
    question_id: Uuid,
    question: String,
    look_back: i32,
    /// How many the plan allows.
    #[serde(skip)]
    most: Option<i64>,
}

/// What became of a message.
#[derive(Debug)]
enum Outcome {
    Begun(Box<Begun>),
    NotBots,
    NoMoreMessages,
    UnknownSession,
    /// It is to be begun by itself.
    Again,
}

#[derive(Debug, Deserialize)]
struct Said {
    role: String,
    content: String,
}

/// The turns that are about to begin, by bot and version. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Beginnings(Gather<(Uuid, i32), Arc<Message>, Outcome>);

impl Beginnings {
    async fn begin(&self, services: &Services, bot: &Arc<LiveBot>, message: Arc<Message>) -> Result<Outcome> {
        let pool = services.db.pool().clone();
        let same = Arc::clone(bot);
        let begin = move |messages: Vec<Arc<Message>>| {
            let (pool, bot) = (pool.clone(), Arc::clone(&same));
            async move { begin_all(&pool, &bot, &messages).await }
        };
        let outcome = self
            .0
            .join((bot.id, bot.version), Arc::clone(&message), begin)
            .await?;
        match outcome {
            Outcome::Again => begin_one(services.db.pool(), bot, &message, Storing::Alone).await,
            outcome => Ok(outcome),
        }
    }
}

impl Opening<'_> {
    /// Begins the turn. `None`, with nothing stored: the message is not the bot's to answer.
    #[instrument(level = "debug", name = "begin", skip_all)]
    pub(super) async fn begin(&self, services: &Services) -> Result<Option<Begun>> {
        let message = Arc::new(self.message(services));
        let outcome = services.beginnings.begin(services, self.bot, message).await?;
        outcome.begun(self.bot)
    }

    /// The same as part of a transaction, for a message that others than the bot may have to answer.
    #[instrument(level = "debug", name = "begin", skip_all)]
    pub(super) async fn begin_within(
        &self,
        services: &Services,
        executor: impl PgExecutor<'_>,
    ) -> Result<Begun> {
        let message = Arc::new(self.message(services));
        let outcome = begin_one(executor, self.bot, &message, Storing::Within).await?;
        let begun = outcome.begun(self.bot)?;
        Ok(begun.context("a message that is part of a transaction is stored")?)
    }

    fn message(&self, services: &Services) -> Message {
        let (_, plan) = services.plans.named(self.bot.plan.as_deref());
        Message {
            session: self.session_id,
            is_new: self.is_new,
            via: self.channel.as_str(),
            about: self.metadata.clone(),
            person: self.visitor.cloned(),
            question_id: self.question_id,
            question: self.question.to_owned(),
            look_back: if self.has_history { 0 } else { HISTORY },
            most: plan.limit(Quota::Messages),
        }
    }
}

impl Outcome {
    fn begun(self, bot: &LiveBot) -> Result<Option<Begun>> {
        match self {
            Self::Begun(begun) => Ok(Some(*begun)),
            Self::NotBots => Ok(None),
            Self::NoMoreMessages => {
                tracing::info!(bot_id = %bot.id, "a message was refused: the plan allows no more this month");
                Err(quotas::no_more_messages())
            }
            Self::UnknownSession | Self::Again => Err(session::unknown()),
        }
    }
}

async fn begin_one(
    executor: impl PgExecutor<'_>,
    bot: &LiveBot,
    message: &Arc<Message>,
    storing: Storing,
) -> Result<Outcome> {
    let mut outcomes = query(executor, bot, std::slice::from_ref(message), storing).await?;
    Ok(outcomes.pop().context("no turn was begun")?)
}

/// Begins all that can be begun together: of a conversation one message.
async fn begin_all(
    executor: impl PgExecutor<'_>,
    bot: &LiveBot,
    messages: &[Arc<Message>],
) -> Result<Vec<Outcome>> {
    let mut sessions = HashSet::new();
    let (together, later): (Vec<_>, Vec<_>) =
        (0..messages.len()).partition(|&at| sessions.insert(messages[at].session));
    let first: Vec<Arc<Message>> = together.iter().map(|&at| Arc::clone(&messages[at])).collect();
    let begun = query(executor, bot, &first, Storing::Together).await?;
    let again = later.into_iter().map(|at| (at, Outcome::Again));
    let mut outcomes: Vec<_> = together.into_iter().zip(begun).chain(again).collect();
    outcomes.sort_by_key(|(at, _)| *at);
    Ok(outcomes.into_iter().map(|(_, outcome)| outcome).collect())
}

async fn query(
    executor: impl PgExecutor<'_>,
    bot: &LiveBot,
    messages: &[Arc<Message>],
    storing: Storing,
) -> Result<Vec<Outcome>> {
    let provider_id = engine::provider_id(&bot.content);
    let turns: Vec<&Message> = messages.iter().map(|message| &**message).collect();
    let rows = sqlx::query!(
        r#"select outcome as "outcome!", asked as "asked!", has_lead as "has_lead!", said as "said!: Json<Vec<Said>>",
             base_ids as "base_ids!", base_versions as "base_versions!", vectors_id, vectors_provider_id,
             vectors_model, vectors_dimensions, vectors_asked_dimensions, vectors_unrelated, vectors_spread,
             vectors_error, provider_kind, provider_base_url, provider_default_model, provider_api_key
           from begin_turns($1, $2, $3, $4, $5, $6, $7), turn_ground($1, $8, $9) order by n"#,
        bot.scope.workspace_id(),
        bot.id,
        Json(turns) as _,
        messages.last().and_then(|message| message.most),
        bot.content.lead_form.enabled,
        storing != Storing::Within,
        storing != Storing::Together,
        &bot.content.knowledge_base_ids,
        provider_id
    )
    .fetch_all(executor)
    .await?;
    let outcomes = rows.into_iter().map(|row| match row.outcome.as_str() {
        "begun" => {
            let history = row.said.0.into_iter().map(|said| Turn {
                role: role(&said.role),
                content: said.content,
            });
            let ground = Row {
                base_ids: row.base_ids,
                base_versions: row.base_versions,
                vectors_id: row.vectors_id,
                vectors_provider_id: row.vectors_provider_id,
                vectors_model: row.vectors_model,
                vectors_dimensions: row.vectors_dimensions,
                vectors_asked_dimensions: row.vectors_asked_dimensions,
                vectors_unrelated: row.vectors_unrelated,
                vectors_spread: row.vectors_spread,
                vectors_error: row.vectors_error,
                provider_kind: row.provider_kind,
                provider_base_url: row.provider_base_url,
                provider_default_model: row.provider_default_model,
                provider_api_key: row.provider_api_key,
            };
            Outcome::Begun(Box::new(Begun {
                history: history.collect(),
                asked: usize::try_from(row.asked).unwrap_or_default(),
                has_lead: row.has_lead,
                ground: ground.into_ground(provider_id),
            }))
        }
        "not_bots" => Outcome::NotBots,
        "no_more_messages" => Outcome::NoMoreMessages,
        "again" => Outcome::Again,
        _ => Outcome::UnknownSession,
    });
    Ok(outcomes.collect())
}
