//! The drafts' Redis commands.

use std::sync::LazyLock;

use api_types::ErrorCode;
use api_types::drafts::{Draft, DraftSummary};
use api_types::live::{LiveEvent, Topic};
use chrono::{DateTime, Duration, SecondsFormat, Utc};
use redis::{AsyncCommands, Script};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::copies::Note;
use super::lost::{GENERATION, kept};
use super::{Draftable, Drafts, TTL_SECONDS};
use crate::error::Refusal;
use crate::{Error, Result, Scope, live};

/// The sorted set of all drafts' keys by expiry, for counting.
pub(super) const ALL: &str = "drafts:all";
/// Largest draft, in bytes of JSON.
const MAX_BYTES: usize = 512 * 1024;
/// Drafts of one kind that a workspace may hold.
const MAX_DRAFTS: usize = 100;
/// How long a draft stays sealed should the server die meanwhile, in seconds.
const SEAL_SECONDS: u64 = 60;
/// How long a draft that is gone is remembered in Redis, in seconds: until its copy says so, too.
const GONE_SECONDS: u64 = 60;
/// How often something is tried while Redis loses what it had.
const RESTORE_TRIES: usize = 5;
/// How often [`update`] tries again when somebody else saves in between.
const UPDATE_TRIES: usize = 20;

/// A draft as it lies in Redis.
#[derive(Serialize, Deserialize)]
struct Stored<T> {
    workspace_id: Uuid,
    version: i64,
    from: Option<Uuid>,
    content: T,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl<T> Stored<T> {
    fn into_draft(self, id: Uuid) -> Draft<T> {
        Draft {
            id,
            version: self.version,
            from: self.from,
            content: self.content,
            created_at: self.created_at,
            updated_at: self.updated_at,
            expires_at: self.updated_at + Duration::seconds(TTL_SECONDS),
        }
    }
}

/// KEYS: draft, index, seal, index of all, kept, generation. ARGV: content as JSON, expected version (0: must not exist), workspace, id, TTL,
/// expiry, time, what it edits as JSON, then the channel and the event by which it is told live. Returns `unsure`
/// when Redis may have lost the draft, `missing`, `sealed`, `other` with the draft as it stands, or `saved` with the draft but for its content, which is never looked into: Lua would make objects of
/// empty lists.
static SAVE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r#"
        local kept = redis.call('GET', KEYS[5])
        if not kept or kept ~= redis.call('GET', KEYS[6]) then return {'unsure'} end
        local current = redis.call('GET', KEYS[1])
        local expected = tonumber(ARGV[2])
        local created, from = ARGV[7], ARGV[8]
        if not current and expected > 0 then return {'missing'} end
        if current then
            local draft = cjson.decode(current)
            if draft.workspace_id ~= ARGV[3] then return {'missing'} end
            if draft.version ~= expected then return {'other', current} end
            if redis.call('EXISTS', KEYS[3]) == 1 then return {'sealed'} end
            created, from = draft.created_at, 'null'
            if draft.from and draft.from ~= cjson.null then from = '"' .. draft.from .. '"' end
        end
        local head = '{"workspace_id":"' .. ARGV[3] .. '","version":' .. (expected + 1) .. ',"from":' .. from ..
            ',"created_at":"' .. created .. '","updated_at":"' .. ARGV[7] .. '","content":'
        redis.call('SET', KEYS[1], head .. ARGV[1] .. '}', 'EX', ARGV[5])
        redis.call('ZADD', KEYS[2], ARGV[6], ARGV[4])
        redis.call('EXPIRE', KEYS[2], ARGV[5])
        redis.call('ZADD', KEYS[4], ARGV[6], KEYS[1])
        redis.call('PUBLISH', ARGV[9], ARGV[10])
        return {'saved', head .. 'null}'}
        "#,
    )
});

/// KEYS: draft, index, index of all, kept, generation. ARGV: workspace, version (0: whichever), id, channel, event, for how long it is
/// remembered that it is gone. Returns `unsure` when Redis may have lost the draft, `deleted` or `missing`.
static DELETE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
        local kept = redis.call('GET', KEYS[4])
        if not kept or kept ~= redis.call('GET', KEYS[5]) then return 'unsure' end
        local current = redis.call('GET', KEYS[1])
        if not current then return 'missing' end
        local draft = cjson.decode(current)
        local version = tonumber(ARGV[2])
        if draft.workspace_id ~= ARGV[1] or (version > 0 and draft.version ~= version) then return 'missing' end
        redis.call('DEL', KEYS[1])
        redis.call('ZREM', KEYS[2], ARGV[3])
        redis.call('ZREM', KEYS[3], KEYS[1])
        redis.call('SET', KEYS[1] .. ':gone', 1, 'EX', ARGV[6])
        redis.call('PUBLISH', ARGV[4], ARGV[5])
        return 'deleted'
        ",
    )
});

/// Makes a draft.
pub async fn create<T: Draftable>(
    drafts: &Drafts,
    scope: &Scope,
    content: T,
    from: Option<Uuid>,
) -> Result<Draft<T>> {
    refuse_too_many::<T>(drafts, scope).await?;
    write(drafts, scope, Uuid::new_v4(), 0, from, content).await
}

/// Reads a draft; a foreign, unknown or expired one is refused alike.
pub async fn get<T: Draftable>(drafts: &Drafts, scope: &Scope, id: Uuid) -> Result<Draft<T>> {
    let mut json = None;
    for _ in 0..RESTORE_TRIES {
        let keys = [key::<T>(id), kept(scope), GENERATION.to_owned()];
        let found: [Option<String>; 3] = drafts.redis.commands().mget(&keys).await?;
        let [draft, kept, generation] = found;
        if kept.is_some() && kept == generation {
            json = Some(draft);
            break;
        }
        drafts.restore(scope).await?;
    }
    let json = json.ok_or_else(restless)?;
    let stored: Stored<T> = serde_json::from_str(&json.ok_or_else(missing)?)?;
    if stored.workspace_id != scope.workspace_id() {
        return Err(missing());
    }
    Ok(stored.into_draft(id))
}

/// Saves `content` on top of `version`. When somebody saved in between, refuses with the draft as it stands.
pub async fn save<T: Draftable>(
    drafts: &Drafts,
    scope: &Scope,
    id: Uuid,
    version: i64,
    content: T,
) -> Result<Draft<T>> {
    // None has a lower version, and 0 would make one.
    write(drafts, scope, id, version.max(1), None, content).await
}

/// Changes a draft whatever its version: for changes that don't collide, such as adding a source.
pub async fn update<T: Draftable>(
    drafts: &Drafts,
    scope: &Scope,
    id: Uuid,
    change: impl Fn(&mut T) -> Result<()>,
) -> Result<Draft<T>> {
    for _ in 0..UPDATE_TRIES {
        let mut draft = get::<T>(drafts, scope, id).await?;
        change(&mut draft.content)?;
        match save(drafts, scope, id, draft.version, draft.content).await {
            Err(error) if error.code() == ErrorCode::DraftConflict => continue,
            saved => return saved,
        }
    }
    Err(Error::refused(
        ErrorCode::DraftConflict,
        "The draft is being changed from many places; try again.",
    ))
}

/// Deletes a draft.
pub async fn delete<T: Draftable>(drafts: &Drafts, scope: &Scope, id: Uuid) -> Result<()> {
    if remove::<T>(drafts, scope, id, 0).await? {
        return Ok(());
    }
    Err(missing())
}

/// Deletes a draft unless it was saved again since `version`: what somebody saved meanwhile stays.
pub(crate) async fn delete_version<T: Draftable>(
    drafts: &Drafts,
    scope: &Scope,
    id: Uuid,
    version: i64,
) -> Result<()> {
    remove::<T>(drafts, scope, id, version).await.map(drop)
}

/// Deletes a draft if it has this version, or 0 is asked for. Answers whether it did.
async fn remove<T: Draftable>(drafts: &Drafts, scope: &Scope, id: Uuid, version: i64) -> Result<bool> {
    for _ in 0..RESTORE_TRIES {
        let removed: String = DELETE
            .key(key::<T>(id))
            .key(index::<T>(scope))
            .key(ALL)
            .key(kept(scope))
            .key(GENERATION)
            .arg(scope.workspace_id().to_string())
            .arg(version)
            .arg(id.to_string())
            .arg(live::channel(scope.workspace_id()))
            .arg(changed(id)?)
            .arg(GONE_SECONDS)
            .invoke_async(&mut drafts.redis.commands())
            .await?;
        match removed.as_str() {
            "deleted" => {
                drafts.copies.note(id, note::<T>(scope, version, None));
                // At once, as a copy that outlives this process could bring the draft back.
                if let Err(error) = drafts.copies.flush().await {
                    tracing::warn!(%error, %id, "the copy of a draft could not be removed yet");
                }
                return Ok(true);
            }
            "unsure" => drafts.restore(scope).await?,
            _ => return Ok(false),
        }
    }
    Err(restless())
}

fn note<T: Draftable>(scope: &Scope, version: i64, draft: Option<String>) -> Note {
    Note {
        workspace_id: scope.workspace_id(),
        kind: T::KIND,
        version,
        draft,
    }
}

/// Refuses saves of a draft while something is made of it.
pub(crate) async fn seal<T: Draftable>(drafts: &Drafts, id: Uuid) -> Result<()> {
    Ok(drafts
        .redis
        .commands()
        .set_ex(seal_key::<T>(id), 1, SEAL_SECONDS)
        .await?)
}

/// Takes saves again, because nothing came of it.
pub(crate) async fn unseal<T: Draftable>(drafts: &Drafts, id: Uuid) -> Result<()> {
    Ok(drafts.redis.commands().del(seal_key::<T>(id)).await?)
}

/// The workspace's drafts, last saved first.
pub async fn list<T: Draftable>(drafts: &Drafts, scope: &Scope) -> Result<Vec<DraftSummary>> {
    let mut commands = drafts.redis.commands();
    drafts.ensure_kept(scope).await?;
    let now = Utc::now().timestamp();
    let mut pipe = redis::pipe();
    pipe.zrembyscore(index::<T>(scope), "-inf", now)
        .ignore()
        .zrevrange(index::<T>(scope), 0, -1);
    let (ids,): (Vec<String>,) = pipe.query_async(&mut commands).await?;
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<Uuid> = ids.iter().filter_map(|id| id.parse().ok()).collect();
    let keys: Vec<_> = ids.iter().map(|id| key::<T>(*id)).collect();
    let found: Vec<Option<String>> = commands.mget(keys).await?;
    let mut summaries = Vec::with_capacity(found.len());
    for (id, json) in ids.into_iter().zip(found) {
        let Some(json) = json else { continue };
        // One that another release wrote must not hide the rest.
        let Ok(stored) = serde_json::from_str::<Stored<T>>(&json) else {
            tracing::warn!(%id, "a draft can't be read");
            continue;
        };
        let draft = stored.into_draft(id);
        summaries.push(DraftSummary {
            id,
            name: draft.content.name().to_owned(),
            from: draft.from,
            version: draft.version,
            updated_at: draft.updated_at,
            expires_at: draft.expires_at,
        });
    }
    Ok(summaries)
}

/// Deletes every draft of a workspace. Answers how many there were.
pub(crate) async fn delete_all<T: Draftable>(drafts: &Drafts, scope: &Scope) -> Result<u64> {
    let mut commands = drafts.redis.commands();
    drafts.ensure_kept(scope).await?;
    let ids: Vec<String> = commands.zrange(index::<T>(scope), 0, -1).await?;
    let ids: Vec<Uuid> = ids.iter().filter_map(|id| id.parse().ok()).collect();
    // First, so that no copy brings one back.
    for id in &ids {
        drafts.copies.note(*id, note::<T>(scope, 0, None));
    }
    drafts.copies.flush().await?;
    let seals: Vec<String> = ids.iter().map(|id| seal_key::<T>(*id)).collect();
    let rest: Vec<String> = seals.into_iter().chain([index::<T>(scope)]).collect();
    let _rest: u64 = commands.del(rest).await?;
    if ids.is_empty() {
        return Ok(0);
    }
    let keys: Vec<String> = ids.into_iter().map(key::<T>).collect();
    let _counted: u64 = commands.zrem(ALL, &keys).await?;
    Ok(commands.del(keys).await?)
}

/// Forgets a workspace that is gone.
pub(crate) async fn forget(drafts: &Drafts, scope: &Scope) -> Result<()> {
    let _kept: u64 = drafts.redis.commands().del(kept(scope)).await?;
    Ok(())
}

/// Whether a draft is still there, whoever it belongs to: for sweeping the files of expired ones.
pub(crate) async fn exists<T: Draftable>(drafts: &Drafts, scope: &Scope, id: Uuid) -> Result<bool> {
    drafts.ensure_kept(scope).await?;
    Ok(drafts.redis.commands().exists(key::<T>(id)).await?)
}

async fn refuse_too_many<T: Draftable>(drafts: &Drafts, scope: &Scope) -> Result<()> {
    let mut pipe = redis::pipe();
    pipe.zrembyscore(index::<T>(scope), "-inf", Utc::now().timestamp())
        .ignore()
        .zcard(index::<T>(scope));
    let (count,): (usize,) = pipe.query_async(&mut drafts.redis.commands()).await?;
    if count < MAX_DRAFTS {
        return Ok(());
    }
    let detail =
        "This workspace holds 100 drafts already; deploy or discard some, or wait a day until they expire.";
    Err(Error::refused(ErrorCode::ValidationFailed, detail))
}

/// Saves `content` as the version after `expected`, in one round trip. `from` counts for a new draft.
async fn write<T: Draftable>(
    drafts: &Drafts,
    scope: &Scope,
    id: Uuid,
    expected: i64,
    from: Option<Uuid>,
    content: T,
) -> Result<Draft<T>> {
    let json = serde_json::to_string(&content)?;
    if json.len() > MAX_BYTES {
        let detail = "The draft is too large to keep (512 KB at most); nothing was saved.";
        return Err(Error::refused(ErrorCode::PayloadTooLarge, detail));
    }
    let now = Utc::now();
    for _ in 0..RESTORE_TRIES {
        let answer: Vec<String> = SAVE
            .key(key::<T>(id))
            .key(index::<T>(scope))
            .key(seal_key::<T>(id))
            .key(ALL)
            .key(kept(scope))
            .key(GENERATION)
            .arg(&json)
            .arg(expected)
            .arg(scope.workspace_id().to_string())
            .arg(id.to_string())
            .arg(TTL_SECONDS)
            .arg(now.timestamp() + TTL_SECONDS)
            .arg(now.to_rfc3339_opts(SecondsFormat::AutoSi, true))
            .arg(serde_json::to_string(&from)?)
            .arg(live::channel(scope.workspace_id()))
            .arg(changed(id)?)
            .invoke_async(&mut drafts.redis.commands())
            .await?;
        match answer.as_slice() {
            [what, head] if what == "saved" => {
                let saved: Stored<()> = serde_json::from_str(head)?;
                let whole = head.strip_suffix("null}").map(|head| format!("{head}{json}}}"));
                drafts.copies.note(id, note::<T>(scope, saved.version, whole));
                return Ok(Stored {
                    workspace_id: saved.workspace_id,
                    version: saved.version,
                    from: saved.from,
                    created_at: saved.created_at,
                    updated_at: saved.updated_at,
                    content,
                }
                .into_draft(id));
            }
            [what, current] if what == "other" => {
                let current: Stored<T> = serde_json::from_str(current)?;
                return Err(conflict(&current.into_draft(id))?);
            }
            [what] if what == "unsure" => drafts.restore(scope).await?,
            _ => return Err(missing()),
        }
    }
    Err(restless())
}

/// Drafts that there are, of all workspaces.
pub(crate) async fn count(drafts: &Drafts) -> Result<u64> {
    let mut pipe = redis::pipe();
    pipe.zrembyscore(ALL, "-inf", Utc::now().timestamp())
        .ignore()
        .zcard(ALL);
    let (count,): (u64,) = pipe.query_async(&mut drafts.redis.commands()).await?;
    Ok(count)
}

/// What is told live of a draft.
fn changed(id: Uuid) -> Result<String> {
    let what = Topic::Draft;
    Ok(serde_json::to_string(&LiveEvent::Changed { what, id })?)
}

fn key<T: Draftable>(id: Uuid) -> String {
    format!("draft:{}:{id}", T::KIND)
}

fn seal_key<T: Draftable>(id: Uuid) -> String {
    format!("draft:{}:{id}:sealed", T::KIND)
}

fn index<T: Draftable>(scope: &Scope) -> String {
    format!("drafts:{}:{}", T::KIND, scope.workspace_id())
}

fn restless() -> Error {
    Error::Unavailable {
        part: "Redis",
        source: anyhow::anyhow!("it loses drafts as soon as they are put back"),
    }
}

/// No such draft.
pub(crate) fn missing() -> Error {
    let detail = "There is no such draft: it was deployed, deleted, or not saved for 24 hours.";
    Error::refused(ErrorCode::DraftNotFound, detail)
}

fn conflict<T: Serialize>(current: &Draft<T>) -> Result<Error> {
    Ok(Error::Refused(Box::new(Refusal {
        code: ErrorCode::DraftConflict,
        detail: "The draft was changed elsewhere since you opened it. Your changes were not saved; `current` is what is there now."
            .to_owned(),
        errors: Vec::new(),
        current: Some(serde_json::to_value(current)?),
        retry_after: None,
    })))
}
