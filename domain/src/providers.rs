//! Connections to model providers. Keys are sealed at rest, bound to the provider's id and host.

use std::time::{Duration, Instant};

use api_types::ErrorCode;
use api_types::providers::{Provider, ProviderCheck, SaveProviderRequest};
use api_types::tenancy::Role;
use api_types::validate::Checker;
use secrecy::SecretString;
use serde_json::json;
use uuid::Uuid;

use crate::db::TenantTx;
use crate::error::violates;
use crate::llm::openai::OpenAi;
use crate::llm::{self, ChatCompletion, Message};
use crate::outbound::Outbound;
use crate::secrets::Secrets;
use crate::{Error, Result, Scope, Services, audit};

/// How long a check may take.
const CHECK_TIMEOUT: Duration = Duration::from_secs(20);

/// A provider with its key, for calling it.
#[derive(Debug, Clone)]
pub struct Connection {
    /// Base URL.
    pub base_url: String,
    /// The key, if one is set.
    pub api_key: Option<SecretString>,
    /// The model offered first.
    pub default_model: String,
}

/// The workspace's providers by name.
pub async fn list(services: &Services, scope: &Scope) -> Result<Vec<Provider>> {
    let mut tx = services.db.tenant(scope).await?;
    let rows = sqlx::query_as!(
        Provider,
        "select id, name, base_url, default_model, key_hint, created_at from providers
         where workspace_id = $1 order by name",
        scope.workspace_id()
    )
    .fetch_all(&mut *tx)
    .await?;
    Ok(rows)
}

/// Connects a provider.
pub async fn create(services: &Services, scope: &Scope, request: SaveProviderRequest) -> Result<Provider> {
    scope.require(Role::Admin)?;
    check(&services.outbound, &request)?;
    let id = Uuid::now_v7();
    let sealed = seal(&services.secrets, id, &request)?;
    let mut tx = services.db.tenant(scope).await?;
    let row = sqlx::query_as!(
        Provider,
        "insert into providers (workspace_id, id, name, base_url, default_model, api_key, key_hint)
         values ($1, $2, $3, $4, $5, $6, $7)
         returning id, name, base_url, default_model, key_hint, created_at",
        scope.workspace_id(),
        id,
        request.name.trim(),
        base_url(&request),
        request.default_model.trim(),
        sealed,
        request.api_key.as_deref().map(hint)
    )
    .fetch_one(&mut *tx)
    .await
    .map_err(name_taken)?;
    audit::record(&mut tx, scope, "provider.create", id, json!({ "name": row.name })).await?;
    tx.commit().await?;
    Ok(row)
}

/// Changes a provider. Without a key the one that is set is kept, unless the host changes.
pub async fn update(
    services: &Services,
    scope: &Scope,
    id: Uuid,
    request: SaveProviderRequest,
) -> Result<Provider> {
    scope.require(Role::Admin)?;
    check(&services.outbound, &request)?;
    let mut tx = services.db.tenant(scope).await?;
    let current = sqlx::query!(
        "select base_url, key_hint from providers where workspace_id = $1 and id = $2 for update",
        scope.workspace_id(),
        id
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or_else(|| Error::not_found("provider"))?;
    let host_changes = host(&current.base_url) != host(&request.base_url);
    if request.api_key.is_none() && current.key_hint.is_some() && host_changes {
        return Err(Error::field(
            "api_key",
            "The address has changed; enter the key again, so that it is not sent elsewhere.",
        ));
    }
    let row = sqlx::query_as!(
        Provider,
        "update providers set name = $3, base_url = $4, default_model = $5,
             api_key = coalesce($6, api_key), key_hint = coalesce($7, key_hint)
         where workspace_id = $1 and id = $2
         returning id, name, base_url, default_model, key_hint, created_at",
        scope.workspace_id(),
        id,
        request.name.trim(),
        base_url(&request),
        request.default_model.trim(),
        seal(&services.secrets, id, &request)?,
        request.api_key.as_deref().map(hint)
    )
    .fetch_one(&mut *tx)
    .await
    .map_err(name_taken)?;
    audit::record(&mut tx, scope, "provider.update", id, json!({ "name": row.name })).await?;
    tx.commit().await?;
    Ok(row)
}

/// Disconnects a provider that no live bot uses.
pub async fn delete(services: &Services, scope: &Scope, id: Uuid) -> Result<()> {
    scope.require(Role::Admin)?;
    let mut tx = services.db.tenant(scope).await?;
    let deleted = sqlx::query!(
        "delete from providers where workspace_id = $1 and id = $2",
        scope.workspace_id(),
        id
    )
    .execute(&mut *tx)
    .await;
    let deleted = match deleted {
        Err(e) if violates(&e, "bot_providers_in_use") => {
            let detail = "A live bot answers with this provider. Deploy that bot with another model first.";
            return Err(Error::refused(ErrorCode::InUse, detail));
        }
        other => other?,
    };
    if deleted.rows_affected() == 0 {
        return Err(Error::not_found("provider"));
    }
    audit::record(&mut tx, scope, "provider.delete", id, json!({})).await?;
    tx.commit().await
}

/// The connection of a provider, its key opened.
pub async fn connection(tx: &mut TenantTx, secrets: &Secrets, scope: &Scope, id: Uuid) -> Result<Connection> {
    let row = sqlx::query!(
        "select base_url, default_model, api_key from providers where workspace_id = $1 and id = $2",
        scope.workspace_id(),
        id
    )
    .fetch_optional(&mut **tx)
    .await?
    .ok_or_else(|| Error::not_found("provider"))?;
    let api_key = row
        .api_key
        .map(|sealed| secrets.open(&sealed, &binding(id, &row.base_url)))
        .transpose()?;
    Ok(Connection {
        base_url: row.base_url,
        api_key,
        default_model: row.default_model,
    })
}

/// Asks the first model for one word and says how that went.
pub async fn check_connection(services: &Services, scope: &Scope, id: Uuid) -> Result<ProviderCheck> {
    scope.require(Role::Admin)?;
    let mut tx = services.db.tenant(scope).await?;
    let connection = connection(&mut tx, &services.secrets, scope, id).await?;
    drop(tx);
    let client = OpenAi::new(
        services.outbound.clone(),
        &connection.base_url,
        connection.api_key,
    )?;
    let request = ChatCompletion {
        model: connection.default_model.clone(),
        messages: vec![Message::new(llm::Role::User, "Reply with the word: ready")],
        temperature: None,
        max_tokens: 200,
    };
    let began = Instant::now();
    let answered = client.complete(&request, CHECK_TIMEOUT).await;
    let latency_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(match answered {
        Ok(_) => {
            let message = format!("{} answered in {latency_ms} ms.", connection.default_model);
            ProviderCheck {
                ok: true,
                message,
                latency_ms,
            }
        }
        Err(error) => ProviderCheck {
            ok: false,
            message: error.to_string(),
            latency_ms,
        },
    })
}

fn check(outbound: &Outbound, request: &SaveProviderRequest) -> Result<()> {
    let mut check = Checker::default();
    check.length("name", &request.name, 1, 80);
    check.length("default_model", &request.default_model, 1, 200);
    if let Some(key) = &request.api_key {
        let printable = !key.is_empty() && key.len() <= 500 && key.bytes().all(|b| b.is_ascii_graphic());
        check.require(
            printable,
            "api_key",
            "A key has 1 to 500 letters, digits or signs, without spaces.",
        );
    }
    if let Err(error) = outbound.check_url(&request.base_url) {
        check.require(false, "base_url", &error.to_string());
    }
    check.finish().map_err(Error::validation)
}

fn seal(secrets: &Secrets, id: Uuid, request: &SaveProviderRequest) -> Result<Option<Vec<u8>>> {
    let binding = binding(id, &request.base_url);
    Ok(request
        .api_key
        .as_deref()
        .map(|key| secrets.seal(key, &binding))
        .transpose()?)
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
