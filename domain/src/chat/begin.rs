//! The beginning of a turn: the conversation found or begun, the message counted and stored, everything read that the answer
//! needs. All of it is one statement, `begin_turn`.

use std::collections::BTreeMap;

use api_types::conversations::Channel;
use api_types::usage::Quota;
use api_types::visitors::Visitor;
use serde::Deserialize;
use serde_json::json;
use sqlx::PgExecutor;
use sqlx::types::Json;
use tracing::instrument;
use uuid::Uuid;

use super::ground::{Ground, Row};
use super::{Turn, engine, session};
use crate::bots::LiveBot;
use crate::conversations::role;
use crate::{Result, Services, quotas};

/// Messages looked back at.
const HISTORY: i32 = 20;

/// A message that came.
pub(super) struct Opening<'a> {
    pub bot: &'a LiveBot,
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
pub(super) enum Storing {
    /// In a statement of its own, unless people have the conversation.
    Alone,
    /// As part of a transaction, whoever has the conversation.
    Within,
}

#[derive(Debug, Deserialize)]
struct Said {
    role: String,
    content: String,
}

impl Opening<'_> {
    /// Begins the turn. `None`, with nothing stored: the message is not the bot's to answer.
    #[instrument(level = "debug", name = "begin", skip_all)]
    pub(super) async fn begin(
        &self,
        services: &Services,
        executor: impl PgExecutor<'_>,
        storing: Storing,
    ) -> Result<Option<Begun>> {
        let bot = self.bot;
        let (_, plan) = services.plans.named(bot.plan.as_deref());
        let provider_id = engine::provider_id(&bot.content);
        let row = sqlx::query!(
            r#"select outcome as "outcome!", asked as "asked!", has_lead as "has_lead!", said as "said!: Json<Vec<Said>>",
                 base_ids as "base_ids!", base_versions as "base_versions!", vectors_id, vectors_provider_id,
                 vectors_model, vectors_dimensions, vectors_asked_dimensions, vectors_unrelated, vectors_spread,
                 vectors_error, provider_kind, provider_base_url, provider_default_model, provider_api_key
               from begin_turn($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13), turn_ground($1, $14, $15)"#,
            bot.scope.workspace_id(),
            bot.id,
            self.session_id,
            self.is_new,
            self.channel.as_str(),
            json!(self.metadata),
            self.visitor.map(|visitor| json!(visitor)),
            self.question_id,
            self.question,
            plan.limit(Quota::Messages),
            if self.has_history { 0 } else { HISTORY },
            bot.content.lead_form.enabled,
            storing == Storing::Alone,
            &bot.content.knowledge_base_ids,
            provider_id
        )
        .fetch_one(executor)
        .await?;
        match row.outcome.as_str() {
            "begun" => {}
            "not_bots" => return Ok(None),
            "no_more_messages" => {
                tracing::info!(bot_id = %bot.id, "a message was refused: the plan allows no more this month");
                return Err(quotas::no_more_messages());
            }
            _ => return Err(session::unknown()),
        }
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
        Ok(Some(Begun {
            history: history.collect(),
            asked: usize::try_from(row.asked).unwrap_or_default(),
            has_lead: row.has_lead,
            ground: ground.into_ground(provider_id),
        }))
    }
}
