//! Cells of CSV files that people open in a spreadsheet.

/// What a formula begins with, also in the wide forms that spreadsheets of East Asia read alike, and what some of them
/// skip before it.
const FORMULA: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// Keeps a spreadsheet from running a cell as a formula.
pub(crate) fn quoted(cell: &str) -> String {
    if cell.starts_with(FORMULA) {
        format!("'{cell}")
    } else {
        cell.to_owned()
    }
}

/// Undoes [`quoted`].
pub(crate) fn unquoted(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if rest.starts_with(FORMULA) => rest,
        _ => cell,
    }
}
