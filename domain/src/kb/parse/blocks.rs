//! Writing Markdown: what the readers of documents say a text consists of.

use std::fmt::Write;

/// Deepest list that keeps its indentation.
const MAX_LIST_DEPTH: usize = 8;

/// Markdown in the making, block by block.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    out: String,
    /// Items of one list stand together.
    in_list: bool,
}

impl Blocks {
    /// A heading of level 1 to 6; deeper ones are cut off at 6.
    pub(super) fn heading(&mut self, level: usize, text: &str) {
        let text = one_line(text);
        if !text.is_empty() {
            self.apart();
            let _ = write!(self.out, "{} {text}", "#".repeat(level.clamp(1, 6)));
        }
    }

    /// A paragraph. Its own line breaks stay.
    pub(super) fn paragraph(&mut self, text: &str) {
        let text = text.trim();
        if text.is_empty() {
            return;
        }
        self.apart();
        for (index, line) in text.lines().enumerate() {
            if index > 0 {
                self.out.push('\n');
            }
            push_plain(&mut self.out, line.trim());
        }
    }

    /// A list item; `depth` counts from 0, `number` is absent for bullets.
    pub(super) fn item(&mut self, depth: usize, number: Option<usize>, text: &str) {
        let text = one_line(text);
        if text.is_empty() {
            return;
        }
        if self.in_list {
            self.out.push('\n');
        } else {
            self.apart();
        }
        self.in_list = true;
        // Enough for both markers, so that an item below a numbered one is its child.
        self.out.push_str(&"   ".repeat(depth.min(MAX_LIST_DEPTH)));
        let _ = match number {
            Some(number) => write!(self.out, "{number}. {text}"),
            None => write!(self.out, "- {text}"),
        };
    }

    /// A table; the first row is its head. A table of one column or row is only there for the looks of it.
    pub(super) fn table(&mut self, rows: &[Vec<String>]) {
        let rows: Vec<&Vec<String>> = rows.iter().filter(|row| has_text(row)).collect();
        let width = rows.iter().map(|row| row.len()).max().unwrap_or(0);
        if rows.len() < 2 || width < 2 {
            rows.iter()
                .flat_map(|row| row.iter())
                .for_each(|cell| self.paragraph(cell));
            return;
        }
        self.apart();
        for (index, row) in rows.iter().enumerate() {
            self.out.push_str(&table_row(row, width));
            if index == 0 {
                self.out.push_str(&table_rule(width));
            }
        }
        self.out.truncate(self.out.trim_end().len());
    }

    /// Markdown made elsewhere.
    pub(super) fn raw(&mut self, markdown: &str) {
        if !markdown.trim().is_empty() {
            self.apart();
            self.out.push_str(markdown.trim_end());
        }
    }

    /// All of it.
    pub(super) fn finish(self) -> String {
        self.out
    }

    pub(super) fn is_empty(&self) -> bool {
        self.out.is_empty()
    }

    fn apart(&mut self) {
        self.in_list = false;
        if !self.out.is_empty() {
            self.out.push_str("\n\n");
        }
    }
}

/// A row with its line end; missing cells are empty.
pub(super) fn table_row(cells: &[String], width: usize) -> String {
    let mut row = String::from("|");
    for index in 0..width {
        let text = cells.get(index).map_or("", String::as_str);
        let _ = write!(row, " {} |", one_line(text).replace('|', "\\|"));
    }
    row.push('\n');
    row
}

/// The line below the head.
pub(super) fn table_rule(width: usize) -> String {
    format!("|{}\n", " --- |".repeat(width))
}

/// White space folded.
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn has_text(row: &[String]) -> bool {
    row.iter().any(|cell| !cell.trim().is_empty())
}

/// A line of text that must not become a heading, quotation, rule or code block.
fn push_plain(out: &mut String, line: &str) {
    let marks = ["#", ">", "```", "~~~", "---", "==="];
    if marks.iter().any(|mark| line.starts_with(mark)) {
        out.push('\\');
    }
    out.push_str(line);
}

#[cfg(test)]
mod tests {
    use super::Blocks;

    #[test]
    fn blocks_stand_apart_and_items_together() {
        let mut blocks = Blocks::default();
        blocks.heading(1, "A\n title");
        blocks.paragraph("# no heading\nsecond line");
        blocks.item(0, Some(1), "first");
        blocks.item(1, None, "below");
        blocks.paragraph("");
        blocks.table(&[vec!["a|b".into(), "c".into()], vec![" ".into()], vec!["1".into()]]);
        assert_eq!(
            blocks.finish(),
            "# A title\n\n\\# no heading\nsecond line\n\n1. first\n   - below\n\n| a\\|b | c |\n| --- | --- |\n| 1 |  |"
        );
    }

    #[test]
    fn a_table_of_one_column_is_text() {
        let mut blocks = Blocks::default();
        blocks.table(&[vec!["one".into()], vec!["two".into()]]);
        assert_eq!(blocks.finish(), "one\n\ntwo");
    }
}
