//! `/api/v1/bots/{bot_id}/…`: what visitors and API clients use. Public: the bot's id is the only credential, unless its
//! owner wants to know more of its visitors.

use std::sync::Arc;

use api_types::ErrorCode;
use api_types::chat::{BotConfig, ChatEvent, ChatRequest, ChatResponse, FeedbackRequest, Session, Source};
use api_types::conversations::Channel;
use api_types::translations::Language;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::chat::{self, Delivery, Events, Position};
use domain::{Error, Services, bots};
use futures::StreamExt;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::extract::{Json, Path, Query};
use crate::problem::{Problem, Result};
use crate::sse;
use crate::visit::{Look, Visit};

/// Send a message. Answers with JSON, or with server-sent events for `stream: true` or
/// `Accept: text/event-stream`. A stream that broke off continues when the request is repeated with its session id
/// and the header `Last-Event-ID`.
#[utoipa::path(post, path = "/api/v1/bots/{bot_id}/chat", tag = "chat",
    params(("bot_id" = Uuid, Path), ("last-event-id" = Option<String>, Header, description = "`<message_id>:<n>`"),
        ("x-visitor-token" = Option<String>, Header, description = "What the site says of its visitor, a JWT")),
    request_body = ChatRequest,
    responses((status = 200, description = "The answer", content(
        (ChatResponse = "application/json"), (ChatEvent = "text/event-stream")))))]
pub async fn chat(
    State(services): State<Arc<Services>>,
    Visit { bot, visitor }: Visit,
    headers: HeaderMap,
    Json(request): Json<ChatRequest>,
) -> Result<Response> {
    if let Some(position) = last_event_id(&headers)? {
        let session_id = request
            .session_id
            .ok_or_else(|| Error::field("session_id", "Send the session id to resume."))?;
        let events = chat::resume(&services, &bot, session_id, position, visitor.as_ref()).await?;
        return Ok(sse::stream(events, Some(position.message_id)));
    }
    let streamed = request.stream || sse::accepts_events(&headers);
    let request = chat::Request {
        chat: request,
        channel: channel(&headers),
        history: None,
        visitor,
        delivery: match streamed {
            true => Delivery::Resumable,
            // The client learns no event's id.
            false => Delivery::Whole,
        },
    };
    let events = chat::start(services, bot, request).await?;
    if streamed {
        return Ok(sse::stream(events, None));
    }
    Ok(Json(collect(events).await?).into_response())
}

/// Which language the widget speaks.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Spoken {
    /// The visitor's language, such as `de`: the bot's own words in it are given where there are some.
    lang: Option<String>,
    /// Whether the page asks for that language: then the one that the bot's owner chose does not count.
    #[serde(default)]
    asked: bool,
}

/// What the widget needs before the first message.
#[utoipa::path(get, path = "/api/v1/bots/{bot_id}/config", tag = "chat", params(("bot_id" = Uuid, Path), Spoken),
    responses((status = 200, body = BotConfig)))]
pub async fn config(Look(bot): Look, Query(spoken): Query<Spoken>) -> Result<Response> {
    let wanted = spoken.lang.as_deref().and_then(Language::from_tag);
    let config = bots::config(&bot, wanted, spoken.asked);
    // A chat that is opened shows what was deployed last.
    Ok(([(header::CACHE_CONTROL, "no-cache")], Json(config)).into_response())
}

/// Which messages of a conversation.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SessionQuery {
    /// Those before this message; the last ones when absent.
    before: Option<Uuid>,
}

/// A conversation to go on with after a reload: its last 100 messages. Whoever knows its id may read it; once the site vouched for its visitor,
/// only they.
#[utoipa::path(get, path = "/api/v1/bots/{bot_id}/sessions/{session_id}", tag = "chat",
    params(("bot_id" = Uuid, Path), ("session_id" = Uuid, Path), SessionQuery,
        ("x-visitor-token" = Option<String>, Header)),
    responses((status = 200, body = Session)))]
pub async fn session(
    State(services): State<Arc<Services>>,
    Visit { bot, visitor }: Visit,
    Path((_, session_id)): Path<(Uuid, Uuid)>,
    Query(query): Query<SessionQuery>,
) -> Result<Json<Session>> {
    Ok(Json(
        chat::session(&services, &bot, session_id, visitor.as_ref(), query.before).await?,
    ))
}

/// Say whether an answer helped.
#[utoipa::path(post, path = "/api/v1/bots/{bot_id}/feedback", tag = "chat",
    params(("bot_id" = Uuid, Path), ("x-visitor-token" = Option<String>, Header)), request_body = FeedbackRequest, responses((status = 204)))]
pub async fn feedback(
    State(services): State<Arc<Services>>,
    Visit { bot, visitor }: Visit,
    Json(request): Json<FeedbackRequest>,
) -> Result<StatusCode> {
    chat::rate(&services, &bot, &request, visitor.as_ref()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Waits for the whole answer.
pub async fn collect(mut events: Events) -> Result<ChatResponse> {
    let mut response = ChatResponse {
        response: String::new(),
        sources: Vec::<Source>::new(),
        session_id: Uuid::nil(),
        message_id: Uuid::nil(),
        answered: false,
        degraded: false,
        offers_lead_form: false,
        hand_off: None,
    };
    while let Some(event) = events.next().await {
        match event.event {
            ChatEvent::Start {
                session_id,
                message_id,
            } => {
                response.session_id = session_id;
                response.message_id = message_id;
            }
            ChatEvent::Sources { degraded, .. } => response.degraded = degraded,
            ChatEvent::Delta { text } => response.response.push_str(&text),
            ChatEvent::HandOff(status) => response.hand_off = Some(status),
            ChatEvent::Done {
                sources,
                answered,
                offers_lead_form,
                ..
            } => {
                return Ok(ChatResponse {
                    sources,
                    answered,
                    offers_lead_form,
                    ..response
                });
            }
            ChatEvent::Error { code, message, .. } => return Err(Problem::refused(code, message)),
        }
    }
    Err(Problem::refused(ErrorCode::Internal, "The answer ended early."))
}

fn last_event_id(headers: &HeaderMap) -> Result<Option<Position>> {
    let Some(value) = headers.get("last-event-id") else {
        return Ok(None);
    };
    Ok(Some(value.to_str().unwrap_or_default().parse()?))
}

/// Browsers say that a request comes from a page of ours.
pub(super) fn channel(headers: &HeaderMap) -> Channel {
    let site = headers
        .get("sec-fetch-site")
        .and_then(|value| value.to_str().ok());
    if site == Some("same-origin") {
        Channel::Web
    } else {
        Channel::Api
    }
}
