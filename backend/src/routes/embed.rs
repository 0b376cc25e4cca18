//! A bot on people's sites: `/api/v1/bots/{bot_id}/embed-check`, where it was seen, and a stream to test proxies with.

use std::convert::Infallible;
use std::sync::Arc;

use api_types::embed::{BotSite, EmbedCheckRequest, EmbedReport};
use axum::extract::State;
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use domain::{Services, embed};
use futures::{StreamExt, stream};
use uuid::Uuid;

use crate::extract::{Caller, Json, Path};
use crate::problem::Result;
use crate::sse;

/// The embed doctor: what keeps a page from showing the bot, and how to mend it. The page is fetched now.
#[utoipa::path(post, path = "/api/v1/bots/{bot_id}/embed-check", tag = "bots", params(("bot_id" = Uuid, Path)),
    request_body = EmbedCheckRequest, responses((status = 200, body = EmbedReport)), security(("bearer" = [])))]
pub async fn embed_check(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path(bot_id): Path<Uuid>,
    Json(request): Json<EmbedCheckRequest>,
) -> Result<Json<EmbedReport>> {
    Ok(Json(embed::check(&services, &scope, bot_id, &request).await?))
}

/// The sites on which the bot's chat was opened, the latest first, up to 50.
#[utoipa::path(get, path = "/api/v1/bots/{bot_id}/sites", tag = "bots", params(("bot_id" = Uuid, Path)),
    responses((status = 200, body = [BotSite])), security(("bearer" = [])))]
pub async fn bot_sites(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path(bot_id): Path<Uuid>,
) -> Result<Json<Vec<BotSite>>> {
    Ok(Json(embed::sites(&services, &scope, bot_id).await?))
}

/// Two events with a pause between them: when both arrive at once, something on the way holds streams back.
#[utoipa::path(get, path = "/api/v1/stream-check", tag = "chat",
    responses((status = 200, description = "`first`, then `second`", content_type = "text/event-stream")))]
pub async fn stream_check() -> Response {
    let first = stream::iter([Event::default().data("first")]);
    let second = stream::once(async {
        tokio::time::sleep(embed::STREAM_PAUSE).await;
        Event::default().data("second")
    });
    let events = first.chain(second).map(Ok::<_, Infallible>);
    sse::unbuffered(Sse::new(events).into_response())
}
