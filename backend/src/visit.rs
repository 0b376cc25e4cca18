//! Visitors at a bot's door: from which site they come, how often, and whether the site vouches for them.

use std::sync::Arc;

use api_types::ErrorCode;
use api_types::visitors::{VISITOR_TOKEN_HEADER, Visitor};
use axum::extract::{FromRef, FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use domain::bots::LiveBot;
use domain::{Services, log, visitors};
use uuid::Uuid;

use crate::problem::{Problem, Result};
use crate::rate_limit;

/// A look at a bot from a site that may show it. Says nothing of who looks.
#[derive(Debug, Clone)]
pub struct Look(pub Arc<LiveBot>);

/// A visitor who may talk to a bot.
#[derive(Debug, Clone)]
pub struct Visit {
    /// The bot.
    pub bot: Arc<LiveBot>,
    /// Who it is, if the site vouches for them.
    pub visitor: Option<Visitor>,
}

impl<S: Send + Sync> FromRequestParts<S> for Look
where
    Arc<Services>: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let services = Arc::<Services>::from_ref(state);
        let bot = services
            .live_bots
            .get(&services.db, bot_id(parts, state).await?)
            .await?;
        log::about("bot_id", bot.id);
        log::about("workspace_id", bot.scope.workspace_id());
        if !comes_from_allowed_site(&bot, &parts.headers) {
            return Err(not_here());
        }
        Ok(Self(bot))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Visit
where
    Arc<Services>: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let services = Arc::<Services>::from_ref(state);
        let Look(bot) = Look::from_request_parts(parts, state).await?;
        let standing = services.limits.take_visit(&services.redis, &bot).await;
        rate_limit::apply(&parts.extensions, standing)?;
        // What is no text is no token either, but it is not none.
        let token = parts
            .headers
            .get(VISITOR_TOKEN_HEADER)
            .map(|value| value.to_str().unwrap_or_default());
        let visitor = visitors::verify(&services.secrets, &bot, token)?;
        Ok(Self { bot, visitor })
    }
}

async fn bot_id<S: Send + Sync>(parts: &mut Parts, state: &S) -> Result<Uuid> {
    let malformed = || {
        Problem::refused(
            ErrorCode::MalformedRequest,
            "The id of the bot in the path is not a UUID.",
        )
    };
    let parameters = RawPathParams::from_request_parts(parts, state)
        .await
        .map_err(|_| malformed())?;
    let id = parameters.iter().find(|(name, _)| *name == "bot_id");
    id.and_then(|(_, id)| id.parse().ok()).ok_or_else(malformed)
}

/// Programs send no `Origin`, and could send any: they are not what this is against.
pub fn comes_from_allowed_site(bot: &LiveBot, headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else {
        return true;
    };
    bot.sites.is_any()
        || is_same_origin(headers, origin)
        || bot.sites.allow(origin.to_str().unwrap_or_default())
}

/// Whether it comes from a page of our own: the frame, the hosted page, the dashboard.
pub fn is_same_origin(headers: &HeaderMap, origin: &HeaderValue) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return site == "same-origin";
    }
    // Browsers from before that header.
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let authority = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
    host.is_some_and(|host| authority.is_some_and(|(_, authority)| authority == host))
}

fn not_here() -> Problem {
    let detail = "This bot is not meant for this site. Its owner can add the site's domain under \u{201c}Access\u{201d} and deploy again.";
    Problem::refused(ErrorCode::OriginNotAllowed, detail)
}
