//! Connections to model providers. Keys are sealed at rest, bound to the provider's id and host.

mod connection;

use api_types::ErrorCode;
use api_types::audit::AuditAction;
use api_types::providers::{ModelPrice, Provider, ProviderKind, SaveProviderRequest, check_prices};
use api_types::tenancy::Role;
use api_types::validate::Checker;
use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::types::Json;
use uuid::Uuid;

use crate::error::violates;
use crate::outbound::Outbound;
use crate::secrets::Secrets;
use crate::{Error, Result, Scope, Services, audit, master_key};
pub(crate) use connection::{Stored, chat};
pub use connection::{check_connection, embedder, reranker};

struct Row {
    id: Uuid,
    name: String,
    kind: String,
    base_url: String,
    default_model: String,
    key_hint: Option<String>,
    prices: Json<Vec<ModelPrice>>,
    created_at: DateTime<Utc>,
}

impl From<Row> for Provider {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            name: row.name,
            kind: kind(&row.kind),
            base_url: row.base_url,
            default_model: row.default_model,
            key_hint: row.key_hint,
            prices: row.prices.0,
            created_at: row.created_at,
        }
    }
}

/// The workspace's providers by name.
pub async fn list(services: &Services, scope: &Scope) -> Result<Vec<Provider>> {
    let mut tx = services.db.tenant(scope).await?;
    let rows = sqlx::query_as!(
        Row,
        r#"select id, name, kind, base_url, default_model, key_hint, prices as "prices: Json<Vec<ModelPrice>>", created_at
           from providers where workspace_id = $1 order by name"#,
        scope.workspace_id()
    )
    .fetch_all(&mut *tx)
    .await?;
    Ok(rows.into_iter().map(Provider::from).collect())
}

/// Connects a provider.
pub async fn create(services: &Services, scope: &Scope, request: SaveProviderRequest) -> Result<Provider> {
    scope.require(Role::Admin)?;
    let kind = request.kind.unwrap_or_default();
    check(&services.outbound, kind, &request)?;
    let id = Uuid::now_v7();
    let sealed = seal(&services.secrets, id, &request)?;
    let mut tx = services.db.tenant(scope).await?;
    let row = sqlx::query_as!(
        Row,
        r#"insert into providers (workspace_id, id, name, base_url, default_model, api_key, key_hint, kind, prices)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
           returning id, name, kind, base_url, default_model, key_hint, prices as "prices: Json<Vec<ModelPrice>>",
               created_at"#,
        scope.workspace_id(),
        id,
        request.name.trim(),
        base_url(&request),
        request.default_model.trim(),
        sealed,
        request.api_key.as_deref().map(hint),
        kind.as_str(),
        json!(prices(&request).unwrap_or_default())
    )
    .fetch_one(&mut *tx)
    .await
    .map_err(name_taken)?;
    audit::record(
        &mut tx,
        scope,
        AuditAction::ProviderCreate,
        id,
        &row.name,
        details(&row),
    );
    tx.commit().await?;
    Ok(row.into())
}

/// Changes a provider. Without a key the one that is set is kept, unless the host changes.
pub async fn update(
    services: &Services,
    scope: &Scope,
    id: Uuid,
    request: SaveProviderRequest,
) -> Result<Provider> {
    scope.require(Role::Admin)?;
    let mut tx = services.db.tenant(scope).await?;
    let current = sqlx::query!(
        "select kind, base_url, key_hint from providers where workspace_id = $1 and id = $2 for update",
        scope.workspace_id(),
        id
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or_else(|| Error::not_found("provider"))?;
    let kind = kind(&current.kind);
    if request.kind.is_some_and(|wanted| wanted != kind) {
        let message = "A connection stays what it is, because bots rely on it. Connect another one.";
        return Err(Error::field("kind", message));
    }
    check(&services.outbound, kind, &request)?;
    let host_changes = host(&current.base_url) != host(&request.base_url);
    if request.api_key.is_none() && current.key_hint.is_some() && host_changes {
        return Err(Error::field(
            "api_key",
            "The address has changed; enter the key again, so that it is not sent elsewhere.",
        ));
    }
    let row = sqlx::query_as!(
        Row,
        r#"update providers set name = $3, base_url = $4, default_model = $5,
               api_key = coalesce($6, api_key), key_hint = coalesce($7, key_hint), prices = coalesce($8, prices)
           where workspace_id = $1 and id = $2
           returning id, name, kind, base_url, default_model, key_hint, prices as "prices: Json<Vec<ModelPrice>>",
               created_at"#,
        scope.workspace_id(),
        id,
        request.name.trim(),
        base_url(&request),
        request.default_model.trim(),
        seal(&services.secrets, id, &request)?,
        request.api_key.as_deref().map(hint),
        prices(&request).map(|prices| json!(prices))
    )
    .fetch_one(&mut *tx)
    .await
    .map_err(name_taken)?;
    let mut details = details(&row);
    details["new_key"] = request.api_key.is_some().into();
    audit::record(
        &mut tx,
        scope,
        AuditAction::ProviderUpdate,
        id,
        &row.name,
        details,
    );
    tx.commit().await?;
    Ok(row.into())
}

/// Disconnects a provider that no live bot uses.
pub async fn delete(services: &Services, scope: &Scope, id: Uuid) -> Result<()> {
    scope.require(Role::Admin)?;
    let mut tx = services.db.tenant(scope).await?;
    let deleted = sqlx::query!(
        "delete from providers where workspace_id = $1 and id = $2 returning name",
        scope.workspace_id(),
        id
    )
    .fetch_optional(&mut *tx)
    .await;
    let deleted = match deleted {
        Err(e) if violates(&e, "bot_providers_in_use") => {
            let detail = "A live bot needs this provider. Deploy that bot without it first.";
            return Err(Error::refused(ErrorCode::InUse, detail));
        }
        Err(e) if violates(&e, "embedding_models_provider_in_use") => {
            let detail = "Search needs this provider's model. Choose another embedding model first.";
            return Err(Error::refused(ErrorCode::InUse, detail));
        }
        other => other?,
    };
    let deleted = deleted.ok_or_else(|| Error::not_found("provider"))?;
    let action = AuditAction::ProviderDelete;
    audit::record(&mut tx, scope, action, id, &deleted.name, json!({}));
    tx.commit().await
}

/// What the audit log says of a provider: where requests go, and never the key.
fn details(row: &Row) -> serde_json::Value {
    json!({ "kind": row.kind, "base_url": row.base_url, "model": row.default_model })
}

fn check(outbound: &Outbound, kind: ProviderKind, request: &SaveProviderRequest) -> Result<()> {
    let mut check = Checker::default();
    check.length("name", &request.name, 1, 80);
    let min = usize::from(kind.has_models());
    check.length("default_model", &request.default_model, min, 200);
    if let Some(key) = &request.api_key {
        let printable = !key.is_empty() && key.len() <= 500 && key.bytes().all(|b| b.is_ascii_graphic());
        check.require(
            printable,
            "api_key",
            "A key has 1 to 500 letters, digits or signs, without spaces.",
        );
    }
    check_prices(&mut check, request.prices.as_deref().unwrap_or_default());
    if let Err(error) = outbound.check_url(&request.base_url) {
        check.require(false, "base_url", &error.to_string());
    }
    check.finish().map_err(Error::validation)
}

/// Prices as they are kept.
fn prices(request: &SaveProviderRequest) -> Option<Vec<ModelPrice>> {
    let tidied = |price: &ModelPrice| ModelPrice {
        model: price.model.trim().to_owned(),
        ..price.clone()
    };
    Some(request.prices.as_ref()?.iter().map(tidied).collect())
}

/// The kind as the database keeps it; its check lets no other name in.
fn kind(name: &str) -> ProviderKind {
    ProviderKind::from_name(name).unwrap_or_default()
}

fn seal(secrets: &Secrets, id: Uuid, request: &SaveProviderRequest) -> Result<Option<Vec<u8>>> {
    let binding = binding(id, &request.base_url);
    Ok(request
        .api_key
        .as_deref()
        .map(|key| secrets.seal(key, &binding))
        .transpose()?)
}

/// Seals keys anew that are sealed with an earlier master key.
pub(crate) async fn reseal(services: &Services, scope: &Scope) -> Result<u64> {
    let mut tx = services.db.tenant(scope).await?;
    let rows = sqlx::query!(
        r#"select id, base_url, api_key as "api_key!" from providers
           where workspace_id = $1 and api_key is not null for update"#,
        scope.workspace_id()
    )
    .fetch_all(&mut *tx)
    .await?;
    let mut resealed = 0;
    for row in rows {
        let Some(sealed) =
            master_key::seal_anew(&services.secrets, &row.api_key, &binding(row.id, &row.base_url))
        else {
            continue;
        };
        sqlx::query!(
            "update providers set api_key = $3 where workspace_id = $1 and id = $2",
            scope.workspace_id(),
            row.id,
            sealed
        )
        .execute(&mut *tx)
        .await?;
        resealed += 1;
    }
    tx.commit().await?;
    Ok(resealed)
}

fn binding(id: Uuid, base_url: &str) -> String {
    format!("{id}@{}", host(base_url).unwrap_or_default())
}

/// Scheme, host and port: what a key is bound to.
fn host(base_url: &str) -> Option<String> {
    let url = url::Url::parse(base_url.trim()).ok()?;
    Some(url.origin().ascii_serialization())
}

fn base_url(request: &SaveProviderRequest) -> &str {
    request.base_url.trim().trim_end_matches('/')
}

fn hint(key: &str) -> String {
    let tail: Vec<char> = key
        .chars()
        .rev()
        .take(if key.len() >= 16 { 4 } else { 0 })
        .collect();
    tail.into_iter().rev().collect()
}

fn name_taken(error: sqlx::Error) -> Error {
    if violates(&error, "providers_name_key") {
        let errors = vec![api_types::FieldError::new("name", "Choose another name.")];
        return Error::refused_fields(ErrorCode::NameTaken, "There is a provider of this name.", errors);
    }
    error.into()
}
