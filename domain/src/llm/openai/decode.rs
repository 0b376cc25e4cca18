//! From a response to pieces of text.

use std::time::Duration;

use async_stream::try_stream;
use futures::{Stream, StreamExt};
use reqwest::Response;
use reqwest::header::CONTENT_TYPE;
use tokio::time::{Instant, timeout_at};

use super::sse::{Events, Next};
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

/// What came at the same time is one piece: each costs as much to check, keep and send as all of them.
fn streamed(mut events: Events, slot: Slot) -> impl Stream<Item = Result<Piece>> {
    try_stream! {
        let _slot = slot;
        let mut answer = Answer::default();
        loop {
            let mut text = String::new();
            let came = answer.add_all(&mut events, &mut text);
            if !text.is_empty() {
                yield Piece::Text(text);
            }
            if came? == Came::Last {
                break;
            }
            match events.more().await {
                Err(_) if answer.is_complete => break,
                more => more?,
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
        let mut text = String::new();
        answer.add(parse(&body)?, &mut text)?;
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

/// How far an answer has come.
#[derive(PartialEq, Eq)]
enum Came {
    /// There may be more.
    Some,
    /// To its end.
    Last,
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
    /// Takes note of the events that came, and adds their text.
    fn add_all(&mut self, events: &mut Events, text: &mut String) -> Result<Came> {
        loop {
            let next = match events.next() {
                Err(_) if self.is_complete => Next::End,
                next => next?,
            };
            match next {
                Next::Event => {}
                Next::Later => return Ok(Came::Some),
                Next::End => return Ok(Came::Last),
            }
            let event = events.data();
            if event.trim() == "[DONE]" {
                self.is_complete = true;
                return Ok(Came::Last);
            }
            self.add(parse(event.as_bytes())?, text)?;
            if self.is_complete {
                events.hurry(AFTERMATH);
            }
        }
    }

    /// Takes note of a chunk, and adds its text.
    fn add(&mut self, progress: Progress, text: &mut String) -> Result<()> {
        if self.length + progress.text.len() > MAX_TEXT {
            return Err(protocol("The answer is longer than 64 KB."));
        }
        let before = text.len();
        // Postgres could not keep zeros, and nobody can see them.
        text.extend(progress.text.split('\0'));
        self.length += text.len() - before;
        self.usage = progress.usage.or(self.usage);
        self.finish_reason = progress.finish_reason.or(self.finish_reason.take());
        self.is_complete |= self.finish_reason.is_some();
        Ok(())
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
