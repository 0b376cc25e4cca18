//! Documents to chunks: pieces small enough to embed, cut where the text allows it.

mod outline;
mod pack;
mod section;
mod semantic;

use std::ops::Range;

use api_types::kb::{Chunk, ChunkStrategy, Chunking};
use unicode_segmentation::UnicodeSegmentation;

use self::outline::Outline;
use super::parse::{Page, ParsedDocument};

/// Counts the tokens that the embedding model makes of a text, without the special ones around it.
pub type CountTokens<'a> = dyn Fn(&str) -> usize + 'a;

/// The vectors of texts; `None` where there is no embedding model, or it fails.
pub type Embed<'a> = dyn Fn(&[String]) -> Option<Vec<Vec<f32>>> + 'a;

/// How texts are measured.
#[derive(Clone, Copy)]
pub struct Measure<'a> {
    /// Their length.
    pub count: &'a CountTokens<'a>,
    /// What they mean.
    pub embed: Option<&'a Embed<'a>>,
}

/// About how many tokens a text has, for where no embedding model is installed: one for each mark and for every
/// five letters of a word.
pub fn estimate_tokens(text: &str) -> usize {
    let tokens = |word: &str| {
        if word.trim().is_empty() {
            0
        } else {
            word.chars().count().div_ceil(5)
        }
    };
    text.split_word_bounds().map(tokens).sum()
}

/// What the strategies share.
struct Cutter<'a> {
    outline: &'a Outline,
    size: usize,
    overlap: usize,
    count: &'a CountTokens<'a>,
    embed: Option<&'a Embed<'a>>,
    /// What everything stands under, if it is a page that stands for itself.
    heading: Option<&'a str>,
}

/// Cuts a document. Together the chunks hold every word of it; none is empty or larger than the size.
///
/// Sections start at headings. `recursive` puts small neighbouring sections together and cuts large ones, `heading`
/// keeps each to itself, and neither lets text overlap from one section into the next. Tables and code that fit
/// into a chunk are not cut by any strategy but `fixed` and `sentence`. `semantic` cuts what is too large where the
/// subject changes, without overlap; `adaptive` takes the strategy that suits the document.
///
/// A page that stands for itself, such as the answer to a question, is one chunk under its heading, unless it is too
/// large for that.
pub fn chunk(document: &ParsedDocument, settings: Chunking, measure: Measure<'_>) -> Vec<Chunk> {
    let is_open = |page: &Page| page.heading.is_none();
    let parts = document.pages.chunk_by(|a, b| is_open(a) && is_open(b));
    let chunks = parts.flat_map(|pages| cut(pages, settings, measure));
    chunks
        .zip(0..)
        .map(|(chunk, position)| Chunk { position, ..chunk })
        .collect()
}

/// Cuts pages that belong together.
fn cut(pages: &[Page], settings: Chunking, measure: Measure<'_>) -> Vec<Chunk> {
    let outline = Outline::new(pages);
    let size = usize::from(settings.size).max(1);
    let overlap = usize::from(settings.overlap).min(size.saturating_sub(1) / 2);
    let cutter = Cutter {
        outline: &outline,
        size,
        overlap,
        count: measure.count,
        embed: measure.embed,
        heading: pages.first().and_then(|page| page.heading.as_deref()),
    };
    let everything = 0..outline.text.len();
    let strategy = match settings.strategy {
        ChunkStrategy::Adaptive => cutter.suited(),
        chosen => chosen,
    };
    let ranges = match strategy {
        _ if cutter.heading.is_some() && cutter.fits(&outline.trim(&everything)) => vec![everything],
        ChunkStrategy::Recursive => cutter.recursive(&everything),
        ChunkStrategy::Heading => cutter.by_heading(),
        ChunkStrategy::Page => cutter.by_page(),
        ChunkStrategy::Sentence => cutter.by_sentence(),
        ChunkStrategy::Fixed => cutter.words(&everything),
        ChunkStrategy::Semantic | ChunkStrategy::Adaptive => cutter.semantic(&everything),
    };
    let fitting = ranges.iter().flat_map(|range| cutter.fitting(range));
    fitting.map(|range| cutter.chunk(range)).collect()
}

impl Cutter<'_> {
    fn tokens(&self, range: &Range<usize>) -> usize {
        (self.count)(self.outline.slice(range))
    }

    fn fits(&self, range: &Range<usize>) -> bool {
        // A token is made of a byte or more, which spares counting single words.
        range.len() <= self.size || self.tokens(range) <= self.size
    }

    /// The range without white space around it, or cut by words if a strategy left it too large; nothing if it
    /// has no text.
    fn fitting(&self, range: &Range<usize>) -> Vec<Range<usize>> {
        let range = self.outline.trim(range);
        match () {
            () if range.is_empty() => Vec::new(),
            () if self.fits(&range) => vec![range],
            () => self.words(&range),
        }
    }

    /// What a chunk says: rows from the middle of a table are nothing without its head, so they have it if there is
    /// room.
    fn text(&self, range: &Range<usize>) -> String {
        let slice = self.outline.slice(range);
        let head = self.outline.table_head(range.start);
        let with_head = head.map(|head| format!("{}\n{slice}", head.trim_end()));
        let fitting = with_head.filter(|text| (self.count)(text) <= self.size);
        fitting.unwrap_or_else(|| slice.to_owned())
    }

    fn chunk(&self, range: Range<usize>) -> Chunk {
        let text = self.text(&range);
        let tokens = (self.count)(&text);
        let above = self.heading.map(str::to_owned).into_iter();
        Chunk {
            id: None,
            position: 0,
            text,
            heading_path: above.chain(self.outline.heading_path(&range)).collect(),
            page: self.outline.page(range.start),
            tokens: i32::try_from(tokens).unwrap_or(i32::MAX),
        }
    }
}

#[cfg(test)]
mod tests;
