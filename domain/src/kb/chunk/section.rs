//! Cutting at headings.

use std::ops::Range;

use text_splitter::{ChunkConfig, ChunkSizer, MarkdownSplitter};

use super::Cutter;

/// Sections that go into one chunk if they fit.
struct Group {
    range: Range<usize>,
    /// End of the headings at its start.
    body: usize,
    level: u8,
}

impl Cutter<'_> {
    /// Neighbouring sections together as far as they fit, larger ones cut at the largest boundary that fits.
    pub(super) fn recursive(&self, within: &Range<usize>) -> Vec<Range<usize>> {
        self.groups(within)
            .iter()
            .flat_map(|group| self.cut(group))
            .collect()
    }

    /// Neighbouring sections together as far as they fit; larger ones as they are.
    pub(super) fn together(&self, within: &Range<usize>) -> Vec<Range<usize>> {
        self.groups(within).into_iter().map(|group| group.range).collect()
    }

    fn groups(&self, within: &Range<usize>) -> Vec<Group> {
        let mut groups: Vec<Group> = Vec::new();
        for group in self.sections(within) {
            match groups.last_mut() {
                // A section may join its parent and siblings, not the one after its parent.
                Some(last)
                    if last.level <= group.level && self.fits(&(last.range.start..group.range.end)) =>
                {
                    last.range.end = group.range.end;
                }
                _ => groups.push(group),
            }
        }
        groups
    }

    /// Each section by itself.
    pub(super) fn by_heading(&self) -> Vec<Range<usize>> {
        self.sections(&(0..self.outline.text.len()))
            .iter()
            .flat_map(|group| self.cut(group))
            .collect()
    }

    /// Each page by itself.
    pub(super) fn by_page(&self) -> Vec<Range<usize>> {
        let pages = self.outline.page_ranges();
        pages
            .into_iter()
            .flat_map(|page| {
                if self.fits(&page) {
                    vec![page]
                } else {
                    self.recursive(&page)
                }
            })
            .collect()
    }

    /// Whole sentences of each section.
    pub(super) fn by_sentence(&self) -> Vec<Range<usize>> {
        let sections = self.sections(&(0..self.outline.text.len()));
        sections
            .iter()
            .flat_map(|group| self.sentences(&group.range))
            .collect()
    }

    /// The sections of a range. One that is only a heading goes with the next if that is deeper, so that no
    /// chunk is a heading without text.
    fn sections(&self, within: &Range<usize>) -> Vec<Group> {
        let mut groups: Vec<Group> = Vec::new();
        for section in self.outline.sections_in(within) {
            let range = section.range.start.max(within.start)..section.range.end.min(within.end);
            let body = section.body.clamp(range.start, range.end);
            match groups.last_mut() {
                Some(last) if last.level < section.level && self.is_blank(&(last.body..last.range.end)) => {
                    last.range.end = range.end;
                    last.body = body;
                }
                _ => groups.push(Group {
                    range,
                    body,
                    level: section.level,
                }),
            }
        }
        groups
    }

    fn is_blank(&self, range: &Range<usize>) -> bool {
        self.outline.slice(range).trim().is_empty()
    }

    fn cut(&self, group: &Group) -> Vec<Range<usize>> {
        if self.fits(&group.range) {
            return vec![group.range.clone()];
        }
        let heading = self.tokens(&(group.range.start..group.body));
        if heading * 2 > self.size {
            return self.pieces(&group.range, self.size);
        }
        let mut pieces = self.pieces(&(group.body..group.range.end), self.size - heading);
        match pieces.first_mut() {
            Some(first) if self.fits(&(group.range.start..first.end)) => first.start = group.range.start,
            _ => pieces.insert(0, group.range.start..group.body),
        }
        pieces
    }

    /// Text of at most `room` tokens each, around tables and code blocks, which stay whole if they fit into a
    /// chunk by themselves.
    fn pieces(&self, range: &Range<usize>, room: usize) -> Vec<Range<usize>> {
        let mut pieces = Vec::new();
        let mut start = range.start;
        for block in &self.outline.blocks {
            if block.start < start || block.end > range.end {
                continue;
            }
            let parts = if self.fits(block) {
                vec![block.clone()]
            } else if let Some(parts) = self.rows(block) {
                parts
            } else {
                continue;
            };
            self.append(&mut pieces, self.split(&(start..block.start), room), room);
            self.append(&mut pieces, parts, room);
            start = block.end;
        }
        self.append(&mut pieces, self.split(&(start..range.end), room), room);
        pieces
    }

    /// A table that is too large, in parts of whole rows that leave room for its head. `None` for what is no table, or
    /// one whose head takes half of a chunk or more.
    fn rows(&self, table: &Range<usize>) -> Option<Vec<Range<usize>>> {
        let body = self.outline.table_body(table)?;
        let head = self.tokens(&(table.start..body));
        if head * 2 >= self.size {
            return None;
        }
        let room = self.size - head;
        let mut parts = Vec::new();
        let mut part = table.start..body;
        let mut used = 0;
        for row in self.outline.slice(&(body..table.end)).split_inclusive('\n') {
            let tokens = (self.count)(row);
            if used > 0 && used + tokens > room {
                parts.push(part.clone());
                part = part.end..part.end;
                used = 0;
            }
            part.end += row.len();
            used += tokens;
        }
        parts.push(part);
        Some(parts)
    }

    /// Appends pieces, the first of them to the last one there if that leaves it small enough.
    fn append(&self, pieces: &mut Vec<Range<usize>>, more: Vec<Range<usize>>, room: usize) {
        let mut more = more.into_iter();
        if let (Some(last), Some(next)) = (pieces.last_mut(), more.as_slice().first())
            && self.tokens(&(last.start..next.end)) <= room
        {
            last.end = next.end;
            more.next();
        }
        pieces.extend(more);
    }

    fn split(&self, range: &Range<usize>, size: usize) -> Vec<Range<usize>> {
        let overlap = self.overlap.min(size.saturating_sub(1) / 2);
        let config = ChunkConfig::new(size).with_sizer(Tokens(self.count));
        let Ok(config) = config.with_overlap(overlap) else {
            return self.words(range);
        };
        let splitter = MarkdownSplitter::new(config);
        let chunks = splitter.chunk_indices(self.outline.slice(range));
        chunks
            .map(|(start, text)| range.start + start..range.start + start + text.len())
            .collect()
    }
}

/// A token counter as the splitter wants it.
struct Tokens<'a>(&'a super::CountTokens<'a>);

impl ChunkSizer for Tokens<'_> {
    fn size(&self, chunk: &str) -> usize {
        (self.0)(chunk)
    }
}
