//! PDF, by `pdf_oxide`, with `pdf-extract` as a second opinion on pages that came out badly.

mod headings;
mod hostile;
mod oxide;

mod rows;
mod running;
mod second;
mod tables;

use memchr::memmem;

use self::headings::Heading;
use self::tables::Table;
use super::{Page, ParseError, ParsedDocument, unwrap};

/// What list items start with, those of the Symbol and Wingdings fonts among them.
const BULLETS: [char; 8] = ['•', '◦', '▪', '■', '●', '‣', '\u{f0b7}', '\u{f0a7}'];

const MAX_PAGES: usize = 2_000;

/// A page as a parser saw it.
#[derive(Debug, Default)]
struct RawPage {
    /// Lines in reading order, paragraphs apart.
    text: String,
    /// Lines set larger than the rest.
    headings: Vec<Heading>,
    /// Where the parser saw tables.
    tables: Vec<Table>,
}

/// A document as a parser saw it. A page is absent if the parser failed on it.
struct RawDocument {
    title: Option<String>,
    pages: Vec<Option<RawPage>>,
}

pub(super) fn parse(bytes: &[u8]) -> Result<ParsedDocument, ParseError> {
    hostile::check(bytes)?;
    let first = match oxide::read(bytes) {
        Err(ParseError::Corrupt(_)) => RawDocument {
            title: None,
            pages: Vec::new(),
        },
        other => other?,
    };
    let RawDocument { title, pages } = second::improve(bytes, first)?;
    let mut pages: Vec<RawPage> = pages.into_iter().map(Option::unwrap_or_default).collect();
    if pages.iter().all(|page| quality(&page.text).words == 0) {
        // A picture is a stream object of its own, so its dictionary is never packed away.
        let pictures = memmem::find(bytes, b"/Image").is_some();
        return Err(if pictures {
            ParseError::NeedsOcr
        } else {
            ParseError::Empty
        });
    }
    running::remove(&mut pages);
    let title = title.or_else(|| largest_heading(&pages));
    let pages = pages.iter().zip(1..).map(|(page, number)| Page {
        number: Some(number),
        heading: None,
        markdown: markdown(page),
    });
    Ok(ParsedDocument {
        title,
        pages: pages.collect(),
    })
}

fn largest_heading(pages: &[RawPage]) -> Option<String> {
    let headings = || pages.iter().flat_map(|page| &page.headings);
    let top = headings().map(|heading| heading.level).min()?;
    headings()
        .find(|heading| heading.level == top)
        .map(|heading| heading.text.clone())
}

fn markdown(page: &RawPage) -> String {
    let lines = page.text.lines().map(plain_line).collect();
    let lines = tables::mark(lines, &page.tables);
    unwrap::unwrap(&headings::mark(&lines, &page.headings), &(20..=200))
}

/// A line of the page as Markdown that reads the same: no ligatures, and nothing at its start that would make it
/// a heading or a rule.
fn plain_line(line: &str) -> String {
    let line = line
        .trim()
        .chars()
        .fold(String::with_capacity(line.len()), |mut out, c| {
            match c {
                '\u{fb00}' => out.push_str("ff"),
                '\u{fb01}' => out.push_str("fi"),
                '\u{fb02}' => out.push_str("fl"),
                '\u{fb03}' => out.push_str("ffi"),
                '\u{fb04}' => out.push_str("ffl"),
                '\u{fb05}' | '\u{fb06}' => out.push_str("st"),
                c => out.push(c),
            }
            out
        });
    if let Some(item) = line.strip_prefix(BULLETS) {
        return format!("- {}", item.trim_start());
    }
    if let Some(at) = marker_end(&line) {
        return format!("{} {}", &line[..at], &line[at..]);
    }
    let rule = line.len() > 1 && line.chars().all(|c| "-=_*. ".contains(c));
    match () {
        () if rule => String::new(),
        () if line.starts_with('#') => format!("\\{line}"),
        () => line,
    }
}

/// Where the marker of a numbered item ends that has no space after it; it stood apart on the page.
fn marker_end(line: &str) -> Option<usize> {
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let item = line[digits..].strip_prefix(['.', ')'])?;
    ((1..=2).contains(&digits) && item.starts_with(char::is_uppercase)).then_some(digits + 1)
}

/// How much of a page's text is words, and how much can't be meant.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Quality {
    words: usize,
    garbage: usize,
}

impl Quality {
    fn score(self) -> isize {
        self.words.cast_signed() - self.garbage.cast_signed()
    }

    /// Whether another parser should be asked: hardly a word, or a tenth of them garbage.
    fn is_doubtful(self) -> bool {
        self.words < 5 || self.garbage * 10 > self.words
    }
}

fn quality(text: &str) -> Quality {
    let mut quality = Quality::default();
    for word in text.split_whitespace() {
        let broken = |c: char| matches!(c, '\u{fffd}' | '\u{e000}'..='\u{f8ff}') || c.is_control();
        // A single one is a symbol, mostly a bullet.
        if (word.contains(broken) && word.chars().nth(1).is_some()) || word.contains("(cid:") {
            quality.garbage += 1;
        } else if word.contains(char::is_alphanumeric) {
            quality.words += 1;
        }
    }
    quality
}

#[cfg(test)]
mod tests {
    use super::{Quality, plain_line, quality};

    #[test]
    fn garbage_is_not_words() {
        assert_eq!(
            quality("The ferry \u{e012}\u{e013} leaves — (cid:12)(cid:4) \u{fffd}x"),
            Quality { words: 3, garbage: 3 }
        );
        assert!(quality("a b c \u{e012}\u{e012} d e f").is_doubtful());
        assert!(!quality("one two three four five six").is_doubtful());
    }

    #[test]
    fn lines_stay_text() {
        assert_eq!(plain_line("# include"), "\\# include");
        assert_eq!(
            plain_line("coﬀee and ﬁne ﬂour, oﬃce"),
            "coffee and fine flour, office"
        );
        assert_eq!(plain_line("-----"), "");
        assert_eq!(plain_line("12.Close the gate"), "12. Close the gate");
        assert_eq!(plain_line("2.5 litres"), "2.5 litres");
    }
}
