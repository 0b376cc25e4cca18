//! Tables with a head, as GitHub writes them.

use alloc::string::String;
use alloc::vec::Vec;

use super::{Block, Inline, inline};

/// Wider tables are read as text.
const MAX_COLUMNS: usize = 20;

/// A table at the first line, if its second line is a delimiter row of as many cells.
pub(super) fn parse(lines: &[&str]) -> Option<(Block, usize)> {
    let [first, second, rest @ ..] = lines else {
        return None;
    };
    if !has_bar(first) {
        return None;
    }
    let head = cells(first);
    let delimiters = cells(second);
    let fits = head.len() == delimiters.len() && head.len() <= MAX_COLUMNS;
    if !fits || !delimiters.iter().all(|cell| is_delimiter(cell)) {
        return None;
    }
    let rows: Vec<_> = rest
        .iter()
        .take_while(|line| has_bar(line))
        .map(|line| row(line, head.len()))
        .collect();
    let used = rows.len() + 2;
    let head = head.iter().map(|cell| inline::parse(cell)).collect();
    Some((Block::Table { head, rows }, used))
}

fn has_bar(line: &str) -> bool {
    line.bytes().any(|byte| byte == b'|')
}

fn is_delimiter(cell: &str) -> bool {
    let dashes = cell.trim_start_matches(':').trim_end_matches(':');
    !dashes.is_empty() && dashes.bytes().all(|byte| byte == b'-')
}

fn row(line: &str, columns: usize) -> Vec<Vec<Inline>> {
    let mut cells = cells(line);
    cells.resize(columns, String::new());
    cells.iter().map(|cell| inline::parse(cell)).collect()
}

/// The cells of a line; `\|` is a bar inside a cell.
fn cells(line: &str) -> Vec<String> {
    let line = line.trim_ascii();
    let line = line.strip_prefix('|').unwrap_or(line);
    let mut cells = Vec::new();
    let mut cell = String::new();
    let mut escaped = false;
    for c in line.chars() {
        match (escaped, c) {
            (true, '|') => {
                cell.pop();
                cell.push('|');
            }
            (false, '|') => cells.push(core::mem::take(&mut cell).trim_ascii().into()),
            _ => cell.push(c),
        }
        escaped = c == '\\' && !escaped;
    }
    if !cell.trim_ascii().is_empty() || cells.is_empty() {
        cells.push(cell.trim_ascii().into());
    }
    cells
}
