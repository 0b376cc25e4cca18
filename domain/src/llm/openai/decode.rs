//! From a response to pieces of text.

use std::time::Duration;

use async_stream::try_stream;
use futures::{Stream, StreamExt};
use reqwest::Response;
use reqwest::header::CONTENT_TYPE;
use tokio::time::{Instant, timeout_at};

use super::sse::Events;
use super::wire::{Chunk, Progress};
use crate::Result;
use crate::llm::failure::{protocol, shorten, told, unavailable};
use crate::llm::{Piece, PieceStream, Usage};
use crate::outbound::Slot;

/// The longest answer that is passed on, in bytes of text.
const MAX_TEXT: usize = 64 * 1024;

/// The longest JSON answer, in bytes.
const MAX_JSON: usize = 1024 * 1024;

/// After the model has ended its answer only the usage may follow, and that at once.
const AFTERMATH: Duration = Duration::from_secs(2);

/// Decodes a successful response: a stream of events, or one JSON object from servers that do not stream. The first
/// line is due at `first_line`, each further one `stall` after the one before.
pub(super) fn pieces(
    response: Response,
    slot: Slot,
    first_line: Instant,
    stall: Duration,
) -> Result<PieceStream> {
    let media_type = response
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let media_type = media_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    match media_type.as_str() {
        "text/event-stream" | "text/plain" | "" => {
            Ok(streamed(Events::new(response, first_line, stall), slot).boxed())
        }
        "application/json" => Ok(whole(response, slot, first_line, stall).boxed()),
        other => {
            let other = shorten(other, 60);
            Err(protocol(format!(
                "The server sent {other} instead of a chat completion. Check the base URL."
            )))
        }
    }
}

fn streamed(mut events: Events, slot: Slot) -> impl Stream<Item = Result<Piece>> {
    try_stream! {
        let _slot = slot;
        let mut answer = Answer::default();
        loop {
            let event = match events.next().await {
                Err(_) if answer.is_complete => break,
                event => event?,
            };
            let Some(event) = event else { break };
            if event.trim() == "[DONE]" {
                answer.is_complete = true;
                break;
            }
            let text = answer.add(parse(event.as_bytes())?)?;
            if !text.is_empty() {
                yield Piece::Text(text);
            }
            if answer.is_complete {
                events.hurry(AFTERMATH);
            }
        }
        if let Some(usage) = answer.end()? {
            yield Piece::Usage(usage);
        }
    }
}

fn whole(
    mut response: Response,
    slot: Slot,
    first_line: Instant,
    stall: Duration,
) -> impl Stream<Item = Result<Piece>> {
    try_stream! {
        let _slot = slot;
        let mut body = Vec::new();
        let mut due = first_line;
        loop {
            let chunk = timeout_at(due, response.chunk()).await
                .map_err(|_| unavailable("The model stopped sending before its answer was complete."))?
                .map_err(|_| protocol("The connection to the model broke off."))?;
            let Some(chunk) = chunk else { break };
            if body.len() + chunk.len() > MAX_JSON {
                Err(protocol("The model server sent more than 1 MB."))?;
            }
            body.extend_from_slice(&chunk);
            due = Instant::now() + stall;
        }
        let mut answer = Answer { is_complete: true, ..Answer::default() };
        let text = answer.add(parse(&body)?)?;
        let usage = answer.end()?;
        yield Piece::Text(text);
        if let Some(usage) = usage {
            yield Piece::Usage(usage);
        }
    }
}

fn parse(json: &[u8]) -> Result<Progress> {
    let chunk: Chunk = serde_json::from_slice(json)
        .map_err(|_| protocol("The model server sent something that is not a chat completion."))?;
    chunk
        .progress()
        .map_err(|words| told("The model failed.", Some(words)))
}

/// What has come of an answer so far.
#[derive(Default)]
struct Answer {
    length: usize,
    usage: Option<Usage>,
    finish_reason: Option<String>,
    is_complete: bool,
}

impl Answer {
    /// Takes note of a chunk and returns its text.
    fn add(&mut self, mut progress: Progress) -> Result<String> {
        // Postgres could not keep them, and nobody can see them.
        progress.text.retain(|c| c != '\0');
        self.length += progress.text.len();
        if self.length > MAX_TEXT {
            return Err(protocol("The answer is longer than 64 KB."));
        }
        self.usage = progress.usage.or(self.usage);
        self.finish_reason = progress.finish_reason.or(self.finish_reason.take());
        self.is_complete |= self.finish_reason.is_some();
        Ok(progress.text)
    }

    /// Checks that the answer is one, and returns its cost.
    fn end(self) -> Result<Option<Usage>> {
        if !self.is_complete {
            return Err(protocol("The answer broke off before its end."));
        }
        if self.length == 0 {
            let reason = self
                .finish_reason
                .map(|reason| format!("finish reason: {reason}"));
            return Err(told("The model ended without an answer.", reason));
        }
        Ok(self.usage)
    }
}
