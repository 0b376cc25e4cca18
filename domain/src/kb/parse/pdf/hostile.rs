//! What makes a PDF dangerous to its parsers, found in its bytes before they see it. What hides in packed objects is
//! left to the limits of the child process.

use std::collections::HashMap;
use std::io::Read;

use flate2::read::ZlibDecoder;
use memchr::memmem;

use crate::kb::parse::ParseError;

/// A stream that is no picture and unpacks to more than this, and to this many times its size.
const MAX_STREAM_BYTES: u64 = 32 * 1024 * 1024;
const MAX_RATIO: u64 = 100;
/// How much of a stream's dictionary is looked at.
const DICTIONARY_BYTES: usize = 512;
/// Filters of one stream that are followed.
const MAX_FILTERS: usize = 3;
/// Steps that walking the tree of pages may take.
const MAX_STEPS: usize = 100_000;
/// Deepest tree of pages; real ones stay below ten.
const MAX_TREE_DEPTH: usize = 200;

/// Refuses bombs.
pub(super) fn check(bytes: &[u8]) -> Result<(), ParseError> {
    check_streams(bytes)?;
    check_pages(bytes)
}

fn check_streams(bytes: &[u8]) -> Result<(), ParseError> {
    for at in memmem::find_iter(bytes, b"stream") {
        // The end of one is no start.
        if bytes[..at].ends_with(b"end") {
            continue;
        }
        let dictionary = &bytes[at.saturating_sub(DICTIONARY_BYTES)..at];
        let start = memmem::rfind(dictionary, b" obj").unwrap_or(0);
        let dictionary = &dictionary[start..];
        let filters = memmem::find_iter(dictionary, b"/Fl").count().min(MAX_FILTERS);
        if filters == 0 || memmem::find(dictionary, b"/Image").is_some() {
            continue;
        }
        let content = bytes[at + b"stream".len()..].trim_ascii_start();
        let (packed, unpacked) = unpack(content, filters);
        if unpacked > MAX_STREAM_BYTES && unpacked / MAX_RATIO > packed {
            return Err(ParseError::too_complex(
                "it unpacks to far more than its own size",
            ));
        }
    }
    Ok(())
}

/// How much of the content the filters read, and what they made of it, up to a little more than is allowed.
fn unpack(content: &[u8], filters: usize) -> (u64, u64) {
    let mut first = ZlibDecoder::new(content);
    let limit = MAX_STREAM_BYTES + 1;
    let unpacked = if filters == 1 {
        count((&mut first).take(limit))
    } else {
        let mut reader: Box<dyn Read + '_> = Box::new(&mut first);
        for _ in 1..filters {
            reader = Box::new(ZlibDecoder::new(reader));
        }
        count(reader.take(limit))
    };
    (first.total_in(), unpacked)
}

/// Bytes up to the end or the first error.
fn count(mut reader: impl Read) -> u64 {
    let mut buffer = [0; 64 * 1024];
    let mut total = 0;
    loop {
        match reader.read(&mut buffer) {
            Ok(0) | Err(_) => return total,
            Ok(read) => total += read as u64,
        }
    }
}

/// Walks the tree of pages from everywhere that names kids.
fn check_pages(bytes: &[u8]) -> Result<(), ParseError> {
    let mut kids: HashMap<u32, Vec<u32>> = HashMap::new();
    for at in memmem::find_iter(bytes, b"/Kids") {
        let before = &bytes[at.saturating_sub(DICTIONARY_BYTES)..at];
        let Some(number) = memmem::rfind(before, b" obj").and_then(|end| object_number(&before[..end]))
        else {
            continue;
        };
        let list = bytes[at + b"/Kids".len()..].trim_ascii_start();
        let end = list.iter().position(|&byte| byte == b']').unwrap_or(0);
        kids.insert(number, references(&list[..end]));
    }
    let mut is_kid: Vec<u32> = kids.values().flatten().copied().collect();
    is_kid.sort_unstable();
    let roots = kids.keys().filter(|number| is_kid.binary_search(number).is_err());
    let mut steps = 0;
    // A circle has no root.
    let mut open: Vec<(u32, usize)> = roots.map(|&root| (root, 0)).collect();
    if open.is_empty() {
        open.extend(kids.keys().next().map(|&first| (first, 0)));
    }
    while let Some((number, depth)) = open.pop() {
        steps += 1;
        if depth > MAX_TREE_DEPTH || steps > MAX_STEPS {
            return Err(ParseError::nested());
        }
        let below = kids.get(&number).into_iter().flatten();
        open.extend(
            below
                .filter(|kid| kids.contains_key(kid))
                .map(|&kid| (kid, depth + 1)),
        );
    }
    Ok(())
}

/// The number in `… 12 0`.
fn object_number(before: &[u8]) -> Option<u32> {
    let text = std::str::from_utf8(&before[before.len().saturating_sub(20)..]).ok()?;
    text.split_ascii_whitespace().rev().nth(1)?.parse().ok()
}

/// The numbers in `[12 0 R 13 0 R`.
fn references(list: &[u8]) -> Vec<u32> {
    let words: Vec<&[u8]> = list
        .split(|byte| byte.is_ascii_whitespace() || *byte == b'[')
        .filter(|word| !word.is_empty())
        .collect();
    let number = |reference: &[&[u8]]| std::str::from_utf8(reference[0]).ok()?.parse().ok();
    words.chunks_exact(3).filter_map(number).collect()
}
