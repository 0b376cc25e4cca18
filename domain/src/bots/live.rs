//! The live version of each bot, cached; replicas tell each other of changes over Redis.

use std::sync::Arc;
use std::time::Duration;

use api_types::ErrorCode;
use api_types::bots::{BotStatus, ChatbotContent};
use api_types::inbox::OfficeHours;
use futures::StreamExt;
use moka::future::Cache;
use redis::AsyncCommands;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::status;
use crate::db::{Db, TenantTx};
use crate::redis::Redis;
use crate::tenancy::visitor_scope;
use crate::visitors::{self, Sites};
use crate::{Error, Result, Scope, inbox, metrics};

/// The channel on which a changed bot's id is published.
const CHANGED: &str = "bots:changed";
/// How stale a bot may be when Redis could not tell of a change.
const MAX_AGE: Duration = Duration::from_secs(30);

/// A bot that visitors talk to.
#[derive(Debug)]
pub struct LiveBot {
    /// The right to read its workspace's knowledge and write its conversations.
    pub scope: Scope,
    /// Id.
    pub id: Uuid,
    /// The live version.
    pub version: i32,
    /// What that version holds.
    pub content: ChatbotContent,
    /// The sites that may show it.
    pub sites: Sites,
    /// The secrets with which its site vouches for visitors, newest first.
    pub(crate) visitor_secrets: Vec<visitors::Sealed>,
    /// Whether addresses and numbers are taken out of what visitors write.
    pub redacts: bool,
    /// When people answer in its place.
    pub(crate) hours: OfficeHours,
    /// The plan of its organization; none is the default one.
    pub plan: Option<String>,
    status: BotStatus,
}

/// The cache of live bots. Cheap to clone.
#[derive(Debug, Clone)]
pub struct LiveBots {
    cache: Cache<Uuid, Arc<LiveBot>>,
}

impl Default for LiveBots {
    fn default() -> Self {
        Self {
            cache: Cache::builder()
                .max_capacity(10_000)
                .time_to_live(MAX_AGE)
                .build(),
        }
    }
}

impl LiveBots {
    /// The bot, if it exists and was not taken down.
    pub async fn get(&self, db: &Db, bot_id: Uuid) -> Result<Arc<LiveBot>> {
        let known = self.cache.get(&bot_id).await;
        metrics::cache("bots", known.is_some());
        let bot = match known {
            Some(bot) => bot,
            None => {
                let bot = Arc::new(load(db, bot_id).await?);
                self.cache.insert(bot_id, bot.clone()).await;
                bot
            }
        };
        if bot.status == BotStatus::Offline {
            return Err(Error::refused(
                ErrorCode::BotOffline,
                "This bot is not available at the moment.",
            ));
        }
        Ok(bot)
    }

    /// Forgets a bot here and tells the other replicas.
    pub(crate) async fn changed(&self, redis: &Redis, bot_id: Uuid) {
        self.cache.invalidate(&bot_id).await;
        let published: Result<(), _> = redis.commands().publish(CHANGED, bot_id.to_string()).await;
        if let Err(error) = published {
            tracing::warn!(%error, %bot_id, "other replicas learn of the change within {} s", MAX_AGE.as_secs());
        }
    }

    /// Commits what concerns every bot of a workspace, then has each read anew, here and by the other replicas.
    pub(crate) async fn commit_for_all(&self, redis: &Redis, scope: &Scope, mut tx: TenantTx) -> Result<()> {
        let bots = sqlx::query_scalar!(
            "select id from bots where workspace_id = $1",
            scope.workspace_id()
        )
        .fetch_all(&mut *tx)
        .await?;
        tx.commit().await?;
        for id in bots {
            self.changed(redis, id).await;
        }
        Ok(())
    }

    /// Listens to what other replicas change, until cancelled.
    pub async fn listen(self, redis: Redis, cancel: CancellationToken) {
        let listening = async {
            loop {
                if let Err(error) = self.listen_once(&redis).await {
                    tracing::debug!(%error, "not subscribed to bot changes; trying again");
                }
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        };
        tokio::select! {
            () = cancel.cancelled() => {}
            () = listening => {}
        }
    }

    async fn listen_once(&self, redis: &Redis) -> Result<()> {
        let mut subscriber = redis.subscriber().await?;
        subscriber.subscribe(CHANGED).await?;
        // What was published while nobody listened is lost.
        self.cache.invalidate_all();
        let mut messages = subscriber.on_message();
        while let Some(message) = messages.next().await {
            let id: String = message.get_payload()?;
            if let Ok(id) = id.parse::<Uuid>() {
                self.cache.invalidate(&id).await;
            }
        }
        Ok(())
    }
}

async fn load(db: &Db, bot_id: Uuid) -> Result<LiveBot> {
    let unknown = || Error::refused(ErrorCode::NotFound, "There is no such bot.");
    let scope = visitor_scope(db, bot_id).await?.ok_or_else(unknown)?;
    let mut tx = db.tenant(&scope).await?;
    let row = sqlx::query!(
        r#"select b.status, v.version, v.content, coalesce(p.redacts, false) as "redacts!", o.plan, h.hours as "hours?"
           from bots b
           join workspaces w on w.id = b.workspace_id
           join organizations o on o.id = w.organization_id
           join bot_versions v on v.workspace_id = b.workspace_id and v.bot_id = b.id and v.version = b.live_version
           left join data_policies p on p.workspace_id = b.workspace_id
           left join office_hours h on h.workspace_id = b.workspace_id
           where b.workspace_id = $1 and b.id = $2"#,
        scope.workspace_id(),
        bot_id
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or_else(unknown)?;
    let visitor_secrets = visitors::sealed(&mut tx, &scope, bot_id).await?;
    let content: ChatbotContent = serde_json::from_value(row.content)?;
    let sites = Sites::parse(&content.access.allowed_domains)
        .map_err(|errors| anyhow::anyhow!("a deployed bot has domains that can't be read: {errors:?}"))?;
    Ok(LiveBot {
        scope,
        id: bot_id,
        version: row.version,
        content,
        sites,
        visitor_secrets,
        redacts: row.redacts,
        hours: inbox::read_hours(row.hours)?,
        plan: row.plan,
        status: status(&row.status),
    })
}
