//! One message of the bot: its text, its sources, and what went wrong.

use alloc::string::String;
use alloc::vec::Vec;

use super::draw::Pen;
use super::page::{Element, Json, instance, word};
use crate::link;
use crate::markdown::{self, Block};
use crate::number;

/// A message of the bot on the screen.
pub struct Answer {
    /// Its element.
    pub root: Element,
    /// Its text as Markdown.
    pub text: String,
    /// The line after which each block on the screen ends.
    drawn: Vec<usize>,
    /// The passages the text may cite.
    sources: Vec<Json>,
    degraded: bool,
    /// The button that opened the source now shown.
    opener: Option<Element>,
}

impl Answer {
    /// An empty answer, waiting for its text.
    pub fn new(speaker: &str, index: u32) -> Self {
        let root = Element(instance("t-answer"));
        root.set("", "data-index", &number::text(index));
        root.text("who", speaker);
        let (text, drawn, sources) = (String::new(), Vec::new(), Vec::new());
        Self {
            root,
            text,
            drawn,
            sources,
            degraded: false,
            opener: None,
        }
    }

    /// Text is about to come, from the start.
    pub fn begin(&mut self) {
        self.text.clear();
        self.drawn.clear();
        self.fail("", false);
        self.root.set("", "aria-busy", "true");
    }

    /// Takes what the text may cite.
    pub fn set_sources(&mut self, event: &Json) {
        self.sources = event.items("sources").collect();
        self.degraded |= event.is_true("degraded");
    }

    /// Brings the screen up to date, leaving the blocks alone that have not changed: they may hold a selection.
    pub fn draw(&mut self) {
        let blocks = markdown::parse(&self.text);
        let ends: Vec<usize> = blocks.iter().map(|(_, end)| *end).collect();
        // The last block on the screen may have grown.
        let settled = self.drawn.len().saturating_sub(1);
        let same = self.drawn[..settled]
            .iter()
            .zip(&ends)
            .take_while(|(old, new)| old == new)
            .count();
        self.root.draw("text", same);
        let pen = Pen {
            source: &|n| Some(source_name(self.source(n)?)),
        };
        blocks[same..].iter().for_each(|(block, _)| pen.block(block));
        self.root.show("dots", blocks.is_empty());
        self.drawn = ends;
    }

    /// The text is whole: draws it with its final sources.
    pub fn finish(&mut self) {
        self.drawn.clear();
        self.settle();
        self.root.clear("chips");
        for source in &self.sources {
            let chip = Element(instance("t-chip"));
            let number = source_number(source);
            chip.set("", "data-n", &number);
            chip.text("n", &number);
            chip.text("title", &source.text("title"));
            self.root.add("chips", &chip);
        }
        self.root.show("sources", !self.sources.is_empty());
        if self.degraded {
            self.note(&word("degraded"));
        }
    }

    /// Nothing more will come.
    pub fn settle(&mut self) {
        self.draw();
        self.root.show("dots", false);
        self.root.show("tools", !self.text.is_empty());
        self.root.set("", "aria-busy", "false");
    }

    /// A remark under the text.
    pub fn note(&self, text: &str) {
        self.root.show_text("note", text);
    }

    /// Says what went wrong, with or without a way to try again; an empty text takes it back.
    pub fn fail(&self, text: &str, retry: bool) {
        self.root.text("failure-text", text);
        self.root.show("failure", !text.is_empty());
        self.root.show("retry", retry);
    }

    /// Copies the text.
    pub fn copy(&self) {
        self.root.copy(&self.text, "copy-text");
    }

    fn source(&self, n: u32) -> Option<&Json> {
        self.sources.iter().find(|source| source.number("n") == Some(n))
    }

    /// Opens the source a button stands for, or closes it if the button opened it.
    pub fn toggle_source(&mut self, button: Element, n: u32) {
        let was_open = self.opener.take().is_some_and(|opener| {
            opener.set("", "aria-expanded", "false");
            opener.0 == button.0
        });
        self.root.clear("card");
        if let Some(source) = self.source(n).filter(|_| !was_open) {
            let card = card(source);
            self.root.add("card", &card);
            button.set("", "aria-expanded", "true");
            card.focus("");
            self.opener = Some(button);
        }
        self.root.show(
            "sources",
            self.opener.is_some() || !self.root.spoken("chips").is_empty(),
        );
    }

    /// Closes the open source and gives the focus back; says whether there was one.
    pub fn close_source(&mut self) -> bool {
        let Some(opener) = self.opener.take() else {
            return false;
        };
        opener.set("", "aria-expanded", "false");
        opener.focus("");
        self.root.clear("card");
        self.root.show("sources", !self.root.spoken("chips").is_empty());
        true
    }
}

fn card(source: &Json) -> Element {
    let card = Element(instance("t-card"));
    card.set("", "aria-label", &source_name(source));
    card.text("title", &source.text("title"));
    card.show_text("where", &place(source));
    // The headings a passage begins with are those of its place.
    let quote = markdown::parse(&source.text("quote"));
    let body = quote
        .iter()
        .skip_while(|(block, _)| matches!(block, Block::Heading(..)));
    card.draw("quote", 0);
    body.for_each(|(block, _)| Pen { source: &|_| None }.block(block));
    let url = source.text("url");
    if link::is_web(&url) {
        card.set("link", "href", &url);
        card.show("link", true);
    }
    card
}

/// Where in its document a passage stands: the page, and the headings above it.
fn place(source: &Json) -> String {
    let mut place = String::new();
    if let Some(page) = source.number("page") {
        place = [&word("page"), " ", &number::text(page)].concat();
    }
    let mut gap = " · ";
    for heading in source.texts("heading_path") {
        if !place.is_empty() {
            place.push_str(gap);
        }
        place.push_str(&heading);
        gap = " › ";
    }
    place
}

fn source_name(source: &Json) -> String {
    [
        &word("source"),
        " ",
        &source_number(source),
        ": ",
        &source.text("title"),
    ]
    .concat()
}

fn source_number(source: &Json) -> String {
    number::text(source.number("n").unwrap_or_default())
}
