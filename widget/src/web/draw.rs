//! Markdown trees to DOM nodes.

use alloc::vec::Vec;

use super::page::{close, mark, open, put};
use crate::markdown::{Block, Inline};
use crate::number;

/// Draws messages.
pub struct Pen<'a> {
    /// The name of the source with this number, if there is one.
    pub source: &'a dyn Fn(u32) -> Option<alloc::string::String>,
}

impl Pen<'_> {
    /// Draws a block as one element.
    pub fn block(&self, block: &Block) {
        match block {
            Block::Paragraph(inlines) => self.inlines("p", inlines),
            // The speakers' headings are above the bot's own.
            Block::Heading(1, inlines) => self.inlines("h3", inlines),
            Block::Heading(2, inlines) => self.inlines("h4", inlines),
            Block::Heading(_, inlines) => self.inlines("h5", inlines),
            Block::Code(text) => {
                open("pre");
                // Scrolls sideways, so the keyboard must reach it. Code runs left to right in every language.
                mark("tabindex", "0");
                mark("dir", "ltr");
                open("code");
                put(text);
                close();
                close();
            }
            Block::List { start, items } => self.list(*start, items),
            Block::Quote(blocks) => self.blocks("blockquote", blocks),
            Block::Table { head, rows } => {
                open("div");
                mark("class", "wide");
                mark("tabindex", "0");
                open("table");
                self.row("th", head);
                rows.iter().for_each(|row| self.row("td", row));
                close();
                close();
            }
            Block::Rule => {
                open("hr");
                close();
            }
        }
    }

    fn blocks(&self, tag: &str, blocks: &[Block]) {
        open(tag);
        blocks.iter().for_each(|block| self.block(block));
        close();
    }

    fn list(&self, start: Option<u32>, items: &[Vec<Block>]) {
        match start {
            Some(start) => {
                open("ol");
                mark("start", &number::text(start));
            }
            None => open("ul"),
        }
        items.iter().for_each(|blocks| self.blocks("li", blocks));
        close();
    }

    fn row(&self, tag: &str, cells: &[Vec<Inline>]) {
        open("tr");
        cells.iter().for_each(|cell| self.inlines(tag, cell));
        close();
    }

    fn inlines(&self, tag: &str, inlines: &[Inline]) {
        open(tag);
        inlines.iter().for_each(|inline| self.inline(inline));
        close();
    }

    fn inline(&self, inline: &Inline) {
        match inline {
            Inline::Text(text) => put(text),
            Inline::Break => self.inlines("br", &[]),
            Inline::Strong(inner) => self.inlines("strong", inner),
            Inline::Emphasis(inner) => self.inlines("em", inner),
            Inline::Struck(inner) => self.inlines("s", inner),
            Inline::Code(text) => {
                open("code");
                put(text);
                close();
            }
            Inline::Link { url, label } => {
                open("a");
                mark("href", url);
                mark("target", "_blank");
                mark("rel", "noopener noreferrer");
                label.iter().for_each(|inline| self.inline(inline));
                close();
            }
            Inline::Cite(n) => self.cite(*n),
        }
    }

    /// A button that opens the source; plain text if there is none.
    fn cite(&self, n: u32) {
        let number = number::text(n);
        let Some(name) = (self.source)(n) else {
            return put(&["[", &number, "]"].concat());
        };
        open("button");
        mark("class", "cite");
        mark("type", "button");
        mark("data-act", "source");
        mark("data-n", &number);
        mark("aria-expanded", "false");
        mark("aria-label", &name);
        put(&number);
        close();
    }
}
