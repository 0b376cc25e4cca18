//! Lines to blocks.

use alloc::string::String;
use alloc::vec::Vec;

use super::{Block, MAX_DEPTH, inline, table};
use crate::number;

/// A list item's marker.
#[derive(Clone, Copy)]
struct Marker {
    /// The number, of an ordered list.
    number: Option<u32>,
    /// Columns before the item's text.
    width: usize,
}

/// Reads the blocks of `lines`, each with the number of lines up to its end.
pub(super) fn parse(lines: &[&str], depth: u8) -> Vec<(Block, usize)> {
    let mut blocks = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        if is_blank(lines[at]) {
            at += 1;
            continue;
        }
        let (block, used) = next(&lines[at..], depth);
        at += used;
        blocks.push((block, at));
    }
    blocks
}

/// The blocks inside a container.
fn inside(lines: &[&str], depth: u8) -> Vec<Block> {
    parse(lines, depth + 1)
        .into_iter()
        .map(|(block, _)| block)
        .collect()
}

/// The block that begins at the first line, and how many lines it takes.
fn next(lines: &[&str], depth: u8) -> (Block, usize) {
    let line = lines[0].trim_ascii();
    if let Some(fence) = fence(line) {
        return code(lines, fence);
    }
    if let Some((level, text)) = heading(line) {
        return (Block::Heading(level, inline::parse(text)), 1);
    }
    if is_rule(line) {
        return (Block::Rule, 1);
    }
    if depth < MAX_DEPTH && line.starts_with('>') {
        return quote(lines, depth);
    }
    if depth < MAX_DEPTH
        && let Some(first) = marker(lines[0])
    {
        return list(lines, first, depth);
    }
    table::parse(lines).unwrap_or_else(|| paragraph(lines))
}

fn is_blank(line: &str) -> bool {
    line.trim_ascii().is_empty()
}

/// Columns of white space before the text; a tab counts as four.
fn indent(line: &str) -> usize {
    let columns = |byte: u8| if byte == b'\t' { 4 } else { 1 };
    line.bytes()
        .take_while(|byte| matches!(byte, b' ' | b'\t'))
        .map(columns)
        .sum()
}

/// The line without up to `columns` of white space at its start.
fn dedent(line: &str, columns: usize) -> &str {
    let mut left = columns;
    for (at, byte) in line.bytes().enumerate() {
        if left == 0 || !matches!(byte, b' ' | b'\t') {
            return &line[at..];
        }
        left = left.saturating_sub(if byte == b'\t' { 4 } else { 1 });
    }
    ""
}

/// The fence that opens a code block: its character and length.
fn fence(line: &str) -> Option<(char, usize)> {
    let mark = line.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let length = line.chars().take_while(|c| *c == mark).count();
    let info = &line[length..];
    (length >= 3 && !(mark == '`' && info.bytes().any(|byte| byte == b'`'))).then_some((mark, length))
}

/// An unclosed fence runs to the end: that is how it looks while it streams.
fn code(lines: &[&str], (mark, length): (char, usize)) -> (Block, usize) {
    let columns = indent(lines[0]);
    let closes = |line: &&str| {
        let line = line.trim_ascii();
        line.len() >= length && line.chars().all(|c| c == mark)
    };
    let body = lines[1..]
        .iter()
        .position(closes)
        .map_or(&lines[1..], |end| &lines[1..=end]);
    let mut text = String::new();
    for line in body {
        text.push_str(dedent(line, columns));
        text.push('\n');
    }
    text.pop();
    (Block::Code(text), (body.len() + 2).min(lines.len()))
}

fn heading(line: &str) -> Option<(u8, &str)> {
    let level = line.bytes().take_while(|byte| *byte == b'#').count();
    let text = line[level..].strip_prefix(' ')?;
    let level = u8::try_from(level).ok().filter(|level| (1..=6).contains(level))?;
    Some((level, text.trim_end_matches('#').trim_ascii()))
}

fn is_rule(line: &str) -> bool {
    let mut marks = line.chars().filter(|c| !c.is_ascii_whitespace());
    let Some(first @ ('-' | '*' | '_')) = marks.next() else {
        return false;
    };
    let mut count = 1;
    marks.all(|c| {
        count += 1;
        c == first
    }) && count >= 3
}

fn quote(lines: &[&str], depth: u8) -> (Block, usize) {
    let inner: Vec<&str> = lines
        .iter()
        .map_while(|line| line.trim_ascii_start().strip_prefix('>'))
        .map(|line| line.strip_prefix(' ').unwrap_or(line))
        .collect();
    (Block::Quote(inside(&inner, depth)), inner.len())
}

/// The list marker at the start of this line: `-`, `*`, `+`, `1.` or `1)`, then white space or the line's end.
fn marker(line: &str) -> Option<Marker> {
    let text = line.trim_ascii_start();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, length) = match digits {
        0 => (None, text.strip_prefix(['-', '*', '+']).map(|_| 1)?),
        1..=9 => (
            number::parse(&text[..digits]),
            text[digits..].strip_prefix(['.', ')']).map(|_| digits + 1)?,
        ),
        _ => return None,
    };
    let after = &text[length..];
    let spaces = match indent(after) {
        0 if after.is_empty() => 1,
        0 => return None,
        // Four columns or more after the marker would be indented code, which is not read.
        columns => columns.min(4),
    };
    Some(Marker {
        number,
        width: indent(line) + length + spaces,
    })
}

fn list(lines: &[&str], first: Marker, depth: u8) -> (Block, usize) {
    let mut items = Vec::new();
    let mut used = 0;
    while let Some(next) = lines.get(used).and_then(|line| marker(line))
        && next.number.is_some() == first.number.is_some()
        && !is_rule(lines[used].trim_ascii())
    {
        let taken = item_length(&lines[used..], next.width);
        let inner: Vec<&str> = lines[used..used + taken]
            .iter()
            .enumerate()
            .map(|(at, line)| {
                if at == 0 {
                    after_marker(line)
                } else {
                    dedent(line, next.width)
                }
            })
            .collect();
        items.push(inside(&inner, depth));
        used += taken;
    }
    (
        Block::List {
            start: first.number,
            items,
        },
        used,
    )
}

/// The text of an item's first line.
fn after_marker(line: &str) -> &str {
    let text = line
        .trim_ascii_start()
        .trim_start_matches(|c: char| c.is_ascii_digit());
    text.get(1..).unwrap_or("").trim_ascii_start()
}

/// How many lines the item takes: those indented under its text, blank ones between them, and lazy text lines.
fn item_length(lines: &[&str], width: usize) -> usize {
    let mut taken = 1;
    let mut blank = false;
    for (at, line) in lines.iter().enumerate().skip(1) {
        if is_blank(line) {
            blank = true;
            continue;
        }
        // Models indent sub-items by two or three columns, less than an ordered marker is wide.
        let nested = indent(line) >= width.min(2 + indent(lines[0]));
        let lazy = !blank && !starts_block(line) && marker(line).is_none();
        if !nested && !lazy {
            // A blank line between two items belongs to the list.
            return if blank && marker(line).is_some() {
                at
            } else {
                taken
            };
        }
        blank = false;
        taken = at + 1;
    }
    taken
}

/// Whether this line ends a paragraph above it.
fn starts_block(line: &str) -> bool {
    let text = line.trim_ascii();
    let item = || marker(line).is_some_and(|item| item.number.is_none_or(|number| number == 1));
    fence(text).is_some() || heading(text).is_some() || is_rule(text) || text.starts_with('>') || item()
}

fn paragraph(lines: &[&str]) -> (Block, usize) {
    let more = lines[1..]
        .iter()
        .take_while(|line| !is_blank(line) && !starts_block(line))
        .count();
    let mut text = String::new();
    for line in &lines[..=more] {
        text.push_str(line.trim_ascii_start());
        text.push('\n');
    }
    (Block::Paragraph(inline::parse(text.trim_ascii_end())), more + 1)
}
