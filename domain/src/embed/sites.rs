//! On which sites a bot's chat was seen. What browsers say is believed, as nothing depends on it; it is only bounded.

use std::time::Duration;

use api_types::embed::BotSite;
use redis::{ExistenceCheck, SetExpiry, SetOptions};
use url::Url;
use uuid::Uuid;

use crate::bots::LiveBot;
use crate::{Error, Result, Scope, Services};

/// How exact the last time is. Within it nothing is written.
const EXACTNESS: Duration = Duration::from_secs(600);
/// Most sites of one bot that are kept: those seen last.
const MOST: i64 = 50;
const MAX_ORIGIN: usize = 200;

/// The sites on which a bot was seen, the latest first.
pub async fn list(services: &Services, scope: &Scope, bot_id: Uuid) -> Result<Vec<BotSite>> {
    let mut tx = services.db.tenant(scope).await?;
    let exists = sqlx::query_scalar!(
        r#"select exists(select from bots where workspace_id = $1 and id = $2) as "exists!""#,
        scope.workspace_id(),
        bot_id
    )
    .fetch_one(&mut *tx)
    .await?;
    if !exists {
        return Err(Error::not_found("bot"));
    }
    let sites = sqlx::query_as!(
        BotSite,
        "select origin, first_seen_at, last_seen_at from bot_sites
         where workspace_id = $1 and bot_id = $2 order by last_seen_at desc",
        scope.workspace_id(),
        bot_id
    )
    .fetch_all(&mut *tx)
    .await?;
    Ok(sites)
}

/// Notes that the chat was opened on a page. `page` is the `Referer` or the origin that the loader says.
pub async fn seen(services: &Services, bot: &LiveBot, page: &str) -> Result<()> {
    let Some(origin) = origin_of(page) else {
        return Ok(());
    };
    let key = format!("bot-site:{}:{origin}", bot.id);
    let options = SetOptions::default()
        .conditional_set(ExistenceCheck::NX)
        .with_expiration(SetExpiry::EX(EXACTNESS.as_secs()));
    let is_first: Option<String> = redis::cmd("SET")
        .arg(key)
        .arg(1)
        .arg(options)
        .query_async(&mut services.redis.commands())
        .await?;
    if is_first.is_none() {
        return Ok(());
    }
    let mut tx = services.db.tenant(&bot.scope).await?;
    sqlx::query!(
        "insert into bot_sites (workspace_id, bot_id, origin) values ($1, $2, $3)
         on conflict (workspace_id, bot_id, origin) do update set last_seen_at = now()",
        bot.scope.workspace_id(),
        bot.id,
        origin
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "delete from bot_sites where workspace_id = $1 and bot_id = $2 and origin in (
             select origin from bot_sites where workspace_id = $1 and bot_id = $2
             order by last_seen_at desc offset $3)",
        bot.scope.workspace_id(),
        bot.id,
        MOST
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await
}

/// The origin of a web page; nothing for files, sandboxes and what is no address.
fn origin_of(page: &str) -> Option<String> {
    let url = Url::parse(page).ok()?;
    let origin = url.origin().ascii_serialization();
    let is_web = matches!(url.scheme(), "http" | "https");
    (is_web && origin.len() <= MAX_ORIGIN).then_some(origin)
}

#[cfg(test)]
mod tests {
    use super::origin_of;

    #[test]
    fn only_web_pages_have_an_origin_worth_keeping() {
        for (page, origin) in [
            ("https://Shop.example/a?b=c", Some("https://shop.example")),
            ("http://localhost:3000", Some("http://localhost:3000")),
            ("null", None),
            ("file:///home/ada/test.html", None),
            ("javascript:alert(1)", None),
            ("<script>", None),
        ] {
            assert_eq!(origin_of(page).as_deref(), origin, "{page}");
        }
        assert_eq!(origin_of(&format!("https://{}.example", "a.".repeat(120))), None);
    }
}
