//! Making, changing and deleting webhooks. All of it needs the role admin.

use api_types::ErrorCode;
use api_types::audit::AuditAction;
use api_types::tenancy::Role;
use api_types::webhooks::{CreatedWebhook, MAX_WEBHOOKS, SaveWebhookRequest, Webhook, check_url};
use serde_json::json;
use url::Url;
use uuid::Uuid;

use super::sign::{binding, new_secret};
use crate::db::{Db, TenantTx};
use crate::{Error, Result, Scope, Services, audit, master_key};

/// Characters shown of a secret.
const HINT: usize = 4;

/// The workspace's webhooks, the oldest first.
pub async fn list(db: &Db, scope: &Scope) -> Result<Vec<Webhook>> {
    scope.require(Role::Admin)?;
    let mut tx = db.tenant(scope).await?;
    rows(&mut tx, scope).await
}

/// Makes a webhook, with a secret of its own.
pub async fn create(services: &Services, scope: &Scope, url: &str) -> Result<CreatedWebhook> {
    scope.require(Role::Admin)?;
    let url = checked(services, url)?;
    let id = Uuid::now_v7();
    let secret = new_secret();
    let sealed = services.secrets.seal(&secret, &binding(id))?;
    let hint = &secret[secret.len() - HINT..];
    let mut tx = services.db.tenant(scope).await?;
    // One at a time, so that two requests at once don't both make the last one.
    sqlx::query!(
        "select pg_advisory_xact_lock(hashtextextended('webhooks:' || $1, 0))",
        scope.workspace_id().to_string()
    )
    .execute(&mut *tx)
    .await?;
    if rows(&mut tx, scope).await?.len() >= MAX_WEBHOOKS {
        let detail = "A workspace has five webhooks at most. Delete one that is not used any more.";
        return Err(Error::refused(ErrorCode::InUse, detail));
    }
    let webhook = sqlx::query_as!(
        Webhook,
        "insert into webhooks (workspace_id, id, url, secret, hint, created_by) values ($1, $2, $3, $4, $5, $6)
         returning id, url, is_enabled, disabled_for, hint, created_at",
        scope.workspace_id(),
        id,
        url.as_str(),
        sealed,
        hint,
        scope.user_id()
    )
    .fetch_one(&mut *tx)
    .await?;
    record(&mut tx, scope, AuditAction::WebhookCreate, &webhook);
    tx.commit().await?;
    Ok(CreatedWebhook { webhook, secret })
}

/// Changes where a webhook is, and whether it is told.
pub async fn save(
    services: &Services,
    scope: &Scope,
    id: Uuid,
    request: &SaveWebhookRequest,
) -> Result<Webhook> {
    scope.require(Role::Admin)?;
    let url = checked(services, &request.url)?;
    let mut tx = services.db.tenant(scope).await?;
    let webhook = sqlx::query_as!(
        Webhook,
        "update webhooks set url = $3, is_enabled = $4, disabled_for = null where workspace_id = $1 and id = $2
         returning id, url, is_enabled, disabled_for, hint, created_at",
        scope.workspace_id(),
        id,
        url.as_str(),
        request.is_enabled
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or_else(|| Error::not_found("webhook"))?;
    record(&mut tx, scope, AuditAction::WebhookUpdate, &webhook);
    tx.commit().await?;
    Ok(webhook)
}

/// Deletes a webhook with the log of what was sent to it.
pub async fn delete(db: &Db, scope: &Scope, id: Uuid) -> Result<()> {
    scope.require(Role::Admin)?;
    let mut tx = db.tenant(scope).await?;
    let webhook = sqlx::query_as!(
        Webhook,
        "delete from webhooks where workspace_id = $1 and id = $2
         returning id, url, is_enabled, disabled_for, hint, created_at",
        scope.workspace_id(),
        id
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or_else(|| Error::not_found("webhook"))?;
    record(&mut tx, scope, AuditAction::WebhookDelete, &webhook);
    tx.commit().await
}

/// Seals secrets anew that are sealed with an earlier master key.
pub(crate) async fn reseal(services: &Services, scope: &Scope) -> Result<u64> {
    let mut tx = services.db.tenant(scope).await?;
    let rows = sqlx::query!(
        "select id, secret from webhooks where workspace_id = $1 for update",
        scope.workspace_id()
    )
    .fetch_all(&mut *tx)
    .await?;
    let mut resealed = 0;
    for row in rows {
        let Some(sealed) = master_key::seal_anew(&services.secrets, &row.secret, &binding(row.id)) else {
            continue;
        };
        sqlx::query!(
            "update webhooks set secret = $3 where workspace_id = $1 and id = $2",
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

/// An address that can be sent to.
fn checked(services: &Services, url: &str) -> Result<Url> {
    check_url(url).map_err(Error::validation)?;
    services.outbound.check_url(url)
}

/// The log names the server alone: a path may hold a secret.
fn record(tx: &mut TenantTx, scope: &Scope, action: AuditAction, webhook: &Webhook) {
    let url = Url::parse(&webhook.url).ok();
    let host = url.as_ref().and_then(Url::host_str).unwrap_or_default();
    let details = json!({ "host": host, "is_enabled": webhook.is_enabled, "hint": webhook.hint });
    audit::record(tx, scope, action, webhook.id, host, details);
}

async fn rows(tx: &mut TenantTx, scope: &Scope) -> Result<Vec<Webhook>> {
    let rows = sqlx::query_as!(
        Webhook,
        "select id, url, is_enabled, disabled_for, hint, created_at from webhooks where workspace_id = $1
         order by created_at, id",
        scope.workspace_id()
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}
