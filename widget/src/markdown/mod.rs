//! A small Markdown, parsed to a tree that is drawn with DOM nodes, never as HTML.
//!
//! The subset that models write: headings, paragraphs, lists, quotes, fenced code, tables, rules; strong, emphasis,
//! struck, code, links, and `[n]` for sources. HTML is text. Images become links to them. Every input has a reading,
//! so half a message can be drawn while it streams; work is linear in its length and nesting is bounded.

mod block;
mod inline;
mod table;

use alloc::string::String;
use alloc::vec::Vec;

/// Containers and emphasis nest this deep at most; deeper ones are read as text.
const MAX_DEPTH: u8 = 8;

/// A block of a message.
#[derive(Debug)]
#[cfg_attr(test, derive(Clone, PartialEq, Eq))]
pub enum Block {
    /// Running text.
    Paragraph(Vec<Inline>),
    /// A heading of level 1 to 6.
    Heading(u8, Vec<Inline>),
    /// Fenced code, verbatim.
    Code(String),
    /// A list; `start` is the first number of an ordered one.
    List {
        /// Number of the first item, if the list is numbered.
        start: Option<u32>,
        /// The items' blocks.
        items: Vec<Vec<Block>>,
    },
    /// A quotation.
    Quote(Vec<Block>),
    /// A table; every row has as many cells as the head.
    Table {
        /// The head's cells.
        head: Vec<Vec<Inline>>,
        /// The rows below it.
        rows: Vec<Vec<Vec<Inline>>>,
    },
    /// A rule.
    Rule,
}

/// A run inside a block.
#[derive(Debug)]
#[cfg_attr(test, derive(Clone, PartialEq, Eq))]
pub enum Inline {
    /// Plain text.
    Text(String),
    /// A forced line break.
    Break,
    /// `**strong**`
    Strong(Vec<Inline>),
    /// `*emphasis*`
    Emphasis(Vec<Inline>),
    /// `~~struck~~`
    Struck(Vec<Inline>),
    /// `` `code` ``
    Code(String),
    /// A link whose address is [safe](crate::link::is_safe).
    Link {
        /// Absolute address.
        url: String,
        /// What is shown.
        label: Vec<Inline>,
    },
    /// `[n]`: the source of this number, if there is one.
    Cite(u32),
}

/// Reads a message: its blocks, and after which line each ends.
///
/// While text is only added at the end, blocks whose ends stay the same stay the same, but for the last one.
pub fn parse(text: &str) -> Vec<(Block, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    block::parse(&lines, 0)
}

#[cfg(test)]
mod tests;
