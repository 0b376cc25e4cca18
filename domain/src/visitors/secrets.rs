//! The secrets with which sites sign tokens about their visitors: shown once, kept sealed.

use api_types::ErrorCode;
use api_types::audit::AuditAction;
use api_types::tenancy::Role;
use api_types::visitors::{CreatedVisitorSecret, VisitorSecret};
use secrecy::SecretString;
use serde_json::json;
use uuid::Uuid;

use crate::db::TenantTx;
use crate::secrets::Secrets;
use crate::{Error, Result, Scope, Services, audit, master_key, opaque_token};

/// So many that one can be changed for another without a gap.
const MOST: usize = 2;
/// Characters shown of a secret.
const HINT: usize = 4;

/// A secret as it is stored.
pub(crate) type Sealed = Vec<u8>;

/// The bot's secrets, newest first.
pub async fn list(services: &Services, scope: &Scope, bot_id: Uuid) -> Result<Vec<VisitorSecret>> {
    scope.require(Role::Admin)?;
    let mut tx = services.db.tenant(scope).await?;
    bot_name(&mut tx, scope, bot_id).await?;
    rows(&mut tx, scope, bot_id).await
}

/// Makes another secret: 32 random bytes.
pub async fn create(services: &Services, scope: &Scope, bot_id: Uuid) -> Result<CreatedVisitorSecret> {
    scope.require(Role::Admin)?;
    let secret = opaque_token::random();
    let sealed = services.secrets.seal(&secret, &binding(bot_id))?;
    let mut tx = services.db.tenant(scope).await?;
    let name = bot_name(&mut tx, scope, bot_id).await?;
    if rows(&mut tx, scope, bot_id).await?.len() >= MOST {
        let detail = "A bot has two secrets at most. Delete the one that is not used any more.";
        return Err(Error::refused(ErrorCode::InUse, detail));
    }
    let hint = &secret[secret.len() - HINT..];
    let visitor_secret = sqlx::query_as!(
        VisitorSecret,
        "insert into visitor_secrets (workspace_id, id, bot_id, secret, hint, created_by)
         values ($1, $2, $3, $4, $5, $6)
         returning id, hint, created_at",
        scope.workspace_id(),
        Uuid::now_v7(),
        bot_id,
        sealed,
        hint,
        scope.user_id()
    )
    .fetch_one(&mut *tx)
    .await?;
    let details = json!({ "hint": hint });
    audit::record(
        &mut tx,
        scope,
        AuditAction::BotAddVisitorSecret,
        bot_id,
        &name,
        details,
    );
    tx.commit().await?;
    services.live_bots.changed(&services.redis, bot_id).await;
    Ok(CreatedVisitorSecret {
        visitor_secret,
        secret,
    })
}

/// Deletes a secret; tokens signed with it are refused at once.
pub async fn delete(services: &Services, scope: &Scope, bot_id: Uuid, id: Uuid) -> Result<()> {
    scope.require(Role::Admin)?;
    let mut tx = services.db.tenant(scope).await?;
    let name = bot_name(&mut tx, scope, bot_id).await?;
    let hint = sqlx::query_scalar!(
        "delete from visitor_secrets where workspace_id = $1 and bot_id = $2 and id = $3 returning hint",
        scope.workspace_id(),
        bot_id,
        id
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or_else(|| Error::not_found("secret"))?;
    let details = json!({ "hint": hint });
    audit::record(
        &mut tx,
        scope,
        AuditAction::BotDeleteVisitorSecret,
        bot_id,
        &name,
        details,
    );
    tx.commit().await?;
    services.live_bots.changed(&services.redis, bot_id).await;
    Ok(())
}

/// What the bot's secrets are, to be opened when a token comes.
pub(crate) async fn sealed(tx: &mut TenantTx, scope: &Scope, bot_id: Uuid) -> Result<Vec<Sealed>> {
    let rows = sqlx::query_scalar!(
        "select secret from visitor_secrets where workspace_id = $1 and bot_id = $2 order by created_at desc",
        scope.workspace_id(),
        bot_id
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// Seals secrets anew that are sealed with an earlier master key.
pub(crate) async fn reseal(services: &Services, scope: &Scope) -> Result<u64> {
    let mut tx = services.db.tenant(scope).await?;
    let rows = sqlx::query!(
        "select id, bot_id, secret from visitor_secrets where workspace_id = $1 for update",
        scope.workspace_id()
    )
    .fetch_all(&mut *tx)
    .await?;
    let mut resealed = 0;
    for row in rows {
        let Some(sealed) = master_key::seal_anew(&services.secrets, &row.secret, &binding(row.bot_id)) else {
            continue;
        };
        sqlx::query!(
            "update visitor_secrets set secret = $3 where workspace_id = $1 and id = $2",
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

/// Opens a secret of this bot.
pub(super) fn open(secrets: &Secrets, bot_id: Uuid, sealed: &[u8]) -> Result<SecretString> {
    Ok(secrets.open(sealed, &binding(bot_id))?)
}

fn binding(bot_id: Uuid) -> String {
    format!("visitors of bot {bot_id}")
}

async fn rows(tx: &mut TenantTx, scope: &Scope, bot_id: Uuid) -> Result<Vec<VisitorSecret>> {
    let rows = sqlx::query_as!(
        VisitorSecret,
        "select id, hint, created_at from visitor_secrets where workspace_id = $1 and bot_id = $2
         order by created_at desc",
        scope.workspace_id(),
        bot_id
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// The bot's name. Locked, so that two requests at once don't both make the last secret.
async fn bot_name(tx: &mut TenantTx, scope: &Scope, bot_id: Uuid) -> Result<String> {
    sqlx::query_scalar!(
        "select name from bots where workspace_id = $1 and id = $2 for no key update",
        scope.workspace_id(),
        bot_id
    )
    .fetch_optional(&mut **tx)
    .await?
    .ok_or_else(|| Error::not_found("bot"))
}
