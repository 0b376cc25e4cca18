//! Server-sent events from text, after <https://html.spec.whatwg.org/multipage/server-sent-events.html>.
//!
//! The browser's own `EventSource` can only GET, so the stream of a POST is parsed here. The browser has decoded it:
//! a chunk may end anywhere but inside a character.

use alloc::string::String;
use alloc::vec::Vec;
use core::mem;

/// One dispatched event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The last `id:` seen up to this event, empty if none.
    pub id: String,
    /// The `event:` name, empty if none.
    pub name: String,
    /// The `data:` lines, joined by a line feed.
    pub data: String,
}

/// Holds what has arrived of a stream but is not a whole event yet.
#[derive(Debug, Default)]
pub struct Parser {
    line: String,
    after_cr: bool,
    id: String,
    name: String,
    data: String,
    has_data: bool,
}

impl Parser {
    /// Takes the next chunk and returns the events it completes.
    pub fn push(&mut self, chunk: &str) -> Vec<Event> {
        let mut events = Vec::new();
        let mut start = 0;
        for (at, byte) in chunk.bytes().enumerate() {
            let after_cr = mem::replace(&mut self.after_cr, byte == b'\r');
            if !matches!(byte, b'\r' | b'\n') {
                continue;
            }
            // The line feed of CR LF ends no line of its own.
            if !(after_cr && byte == b'\n') {
                self.line.push_str(&chunk[start..at]);
                events.extend(self.end_line());
            }
            start = at + 1;
        }
        self.line.push_str(&chunk[start..]);
        events
    }

    fn end_line(&mut self) -> Option<Event> {
        let line = mem::take(&mut self.line);
        if line.is_empty() {
            return self.dispatch();
        }
        let colon = line.bytes().position(|byte| byte == b':').unwrap_or(line.len());
        let (field, value) = line.split_at(colon);
        let value = value.strip_prefix(':').unwrap_or(value);
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "data" => self.add_data(value),
            "event" => self.name = value.into(),
            "id" if !value.bytes().any(|byte| byte == 0) => self.id = value.into(),
            _ => {}
        }
        None
    }

    fn add_data(&mut self, value: &str) {
        if mem::replace(&mut self.has_data, true) {
            self.data.push('\n');
        }
        self.data.push_str(value);
    }

    fn dispatch(&mut self) -> Option<Event> {
        let name = mem::take(&mut self.name);
        let data = mem::take(&mut self.data);
        mem::take(&mut self.has_data).then(|| Event {
            id: self.id.clone(),
            name,
            data,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{format, vec};

    fn event(id: &str, name: &str, data: &str) -> Event {
        Event {
            id: id.into(),
            name: name.into(),
            data: data.into(),
        }
    }

    #[test]
    fn reads_a_stream_of_ours() {
        let stream =
            ": ping\n\nid: m:0\nevent: start\ndata: {\"a\":1}\n\nid: m:1\nevent: delta\ndata: {}\n\n";
        let events = Parser::default().push(stream);
        assert_eq!(
            events,
            [event("m:0", "start", "{\"a\":1}"), event("m:1", "delta", "{}")]
        );
    }

    #[test]
    fn any_cut_gives_the_same_events() {
        let stream = "id: 1\r\nevent: delta\r\ndata: Grüße 👋\r\ndata: zwei\r\n\r\ndata:x\r\rdata: y\n\n";
        let whole = Parser::default().push(stream);
        assert_eq!(
            whole,
            [
                event("1", "delta", "Grüße 👋\nzwei"),
                event("1", "", "x"),
                event("1", "", "y")
            ]
        );
        for cut in (0..=stream.len()).filter(|cut| stream.is_char_boundary(*cut)) {
            let (head, tail) = stream.split_at(cut);
            let mut parser = Parser::default();
            let mut events = parser.push(head);
            events.extend(parser.push(tail));
            assert_eq!(events, whole, "cut at {cut}");
        }
        let mut parser = Parser::default();
        let single: Vec<Event> = stream
            .chars()
            .flat_map(|c| parser.push(c.encode_utf8(&mut [0; 4])))
            .collect();
        assert_eq!(single, whole);
    }

    #[test]
    fn an_unfinished_event_is_not_dispatched() {
        let mut parser = Parser::default();
        assert_eq!(parser.push("event: delta\ndata: half"), []);
        assert_eq!(parser.push("\n"), []);
        assert_eq!(parser.push("\n"), [event("", "delta", "half")]);
    }

    #[test]
    fn comments_and_unknown_fields_are_passed_over() {
        let events = Parser::default().push(":x\nretry: 5\nfoo\ndata\n\nevent: lonely\n\ndata: 1\n\n");
        assert_eq!(events, vec![event("", "", ""), event("", "", "1")]);
    }

    #[test]
    fn an_id_with_nul_is_ignored() {
        let events = Parser::default().push("id: ok\nid: a\0b\ndata: 1\n\n");
        assert_eq!(events, [event("ok", "", "1")]);
    }

    #[test]
    fn a_huge_line_in_small_chunks_arrives_whole() {
        let text = "é".repeat(500_000);
        let stream = format!("data: {text}\n\n");
        let mut parser = Parser::default();
        let chars: Vec<char> = stream.chars().collect();
        let events: Vec<Event> = chars
            .chunks(7)
            .flat_map(|chunk| parser.push(&chunk.iter().collect::<String>()))
            .collect();
        assert_eq!(events, [event("", "", &text)]);
    }
}
