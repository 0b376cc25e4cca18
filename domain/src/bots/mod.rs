//! Deployed bots and their versions.

mod check;
mod deploy;
mod live;
mod versions;
mod widget;

use api_types::audit::AuditAction;
use api_types::bots::{Bot, BotStatus, BotSummary, ChatbotContent, Embed, Position, Size};
use api_types::tenancy::Role;
use api_types::{ErrorCode, Page};
use chrono::{DateTime, Utc};
use serde_json::json;
use uuid::Uuid;

pub use deploy::deploy;
pub use live::{LiveBot, LiveBots};
pub use versions::{list as versions, rollback};
pub use widget::{Launcher, config, launcher};

use crate::paging::{self, Slice};
use crate::{Error, Result, Scope, Services, audit, uploads};

/// A bot joined with its live version.
struct Row {
    id: Uuid,
    name: String,
    status: String,
    live_version: i32,
    content: serde_json::Value,
    deployed_at: DateTime<Utc>,
    conversation_count: i64,
}

/// The statement that reads bots of a workspace, `$1`. Which ones is part of it, and how far conversations are counted
/// (`BotSummary::MOST_COUNTED` and one more), so that Postgres can plan it once: planning takes three times as long as reading.
macro_rules! select {
    ($which:literal, $($argument:expr),+) => {
        sqlx::query_as!(
            Row,
            r#"select b.id, b.name, b.status, b.live_version, v.content, v.deployed_at,
                 (select count(*) from (
                      -- In the order of an index, which is read as far as needed: a table may begin with thousands of rows of others.
                      select from conversations c where c.workspace_id = b.workspace_id and c.bot_id = b.id
                      order by c.last_message_at desc, c.id limit 101) as c)
                     as "conversation_count!"
             from bots b
             join bot_versions v on v.workspace_id = b.workspace_id and v.bot_id = b.id and v.version = b.live_version
             where b.workspace_id = $1 and "# + $which,
            $($argument),+
        )
    };
}

impl Row {
    fn into_bot(self, public_url: &str, scope: &Scope) -> Result<Bot> {
        let content: ChatbotContent = serde_json::from_value(self.content)?;
        Ok(Bot {
            embed: embed(public_url, scope, self.id, &content),
            summary: BotSummary {
                id: self.id,
                name: self.name,
                status: status(&self.status),
                live_version: self.live_version,
                color: content.appearance.color.clone(),
                conversation_count: self.conversation_count,
                deployed_at: self.deployed_at,
            },
            content,
        })
    }
}

/// The workspace's bots by name, a page at a time.
pub async fn page(services: &Services, scope: &Scope, wanted: &Slice) -> Result<Page<BotSummary>> {
    let (skipped, size) = wanted.bounds()?;
    let mut tx = services.db.tenant(scope).await?;
    let rows = select!(
        "lower(b.name) like $2
         order by lower(b.name), b.id
         offset $3 limit $4",
        scope.workspace_id(),
        wanted.pattern(),
        skipped,
        paging::asked(size)
    )
    .fetch_all(&mut *tx)
    .await?;
    let bots = rows
        .into_iter()
        .map(|row| Ok(row.into_bot(&services.public_url, scope)?.summary))
        .collect::<Result<_>>()?;
    Ok(paging::slice(bots, skipped, size))
}

/// All of them, as far as a program can use a list of so many.
pub async fn list(services: &Services, scope: &Scope) -> Result<Vec<BotSummary>> {
    let wanted = Slice {
        limit: Some(500),
        ..Slice::default()
    };
    Ok(page(services, scope, &wanted).await?.items)
}

/// One bot.
pub async fn get(services: &Services, scope: &Scope, id: Uuid) -> Result<Bot> {
    let mut tx = services.db.tenant(scope).await?;
    let row = select!("b.id = $2", scope.workspace_id(), id)
        .fetch_optional(&mut *tx)
        .await?;
    let row = row.ok_or_else(|| Error::not_found("bot"))?;
    row.into_bot(&services.public_url, scope)
}

/// Takes a bot down or puts it up again.
pub async fn set_status(services: &Services, scope: &Scope, id: Uuid, status: BotStatus) -> Result<()> {
    scope.require(Role::Editor)?;
    let name = match status {
        BotStatus::Live => "live",
        BotStatus::Offline => "offline",
    };
    let mut tx = services.db.tenant(scope).await?;
    let updated = sqlx::query!(
        "update bots set status = $3, updated_at = now() where workspace_id = $1 and id = $2 returning name",
        scope.workspace_id(),
        id,
        name
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or_else(|| Error::not_found("bot"))?;
    let (action, details) = (AuditAction::BotSetStatus, json!({ "status": name }));
    audit::record(&mut tx, scope, action, id, &updated.name, details);
    tx.commit().await?;
    services.live_bots.changed(&services.redis, id).await;
    Ok(())
}

/// Deletes a bot with its versions, conversations and gaps.
pub async fn delete(services: &Services, scope: &Scope, id: Uuid) -> Result<()> {
    scope.require(Role::Editor)?;
    let mut tx = services.db.tenant(scope).await?;
    uploads::forget_bot(&mut tx, scope, id).await?;
    let deleted = sqlx::query!(
        "delete from bots where workspace_id = $1 and id = $2 returning name",
        scope.workspace_id(),
        id
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or_else(|| Error::not_found("bot"))?;
    let action = AuditAction::BotDelete;
    audit::record(&mut tx, scope, action, id, &deleted.name, json!({}));
    tx.commit().await?;
    services.live_bots.changed(&services.redis, id).await;
    Ok(())
}

/// How a bot is reached. The script carries what the bubble needs before the frame is loaded.
fn embed(public_url: &str, scope: &Scope, bot_id: Uuid, content: &ChatbotContent) -> Embed {
    let position = match content.appearance.position {
        Position::End => "",
        Position::Start => r#" data-position="start""#,
    };
    let size = match content.appearance.size {
        Size::Small => r#" data-size="small""#,
        Size::Medium => "",
        Size::Large => r#" data-size="large""#,
    };
    let color = &content.appearance.color;
    Embed {
        code: format!(
            r#"<script async src="{public_url}/widget.js" data-bot="{bot_id}" data-color="{color}"{position}{size}></script>"#
        ),
        chat_url: format!("{public_url}/chat/{}/{bot_id}", scope.workspace_id()),
        api_url: format!("{public_url}/api/v1/bots/{bot_id}/chat"),
    }
}

fn status(name: &str) -> BotStatus {
    if name == "offline" {
        BotStatus::Offline
    } else {
        BotStatus::Live
    }
}

fn name_taken() -> Error {
    Error::refused_fields(
        ErrorCode::NameTaken,
        "There is a bot of this name; nothing was deployed and the draft is as it was.",
        vec![api_types::FieldError::new("content.name", "Choose another name.")],
    )
}
