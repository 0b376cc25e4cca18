//! Paragraphs, lists and tables of rich text.

use std::collections::HashMap;

use crate::kb::parse::blocks::Blocks;

/// Bullets that programs write as text.
const BULLETS: [char; 10] = ['•', '·', '◦', '▪', '■', '●', '‣', '–', '\u{f0b7}', '\u{f0a7}'];

#[derive(Debug, Default)]
pub(super) struct Flow {
    blocks: Blocks,
    text: String,
    heading: Option<usize>,
    /// The marker of the list item.
    marker: Option<String>,
    depth: usize,
    in_table: bool,
    /// Depth of tables: what stands in a table within a table becomes text of the outer cell.
    table_depth: i32,
    rows: Vec<Vec<String>>,
    row: Vec<String>,
}

impl Flow {
    pub(super) fn text(&mut self, text: &str) {
        self.text.push_str(text);
    }

    pub(super) fn list_text(&mut self, text: &str) {
        if !text.trim().is_empty() {
            self.marker = Some(text.trim().to_owned());
        }
    }

    /// A control word in the text.
    pub(super) fn word(&mut self, word: &str, number: i32, levels: &HashMap<i32, usize>) {
        match word {
            "par" | "sect" | "page" => self.end_paragraph(),
            "pard" => {
                (self.heading, self.depth, self.in_table, self.table_depth) = (None, 0, false, 0);
            }
            "s" => self.heading = levels.get(&number).copied(),
            "outlinelevel" => {
                self.heading = usize::try_from(number)
                    .ok()
                    .filter(|level| *level < 9)
                    .map(|level| level + 1);
            }
            "ilvl" => self.depth = usize::try_from(number).unwrap_or(0),
            "intbl" => self.in_table = true,
            "itap" => (self.in_table, self.table_depth) = (number > 0, number),
            "cell" => {
                self.end_paragraph_of_cell();
                let cell = std::mem::take(&mut self.text);
                self.row.push(cell.trim().to_owned());
            }
            "nestcell" | "nestrow" => self.text.push(' '),
            "row" => {
                let row = std::mem::take(&mut self.row);
                self.rows.push(row);
                self.text.clear();
            }
            _ => {}
        }
    }

    pub(super) fn finish(mut self) -> String {
        self.end_paragraph();
        self.end_table();
        self.blocks.finish()
    }

    fn end_paragraph_of_cell(&mut self) {
        self.marker = None;
    }

    fn end_paragraph(&mut self) {
        if self.in_table {
            self.end_paragraph_of_cell();
            self.text.push(' ');
            return;
        }
        self.end_table();
        let text = std::mem::take(&mut self.text);
        let marker = self.marker.take();
        if let Some(level) = self.heading {
            self.blocks.heading(level, &text);
            return;
        }
        if marker.is_none()
            && let Some((number, item)) = written_marker(text.trim_start())
        {
            self.blocks.item(self.depth, number, item);
            return;
        }
        match marker {
            Some(marker) => {
                let number = marker
                    .trim_end_matches(['.', ')'])
                    .rsplit('.')
                    .next()
                    .and_then(|n| n.parse().ok());
                self.blocks.item(self.depth, number, &text);
            }
            None => self.blocks.paragraph(&text),
        }
    }

    fn end_table(&mut self) {
        if !self.row.is_empty() {
            let row = std::mem::take(&mut self.row);
            self.rows.push(row);
        }
        if !self.rows.is_empty() {
            let rows = std::mem::take(&mut self.rows);
            self.blocks.table(&rows);
        }
    }
}

/// Some programs write the marker of an item into its text: a bullet, or a number with a tab.
fn written_marker(text: &str) -> Option<(Option<usize>, &str)> {
    if let Some(item) = text.strip_prefix(BULLETS) {
        return item.starts_with(char::is_whitespace).then_some((None, item));
    }
    let (marker, item) = text.split_once('\t')?;
    let number = marker.strip_suffix(['.', ')'])?.parse().ok()?;
    Some((Some(number), item))
}
