//! Every version that was ever deployed: list and roll back.

use api_types::ErrorCode;
use api_types::audit::AuditAction;
use api_types::bots::{BotVersion, ChatbotContent, Deployed};
use api_types::tenancy::Role;
use serde_json::json;
use uuid::Uuid;

use super::deploy::put_live;
use super::embed;
use crate::error::violates;
use crate::{Error, Result, Scope, Services, audit};

/// Versions of a bot, newest first.
pub async fn list(services: &Services, scope: &Scope, bot_id: Uuid) -> Result<Vec<BotVersion>> {
    let mut tx = services.db.tenant(scope).await?;
    let rows = sqlx::query!(
        r#"select v.version, v.content, v.deployed_at, u.name as "deployed_by?", v.version = b.live_version as "live!"
         from bot_versions v
         join bots b on b.workspace_id = v.workspace_id and b.id = v.bot_id
         left join users u on u.id = v.deployed_by
         where v.workspace_id = $1 and v.bot_id = $2
         order by v.version desc
         limit 200"#,
        scope.workspace_id(),
        bot_id
    )
    .fetch_all(&mut *tx)
    .await?;
    if rows.is_empty() {
        return Err(Error::not_found("bot"));
    }
    rows.into_iter()
        .map(|row| {
            Ok(BotVersion {
                version: row.version,
                deployed_at: row.deployed_at,
                deployed_by: row.deployed_by,
                live: row.live,
                content: serde_json::from_value(row.content)?,
            })
        })
        .collect()
}

/// Makes an earlier version live again.
pub async fn rollback(services: &Services, scope: &Scope, bot_id: Uuid, version: i32) -> Result<Deployed> {
    scope.require(Role::Editor)?;
    let mut tx = services.db.tenant(scope).await?;
    let row = sqlx::query!(
        "select content from bot_versions where workspace_id = $1 and bot_id = $2 and version = $3",
        scope.workspace_id(),
        bot_id,
        version
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or_else(|| Error::not_found("version of this bot"))?;
    let content: ChatbotContent = serde_json::from_value(row.content)?;
    put_live(&mut tx, scope, bot_id, version, &content)
        .await
        .map_err(gone)?;
    let (action, details) = (AuditAction::BotRollback, json!({ "version": version }));
    audit::record(&mut tx, scope, action, bot_id, &content.name, details);
    tx.commit().await?;
    services.live_bots.changed(&services.redis, bot_id).await;
    Ok(Deployed {
        bot_id,
        version,
        embed: embed(&services.public_url, scope, bot_id, &content),
    })
}

/// A version may depend on a knowledge base or provider that was deleted since.
fn gone(error: Error) -> Error {
    let Error::Internal(source) = &error else {
        return error;
    };
    let is_gone = source
        .downcast_ref::<sqlx::Error>()
        .is_some_and(|e| violates(e, "bot_knowledge_bases_in_use") || violates(e, "bot_providers_in_use"));
    if !is_gone {
        return error;
    }
    let detail = "That version needs a knowledge base or provider that was deleted since. \
                  Edit the bot and choose another instead; the live version is as it was.";
    Error::refused(ErrorCode::DraftInvalid, detail)
}
