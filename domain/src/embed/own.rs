//! The way that browsers take to this server: proxies in front of it must let the chat be framed and streams flow.

use std::time::{Duration, Instant};

use api_types::ErrorCode;
use api_types::embed::{EmbedAspect, EmbedCheck, EmbedOutcome};
use reqwest::header::{CONTENT_SECURITY_POLICY, X_FRAME_OPTIONS};
use url::Url;
use uuid::Uuid;

use super::Row;
use crate::outbound::{Answer, Outbound};
use crate::{Error, Result};

/// How long `/api/v1/stream-check` waits between its two events.
pub const STREAM_PAUSE: Duration = Duration::from_millis(800);

/// How long an answer may take.
const LIMIT: Duration = Duration::from_secs(10);

/// Checks what reaches browsers of the server at its public address.
pub(super) async fn checks(outbound: &Outbound, own: &Url, bot_id: Uuid) -> [EmbedCheck; 2] {
    let (framing, streaming) = tokio::join!(
        tokio::time::timeout(LIMIT, framing(outbound, own, bot_id)),
        tokio::time::timeout(LIMIT, streaming(outbound, own))
    );
    let unknown = |aspect: EmbedAspect| {
        aspect.bad(
            EmbedOutcome::Unknown,
            format!(
                "{} could not be reached from here.",
                own.origin().ascii_serialization()
            ),
            "If visitors reach it, all is well: some networks don't let a server ask for its own public address.",
            None,
        )
    };
    [
        framing
            .ok()
            .and_then(Result::ok)
            .unwrap_or_else(|| unknown(EmbedAspect::FrameHeaders)),
        streaming
            .ok()
            .and_then(Result::ok)
            .unwrap_or_else(|| unknown(EmbedAspect::Streaming)),
    ]
}

async fn open(outbound: &Outbound, own: &Url, path: &str) -> Result<Answer> {
    let url = own.join(path).map_err(anyhow::Error::from)?;
    let answer = outbound.send(outbound.request_own(&url), &url).await?;
    if answer.status().is_success() {
        return Ok(answer);
    }
    Err(Error::refused(
        ErrorCode::FetchFailed,
        answer.status().to_string(),
    ))
}

async fn framing(outbound: &Outbound, own: &Url, bot_id: Uuid) -> Result<EmbedCheck> {
    let answer = open(outbound, own, &format!("widget/frame?bot={bot_id}")).await?;
    let aspect = EmbedAspect::FrameHeaders;
    let added = answer.list(X_FRAME_OPTIONS);
    if !added.is_empty() {
        let what = format!(
            "A proxy in front of this server adds X-Frame-Options: {added}, which forbids the chat's frame."
        );
        let fix = "Take the header away for /widget/frame and /chat/. In nginx:";
        let code = "proxy_hide_header X-Frame-Options;".to_owned();
        return Ok(aspect.bad(EmbedOutcome::Problem, what, fix, Some(code)));
    }
    // We send one policy with one list of ancestors; each further one narrows it.
    let policies = answer.list(CONTENT_SECURITY_POLICY);
    if policies.matches("frame-ancestors").count() != 1 {
        let what = "A proxy in front of this server changes its content security policy, which says who may frame the chat.";
        let fix = "Let the header Content-Security-Policy through as this server sends it.";
        return Ok(aspect.bad(EmbedOutcome::Problem, what, fix, None));
    }
    Ok(aspect.good("The chat may be framed."))
}

/// Two events are sent with a pause between them. If both come at once, something held the first one back.
async fn streaming(outbound: &Outbound, own: &Url) -> Result<EmbedCheck> {
    let mut answer = open(outbound, own, "api/v1/stream-check").await?;
    answer.piece().await?;
    let first = Instant::now();
    while answer.piece().await?.is_some() {}
    let aspect = EmbedAspect::Streaming;
    if first.elapsed() > STREAM_PAUSE / 4 {
        return Ok(aspect.good("Answers reach visitors word by word."));
    }
    let what = "A proxy in front of this server holds answers back until they are complete.";
    let fix = "Switch its buffering off for /api/. In nginx:";
    let code = "proxy_buffering off;\nproxy_http_version 1.1;".to_owned();
    Ok(aspect.bad(EmbedOutcome::Warning, what, fix, Some(code)))
}
