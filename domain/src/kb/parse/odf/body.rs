//! The text itself.

use quick_xml::events::BytesStart;

use super::Styles;
use crate::kb::parse::blocks::Blocks;
use crate::kb::parse::xml::{Node, attribute};
use crate::kb::parse::{Page, ParseError, sheet};

/// What is no text of the document: deleted passages, comments, the text above ruby characters, indexes made of
/// the headings, and what a slide or page repeats.
const SKIPPED: [&str; 11] = [
    "office:automatic-styles",
    "office:font-face-decls",
    "office:forms",
    "office:annotation",
    "text:tracked-changes",
    "text:ruby-text",
    "text:note-citation",
    "text:table-of-content",
    "text:alphabetical-index",
    "table:tracked-changes",
    "svg:title",
];

/// How often a cell or row with text may stand for itself again.
const MAX_REPEATED: usize = 100;

/// A paragraph or heading being read; text boxes put one within another.
struct Line {
    heading: Option<usize>,
    text: String,
}

struct List {
    style: String,
    /// Items so far.
    items: usize,
    /// Whether the first paragraph of the item is still to come.
    fresh: bool,
}

#[derive(Default)]
struct Table {
    rows: Vec<Vec<String>>,
    row: Vec<String>,
    row_repeats: usize,
    cell: String,
    cell_repeats: usize,
    /// Empty cells and rows not written yet: there may be a million of them up to the edge of a sheet.
    empty_cells: usize,
    empty_rows: usize,
}

pub(super) struct Body<'s> {
    styles: &'s Styles,
    blocks: Blocks,
    pages: Vec<Page>,
    lines: Vec<Line>,
    lists: Vec<List>,
    tables: Vec<Table>,
    cells: usize,
    is_sheet: bool,
    /// The frame is the title of a slide.
    in_title: bool,
    /// Elements open since one that is skipped.
    skipped: usize,
}

impl<'s> Body<'s> {
    pub(super) fn new(styles: &'s Styles) -> Self {
        Self {
            styles,
            blocks: Blocks::default(),
            pages: Vec::new(),
            lines: Vec::new(),
            lists: Vec::new(),
            tables: Vec::new(),
            cells: 0,
            is_sheet: false,
            in_title: false,
            skipped: 0,
        }
    }

    /// Slides and sheets, or the one text.
    pub(super) fn pages(mut self) -> Vec<Page> {
        if self.pages.is_empty() || !self.blocks.is_empty() {
            self.pages.push(Page {
                number: None,
                heading: None,
                markdown: self.blocks.finish(),
            });
        }
        self.pages
    }

    pub(super) fn node(&mut self, node: Node<'_>) -> Result<(), ParseError> {
        match node {
            Node::Start(_) if self.skipped > 0 => self.skipped += 1,
            Node::Start(start) => self.start(start),
            Node::End(_) if self.skipped > 0 => self.skipped -= 1,
            Node::End(name) => return self.end(name),
            Node::Text(text) if self.skipped == 0 => self.push(text),
            Node::Text(_) => {}
        }
        Ok(())
    }

    fn start(&mut self, start: &BytesStart<'_>) {
        let number = |name: &str| attribute(start, name).and_then(|value| value.parse::<usize>().ok());
        match start.name().as_ref() {
            name if SKIPPED.contains(&name) => self.skipped = 1,
            "office:spreadsheet" => self.is_sheet = true,
            "text:h" => self.open(Some(number("text:outline-level").unwrap_or(1))),
            "text:p" => {
                let title = self.in_title
                    || attribute(start, "text:style-name").is_some_and(|style| self.styles.is_title(&style));
                self.open(title.then_some(1));
            }
            "text:s" => self.push(&" ".repeat(number("text:c").unwrap_or(1).min(8))),
            "text:tab" => self.push("\t"),
            "text:line-break" => self.push("\n"),
            "text:note" => self.push(" ("),
            "text:list" => {
                let outer = self.lists.last().map(|list| list.style.clone());
                let style = attribute(start, "text:style-name").or(outer).unwrap_or_default();
                self.lists.push(List {
                    style,
                    items: 0,
                    fresh: false,
                });
            }
            "text:list-item" => {
                if let Some(list) = self.lists.last_mut() {
                    list.items += 1;
                    list.fresh = true;
                }
            }
            "draw:frame" => {
                self.in_title = attribute(start, "presentation:class").as_deref() == Some("title");
            }
            "table:table" => {
                if self.is_sheet && self.tables.is_empty() {
                    self.blocks
                        .heading(1, &attribute(start, "table:name").unwrap_or_default());
                }
                self.tables.push(Table::default());
            }
            "table:table-row" => {
                if let Some(table) = self.tables.last_mut() {
                    table.row_repeats = number("table:number-rows-repeated").unwrap_or(1);
                }
            }
            "table:table-cell" | "table:covered-table-cell" => {
                if let Some(table) = self.tables.last_mut() {
                    table.cell.clear();
                    table.cell_repeats = number("table:number-columns-repeated").unwrap_or(1);
                }
            }
            _ => {}
        }
    }

    fn end(&mut self, name: &str) -> Result<(), ParseError> {
        match name {
            "text:p" | "text:h" => self.close(),
            "text:note" => self.push(")"),
            "text:list" => {
                self.lists.pop();
            }
            "draw:frame" => self.in_title = false,
            "draw:page" => self.end_page(),
            "table:table-cell" | "table:covered-table-cell" => {
                if let Some(table) = self.tables.last_mut() {
                    self.cells += table.end_cell();
                }
            }
            "table:table-row" => {
                if let Some(table) = self.tables.last_mut() {
                    self.cells += table.end_row();
                }
            }
            "table:table" => self.end_table(),
            _ => {}
        }
        if self.cells > sheet::MAX_CELLS {
            return Err(ParseError::too_complex("it has more than 2,000,000 cells"));
        }
        Ok(())
    }

    fn push(&mut self, text: &str) {
        if let Some(line) = self.lines.last_mut() {
            line.text.push_str(text);
        }
    }

    fn open(&mut self, heading: Option<usize>) {
        self.lines.push(Line {
            heading,
            text: String::new(),
        });
    }

    fn close(&mut self) {
        let Some(Line { heading, text }) = self.lines.pop() else {
            return;
        };
        if let Some(table) = self.tables.last_mut() {
            table.cell.push_str(&text);
            table.cell.push(' ');
            return;
        }
        if let Some(level) = heading {
            self.blocks.heading(level, &text);
            return;
        }
        let depth = self.lists.len();
        match self.lists.last_mut() {
            Some(list) if list.fresh => {
                list.fresh = text.trim().is_empty();
                let numbered = self.styles.is_numbered(&list.style, depth);
                self.blocks.item(depth - 1, numbered.then_some(list.items), &text);
            }
            _ => self.blocks.paragraph(&text),
        }
    }

    fn end_table(&mut self) {
        let Some(table) = self.tables.pop() else {
            return;
        };
        if let Some(outer) = self.tables.last_mut() {
            let text = table.rows.iter().flatten().map(String::as_str);
            outer.cell.push_str(&text.collect::<Vec<_>>().join(" "));
            return;
        }
        if self.is_sheet {
            sheet::add(&mut self.blocks, &table.rows, 2);
            self.end_page();
        } else {
            self.blocks.table(&table.rows);
        }
    }

    fn end_page(&mut self) {
        let blocks = std::mem::take(&mut self.blocks);
        let number = i32::try_from(self.pages.len() + 1).ok();
        self.pages.push(Page {
            number,
            heading: None,
            markdown: blocks.finish(),
        });
    }
}

impl Table {
    /// The number of cells this made.
    fn end_cell(&mut self) -> usize {
        let text = std::mem::take(&mut self.cell).trim().to_owned();
        if text.is_empty() {
            self.empty_cells += self.cell_repeats;
            return 0;
        }
        let before = self.row.len();
        let empty = std::mem::take(&mut self.empty_cells).min(sheet::MAX_CELLS);
        self.row.resize(before + empty, String::new());
        let repeats = self.cell_repeats.clamp(1, MAX_REPEATED);
        self.row.extend(std::iter::repeat_n(text, repeats));
        empty + repeats
    }

    /// The number of cells this made beside those counted already.
    fn end_row(&mut self) -> usize {
        self.empty_cells = 0;
        let row = std::mem::take(&mut self.row);
        if row.is_empty() {
            self.empty_rows += 1;
            return 0;
        }
        // More than one empty row says no more than one.
        if std::mem::take(&mut self.empty_rows) > 0 && !self.rows.is_empty() {
            self.rows.push(Vec::new());
        }
        let repeats = self.row_repeats.clamp(1, MAX_REPEATED);
        let cells = row.len() * (repeats - 1);
        self.rows.extend(std::iter::repeat_n(row, repeats));
        cells
    }
}
