//! Limits that hold for all replicas together, counted in Redis.
//!
//! Each is a bucket that takes a minute's requests at once and is refilled evenly: the generic cell rate algorithm
//! (ITU-T I.371, annex A), with one timestamp a bucket. Limits per address are the edge's, in each server's memory.

use std::sync::LazyLock;

use redis::Script;
use uuid::Uuid;

use crate::bots::LiveBot;
use crate::config::Config;
use crate::redis::Redis;
use crate::tenancy::Actor;
use crate::{Error, Scope};

/// The time that limits are for, in seconds.
pub const WINDOW_SECONDS: u64 = 60;

/// Takes one request from every bucket, or, when any is empty, from none. Answers which bucket says most (counted from
/// 1), what is left in it, after how many seconds it is full, and how many to wait, 0 when the request was taken.
///
/// Redis gives the time, so that the clocks of replicas don't matter.
static TAKE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
        local time = redis.call('TIME')
        local now = time[1] * 1000 + math.floor(time[2] / 1000)
        local window = 60000
        local full = {}
        local tightest, least, wait, emptiest = 1, nil, 0, 1
        for i, key in ipairs(KEYS) do
            local each = window / tonumber(ARGV[i])
            full[i] = math.max(tonumber(redis.call('GET', key) or now), now) + each
            local left = math.floor((window - (full[i] - now)) / each)
            if least == nil or left < least then tightest, least = i, left end
            local over = full[i] - window - now
            if over > wait then wait, emptiest = over, i end
        end
        if wait > 0 then
            local each = window / tonumber(ARGV[emptiest])
            return {emptiest, 0, math.ceil((full[emptiest] - each - now) / 1000), math.ceil(wait / 1000)}
        end
        for i, key in ipairs(KEYS) do
            redis.call('SET', key, string.format('%.3f', full[i]), 'PX', math.ceil(full[i] - now))
        end
        return {tightest, least, math.ceil((full[tightest] - now) / 1000), 0}
        ",
    )
});

/// How often somebody may ask, a minute; 0 for as often as they like.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    bot: u32,
    workspace: u32,
    caller: u32,
}

/// One of the limits.
#[derive(Debug)]
struct Limit {
    name: &'static str,
    key: String,
    per_minute: u32,
}

/// How a request stands to the limit that is nearest: what the headers of RFC drafts `RateLimit` and `RateLimit-Policy`
/// say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Which limit.
    pub name: &'static str,
    /// Requests a minute.
    pub per_minute: u32,
    /// Requests that may follow at once.
    pub remaining: u64,
    /// Seconds until all of them may.
    pub reset_seconds: u64,
    /// Seconds to wait, if this was one too many.
    pub retry_after: Option<u64>,
}

impl Standing {
    /// The refusal of a request too many.
    pub fn refusal(&self) -> Option<Error> {
        let seconds = self.retry_after?;
        let who = match self.name {
            "bot" => "This bot is asked too much at the moment.",
            "workspace" => "The bots of this workspace are asked too much at the moment.",
            _ => "You send too many requests.",
        };
        let detail = format!("{who} Nothing was done; try again in {seconds} seconds.");
        Some(Error::too_often(detail, seconds))
    }
}

impl Limits {
    /// The settings.
    pub fn of(config: &Config) -> Self {
        Self {
            bot: config.bot_requests_per_minute,
            workspace: config.workspace_requests_per_minute,
            caller: config.caller_requests_per_minute,
        }
    }

    /// Takes a visitor's request to a bot.
    pub async fn take_visit(&self, redis: &Redis, bot: &LiveBot) -> Option<Standing> {
        let workspace_id = bot.scope.workspace_id();
        let limits = [
            limit("bot", self.bot, bot.id),
            limit("workspace", self.workspace, workspace_id),
        ];
        take(redis, limits.into_iter().flatten().collect()).await
    }

    /// Takes a request of a person or a program.
    pub async fn take_call(&self, redis: &Redis, scope: &Scope) -> Option<Standing> {
        let limit = match scope.actor() {
            Actor::User(id) => limit("user", self.caller, id),
            Actor::ApiKey(id) => limit("key", self.caller, id),
            _ => None,
        };
        take(redis, limit.into_iter().collect()).await
    }
}

fn limit(name: &'static str, per_minute: u32, id: Uuid) -> Option<Limit> {
    (per_minute > 0).then(|| Limit {
        name,
        key: format!("limit:{name}:{id}"),
        per_minute,
    })
}

/// Takes one request from each. `None` without limits, and while Redis is away: then the limits per address remain.
async fn take(redis: &Redis, limits: Vec<Limit>) -> Option<Standing> {
    if limits.is_empty() {
        return None;
    }
    let mut call = TAKE.prepare_invoke();
    for limit in &limits {
        call.key(&limit.key).arg(limit.per_minute);
    }
    let taken: Result<(usize, u64, u64, u64), _> = call.invoke_async(&mut redis.commands()).await;
    let (index, remaining, reset_seconds, wait) = match taken {
        Ok(taken) => taken,
        Err(error) => {
            tracing::warn!(%error, "requests are not counted: Redis is away");
            return None;
        }
    };
    let nearest = limits.get(index.checked_sub(1)?)?;
    Some(Standing {
        name: nearest.name,
        per_minute: nearest.per_minute,
        remaining,
        reset_seconds,
        retry_after: (wait > 0).then_some(wait),
    })
}
