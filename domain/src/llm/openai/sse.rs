//! Server-sent events, read with limits on line, event and time. The `eventsource-stream` crate has the grammar but
//! none of the limits.

use std::io;
use std::time::Duration;

use futures::stream::BoxStream;
use futures::{FutureExt, StreamExt, TryStreamExt};
use reqwest::Response;
use tokio::time::{Instant, timeout_at};
use tokio_util::codec::{FramedRead, LinesCodec, LinesCodecError};
use tokio_util::io::StreamReader;

use crate::Result;
use crate::llm::failure::{error_message, protocol, told, unavailable};

/// The longest line and the longest event, in bytes.
const MAX_EVENT: usize = 1024 * 1024;

/// Room for what usually comes at once, in bytes; more is made for what doesn't fit.
const USUAL_EVENT: usize = 1024;

/// No stream lasts longer, however busy the provider keeps the line.
const MAX_DURATION: Duration = Duration::from_secs(300);

/// The `data` of each event of a response.
pub(super) struct Events {
    lines: BoxStream<'static, Result<String, LinesCodecError>>,
    /// When the first line is due, until it was waited for.
    first_due: Option<Instant>,
    /// When the stream must be over.
    end: Instant,
    /// How long after a line the next one is due.
    stall: Duration,
}

impl Events {
    pub(super) fn new(response: Response, first_line: Instant, stall: Duration) -> Self {
        let bytes = StreamReader::new(response.bytes_stream().map_err(io::Error::other));
        let codec = LinesCodec::new_with_max_length(MAX_EVENT);
        let lines = FramedRead::with_capacity(bytes, codec, USUAL_EVENT).boxed();
        Self {
            lines,
            first_due: Some(first_line),
            end: Instant::now() + MAX_DURATION,
            stall,
        }
    }

    /// Expects every further line within `stall`.
    pub(super) fn hurry(&mut self, stall: Duration) {
        self.stall = self.stall.min(stall);
    }

    /// The next event's data, or `None` at the end of the stream. An event that the end cuts short is returned too:
    /// some servers forget the last empty line.
    pub(super) async fn next(&mut self) -> Result<Option<String>> {
        let mut event: Option<String> = None;
        while let Some(line) = self.line().await? {
            match field(&line)? {
                Field::End if event.is_some() => break,
                Field::End | Field::Other => {}
                Field::Data(data) => match &mut event {
                    None => event = Some(data.to_owned()),
                    Some(event) if event.len() + data.len() >= MAX_EVENT => return Err(too_long()),
                    Some(event) => event.extend(["\n", data]),
                },
            }
        }
        Ok(event)
    }

    async fn line(&mut self) -> Result<Option<String>> {
        // Most lines came with the one before: those need no clock. The runtime has a busy stream wait now and then, so its end is
        // not missed.
        let first_due = self.first_due.take();
        let line = match self.lines.next().now_or_never() {
            Some(line) => Ok(line),
            None => {
                let due = first_due.unwrap_or_else(|| Instant::now() + self.stall);
                timeout_at(due.min(self.end), self.lines.next()).await
            }
        };
        match line {
            Err(_) => Err(unavailable(
                "The model stopped sending before its answer was complete.",
            )),
            Ok(None) => Ok(None),
            Ok(Some(Ok(line))) => Ok(Some(line)),
            Ok(Some(Err(LinesCodecError::MaxLineLengthExceeded))) => Err(too_long()),
            Ok(Some(Err(LinesCodecError::Io(error)))) if error.kind() == io::ErrorKind::InvalidData => {
                Err(protocol("The model server sent something that is not text."))
            }
            Ok(Some(Err(LinesCodecError::Io(_)))) => Err(protocol("The connection to the model broke off.")),
        }
    }
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
