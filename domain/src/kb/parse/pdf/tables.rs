//! Tables of a PDF, which says where words stand and not what is a cell.

/// Rows of cells as a parser found them. Their places in a line are believed, their text is not.
pub(super) type Table = Vec<Vec<String>>;

/// The tables in Markdown.
pub(super) fn read(markdown: &str) -> Vec<Table> {
    let mut tables: Vec<Table> = Vec::new();
    let mut inside = false;
    for line in markdown.lines() {
        let row = line
            .trim()
            .strip_prefix('|')
            .and_then(|line| line.strip_suffix('|'));
        match row {
            Some(row) if inside => tables
                .last_mut()
                .into_iter()
                .for_each(|table| table.extend(cells(row))),
            Some(row) => tables.push(cells(row).into_iter().collect()),
            None => {}
        }
        inside = row.is_some();
    }
    tables.retain(|table| table.len() > 1);
    tables
}

/// The cells of a row; nothing for the line below the header.
fn cells(row: &str) -> Option<Vec<String>> {
    let is_delimiter = row.chars().all(|c| "-:| ".contains(c));
    let cell = |cell: &str| {
        cell.replace("**", "")
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
    };
    (!is_delimiter).then(|| row.split('|').map(cell).collect())
}

/// Writes lines as table rows where consecutive lines hold what the rows of a table hold. Every other line, and
/// every word, stays.
pub(super) fn mark(lines: Vec<String>, tables: &[Table]) -> Vec<String> {
    tables
        .iter()
        .fold(lines, |lines, table| match place(&lines, table) {
            Some((start, rows)) => replace(lines, start, &rows),
            None => lines,
        })
}

/// The first line of the table, and its rows as they stand in the lines.
fn place(lines: &[String], table: &Table) -> Option<(usize, Table)> {
    let rows_at = |lines: &[String]| -> Option<Table> {
        lines
            .iter()
            .zip(table)
            .map(|(line, cells)| divide(line, cells))
            .collect()
    };
    lines
        .windows(table.len())
        .enumerate()
        .find_map(|(start, lines)| Some((start, rows_at(lines)?)))
}

/// Cuts a line where its cells start: each is found in turn, at the start of a word, and reaches to the next.
fn divide(line: &str, cells: &[String]) -> Option<Vec<String>> {
    let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut starts = Vec::with_capacity(cells.len());
    let mut from = 0;
    for cell in cells {
        let is_start = |at: &usize| cell.is_empty() || *at == 0 || line[..*at].ends_with(' ');
        let at = line[from..]
            .match_indices(cell.as_str())
            .map(|(at, _)| from + at)
            .find(is_start)?;
        starts.push(at);
        from = at + cell.len();
    }
    let filled = cells.iter().filter(|cell| !cell.is_empty()).count();
    if filled < 2 || starts.first() != Some(&0) {
        return None;
    }
    let ends = starts.iter().skip(1).copied().chain([line.len()]);
    let text = |(start, end): (&usize, usize)| line[*start..end].trim().replace('|', "\\|");
    Some(starts.iter().zip(ends).map(text).collect())
}

fn replace(mut lines: Vec<String>, start: usize, rows: &Table) -> Vec<String> {
    let row = |cells: &Vec<String>| format!("| {} |", cells.join(" | "));
    let mut table = vec![String::new()];
    table.extend(rows.iter().map(row));
    table.insert(2, format!("|{}", " --- |".repeat(rows[0].len())));
    table.push(String::new());
    lines.splice(start..start + rows.len(), table);
    lines
}

#[cfg(test)]
mod tests {
    use super::{mark, read};

    fn lines(text: &str) -> Vec<String> {
        text.lines().map(str::to_owned).collect()
    }

    const PAGE: &str = "Times\nProgramme Temperature Time for 1 litre\nWhite tea 72 °C 2 min 40 s\nCapacity";

    #[test]
    fn lines_become_rows_and_keep_their_words() {
        let found = read(
            "| **Programme** | T | Time for 1 litre |\n|---|---|---|\n| White tea | 72 °C | 2 min 40 s |\n",
        );
        let expected = "Times\n\n| Programme | Temperature | Time for 1 litre |\n| --- | --- | --- |\n\
            | White tea | 72 °C | 2 min 40 s |\n\nCapacity";
        assert_eq!(mark(lines(PAGE), &found).join("\n"), expected);
    }

    #[test]
    fn a_table_that_is_not_in_the_lines_changes_nothing() {
        for wrong in [
            "| White | 72 |\n| Green | 79 |",
            "| Programme | litre |\n| White tea | min 41 |",
            "| Times |\n| Programme |",
        ] {
            assert_eq!(mark(lines(PAGE), &read(wrong)).join("\n"), PAGE);
        }
    }
}
