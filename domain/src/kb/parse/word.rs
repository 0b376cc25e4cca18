//! What a Word file of before 2007 says of its own length, looked at before `undoc` sets aside memory for it.
//!
//! Offsets are those of [MS-DOC], 2.5: the file information block at the start of the stream `WordDocument`.

use std::io::{Cursor, Read};

use cfb::CompoundFile;

use super::ParseError;

/// The lowest version of the layout of Word 97; older files keep one count elsewhere.
const WORD_97: u16 = 0x00C0;
const OLD_COUNT: usize = 0x34;
/// How many characters the text, footnotes, headers, comments and endnotes have.
const COUNTS: [usize; 5] = [0x4C, 0x50, 0x54, 0x5C, 0x60];
/// Where tables of positions lie: of footnotes, headers and endnotes.
const TABLES: [usize; 3] = [0x9A + 3 * 8, 0x9A + 11 * 8, 0x9A + 47 * 8];
/// The flags that say in which stream, and whether anything can be read at all.
const FLAGS: usize = 0x0A;
const ENCRYPTED: u16 = 0x0100;
const SECOND_TABLE: u16 = 0x0200;

/// Refuses a file that has fewer bytes than it says it has characters. What else is wrong is found by the parser.
pub(super) fn check(bytes: &[u8], name: &'static str) -> Result<(), ParseError> {
    match longest(bytes) {
        Some((characters, size)) if characters > size => Err(ParseError::corrupt(name)),
        _ => Ok(()),
    }
}

/// The largest count or position of characters, and the size of the stream that has them.
fn longest(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut file = CompoundFile::open(Cursor::new(bytes)).ok()?;
    let document = stream(&mut file, "/WordDocument")?;
    let flags = short(&document, FLAGS)?;
    if flags & ENCRYPTED != 0 {
        return None;
    }
    if short(&document, 2)? < WORD_97 {
        return Some((long(&document, OLD_COUNT)?, document.len()));
    }
    let second = flags & SECOND_TABLE != 0;
    let table = stream(&mut file, if second { "/1Table" } else { "/0Table" }).unwrap_or_default();
    let positions = TABLES.iter().flat_map(|at| {
        let range = long(&document, *at).zip(long(&document, at + 4));
        let positions = range.and_then(|(from, length)| table.get(from..from.checked_add(length)?));
        let (positions, _) = positions.unwrap_or_default().as_chunks::<4>();
        // The last one means nothing.
        positions.split_last().map_or(&[][..], |(_, others)| others)
    });
    let positions = positions.map(|position| u32::from_le_bytes(*position) as usize);
    let counts = COUNTS.iter().filter_map(|at| long(&document, *at));
    Some((counts.chain(positions).max()?, document.len()))
}

fn stream(file: &mut CompoundFile<Cursor<&[u8]>>, path: &str) -> Option<Vec<u8>> {
    let mut content = Vec::new();
    file.open_stream(path).ok()?.read_to_end(&mut content).ok()?;
    Some(content)
}

fn short(bytes: &[u8], at: usize) -> Option<u16> {
    let bytes = bytes.get(at..)?.first_chunk()?;
    Some(u16::from_le_bytes(*bytes))
}

fn long(bytes: &[u8], at: usize) -> Option<usize> {
    let bytes = bytes.get(at..)?.first_chunk()?;
    Some(u32::from_le_bytes(*bytes) as usize)
}

#[cfg(test)]
mod tests {
    use std::io::{Seek, SeekFrom, Write};

    use super::*;

    const LETTER: &[u8] = include_bytes!("../../../tests/fixtures/corpus/ferry.doc");

    /// The file with other numbers in one of its streams.
    fn with(path: &str, at: usize, number: u32) -> Vec<u8> {
        let mut file = CompoundFile::open(Cursor::new(LETTER.to_vec())).expect("a compound file");
        let mut stream = file.open_stream(path).expect("a stream");
        stream.seek(SeekFrom::Start(at as u64)).expect("a place");
        stream.write_all(&number.to_le_bytes()).expect("written");
        drop(stream);
        file.into_inner().into_inner()
    }

    #[test]
    fn a_file_that_claims_more_text_than_it_has_bytes_is_refused() {
        assert_eq!(check(LETTER, "Word document"), Ok(()));
        for at in COUNTS {
            let damaged = with("/WordDocument", at, 0xFF00_000D);
            assert_eq!(
                check(&damaged, "Word document"),
                Err(ParseError::corrupt("Word document"))
            );
        }
    }
}
