//! Passages cut into what can be quoted: sentences, list items, table rows and code.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use unicode_segmentation::UnicodeSegmentation;

/// Longer list items are quoted by the sentence.
const MAX_ITEM: usize = 300;

/// Where a full stop seldom ends a sentence.
const ABBREVIATIONS: &[&str] = &[
    "approx.", "bzw.", "ca.", "cf.", "dr.", "e.g.", "etc.", "fig.", "i.e.", "inc.", "jr.", "mr.", "mrs.",
    "ms.", "no.", "nr.", "p.", "pp.", "prof.", "sec.", "st.", "u.s.", "vol.", "vs.", "z.b.", "г.", "др.",
    "ст.", "т.д.", "т.е.",
];

/// What a unit is in its passage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Sentence,
    Item,
    Row,
    /// A code block. No answer by itself, but quoted after the sentence that introduces it.
    Code,
}

/// The smallest thing that is quoted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unit {
    /// Which passage it is from, counted from 0.
    pub(super) passage: usize,
    /// Which paragraph, list or table of the passage.
    pub(super) block: usize,
    pub(super) kind: Kind,
    /// The heading inside the passage that it stands under; may be empty.
    pub(super) heading: String,
    /// Plain text, with code in backticks; a code block as it stands.
    pub(super) text: String,
}

impl Unit {
    /// Whether both are of one paragraph, list or table.
    pub(super) fn is_beside(&self, other: &Self) -> bool {
        self.passage == other.passage && self.block == other.block
    }
}

/// Cuts one passage, in reading order. HTML is left out.
pub(super) fn cut(passage: usize, markdown: &str) -> Vec<Unit> {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let mut cutter = Cutter {
        passage,
        ..Cutter::default()
    };
    for event in Parser::new_ext(markdown, options) {
        cutter.take(event);
    }
    cutter.paragraph();
    cutter.units
}

#[derive(Default)]
struct Cutter {
    passage: usize,
    units: Vec<Unit>,
    block: usize,
    heading: String,
    /// The text since the last boundary.
    text: String,
    /// How deep in lists the text is.
    lists: usize,
    /// How deep in what is not quoted.
    skipped: usize,
    columns: Vec<String>,
    cells: Vec<String>,
}

impl Cutter {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(Tag::HtmlBlock | Tag::Image { .. } | Tag::MetadataBlock(_)) => {
                self.skipped += 1;
            }
            Event::End(TagEnd::HtmlBlock | TagEnd::Image | TagEnd::MetadataBlock(_)) => {
                self.skipped = self.skipped.saturating_sub(1);
            }
            _ if self.skipped > 0 => {}
            Event::Text(text) => self.text.push_str(&text),
            Event::Code(code) => self.text.extend(["`", &code, "`"]),
            Event::SoftBreak | Event::HardBreak => self.text.push('\n'),
            Event::Start(tag) => self.start(&tag),
            Event::End(tag) => self.end(tag),
            _ => {}
        }
    }

    fn start(&mut self, tag: &Tag<'_>) {
        match tag {
            Tag::List(_) => {
                self.flush();
                if self.lists == 0 {
                    self.block += 1;
                }
                self.lists += 1;
            }
            Tag::Table(_) => {
                self.block += 1;
                self.columns.clear();
            }
            Tag::Heading { .. } | Tag::Item | Tag::CodeBlock(_) => self.flush(),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(_) => {
                self.heading = one_line(&std::mem::take(&mut self.text));
                self.block += 1;
            }
            TagEnd::Paragraph if self.lists > 0 => self.text.push('\n'),
            TagEnd::Paragraph => self.paragraph(),
            TagEnd::Item => self.flush(),
            TagEnd::CodeBlock => self.code(),
            TagEnd::List(_) => self.lists = self.lists.saturating_sub(1),
            TagEnd::TableCell => self.cells.push(one_line(&std::mem::take(&mut self.text))),
            TagEnd::TableHead => self.columns = std::mem::take(&mut self.cells),
            TagEnd::TableRow => {
                let cells = std::mem::take(&mut self.cells);
                let row = row(&self.columns, &cells);
                self.push(Kind::Row, row);
            }
            _ => {}
        }
    }

    /// Ends an item if the text is in a list, else a paragraph.
    fn flush(&mut self) {
        if self.lists == 0 {
            return self.paragraph();
        }
        let text = one_line(&std::mem::take(&mut self.text));
        if text.len() <= MAX_ITEM {
            return self.push(Kind::Item, text);
        }
        for sentence in sentences(&text) {
            self.push(Kind::Sentence, sentence);
        }
    }

    fn paragraph(&mut self) {
        let text = std::mem::take(&mut self.text);
        if text.trim().is_empty() {
            return;
        }
        self.block += 1;
        // Lists and tables of plain text, and what is left of a table that a chunk cuts in two.
        let lines: Vec<&str> = text
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .collect();
        if lines.iter().all(|line| line.starts_with('|')) {
            for line in lines {
                let cells: Vec<String> = line.split('|').map(|cell| cell.trim().to_owned()).collect();
                self.push(Kind::Row, row(&[], &cells));
            }
            return;
        }
        let mut prose = String::new();
        for line in lines {
            match line.strip_prefix(['•', '‣', '▪', '●', '◦', '–']) {
                Some(item) => {
                    self.prose(&std::mem::take(&mut prose));
                    self.push(Kind::Item, one_line(item));
                }
                None => prose.extend([line, " "]),
            }
        }
        self.prose(&prose);
    }

    fn code(&mut self) {
        let code = std::mem::take(&mut self.text);
        self.block += 1;
        // What would end our own fence, or read like one of our citations, is not quoted.
        if !code.contains("```") && one_line(&code).len() == folded(&code).len() {
            self.push(Kind::Code, code.trim_end().to_owned());
        }
    }

    fn prose(&mut self, text: &str) {
        for sentence in sentences(&one_line(text)) {
            self.push(Kind::Sentence, sentence);
        }
    }

    fn push(&mut self, kind: Kind, text: String) {
        if !text.chars().any(char::is_alphanumeric) {
            return;
        }
        let heading = self.heading.clone();
        self.units.push(Unit {
            passage: self.passage,
            block: self.block,
            kind,
            heading,
            text,
        });
    }
}

/// `Plan: Pro · Price: $20`.
fn row(columns: &[String], cells: &[String]) -> String {
    let named = cells
        .iter()
        .enumerate()
        .filter(|(_, cell)| cell.chars().any(char::is_alphanumeric));
    let named = named.map(|(at, cell)| match columns.get(at) {
        Some(column) if !column.is_empty() => format!("{column}: {cell}"),
        _ => cell.clone(),
    });
    named.collect::<Vec<_>>().join(" · ")
}

/// Sentences by Unicode's rules (UAX #29), joined again after abbreviations and initials.
fn sentences(text: &str) -> Vec<String> {
    let mut sentences: Vec<String> = Vec::new();
    for piece in text.split_sentence_bounds() {
        match sentences.last_mut() {
            Some(last) if is_abbreviated(last) => last.push_str(piece),
            _ => sentences.push(piece.to_owned()),
        }
    }
    sentences
        .into_iter()
        .map(|sentence| sentence.trim().to_owned())
        .collect()
}

fn is_abbreviated(sentence: &str) -> bool {
    let Some(last) = sentence.split_whitespace().last() else {
        return false;
    };
    let last = last.trim_start_matches(['(', '"', '“', '«']);
    let is_initial = last.ends_with('.') && last.chars().count() == 2 && last.starts_with(char::is_uppercase);
    is_initial || ABBREVIATIONS.contains(&last.to_lowercase().as_str())
}

/// Whitespace folded, and references such as `[12]` dropped: they would read like our citations.
fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find('[') {
        let (before, after) = rest.split_at(open);
        line.push_str(before);
        let inner = after[1..].split(']').next().unwrap_or_default();
        let is_reference = !inner.is_empty() && inner.len() <= 3 && inner.bytes().all(|b| b.is_ascii_digit());
        rest = if is_reference && after[1 + inner.len()..].starts_with(']') {
            &after[inner.len() + 2..]
        } else {
            line.push('[');
            &after[1..]
        };
    }
    line.push_str(rest);
    folded(&line)
}

fn folded(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(markdown: &str) -> Vec<String> {
        cut(0, markdown).into_iter().map(|unit| unit.text).collect()
    }

    #[test]
    fn prose_is_cut_at_sentences() {
        let text =
            "Dr. Smith paid $3.50 to J. R. Miller, e.g. in the U.S. office. It was late!\nWas it?\n\nYes.";
        assert_eq!(
            texts(text),
            [
                "Dr. Smith paid $3.50 to J. R. Miller, e.g. in the U.S. office.",
                "It was late!",
                "Was it?",
                "Yes."
            ]
        );
        assert_eq!(
            texts("退款需要三天。请保留收据！"),
            ["退款需要三天。", "请保留收据！"]
        );
        assert_eq!(
            texts("Возврат до 31 дек. включительно. Это всё."),
            ["Возврат до 31 дек. включительно.", "Это всё."]
        );
    }

    #[test]
    fn markup_goes_and_code_stays_readable() {
        let text = "Run **`botwright serve`** as [the docs](https://example.com) ~~do~~ *say*.[12] <b>Now</b>. ![x](y)";
        assert_eq!(texts(text), ["Run `botwright serve` as the docs do say.", "Now."]);
        assert_eq!(
            texts("Before:\n\n```sh\nls\n  -l\n```\n\n<div>html</div>\n\n```\ncites[1]\n```\nAfter [a]."),
            ["Before:", "ls\n  -l", "After [a]."]
        );
    }

    #[test]
    fn items_and_rows_stay_whole() {
        let text = "## Plans\n\nWe offer:\n\n- Free. For ever.\n- Pro\n  - with support\n\n\
                    | Plan | Price |\n|---|---|\n| Free | $0 |\n| Pro | |\n";
        let units = cut(3, text);
        let found: Vec<_> = units.iter().map(|unit| (unit.kind, unit.text.as_str())).collect();
        assert_eq!(
            found,
            [
                (Kind::Sentence, "We offer:"),
                (Kind::Item, "Free. For ever."),
                (Kind::Item, "Pro"),
                (Kind::Item, "with support"),
                (Kind::Row, "Plan: Free · Price: $0"),
                (Kind::Row, "Plan: Pro"),
            ]
        );
        assert!(
            units
                .iter()
                .all(|unit| unit.passage == 3 && unit.heading == "Plans")
        );
        let blocks: Vec<_> = units.iter().map(|unit| unit.block).collect();
        assert_eq!(blocks[1], blocks[3], "one list");
        assert!(blocks[0] < blocks[1] && blocks[3] < blocks[4], "{blocks:?}");
    }

    #[test]
    fn long_items_are_cut() {
        let item = format!("- {}", "This is a sentence of an item. ".repeat(12));
        let units = cut(0, &item);
        assert_eq!((units.len(), units[0].kind), (12, Kind::Sentence));
    }

    #[test]
    fn plain_lists_and_broken_tables_are_understood() {
        assert_eq!(
            texts("We take:\n• Visa\n• Master\nAsk us."),
            ["We take:", "Visa", "Master", "Ask us."]
        );
        assert_eq!(
            texts("| Pro | $20 |\n| Team | $50 |"),
            ["Pro · $20", "Team · $50"]
        );
    }
}
