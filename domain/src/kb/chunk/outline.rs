//! A document as one text, with its sections and pages.

use std::ops::Range;

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use crate::kb::parse::Page;

/// Longest heading kept in a path, in characters; badly marked documents have whole paragraphs as headings.
const MAX_HEADING_CHARS: usize = 120;

/// The text of a document and what stands where in it.
pub(super) struct Outline {
    /// All pages.
    pub(super) text: String,
    /// Cover the text without gaps. Only the first may have no heading.
    pub(super) sections: Vec<Section>,
    /// Tables and code blocks.
    pub(super) blocks: Vec<Range<usize>>,
    /// Of each table where it is, and where its head ends.
    tables: Vec<(Range<usize>, usize)>,
    /// Where each page starts, with its number.
    pages: Vec<(usize, Option<i32>)>,
}

/// A heading and what stands below it, up to the next heading of any level.
pub(super) struct Section {
    pub(super) range: Range<usize>,
    /// End of the heading.
    pub(super) body: usize,
    /// 1 to 6; 0 above the first heading.
    pub(super) level: u8,
    /// Outermost first, its own heading last.
    path: Vec<String>,
}

struct Heading {
    range: Range<usize>,
    level: u8,
    text: String,
}

impl Outline {
    pub(super) fn new(pages: &[Page]) -> Self {
        let (text, pages) = join(pages);
        let Found {
            headings,
            blocks,
            tables,
        } = read(&text);
        let sections = sections(headings, text.len());
        Self {
            text,
            sections,
            blocks,
            tables,
            pages,
        }
    }

    pub(super) fn slice(&self, range: &Range<usize>) -> &str {
        &self.text[range.clone()]
    }

    /// The range without blank lines before and white space after it; indentation of its first line stays.
    pub(super) fn trim(&self, range: &Range<usize>) -> Range<usize> {
        let slice = self.slice(range);
        let text = slice.trim_start();
        let before = &slice[..slice.len() - text.len()];
        let start = range.start + before.rfind('\n').map_or(0, |newline| newline + 1);
        let end = range.start + slice.trim_end().len();
        if text.is_empty() {
            range.start..range.start
        } else {
            start..end
        }
    }

    /// The head of the table that a position is in, below its head: its first row and the rule.
    pub(super) fn table_head(&self, position: usize) -> Option<&str> {
        let (table, body) = self.table_at(position)?;
        (position >= *body).then(|| &self.text[table.start..*body])
    }

    /// Where the rows of a table begin.
    pub(super) fn table_body(&self, table: &Range<usize>) -> Option<usize> {
        let (found, body) = self.table_at(table.start)?;
        (found == table).then_some(*body)
    }

    fn table_at(&self, position: usize) -> Option<&(Range<usize>, usize)> {
        let after = self.tables.partition_point(|(table, _)| table.start <= position);
        let found = self.tables.get(after.checked_sub(1)?)?;
        (position < found.0.end).then_some(found)
    }

    /// Where the pages are.
    pub(super) fn page_ranges(&self) -> Vec<Range<usize>> {
        let starts = self.pages.iter().map(|(start, _)| *start);
        let ends = starts.clone().skip(1).chain([self.text.len()]);
        starts.zip(ends).map(|(start, end)| start..end).collect()
    }

    /// Number of the page that a position is on.
    pub(super) fn page(&self, position: usize) -> Option<i32> {
        let after = self.pages.partition_point(|(start, _)| *start <= position);
        self.pages.get(after.checked_sub(1)?)?.1
    }

    /// The headings that all of a range stands under. A heading with nothing below it but the next does not
    /// count, unless it is all there is.
    pub(super) fn heading_path(&self, range: &Range<usize>) -> Vec<String> {
        let has_text = |section: &&Section| {
            let body = section.body.max(range.start)..section.range.end.min(range.end);
            self.text.get(body).is_some_and(|body| !body.trim().is_empty())
        };
        let paths = self
            .sections_in(range)
            .filter(has_text)
            .map(|section| section.path.as_slice());
        let common = paths.reduce(|common, path| {
            let length = common.iter().zip(path).take_while(|(a, b)| a == b).count();
            &common[..length]
        });
        let alone = || {
            self.sections_in(range)
                .next()
                .map(|section| section.path.as_slice())
        };
        common.or_else(alone).unwrap_or_default().to_vec()
    }

    /// Sections that a range touches.
    pub(super) fn sections_in(&self, range: &Range<usize>) -> impl Iterator<Item = &Section> {
        let first = self
            .sections
            .partition_point(|section| section.range.end <= range.start);
        let end = range.end;
        self.sections[first..]
            .iter()
            .take_while(move |section| section.range.start < end)
    }
}

/// One text of all pages. A sentence that runs on over a page break stays one paragraph.
fn join(pages: &[Page]) -> (String, Vec<(usize, Option<i32>)>) {
    let mut text = String::new();
    let mut starts = Vec::with_capacity(pages.len());
    for page in pages {
        if !text.is_empty() {
            let runs_on = text.ends_with(|c: char| c.is_alphanumeric() || c == ',')
                && page.markdown.starts_with(char::is_lowercase);
            text.push_str(if runs_on { "\n" } else { "\n\n" });
        }
        starts.push((text.len(), page.number));
        text.push_str(&page.markdown);
    }
    (text, starts)
}

/// What stands where.
#[derive(Default)]
struct Found {
    /// Those that aren't within a list or quotation.
    headings: Vec<Heading>,
    blocks: Vec<Range<usize>>,
    tables: Vec<(Range<usize>, usize)>,
}

fn read(text: &str) -> Found {
    let mut found = Found::default();
    let Found {
        headings,
        blocks,
        tables,
    } = &mut found;
    let (mut depth, mut in_heading) = (0_usize, false);
    for (event, range) in Parser::new_ext(text, Options::ENABLE_TABLES).into_offset_iter() {
        match event {
            Event::Start(tag) => {
                match tag {
                    Tag::Heading { level, .. } if depth == 0 => {
                        in_heading = true;
                        headings.push(Heading {
                            range,
                            level: number(level),
                            text: String::new(),
                        });
                    }
                    Tag::Table(_) => {
                        let lines = text[range.clone()].split_inclusive('\n').take(2);
                        let head: usize = lines.map(str::len).sum();
                        tables.push((range.clone(), range.start + head));
                        blocks.push(range);
                    }
                    Tag::CodeBlock(_) => blocks.push(range),
                    _ => {}
                }
                depth += 1;
            }
            Event::End(tag) => {
                depth -= 1;
                in_heading &= !matches!(tag, TagEnd::Heading(_));
            }
            Event::Text(words) | Event::Code(words) if in_heading => push(headings, &words),
            Event::SoftBreak | Event::HardBreak if in_heading => push(headings, " "),
            _ => {}
        }
    }
    found
}

fn push(headings: &mut [Heading], words: &str) {
    if let Some(heading) = headings.last_mut() {
        heading.text.push_str(words);
    }
}

fn number(level: HeadingLevel) -> u8 {
    level as u8
}

fn sections(headings: Vec<Heading>, end: usize) -> Vec<Section> {
    let first = headings.first().map_or(end, |heading| heading.range.start);
    let mut sections = Vec::with_capacity(headings.len() + 1);
    if first > 0 {
        sections.push(Section {
            range: 0..first,
            body: 0,
            level: 0,
            path: Vec::new(),
        });
    }
    let ends: Vec<usize> = headings
        .iter()
        .skip(1)
        .map(|heading| heading.range.start)
        .chain([end])
        .collect();
    let mut open: Vec<(u8, String)> = Vec::new();
    for (heading, end) in headings.into_iter().zip(ends) {
        open.retain(|(level, _)| *level < heading.level);
        open.push((
            heading.level,
            heading.text.trim().chars().take(MAX_HEADING_CHARS).collect(),
        ));
        let path = open
            .iter()
            .map(|(_, text)| text.clone())
            .filter(|text| !text.is_empty())
            .collect();
        sections.push(Section {
            range: heading.range.start..end,
            body: heading.range.end.min(end),
            level: heading.level,
            path,
        });
    }
    sections
}
