//! Workspace API keys: shown once, stored as a hash.

use api_types::ErrorCode;
use api_types::api_keys::{ApiKey, CreateApiKeyRequest, CreatedApiKey, KeyScope};
use api_types::audit::AuditAction;
use api_types::tenancy::Role;
use api_types::validate::Checker;
use chrono::{DateTime, Utc};
use serde_json::json;
use uuid::Uuid;

use crate::db::Db;
use crate::tenancy::Actor;
use crate::{Error, Result, Scope, audit, opaque_token};

/// How keys begin, so that people and scanners recognise one.
pub const PREFIX: &str = "bw_";

struct Row {
    id: Uuid,
    name: String,
    prefix: String,
    scopes: Vec<String>,
    expires_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    last_used_at: Option<DateTime<Utc>>,
}

impl From<Row> for ApiKey {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            name: row.name,
            prefix: row.prefix,
            scopes: scopes(&row.scopes),
            expires_at: row.expires_at,
            created_at: row.created_at,
            last_used_at: row.last_used_at,
        }
    }
}

/// Scopes as the database keeps them; its check lets no other name in.
fn scopes(names: &[String]) -> Vec<KeyScope> {
    names
        .iter()
        .filter_map(|name| KeyScope::from_name(name))
        .collect()
}

/// The workspace's keys, newest first.
pub async fn list(db: &Db, scope: &Scope) -> Result<Vec<ApiKey>> {
    scope.require(Role::Admin)?;
    let mut tx = db.tenant(scope).await?;
    let rows = sqlx::query_as!(
        Row,
        "select id, name, prefix, scopes, expires_at, created_at, last_used_at from api_keys
         where workspace_id = $1 order by created_at desc",
        scope.workspace_id()
    )
    .fetch_all(&mut *tx)
    .await?;
    Ok(rows.into_iter().map(ApiKey::from).collect())
}

/// Makes a key: 32 random bytes, so a plain SHA-256 keeps them safe.
pub async fn create(db: &Db, scope: &Scope, request: &CreateApiKeyRequest) -> Result<CreatedApiKey> {
    scope.require(Role::Admin)?;
    check(request)?;
    let mut wanted = request.scopes.clone();
    wanted.sort();
    wanted.dedup();
    let wanted: Vec<String> = wanted.iter().map(|scope| scope.as_str().to_owned()).collect();
    let key = format!("{PREFIX}{}", opaque_token::random());
    let id = Uuid::now_v7();
    let mut tx = db.tenant(scope).await?;
    let row = sqlx::query_as!(
        Row,
        "insert into api_keys (workspace_id, id, name, prefix, key_hash, scopes, expires_at, created_by)
         values ($1, $2, $3, $4, $5, $6, $7, $8)
         returning id, name, prefix, scopes, expires_at, created_at, last_used_at",
        scope.workspace_id(),
        id,
        request.name.trim(),
        &key[..PREFIX.len() + 6],
        opaque_token::hash(&key),
        &wanted,
        request.expires_at,
        scope.user_id()
    )
    .fetch_one(&mut *tx)
    .await?;
    let details = json!({ "prefix": row.prefix, "scopes": wanted, "expires_at": row.expires_at });
    audit::record(&mut tx, scope, AuditAction::ApiKeyCreate, id, &row.name, details);
    tx.commit().await?;
    Ok(CreatedApiKey {
        api_key: row.into(),
        key,
    })
}

fn check(request: &CreateApiKeyRequest) -> Result<()> {
    let mut check = Checker::default();
    check.length("name", &request.name, 1, 80);
    check.require(
        !request.scopes.is_empty(),
        "scopes",
        "Choose at least one thing that the key may do.",
    );
    check.require(
        request.expires_at.is_none_or(|at| at > Utc::now()),
        "expires_at",
        "Choose a time to come, or none.",
    );
    check.finish().map_err(Error::validation)
}

/// Deletes a key; it stops working at once.
pub async fn delete(db: &Db, scope: &Scope, id: Uuid) -> Result<()> {
    scope.require(Role::Admin)?;
    let mut tx = db.tenant(scope).await?;
    let deleted = sqlx::query!(
        "delete from api_keys where workspace_id = $1 and id = $2 returning name, prefix",
        scope.workspace_id(),
        id
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or_else(|| Error::not_found("API key"))?;
    let (action, details) = (AuditAction::ApiKeyDelete, json!({ "prefix": deleted.prefix }));
    audit::record(&mut tx, scope, action, id, &deleted.name, details);
    tx.commit().await
}

/// A key that was presented and is good.
#[derive(Debug)]
pub struct Presented {
    scope: Scope,
    scopes: Vec<KeyScope>,
}

impl Presented {
    /// The right to do what `needed` stands for; nothing that is for people only when that is `None`.
    pub fn allow(self, needed: Option<KeyScope>) -> Result<Scope> {
        let Some(needed) = needed else {
            let detail = "API keys can't be used for this, whatever their scopes. Sign in as a person.";
            return Err(Error::refused(ErrorCode::Forbidden, detail));
        };
        if self.scopes.contains(&needed) {
            return Ok(self.scope);
        }
        let has: Vec<&str> = self.scopes.iter().map(|scope| scope.as_str()).collect();
        let detail = format!(
            "This needs the scope `{}`; this API key has `{}`. Make a key with it in Settings.",
            needed.as_str(),
            has.join("`, `")
        );
        Err(Error::refused(ErrorCode::InsufficientScope, detail))
    }
}

/// Whose key this is. What it may be used for is asked of the answer.
pub async fn authenticate(db: &Db, key: &str) -> Result<Presented> {
    let refused = || {
        Error::refused(
            ErrorCode::Unauthorized,
            "This API key is not valid or was deleted.",
        )
    };
    if !key.starts_with(PREFIX) {
        return Err(refused());
    }
    let key_hash = opaque_token::hash(key);
    let mut tx = db.machine(&key_hash).await?;
    let row = sqlx::query!(
        "select k.workspace_id, k.id, k.created_by, k.scopes, k.expires_at, w.organization_id from api_keys k
         join workspaces w on w.id = k.workspace_id
         join organizations o on o.id = w.organization_id
         where k.key_hash = $1 and w.deletes_at is null and o.deletes_at is null",
        key_hash
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or_else(refused)?;
    if let Some(expired) = row.expires_at.filter(|at| *at <= Utc::now()) {
        let detail = format!(
            "This API key expired on {}. Make a new one in Settings.",
            expired.format("%-d %B %Y at %H:%M UTC")
        );
        return Err(Error::refused(ErrorCode::Unauthorized, detail));
    }
    tx.bind(row.workspace_id).await?;
    tx.bind_organization(row.organization_id).await?;
    // A key is as good as whoever made it: while they are suspended, it rests.
    let rests = sqlx::query_scalar!(
        r#"select exists(select from workspace_members where user_id = $1 and suspended_at is not null)
               or exists(select from organization_members where user_id = $1 and suspended_at is not null)
               as "rests!""#,
        row.created_by
    )
    .fetch_one(&mut *tx)
    .await?;
    if rests {
        return Err(refused());
    }
    // To the minute: a busy key does not write its row with every request.
    sqlx::query!(
        "update api_keys set last_used_at = now() where workspace_id = $1 and id = $2
         and (last_used_at is null or last_used_at < now() - interval '1 minute')",
        row.workspace_id,
        row.id
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    let scopes = scopes(&row.scopes);
    // What changes something asks for the role, too.
    let role = if scopes.contains(&KeyScope::Write) {
        Role::Editor
    } else {
        Role::Viewer
    };
    Ok(Presented {
        scope: Scope::new(Actor::ApiKey(row.id), row.workspace_id, role),
        scopes,
    })
}
