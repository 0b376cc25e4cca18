//! A Redis that lost what it had: noticed, and given back what Postgres has a copy of.
//!
//! `drafts:kept:<workspace>` says in which generation of Redis' data the drafts of a workspace are known to be whole;
//! `drafts:generation` is that generation. A Redis that was emptied has neither, and each server that finds Redis (again) begins a
//! new generation, as the last second may be missing of what Redis wrote to its disk. Whatever is done with drafts looks at both
//! in the same round trip.

use std::sync::LazyLock;
use std::time::Duration;

use redis::{AsyncCommands, Script};
use tokio::time::sleep;
use uuid::Uuid;

use super::copies::GATHER;
use super::{Drafts, TTL_SECONDS};
use crate::redis::Redis;
use crate::{Result, Scope};

/// The generation of what Redis has.
pub(super) const GENERATION: &str = "drafts:generation";
/// Since when Redis has what it has, in milliseconds.
const SINCE: &str = "drafts:since";
/// How long other servers have to write what they noted before copies are read. Also for a slow disk.
const SETTLE: Duration = Duration::from_millis(GATHER.as_millis() as u64 * 4);

/// KEYS: since. Returns for how many milliseconds Redis has had what it has.
static AGE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
        local time = redis.call('TIME')
        local now = time[1] * 1000 + math.floor(time[2] / 1000)
        redis.call('SET', KEYS[1], string.format('%.0f', now), 'NX')
        return math.max(0, now - tonumber(redis.call('GET', KEYS[1])))
        ",
    )
});

/// KEYS: kept, generation, index of all. ARGV: workspace, then of each draft its kind, id, version, text, the seconds it has left
/// and when it expires; no text stands for one that is gone. Puts back what is missing or older, and removes what came back of itself,
/// in one step: whoever comes later finds it done. Returns how many it put back.
static RESTORE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
        redis.call('SET', KEYS[2], 1, 'NX')
        local generation = redis.call('GET', KEYS[2])
        if redis.call('GET', KEYS[1]) == generation then return 0 end
        local restored = 0
        for i = 2, #ARGV, 6 do
            local key = 'draft:' .. ARGV[i] .. ':' .. ARGV[i + 1]
            local index = 'drafts:' .. ARGV[i] .. ':' .. ARGV[1]
            local current = redis.call('GET', key)
            local is_gone = ARGV[i + 3] == ''
            local is_older = not current or cjson.decode(current).version < tonumber(ARGV[i + 2])
            if is_gone and current then
                redis.call('DEL', key)
                redis.call('ZREM', index, ARGV[i + 1])
                redis.call('ZREM', KEYS[3], key)
            elseif not is_gone and is_older and redis.call('EXISTS', key .. ':gone') == 0 then
                redis.call('SET', key, ARGV[i + 3], 'EX', ARGV[i + 4])
                redis.call('ZADD', index, ARGV[i + 5], ARGV[i + 1])
                redis.call('EXPIRE', index, 86400)
                redis.call('ZADD', KEYS[3], ARGV[i + 5], key)
                restored = restored + 1
            end
        end
        redis.call('SET', KEYS[1], generation)
        return restored
        ",
    )
});

/// The key that says in which generation a workspace's drafts are whole.
pub(super) fn kept(scope: &Scope) -> String {
    format!("drafts:kept:{}", scope.workspace_id())
}

/// Begins a new generation: something of what Redis had may be missing.
pub(crate) async fn doubt(redis: &Redis) -> Result<()> {
    let _generation: i64 = redis.commands().incr(GENERATION, 1).await?;
    Ok(())
}

impl Drafts {
    /// Makes sure that Redis has all drafts of a workspace.
    pub(super) async fn ensure_kept(&self, scope: &Scope) -> Result<()> {
        let keys = [kept(scope), GENERATION.to_owned()];
        let [kept, generation]: [Option<String>; 2] = self.redis.commands().mget(&keys).await?;
        if kept.is_some() && kept == generation {
            return Ok(());
        }
        self.restore(scope).await
    }

    /// Puts back what Redis lost of a workspace.
    pub(super) async fn restore(&self, scope: &Scope) -> Result<()> {
        let mut commands = self.redis.commands();
        let age: u64 = AGE.key(SINCE).invoke_async(&mut commands).await?;
        // Long ago, but for a Redis that was emptied just now.
        sleep(SETTLE.saturating_sub(Duration::from_millis(age))).await;
        self.copies.flush().await?;
        let mut invocation = RESTORE.key(kept(scope));
        invocation
            .key(GENERATION)
            .key(super::store::ALL)
            .arg(scope.workspace_id().to_string());
        for copy in self.copies_of(scope).await? {
            invocation
                .arg(copy.kind)
                .arg(copy.id.to_string())
                .arg(copy.version)
                .arg(copy.draft.unwrap_or_default())
                .arg(copy.seconds_left)
                .arg(copy.expires_at);
        }
        let restored: u64 = invocation.invoke_async(&mut commands).await?;
        if restored > 0 {
            let workspace_id = scope.workspace_id();
            tracing::warn!(%workspace_id, drafts = restored, "Redis had lost drafts, which were put back from their copies");
        }
        Ok(())
    }

    async fn copies_of(&self, scope: &Scope) -> Result<Vec<Copy>> {
        let mut tx = self.db.tenant(scope).await?;
        let copies = sqlx::query_as!(
            Copy,
            r#"select kind, id, version, draft,
                 greatest(1, $2 - extract(epoch from now() - saved_at)::bigint) as "seconds_left!",
                 extract(epoch from saved_at)::bigint + $2 as "expires_at!"
               from draft_copies
               where workspace_id = $1 and saved_at > now() - make_interval(secs => $2)"#,
            scope.workspace_id(),
            TTL_SECONDS
        )
        .fetch_all(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(copies)
    }
}

/// A copy that has not expired.
struct Copy {
    kind: String,
    id: Uuid,
    version: i64,
    /// `None` once it was deployed or deleted.
    draft: Option<String>,
    seconds_left: i64,
    expires_at: i64,
}
