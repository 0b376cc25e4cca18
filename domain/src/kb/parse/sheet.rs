//! Rows and columns of any length to Markdown of which each piece can be read by itself.
//!
//! A chunk from the middle of a long table must still know what its columns are. So rows go in small tables that
//! each repeat the head; rows too long for that become records, a heading and a line for each column.

use super::blocks::{Blocks, one_line, table_row, table_rule};

/// How long one of the small tables may get, in characters: about 150 tokens, which every usual chunk size holds.
const TABLE_CHARS: usize = 480;
/// Head and an average row must leave room for a second row.
const MAX_ROW_CHARS: usize = 320;
/// More cells than this are no longer text for people.
pub(super) const MAX_CELLS: usize = 2_000_000;

/// Adds a sheet. Empty rows separate tables, and a row of a single cell above one is its caption.
pub(super) fn add(blocks: &mut Blocks, rows: &[Vec<String>], level: usize) {
    let is_blank = |row: &Vec<String>| row.iter().all(|cell| cell.trim().is_empty());
    for table in rows.split(is_blank) {
        add_table(blocks, table, level);
    }
}

fn add_table(blocks: &mut Blocks, rows: &[Vec<String>], level: usize) {
    let filled = |row: &&Vec<String>| row.iter().filter(|cell| !cell.trim().is_empty()).count();
    let captions = if used_columns(rows).len() < 2 {
        rows.len()
    } else {
        rows.iter().take_while(|row| filled(row) == 1).count()
    };
    let (captions, rows) = rows.split_at(captions);
    captions.iter().for_each(|row| blocks.paragraph(&row.concat()));
    if rows.is_empty() {
        return;
    }
    let columns = used_columns(rows);
    let mut rows: Vec<Vec<String>> = rows.iter().map(|row| pick(row, &columns)).collect();
    let width = columns.len();
    let head = if is_head(&rows[0]) {
        rows.remove(0)
    } else {
        (1..=width).map(|number| format!("Column {number}")).collect()
    };
    if rows.is_empty() {
        blocks.paragraph(&head.join(" | "));
        return;
    }
    let chars = |row: &[String]| row.iter().map(|cell| cell.chars().count() + 3).sum::<usize>();
    let average = rows.iter().map(|row| chars(row)).sum::<usize>() / rows.len();
    if chars(&head) + average > MAX_ROW_CHARS {
        rows.iter().for_each(|row| add_record(blocks, &head, row, level));
    } else {
        add_small_tables(blocks, &head, &rows);
    }
}

fn add_small_tables(blocks: &mut Blocks, head: &[String], rows: &[Vec<String>]) {
    let start = table_row(head, head.len()) + &table_rule(head.len());
    let mut table = start.clone();
    for row in rows {
        let row = table_row(row, head.len());
        if table.len() > start.len() && table.chars().count() + row.chars().count() > TABLE_CHARS {
            blocks.raw(&table);
            table.clone_from(&start);
        }
        table.push_str(&row);
    }
    blocks.raw(&table);
}

/// The first column that says something names the record, so that every part of a long one knows whose it is.
fn add_record(blocks: &mut Blocks, head: &[String], row: &[String], level: usize) {
    let mut fields = head
        .iter()
        .zip(row)
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| {
            if name.is_empty() {
                value.clone()
            } else {
                format!("{name}: {value}")
            }
        });
    if let Some(first) = fields.next() {
        blocks.heading(level, &first);
    }
    blocks.paragraph(&fields.collect::<Vec<_>>().join("\n"));
}

/// Columns with text in some row.
fn used_columns(rows: &[Vec<String>]) -> Vec<usize> {
    let mut used = vec![false; rows.iter().map(Vec::len).max().unwrap_or(0)];
    for row in rows {
        for (used, cell) in used.iter_mut().zip(row) {
            *used |= !cell.trim().is_empty();
        }
    }
    (0..used.len()).filter(|&column| used[column]).collect()
}

fn pick(row: &[String], columns: &[usize]) -> Vec<String> {
    columns
        .iter()
        .map(|&column| row.get(column).map(|cell| one_line(cell)).unwrap_or_default())
        .collect()
}

/// Names, not values: no more than half of the cells are numbers. Years may be names.
fn is_head(row: &[String]) -> bool {
    let numbers = row.iter().filter(|cell| is_number(cell)).count();
    numbers * 2 <= row.len()
}

fn is_number(cell: &str) -> bool {
    let digits = cell.chars().filter(char::is_ascii_digit).count();
    let is_year = cell.len() == 4 && digits == 4 && (cell.starts_with("19") || cell.starts_with("20"));
    digits > 0 && !is_year && !cell.chars().any(char::is_alphabetic)
}

#[cfg(test)]
mod tests {
    use super::{Blocks, add};

    fn markdown(rows: &[&[&str]]) -> String {
        let rows: Vec<Vec<String>> = rows
            .iter()
            .map(|row| row.iter().map(|cell| (*cell).to_owned()).collect())
            .collect();
        let mut blocks = Blocks::default();
        add(&mut blocks, &rows, 2);
        blocks.finish()
    }

    #[test]
    fn captions_and_empty_columns_are_no_part_of_the_table() {
        let rows: [&[&str]; 4] = [
            &["Prices 2026"],
            &["", "Tea", "Price"],
            &["", "Sencha", "5"],
            &["", "Gyokuro", "8"],
        ];
        assert_eq!(
            markdown(&rows),
            "Prices 2026\n\n| Tea | Price |\n| --- | --- |\n| Sencha | 5 |\n| Gyokuro | 8 |"
        );
    }

    #[test]
    fn every_part_of_a_long_table_has_the_head() {
        let rows: Vec<Vec<String>> = (0..200)
            .map(|n| match n {
                0 => vec!["Berth".to_owned(), "Owner".to_owned()],
                n => vec![n.to_string(), format!("Owner number {n}")],
            })
            .collect();
        let mut blocks = Blocks::default();
        add(&mut blocks, &rows, 2);
        let text = blocks.finish();
        let tables: Vec<&str> = text.split("\n\n").collect();
        assert!(tables.len() > 5);
        for table in tables {
            assert!(
                table.starts_with("| Berth | Owner |\n| --- | --- |\n| "),
                "{table}"
            );
            assert!(table.len() < 500);
        }
        assert!(text.contains("| 199 | Owner number 199 |"));
    }

    #[test]
    fn long_rows_become_records_named_by_their_first_column() {
        let answer = "Yes. ".repeat(80);
        let text = markdown(&[&["Question", "Answer"], &["May I bring my dog?", &answer]]);
        assert!(text.starts_with("## Question: May I bring my dog?\n\nAnswer: Yes. Yes."));
    }

    #[test]
    fn a_first_row_of_values_is_no_head() {
        let text = markdown(&[&["12", "4.5"], &["13", "4.75"]]);
        assert!(text.starts_with("| Column 1 | Column 2 |\n| --- | --- |\n| 12 | 4.5 |"));
        let years = markdown(&[&["Route", "2025", "2026"], &["Island", "12", "14"]]);
        assert!(years.starts_with("| Route | 2025 | 2026 |"));
    }
}
