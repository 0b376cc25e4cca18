//! Entries as admins read them.

use api_types::audit::{AuditAction, AuditEntry, AuditFilter};
use api_types::tenancy::Role;
use api_types::{ErrorCode, Page};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::chain::Row;
use crate::db::{Db, TenantTx};
use crate::{Error, Result, Scope};

/// Entries on one page.
const PAGE: usize = 50;
/// Longest text to look for in the names of actors.
const MAX_ACTOR_CHARS: usize = 200;

/// Entries that a filter lets through, the newest first.
pub async fn list(
    db: &Db,
    scope: &Scope,
    filter: &AuditFilter,
    cursor: Option<&str>,
) -> Result<Page<AuditEntry>> {
    scope.require(Role::Admin)?;
    let mut wanted = Wanted::new(filter)?;
    if let Some(cursor) = cursor {
        wanted.before = Some(position(cursor)?);
    }
    let mut tx = db.searching(scope).await?;
    let mut rows = select(&mut tx, scope, &wanted, PAGE + 1).await?;
    let has_more = rows.len() > PAGE;
    rows.truncate(PAGE);
    let next_cursor = rows
        .last()
        .filter(|_| has_more)
        .map(|row| row.position.to_string());
    Ok(Page {
        items: rows
            .into_iter()
            .map(AuditEntry::try_from)
            .collect::<Result<_>>()?,
        next_cursor,
    })
}

fn position(cursor: &str) -> Result<i64> {
    cursor.parse().map_err(|_| {
        let detail = "The cursor is not one that this list gave out; begin with the first page.";
        Error::refused(ErrorCode::MalformedRequest, detail)
    })
}

/// A filter that was checked.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    action: Option<&'static str>,
    actor: Option<String>,
    actor_id: Option<Uuid>,
    /// Of `like`.
    actor_pattern: Option<String>,
    object_id: Option<Uuid>,
    from: Option<DateTime<Utc>>,
    to: Option<DateTime<Utc>>,
    /// Only entries before this position.
    pub(super) before: Option<i64>,
}

impl Wanted {
    pub(super) fn new(filter: &AuditFilter) -> Result<Self> {
        let action = match filter.action.as_deref().filter(|name| !name.is_empty()) {
            None => None,
            Some(name) => Some(AuditAction::from_name(name).ok_or_else(|| {
                Error::field("action", "There is no such action; `<noun>.<verb>` is asked for.")
            })?),
        };
        let actor = filter.actor.as_deref().map(str::trim);
        let actor = actor.filter(|actor| !actor.is_empty());
        if actor.is_some_and(|actor| actor.chars().count() > MAX_ACTOR_CHARS) {
            return Err(Error::field("actor", "Use at most 200 characters."));
        }
        Ok(Self {
            action: action.map(AuditAction::as_str),
            actor: actor.map(str::to_owned),
            actor_id: actor.and_then(|actor| actor.parse().ok()),
            actor_pattern: actor.map(pattern),
            object_id: filter.object_id,
            from: filter.from,
            to: filter.to,
            before: None,
        })
    }
}

/// A pattern of `ilike` for texts that contain `part`.
fn pattern(part: &str) -> String {
    let mut pattern = "%".to_owned();
    for letter in part.chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}

/// The newest entries that are wanted.
pub(super) async fn select(
    tx: &mut TenantTx,
    scope: &Scope,
    wanted: &Wanted,
    limit: usize,
) -> Result<Vec<Row>> {
    let rows = sqlx::query_as!(
        Row,
        r#"select workspace_id, position, id, created_at, actor_kind, actor_id, actor_name, address, request_id, action,
             object_id, object_name, details::text as "details!", previous_hash, hash
         from audit_log
         where workspace_id = $1
           and ($2::text is null or action = $2)
           and ($3::text is null or actor_id = $4 or actor_kind = lower($3) or actor_name ilike $5)
           and ($6::uuid is null or object_id = $6)
           and ($7::timestamptz is null or created_at >= $7)
           and ($8::timestamptz is null or created_at < $8)
           and ($9::bigint is null or position < $9)
         order by position desc
         limit $10"#,
        scope.workspace_id(),
        wanted.action,
        wanted.actor,
        wanted.actor_id,
        wanted.actor_pattern,
        wanted.object_id,
        wanted.from,
        wanted.to,
        wanted.before,
        i64::try_from(limit).unwrap_or(i64::MAX)
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::pattern;

    #[test]
    fn signs_of_patterns_stand_for_themselves() {
        assert_eq!(pattern(r"50%_\"), r"%50\%\_\\%");
    }
}
