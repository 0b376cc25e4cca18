//! Deploying a draft: validated, then one transaction, then the draft is deleted.
//!
//! A version is known by the draft and the draft's version it was made from, so repeating a deploy, at once or after a
//! crash, finds what the first one made.

use api_types::ErrorCode;
use api_types::audit::AuditAction;
use api_types::bots::{ChatbotContent, DeployRequest, Deployed};
use api_types::drafts::Draft;
use api_types::tenancy::Role;
use api_types::usage::Quota;
use serde_json::json;
use uuid::Uuid;

use super::check::{check, provider_ids};
use super::{embed, name_taken};
use crate::db::TenantTx;
use crate::error::violates;
use crate::{Error, Result, Scope, Services, audit, drafts, quotas, test_sets};

/// What was deployed.
struct Version {
    bot_id: Uuid,
    version: i32,
    /// Of the draft that it was made from.
    draft_version: i64,
    content: ChatbotContent,
}

/// Makes the draft's content the live version of its bot, or of a new bot.
pub async fn deploy(
    services: &Services,
    scope: &Scope,
    draft_id: Uuid,
    request: &DeployRequest,
) -> Result<Deployed> {
    scope.require(Role::Editor)?;
    if let Some(request) = &request.override_tests {
        test_sets::check_override(request)?;
    }
    // Before the transaction: whoever has a connection must not need a second one, or all that there are could be held by those who wait.
    let draft = match drafts::get::<ChatbotContent>(&services.drafts, scope, draft_id).await {
        Ok(draft) => Some(draft),
        // Deployed before, perhaps, and deleted since.
        Err(error) if error.code() == ErrorCode::DraftNotFound => None,
        Err(error) => return Err(error),
    };
    let mut tx = services.db.tenant(scope).await?;
    // Deploys of one draft go one after the other, so that the second finds what the first one made.
    sqlx::query!(
        "select pg_advisory_xact_lock(hashtextextended($1, 0))",
        draft_id.to_string()
    )
    .fetch_one(&mut *tx)
    .await?;
    let latest = latest_of(&mut tx, scope, draft_id).await?;
    let taken = draft.as_ref().map(|draft| draft.version);
    let version = match (draft, latest) {
        (None, None) => return Err(drafts::missing()),
        (None, Some(latest)) => latest,
        // This very version, or one that was saved and deployed while this one waited.
        (Some(draft), Some(latest)) if latest.draft_version >= draft.version => {
            drop(tx);
            latest
        }
        (Some(draft), latest) => deploy_draft(services, tx, scope, draft, latest, request).await?,
    };
    services.live_bots.changed(&services.redis, version.bot_id).await;
    // What was saved while this went on is not in this version, so its draft stays.
    if let Some(taken) = taken
        && let Err(error) =
            drafts::delete_version::<ChatbotContent>(&services.drafts, scope, draft_id, taken).await
    {
        tracing::warn!(%error, %draft_id, "the deployed draft could not be deleted; it will expire");
    }
    Ok(Deployed {
        bot_id: version.bot_id,
        version: version.version,
        embed: embed(&services.public_url, scope, version.bot_id, &version.content),
    })
}

async fn deploy_draft(
    services: &Services,
    mut tx: TenantTx,
    scope: &Scope,
    draft: Draft<ChatbotContent>,
    earlier: Option<Version>,
    request: &DeployRequest,
) -> Result<Version> {
    check(&mut tx, scope, &draft.content).await?;
    let bot_id = draft.from.or(earlier.map(|version| version.bot_id));
    let (bot_id, version) = match bot_id {
        Some(bot_id) => (bot_id, next_version(&mut tx, scope, bot_id).await?),
        None => (Uuid::new_v4(), 1),
    };
    gate(&mut tx, scope, bot_id, &draft.content, request).await?;
    put_live(&mut tx, scope, bot_id, version, &draft.content).await?;
    sqlx::query!(
        "insert into bot_versions (workspace_id, bot_id, version, content, draft_id, draft_version, deployed_by)
         values ($1, $2, $3, $4, $5, $6, $7)",
        scope.workspace_id(),
        bot_id,
        version,
        serde_json::to_value(&draft.content)?,
        draft.id,
        draft.version,
        scope.user_id()
    )
    .execute(&mut *tx)
    .await?;
    if version == 1 {
        quotas::check(&mut tx, &services.plans, &[(Quota::Bots, 1)]).await?;
    }
    let (action, details) = (AuditAction::BotDeploy, json!({ "version": version }));
    audit::record(&mut tx, scope, action, bot_id, &draft.content.name, details);
    tx.commit().await?;
    Ok(Version {
        bot_id,
        version,
        draft_version: draft.version,
        content: draft.content,
    })
}

/// Refuses what its tests keep back, unless somebody said why it is deployed all the same.
async fn gate(
    tx: &mut TenantTx,
    scope: &Scope,
    bot_id: Uuid,
    content: &ChatbotContent,
    request: &DeployRequest,
) -> Result<()> {
    let live = sqlx::query_scalar!(
        "select v.content from bots b
         join bot_versions v on v.workspace_id = b.workspace_id and v.bot_id = b.id and v.version = b.live_version
         where b.workspace_id = $1 and b.id = $2",
        scope.workspace_id(),
        bot_id
    )
    .fetch_optional(&mut **tx)
    .await?;
    let live: Option<ChatbotContent> = live.map(serde_json::from_value).transpose()?;
    let Some(blocked) = test_sets::blocked(tx, scope, content, live.as_ref()).await? else {
        return Ok(());
    };
    match &request.override_tests {
        None => Err(blocked.refusal()?),
        Some(request) => {
            let details = blocked.details(&request.reason);
            let action = AuditAction::BotOverrideTests;
            audit::record(tx, scope, action, bot_id, &content.name, details);
            Ok(())
        }
    }
}

async fn next_version(tx: &mut TenantTx, scope: &Scope, bot_id: Uuid) -> Result<i32> {
    sqlx::query!(
        "select id from bots where workspace_id = $1 and id = $2 for update",
        scope.workspace_id(),
        bot_id
    )
    .fetch_optional(&mut **tx)
    .await?
    .ok_or_else(|| {
        Error::not_found("bot; it was deleted while you edited it. Start a new draft to bring it back")
    })?;
    let latest = sqlx::query_scalar!(
        "select max(version) from bot_versions where workspace_id = $1 and bot_id = $2",
        scope.workspace_id(),
        bot_id
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(latest.unwrap_or(0) + 1)
}

/// Makes `version` the live one and records what it depends on. The version's row may follow in the transaction.
pub(super) async fn put_live(
    tx: &mut TenantTx,
    scope: &Scope,
    bot_id: Uuid,
    version: i32,
    content: &ChatbotContent,
) -> Result<()> {
    let written = sqlx::query!(
        "insert into bots (workspace_id, id, name, live_version) values ($1, $2, $3, $4)
         on conflict (workspace_id, id)
         do update set name = excluded.name, live_version = excluded.live_version, updated_at = now()",
        scope.workspace_id(),
        bot_id,
        content.name.trim(),
        version
    )
    .execute(&mut **tx)
    .await;
    match written {
        Err(e) if violates(&e, "bots_name_key") => return Err(name_taken()),
        other => other?,
    };
    sqlx::query!(
        "delete from bot_knowledge_bases where workspace_id = $1 and bot_id = $2",
        scope.workspace_id(),
        bot_id
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "insert into bot_knowledge_bases (workspace_id, bot_id, knowledge_base_id)
         select distinct $1::uuid, $2::uuid, unnest($3::uuid[])",
        scope.workspace_id(),
        bot_id,
        &content.knowledge_base_ids
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "delete from bot_providers where workspace_id = $1 and bot_id = $2",
        scope.workspace_id(),
        bot_id
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "insert into bot_providers (workspace_id, bot_id, provider_id)
         select distinct $1::uuid, $2::uuid, unnest($3::uuid[])",
        scope.workspace_id(),
        bot_id,
        &provider_ids(content)
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The last version made from a draft.
async fn latest_of(tx: &mut TenantTx, scope: &Scope, draft_id: Uuid) -> Result<Option<Version>> {
    let row = sqlx::query!(
        "select bot_id, version, draft_version, content from bot_versions where workspace_id = $1 and draft_id = $2
         order by draft_version desc limit 1",
        scope.workspace_id(),
        draft_id
    )
    .fetch_optional(&mut **tx)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Version {
        bot_id: row.bot_id,
        version: row.version,
        draft_version: row.draft_version,
        content: serde_json::from_value(row.content)?,
    }))
}
