//! CSV and its relatives: the delimiter is found out, and the rest is as in a sheet.

use csv::{ReaderBuilder, StringRecord, Trim};

use super::blocks::Blocks;
use super::{ParseError, ParsedDocument, decode, sheet, text};

const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];
/// Records that the delimiter is judged by.
const SAMPLE: usize = 50;

pub(super) fn parse(bytes: &[u8]) -> Result<ParsedDocument, ParseError> {
    let decoded = decode::decode(bytes);
    let content = decoded.trim_start_matches('\u{feff}');
    // Excel's own way to say it.
    let (declared, content) = match content.strip_prefix("sep=") {
        Some(rest) => (
            rest.bytes().next(),
            rest.split_once('\n').map_or("", |(_, rest)| rest),
        ),
        None => (None, content),
    };
    let Some(delimiter) = declared.or_else(|| sniff(content)) else {
        return Ok(text::parse_plain(bytes));
    };
    let mut rows = Vec::new();
    let mut cells = 0;
    for record in records(content, delimiter) {
        cells += record.len();
        if cells > sheet::MAX_CELLS {
            return Err(ParseError::too_complex("it has more than 2,000,000 cells"));
        }
        rows.push(record.iter().map(str::to_owned).collect());
    }
    let mut blocks = Blocks::default();
    sheet::add(&mut blocks, &rows, 2);
    Ok(ParsedDocument::single(None, blocks.finish()))
}

fn records(content: &str, delimiter: u8) -> impl Iterator<Item = StringRecord> {
    let reader = ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .trim(Trim::All)
        .from_reader(content.as_bytes());
    reader.into_records().filter_map(Result::ok)
}

/// The delimiter that cuts most records into one and the same number of fields; none if all leave one field.
fn sniff(content: &str) -> Option<u8> {
    let score = |&delimiter: &u8| {
        let counts: Vec<usize> = records(content, delimiter)
            .take(SAMPLE)
            .map(|record| record.len())
            .collect();
        let usual = |count: usize| counts.iter().filter(|&&other| other == count).count();
        let best = counts
            .iter()
            .copied()
            .filter(|&count| count > 1)
            .max_by_key(|&count| (usual(count), count));
        best.map_or((0, 0), |count| (usual(count), count))
    };
    let best = DELIMITERS.iter().copied().max_by_key(score)?;
    (score(&best).0 > 0).then_some(best)
}

#[cfg(test)]
mod tests {
    use super::{parse, sniff};

    #[test]
    fn finds_the_delimiter() {
        assert_eq!(sniff("a;b;c\n1,5;2,5;3,5\n"), Some(b';'));
        assert_eq!(sniff("a\tb\n\"x, y, z\"\t2\n"), Some(b'\t'));
        assert_eq!(sniff("name,note\nx,\"one; two\"\n"), Some(b','));
        assert_eq!(sniff("one\ntwo\n"), None);
    }

    #[test]
    fn reads_quotes_and_what_excel_says() {
        let document = parse(b"sep=;\r\nname;note\r\nx;\"two\nlines\"\r\n").expect("a table");
        assert_eq!(
            document.pages[0].markdown,
            "| name | note |\n| --- | --- |\n| x | two lines |"
        );
    }
}
