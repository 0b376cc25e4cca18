//! Server-sent events, read with limits on line, event and time. The `eventsource-stream` crate has the grammar but
//! none of the limits.

use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{FutureExt, StreamExt};
use memchr::memchr;
use reqwest::Response;
use tokio::task::yield_now;
use tokio::time::{Instant, Sleep, sleep_until};

use crate::Result;
use crate::llm::failure::{error_message, protocol, told, unavailable};

/// The longest line and the longest event, in bytes.
const MAX_EVENT: usize = 1024 * 1024;

/// Room that is kept while there is nothing to read, in bytes.
const USUAL_EVENT: usize = 1024;

/// Events that are read without giving other tasks their turn.
const MOST_AT_ONCE: usize = 64;

/// No stream lasts longer, however busy the provider keeps the line.
const MAX_DURATION: Duration = Duration::from_secs(300);

/// The events of a response.
pub(super) struct Events {
    /// Without the head of the response, of which nothing is needed any more.
    body: BoxStream<'static, reqwest::Result<Bytes>>,
    decoder: Decoder,
    /// Ends when the next line is due. One for all: they come by the thousand.
    due: Pin<Box<Sleep>>,
    /// When the stream must be over.
    end: Instant,
    /// How long after a line the next one is due.
    stall: Duration,
    /// Whether a line came that `due` knows nothing of.
    has_new_line: bool,
    /// Whether all of the response was read.
    is_over: bool,
    /// Events that were read since others had their turn.
    at_once: usize,
}

/// What there is without waiting.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// An event, in [`Events::data`].
    Event,
    /// Nothing: see [`Events::more`].
    Later,
    /// Nothing, and there will be nothing.
    End,
}

impl Events {
    pub(super) fn new(response: Response, first_line: Instant, stall: Duration) -> Self {
        let end = Instant::now() + MAX_DURATION;
        Self {
            body: response.bytes_stream().boxed(),
            decoder: Decoder::default(),
            due: Box::pin(sleep_until(first_line.min(end))),
            end,
            stall,
            has_new_line: false,
            is_over: false,
            at_once: 0,
        }
    }

    /// Expects every further line within `stall`.
    pub(super) fn hurry(&mut self, stall: Duration) {
        self.stall = self.stall.min(stall);
    }

    /// Goes on to the next event, if it came already. One that the end cuts short is an event too: some servers forget the last
    /// empty line.
    pub(super) fn next(&mut self) -> Result<Next> {
        loop {
            if self.at_once == MOST_AT_ONCE {
                return Ok(Next::Later);
            }
            if self.decoder.advance()? {
                self.at_once += 1;
                return Ok(Next::Event);
            }
            if self.is_over {
                return Ok(Next::End);
            }
            match self.body.next().now_or_never() {
                Some(chunk) => self.take(chunk)?,
                None => return Ok(Next::Later),
            }
        }
    }

    /// The data of the event.
    pub(super) fn data(&self) -> &str {
        &self.decoder.event
    }

    /// Waits until there is more. What came already is left for a moment, for others to have their turn.
    pub(super) async fn more(&mut self) -> Result<()> {
        if self.at_once == MOST_AT_ONCE {
            self.at_once = 0;
            yield_now().await;
            if Instant::now() < self.end {
                return Ok(());
            }
            return Err(stalled());
        }
        self.at_once = 0;
        if std::mem::take(&mut self.has_new_line) {
            let due = Instant::now() + self.stall;
            self.due.as_mut().reset(due.min(self.end));
        }
        let chunk = tokio::select! {
            biased;
            chunk = self.body.next() => chunk,
            () = self.due.as_mut() => return Err(stalled()),
        };
        self.take(chunk)
    }

    fn take(&mut self, chunk: Option<reqwest::Result<Bytes>>) -> Result<()> {
        let chunk = chunk.transpose();
        match chunk.map_err(|_| protocol("The connection to the model broke off."))? {
            Some(bytes) => {
                self.has_new_line |= memchr(b'\n', &bytes).is_some();
                self.decoder.feed(&bytes);
            }
            None => {
                self.is_over = true;
                self.decoder.feed(b"\n\n");
            }
        }
        Ok(())
    }
}

/// Takes bytes apart, into lines and events.
#[derive(Default)]
struct Decoder {
    buffer: Vec<u8>,
    /// Bytes at the beginning of the buffer that were read.
    read: usize,
    /// Bytes at the beginning of the buffer in which no end of a line was found.
    searched: usize,
    /// The data of the event, as far as it was read.
    event: String,
    /// Whether `event` is one, be its data empty.
    has_event: bool,
    /// Whether `event` was handed out.
    is_whole: bool,
}

impl Decoder {
    fn feed(&mut self, bytes: &[u8]) {
        self.buffer.drain(..self.read);
        self.searched -= self.read;
        self.read = 0;
        self.buffer.extend_from_slice(bytes);
    }

    /// Reads on until an event is whole; false when that takes more bytes.
    fn advance(&mut self) -> Result<bool> {
        if std::mem::take(&mut self.is_whole) {
            self.event.clear();
            self.has_event = false;
        }
        while let Some(end) = memchr(b'\n', &self.buffer[self.searched..]) {
            let line = &self.buffer[self.read..self.searched + end];
            self.searched += end + 1;
            self.read = self.searched;
            if line.len() > MAX_EVENT {
                return Err(too_long());
            }
            let line = std::str::from_utf8(line)
                .map_err(|_| protocol("The model server sent something that is not text."))?;
            match field(line.strip_suffix('\r').unwrap_or(line))? {
                Field::End if self.has_event => {
                    self.is_whole = true;
                    return Ok(true);
                }
                Field::End | Field::Other => {}
                Field::Data(data) => {
                    if self.event.len() + data.len() >= MAX_EVENT {
                        return Err(too_long());
                    }
                    if self.has_event {
                        self.event.push('\n');
                    }
                    self.event.push_str(data);
                    self.has_event = true;
                }
            }
        }
        self.searched = self.buffer.len();
        if self.searched - self.read > MAX_EVENT {
            return Err(too_long());
        }
        if self.read == self.buffer.len() {
            self.forget();
        }
        Ok(false)
    }

    /// All was read: thousands of streams wait like this.
    fn forget(&mut self) {
        self.buffer.clear();
        self.buffer.shrink_to(USUAL_EVENT);
        self.read = 0;
        self.searched = 0;
    }
}

fn stalled() -> crate::Error {
    unavailable("The model stopped sending before its answer was complete.")
}

#[derive(Debug, PartialEq, Eq)]
enum Field<'a> {
    Data(&'a str),
    /// The empty line after an event.
    End,
    /// A comment, or a field that means nothing here.
    Other,
}

fn field(line: &str) -> Result<Field<'_>> {
    let line = line.trim_start_matches('\u{feff}');
    if line.is_empty() {
        return Ok(Field::End);
    }
    let (name, value) = line.split_once(':').unwrap_or((line, ""));
    match name {
        "data" => Ok(Field::Data(value.strip_prefix(' ').unwrap_or(value))),
        "" | "event" | "id" | "retry" => Ok(Field::Other),
        _ => Err(told(
            "The model server sent something that is not an event stream.",
            error_message(line.as_bytes()),
        )),
    }
}

fn too_long() -> crate::Error {
    protocol("The model server sent an event of more than 1 MB.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_told_apart() {
        for (line, expected) in [
            ("", Field::End),
            ("data: {}", Field::Data("{}")),
            ("data:{}", Field::Data("{}")),
            ("data:  two", Field::Data(" two")),
            ("data", Field::Data("")),
            ("data: a: b", Field::Data("a: b")),
            ("\u{feff}data: x", Field::Data("x")),
            (": ping", Field::Other),
            (":", Field::Other),
            ("event: message", Field::Other),
            ("id: 7", Field::Other),
            ("retry: 100", Field::Other),
        ] {
            assert_eq!(field(line).unwrap(), expected, "{line:?}");
        }
    }

    #[test]
    fn what_is_no_field_is_an_error() {
        let words = field(r#"{"error":{"message":"no GPU left"}}"#)
            .unwrap_err()
            .to_string();
        assert!(words.contains("no GPU left"), "{words}");
        for line in ["<html>", "Data: x", " data: x", "{\"choices\":[]}"] {
            assert!(field(line).is_err(), "{line}");
        }
    }
}
