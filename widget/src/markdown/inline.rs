//! Runs inside a block.

use alloc::string::String;
use alloc::vec::Vec;

use super::{Inline, MAX_DEPTH};
use crate::{link, number};

/// Longest link label looked for, in bytes; keeps a row of brackets from costing a square.
const MAX_LABEL: usize = 400;
/// Longest address looked for, in bytes.
const MAX_URL: usize = 1000;

/// What follows an address and is not part of it.
const PUNCTUATION: [char; 13] = ['.', ',', ';', ':', '!', '?', '\'', '_', '~', '…', '。', '，', '”'];

/// Reads a block's text.
pub(super) fn parse(text: &str) -> Vec<Inline> {
    nested(text, 0, true)
}

fn nested(text: &str, depth: u8, links: bool) -> Vec<Inline> {
    let mut reader = Reader {
        text,
        depth,
        links,
        out: Vec::new(),
        plain: String::new(),
        dead_code: 0,
        dead: Vec::new(),
    };
    reader.run();
    reader.out
}

/// Each `take` method takes what its name says at `at` and returns where it ends, or `None` if it is not there.
struct Reader<'a> {
    text: &'a str,
    depth: u8,
    /// False inside a link's label: links don't nest.
    links: bool,
    out: Vec<Inline>,
    /// Text not yet pushed.
    plain: String,
    /// Lengths of backtick runs known to have no closer in the rest, one bit each: looked for once, not every time.
    dead_code: u32,
    /// The same for emphasis: marks and widths.
    dead: Vec<(u8, usize)>,
}

impl Reader<'_> {
    fn run(&mut self) {
        let mut at = 0;
        while at < self.text.len() {
            at = self.take_special(at).unwrap_or_else(|| self.take_literal(at));
        }
        self.flush();
    }

    fn flush(&mut self) {
        if !self.plain.is_empty() {
            self.out.push(Inline::Text(core::mem::take(&mut self.plain)));
        }
    }

    fn push(&mut self, inline: Inline) {
        self.flush();
        self.out.push(inline);
    }

    fn byte(&self, at: usize) -> u8 {
        self.text.as_bytes().get(at).copied().unwrap_or(0)
    }

    fn char_before(&self, at: usize) -> Option<char> {
        self.text[..at].chars().next_back()
    }

    fn char_at(&self, at: usize) -> Option<char> {
        self.text[at..].chars().next()
    }

    fn take_special(&mut self, at: usize) -> Option<usize> {
        match self.byte(at) {
            b'\\' if self.byte(at + 1) == b'\n' => self.take_break(at + 1),
            b'\n' if self.plain.ends_with("  ") => self.take_break(at),
            b'`' => self.take_code(at),
            b'*' | b'_' | b'~' => self.take_emphasis(at),
            b'[' => self.take_citation(at).or_else(|| self.take_link(at)),
            b'!' if self.byte(at + 1) == b'[' => self.take_link(at + 1),
            b'<' => self.take_angle_link(at),
            b'h' => self.take_bare_link(at),
            _ => None,
        }
    }

    /// Text as it stands: at least one character, and on to the next that may mean something.
    fn take_literal(&mut self, at: usize) -> usize {
        let escaped = self.byte(at) == b'\\' && self.byte(at + 1).is_ascii_punctuation();
        let start = if escaped { at + 1 } else { at };
        if self.byte(start) == b'\n' {
            self.trim_plain();
            self.plain.push(' ');
            return start + 1;
        }
        let first = self.char_at(start).map_or(1, char::len_utf8);
        let more = self.text.as_bytes()[start + first..]
            .iter()
            .position(|byte| is_special(*byte));
        let end = more.map_or(self.text.len(), |more| start + first + more);
        self.take_plain(start, end - start)
    }

    fn take_plain(&mut self, at: usize, length: usize) -> usize {
        self.plain.push_str(&self.text[at..at + length]);
        at + length
    }

    fn trim_plain(&mut self) {
        self.plain.truncate(self.plain.trim_ascii_end().len());
    }

    fn take_break(&mut self, line_end: usize) -> Option<usize> {
        self.trim_plain();
        self.push(Inline::Break);
        Some(line_end + 1)
    }

    fn take_code(&mut self, at: usize) -> Option<usize> {
        let length = run_length(&self.text[at..], b'`');
        let Some(close) = self.code_closer(at + length, length) else {
            return Some(self.take_plain(at, length));
        };
        self.push(Inline::Code(code_text(&self.text[at + length..close])));
        Some(close + length)
    }

    /// Where the next run of just as many backticks stands.
    fn code_closer(&mut self, start: usize, length: usize) -> Option<usize> {
        let flag = 1_u32.checked_shl(u32::try_from(length).ok()?)?;
        if self.dead_code & flag != 0 {
            return None;
        }
        let mut from = start;
        while let Some(found) = position(&self.text[from..], b'`') {
            let at = from + found;
            let run = run_length(&self.text[at..], b'`');
            if run == length {
                return Some(at);
            }
            from = at + run;
        }
        self.dead_code |= flag;
        None
    }

    fn take_emphasis(&mut self, at: usize) -> Option<usize> {
        let mark = self.byte(at);
        let run = run_length(&self.text[at..], mark);
        let width = run.min(2);
        let start = at + width;
        let opens = run <= 3
            && self.depth < MAX_DEPTH
            && self.char_at(start).is_some_and(|c| !c.is_ascii_whitespace())
            && !(mark == b'~' && width == 1)
            && !(mark == b'_' && self.char_before(at).is_some_and(is_word));
        if !opens {
            return Some(self.take_plain(at, run));
        }
        let Some(close) = self.emphasis_closer(start, mark, width) else {
            return Some(self.take_plain(at, width));
        };
        let inner = nested(&self.text[start..close], self.depth + 1, self.links);
        self.push(match (mark, width) {
            (b'~', _) => Inline::Struck(inner),
            (_, 2) => Inline::Strong(inner),
            _ => Inline::Emphasis(inner),
        });
        Some(close + width)
    }

    /// Where the closing delimiter stands: in a run that fits, right after text.
    fn emphasis_closer(&mut self, start: usize, mark: u8, width: usize) -> Option<usize> {
        if self.dead.contains(&(mark, width)) {
            return None;
        }
        let mut from = start;
        while let Some(found) = position(&self.text[from..], mark) {
            let at = from + found;
            let run = run_length(&self.text[at..], mark);
            let end = at + run;
            let fits = if width == 1 { run != 2 } else { run >= 2 };
            let after_text = self
                .char_before(at)
                .is_some_and(|c| !c.is_ascii_whitespace() && c != '\\');
            let intraword = mark == b'_' && self.char_at(end).is_some_and(is_word);
            if fits && after_text && !intraword && at > start {
                // Of `***` the last ones close the outer delimiter.
                return Some(end - width);
            }
            from = end;
        }
        self.dead.push((mark, width));
        None
    }

    /// `[1]` or `[1, 2]`
    fn take_citation(&mut self, at: usize) -> Option<usize> {
        let rest = &self.text[at + 1..];
        let inside = &rest[..rest.bytes().take(40).position(|byte| byte == b']')?];
        let end = at + inside.len() + 2;
        if self.byte(end) == b'(' {
            return None;
        }
        let numbers = numbers(inside)?;
        self.flush();
        self.out.extend(numbers.into_iter().map(Inline::Cite));
        Some(end)
    }

    /// `[label](url "title")` from its first bracket on. Of an address that is not safe only the label is kept.
    fn take_link(&mut self, at: usize) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let close = at + matching(&bytes[at..], b'[', b']', MAX_LABEL)?;
        let open = close + 1;
        if self.byte(open) != b'(' {
            return None;
        }
        let end = open + matching(&bytes[open..], b'(', b')', MAX_URL)?;
        let url = self.text[open + 1..end]
            .split_ascii_whitespace()
            .next()
            .unwrap_or("");
        let url = url
            .strip_prefix('<')
            .and_then(|url| url.strip_suffix('>'))
            .unwrap_or(url);
        let label = &self.text[at + 1..close];
        if self.links && link::is_safe(url) {
            let label = if label.trim_ascii().is_empty() { url } else { label };
            let label = nested(label, self.depth.saturating_add(1), false);
            self.push(Inline::Link {
                url: url.into(),
                label,
            });
        } else {
            self.plain.push_str(label);
        }
        Some(end + 1)
    }

    /// `<https://…>`
    fn take_angle_link(&mut self, at: usize) -> Option<usize> {
        let rest = &self.text[at + 1..];
        if !rest.starts_with(['h', 'H', 'm', 'M']) {
            return None;
        }
        let length = rest.bytes().take(MAX_URL).position(|byte| byte == b'>')?;
        self.take_url(&rest[..length])?;
        Some(at + length + 2)
    }

    /// `https://…` in running text, without the punctuation that follows it.
    fn take_bare_link(&mut self, at: usize) -> Option<usize> {
        let rest = &self.text[at..];
        let is_web = rest.starts_with("https://") || rest.starts_with("http://");
        if !is_web || self.char_before(at).is_some_and(is_word) {
            return None;
        }
        let ends = |c: char| {
            c.is_ascii_whitespace() || matches!(c, '<' | '>' | '"' | '`' | '[' | ']' | '|' | '\\' | '*')
        };
        let url = &rest[..rest.find(ends).unwrap_or(rest.len())];
        // A bracket belongs to an address that has its other half.
        let round = if position(url, b'(').is_none() { ")" } else { "" };
        let mut end = url.len();
        while let Some(last) = url[..end]
            .chars()
            .next_back()
            .filter(|c| round.contains(*c) || PUNCTUATION.contains(c))
        {
            end -= last.len_utf8();
        }
        let url = &url[..end];
        self.take_url(url)?;
        Some(at + url.len())
    }

    fn take_url(&mut self, url: &str) -> Option<()> {
        if !self.links || !link::is_safe(url) {
            return None;
        }
        let label = [Inline::Text(url.into())].into();
        self.push(Inline::Link {
            url: url.into(),
            label,
        });
        Some(())
    }
}

/// Letters and digits of any script; Unicode's tables would be larger than all the rest.
fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || !c.is_ascii()
}

fn is_special(byte: u8) -> bool {
    matches!(
        byte,
        b'\\' | b'\n' | b'`' | b'*' | b'_' | b'~' | b'[' | b'!' | b'<' | b'h'
    )
}

fn position(text: &str, wanted: u8) -> Option<usize> {
    text.bytes().position(|byte| byte == wanted)
}

fn run_length(text: &str, mark: u8) -> usize {
    text.bytes().take_while(|byte| *byte == mark).count()
}

/// The numbers in `1` or `1, 2`: short ones above zero.
fn numbers(text: &str) -> Option<Vec<u32>> {
    let mut numbers = Vec::new();
    let mut rest = text;
    loop {
        let comma = position(rest, b',');
        let digits = rest[..comma.unwrap_or(rest.len())].trim_ascii();
        numbers.push(number::parse(digits).filter(|number| (1..1000).contains(number))?);
        let Some(comma) = comma else { return Some(numbers) };
        rest = &rest[comma + 1..];
    }
}

/// Line ends are spaces, and one space inside each delimiter goes (`` `` `x` `` ``).
fn code_text(text: &str) -> String {
    let text = text.replace('\n', " ");
    let inner = text.strip_prefix(' ').and_then(|text| text.strip_suffix(' '));
    inner
        .filter(|inner| !inner.trim_ascii().is_empty())
        .map_or_else(|| text.clone(), Into::into)
}

/// Offset of the bracket that closes the first one, not further than `limit`.
fn matching(bytes: &[u8], open: u8, close: u8, limit: usize) -> Option<usize> {
    let mut depth = 0_usize;
    let mut escaped = false;
    for (at, &byte) in bytes.iter().enumerate().take(limit) {
        if escaped {
            escaped = false;
        } else if byte == b'\\' {
            escaped = true;
        } else if byte == open {
            depth += 1;
        } else if byte == close {
            depth -= 1;
            if depth == 0 {
                return Some(at);
            }
        }
    }
    None
}
