//! Rich text (RTF). No crate at hand keeps its headings, lists and tables, so it is read here: [`tokens`] cuts the
//! file, this module follows its groups, and [`flow`] puts paragraphs, lists and tables together.

mod flow;
mod fonts;
mod tokens;

use std::collections::HashMap;

use self::flow::Flow;
use self::fonts::{Fonts, Pending};
use self::tokens::{Token, Tokens};
use super::{ParseError, ParsedDocument};

/// Groups within groups; real files stay below fifty.
const MAX_DEPTH: usize = 2_000;

/// Destinations whose text is no text of the document.
const SKIPPED: [&str; 21] = [
    "colortbl",
    "filetbl",
    "pict",
    "objdata",
    "header",
    "headerl",
    "headerr",
    "headerf",
    "footer",
    "footerl",
    "footerr",
    "footerf",
    "fldinst",
    "nonshppict",
    "xe",
    "tc",
    "generator",
    "listtable",
    "listoverridetable",
    "ftnsep",
    "aftnsep",
];

/// Where text goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Destination {
    Body,
    Skip,
    FontTable,
    StyleSheet,
    Info,
    Title,
    /// What is shown before a list item.
    ListText,
}

/// What a group inherits from the one around it.
#[derive(Debug, Clone, Copy)]
struct State {
    destination: Destination,
    font: i32,
    /// Characters that stand in for one in Unicode, for readers that don't know it.
    skip: usize,
    hidden: bool,
}

struct Reader {
    state: State,
    stack: Vec<State>,
    fonts: Fonts,
    pending: Pending,
    flow: Flow,
    /// The style being defined, and headings by style.
    style: i32,
    style_name: String,
    levels: HashMap<i32, usize>,
    title: String,
    list_text: String,
    /// Stand-in characters still to be left out.
    to_skip: usize,
    /// `\*` was read: a destination that isn't known is skipped.
    optional: bool,
}

pub(super) fn parse(bytes: &[u8]) -> Result<ParsedDocument, ParseError> {
    let mut reader = Reader::new();
    for token in Tokens::new(bytes) {
        reader.token(token)?;
    }
    reader.flush();
    Ok(ParsedDocument::single(Some(reader.title), reader.flow.finish()))
}

impl Reader {
    fn new() -> Self {
        Self {
            state: State {
                destination: Destination::Body,
                font: -1,
                skip: 1,
                hidden: false,
            },
            stack: Vec::new(),
            fonts: Fonts::default(),
            pending: Pending::default(),
            flow: Flow::default(),
            style: 0,
            style_name: String::new(),
            levels: HashMap::new(),
            title: String::new(),
            list_text: String::new(),
            to_skip: 0,
            optional: false,
        }
    }

    fn token(&mut self, token: Token<'_>) -> Result<(), ParseError> {
        match token {
            Token::Open => {
                self.flush();
                self.to_skip = 0;
                if self.stack.len() >= MAX_DEPTH {
                    return Err(ParseError::nested());
                }
                self.stack.push(self.state);
            }
            Token::Close => {
                self.flush();
                self.to_skip = 0;
                let inner = self.state.destination;
                if let Some(outer) = self.stack.pop() {
                    self.state = outer;
                }
                self.left(inner);
            }
            Token::Bytes(bytes) => {
                let skipped = self.to_skip.min(bytes.len());
                self.to_skip -= skipped;
                self.pending
                    .bytes(&bytes[skipped..], self.fonts.encoding(self.state.font));
            }
            Token::Byte(_) if self.to_skip > 0 => self.to_skip -= 1,
            Token::Byte(byte) => self.pending.bytes(&[byte], self.fonts.encoding(self.state.font)),
            Token::Symbol('*') => self.optional = true,
            Token::Symbol(symbol) => self.symbol(symbol),
            Token::Word(word, value) => self.word(word, value),
        }
        Ok(())
    }

    /// A group ended that may have had a destination of its own.
    fn left(&mut self, inner: Destination) {
        if inner == self.state.destination {
            if inner == Destination::StyleSheet {
                self.end_style();
            }
            return;
        }
        if inner == Destination::ListText {
            let text = std::mem::take(&mut self.list_text);
            self.flow.list_text(&text);
        }
    }

    /// A style called "heading 2" or "Title" makes headings, and so does one with an outline level.
    fn end_style(&mut self) {
        let name = std::mem::take(&mut self.style_name);
        let name = name.trim().trim_end_matches(';').to_lowercase();
        let level = match name.strip_prefix("heading ") {
            Some(level) => level.trim().parse().ok(),
            None => (name == "title").then_some(1),
        };
        if let Some(level) = level.filter(|level| (1..=9).contains(level)) {
            self.levels.insert(self.style, level);
        }
    }

    fn symbol(&mut self, symbol: char) {
        match symbol {
            '~' => self.push("\u{a0}"),
            '_' => self.push("\u{2011}"),
            // A soft hyphen, and the sub-entries of an index.
            '-' | ':' | '|' => {}
            '\n' | '\r' => self.word("par", None),
            symbol => self.push(symbol.encode_utf8(&mut [0; 4])),
        }
    }

    fn word(&mut self, word: &str, value: Option<i32>) {
        let number = value.unwrap_or(0);
        if word != "u" {
            self.flush();
        }
        let optional = std::mem::take(&mut self.optional);
        if self.enter(word, optional) {
            return;
        }
        match word {
            "u" => {
                self.pending.unicode(number);
                self.to_skip = self.state.skip;
                return;
            }
            "uc" => self.state.skip = usize::try_from(number).unwrap_or(1).min(16),
            "ansicpg" => self.fonts.code_page(number),
            "mac" => self.fonts.code_page(10_000),
            "f" if self.state.destination == Destination::FontTable => self.fonts.define(number),
            "fcharset" => self.fonts.character_set(number),
            "cpg" => self.fonts.font_code_page(number),
            "f" => self.state.font = number,
            "s" if self.state.destination == Destination::StyleSheet => self.style = number,
            "outlinelevel" if self.state.destination == Destination::StyleSheet => {
                let level = usize::try_from(number).unwrap_or(9) + 1;
                if level <= 9 {
                    self.levels.insert(self.style, level);
                }
            }
            "plain" => (self.state.hidden, self.state.font) = (false, -1),
            "v" => self.state.hidden = value != Some(0),
            "deleted" => self.state.hidden = value != Some(0),
            "tab" => self.push("\t"),
            "line" => self.push("\n"),
            "emdash" => self.push("—"),
            "endash" => self.push("–"),
            "lquote" => self.push("‘"),
            "rquote" => self.push("’"),
            "ldblquote" => self.push("“"),
            "rdblquote" => self.push("”"),
            "bullet" => self.push("•"),
            "emspace" | "enspace" | "qmspace" => self.push(" "),
            _ if self.state.destination == Destination::Body => self.flow.word(word, number, &self.levels),
            _ => {}
        }
        self.to_skip = 0;
    }

    /// Whether the word begins a destination.
    fn enter(&mut self, word: &str, optional: bool) -> bool {
        let skipping = self.state.destination == Destination::Skip;
        let destination = match word {
            "fonttbl" => Destination::FontTable,
            "stylesheet" => Destination::StyleSheet,
            "info" => Destination::Info,
            "title" if self.state.destination == Destination::Info => Destination::Title,
            "listtext" | "pntext" => Destination::ListText,
            // What matters in these is theirs alone, or is what everyone else reads.
            "shpinst" | "shptxt" | "shppict" | "ud" | "nesttableprops" if optional && !skipping => {
                return true;
            }
            "footnote" | "annotation" if !skipping && word == "footnote" => {
                self.push(" ");
                return true;
            }
            word if optional || SKIPPED.contains(&word) => Destination::Skip,
            _ => return false,
        };
        if !skipping {
            self.state.destination = destination;
        }
        true
    }

    fn push(&mut self, text: &str) {
        self.flush();
        self.write(text);
    }

    /// Writes what was kept until its encoding was clear.
    fn flush(&mut self) {
        if let Some(text) = self.pending.take() {
            self.write(&text);
        }
    }

    fn write(&mut self, text: &str) {
        match self.state.destination {
            Destination::Body if !self.state.hidden => self.flow.text(text),
            Destination::Title => self.title.push_str(text),
            Destination::ListText => self.list_text.push_str(text),
            Destination::StyleSheet => self.style_name.push_str(text),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ParseError, parse};

    fn markdown(rtf: &str) -> String {
        parse(rtf.as_bytes()).expect("rich text").pages[0]
            .markdown
            .clone()
    }

    #[test]
    fn reads_code_pages_unicode_and_surrogates() {
        assert_eq!(
            markdown(r"{\rtf1\ansi\ansicpg1251 \'cf\'f0\'e8\'e2\'e5\'f2 \u8364? \u-10179?\u-8703?}"),
            "Привет € 😁"
        );
        assert_eq!(
            markdown(
                r"{\rtf1\ansi{\fonttbl{\f0\fcharset0 Arial;}{\f1\fcharset128 Gothic;}}\f1 \'93\'fa\'96\'7b\f0  caf\'e9}"
            ),
            "日本 café"
        );
        assert_eq!(markdown(r"{\rtf1 {\uc2 a\u233 \'c3\'a9b}}"), "aéb");
    }

    #[test]
    fn keeps_headings_lists_and_tables() {
        let text = markdown(
            r"{\rtf1{\stylesheet{\s0 Normal;}{\s3 heading 2;}}{\info{\title T}}{\*\generator x;}\pard\s3 Care\par
            \pard\plain{\listtext 1.\tab}\ls1 First\par{\listtext 2.\tab}\ls1\ilvl0 Second\par\pard Then:\par
            \trowd\intbl a\cell b\cell\row\trowd\pard\intbl 1\cell {\v no}2\cell\row\pard End\par}",
        );
        assert_eq!(
            text,
            "## Care\n\n1. First\n2. Second\n\nThen:\n\n| a | b |\n| --- | --- |\n| 1 | 2 |\n\nEnd"
        );
    }

    #[test]
    fn pictures_fields_and_depth_do_no_harm() {
        assert_eq!(
            markdown("{\\rtf1 a{\\pict\\bin4 }}}{b}{\\field{\\*\\fldinst HYPERLINK \"x\"}{\\fldrslt link}}}"),
            "alink"
        );
        assert_eq!(parse("{".repeat(5_000).as_bytes()), Err(ParseError::nested()));
    }
}
