//! Undoing hard line breaks, so that a chunk ends with a sentence and not where a line happened to end.

use std::ops::RangeInclusive;

/// Joins the lines of each paragraph whose longest line has a length in `widths`. A line is taken to run on if
/// it is nearly as long as the longest one, or if the next starts in lower case; list items, headings and table
/// rows keep their lines. A word hyphenated at a line end is put together again.
pub(super) fn unwrap(text: &str, widths: &RangeInclusive<usize>) -> String {
    let mut out = String::with_capacity(text.len());
    for paragraph in paragraphs(text) {
        let longest = paragraph
            .iter()
            .map(|line| line.chars().count())
            .max()
            .unwrap_or(0);
        let wrapped = widths.contains(&longest);
        for (index, line) in paragraph.iter().enumerate() {
            let Some(next) = paragraph.get(index + 1).filter(|_| wrapped) else {
                out.push_str(line);
                out.push('\n');
                continue;
            };
            push_line(&mut out, line, next, longest);
        }
        out.push('\n');
    }
    out
}

fn paragraphs(text: &str) -> impl Iterator<Item = Vec<&str>> {
    let mut lines = text.lines();
    std::iter::from_fn(move || {
        let first = lines.by_ref().find(|line| !line.trim().is_empty())?;
        let rest = lines.by_ref().take_while(|line| !line.trim().is_empty());
        Some(std::iter::once(first).chain(rest).collect())
    })
}

fn push_line(out: &mut String, line: &str, next: &str, longest: usize) {
    let next_in_lower_case = next.trim_start().starts_with(char::is_lowercase);
    if let Some(stem) = hyphenated(line) {
        out.push_str(if next_in_lower_case { stem } else { line });
        return;
    }
    out.push_str(line);
    let runs_on = next_in_lower_case || line.chars().count() * 5 >= longest * 4;
    out.push(if runs_on && !is_structure(line) && !is_item_or_structure(next) {
        ' '
    } else {
        '\n'
    });
}

/// The line without its final hyphen, if that follows a letter.
fn hyphenated(line: &str) -> Option<&str> {
    let stem = line.trim_end().strip_suffix(['-', '\u{2010}', '\u{ad}'])?;
    stem.ends_with(char::is_alphabetic).then_some(stem)
}

fn is_structure(line: &str) -> bool {
    line.trim_start().starts_with(['#', '|', '>']) || line.starts_with("    ") || line.contains('\t')
}

/// A line that starts a list item, or is a heading, table row, quotation or code.
fn is_item_or_structure(line: &str) -> bool {
    let start = line.trim_start();
    if is_structure(line) || start.starts_with(['•', '◦', '▪', '–', '*', '-', '+', '`']) {
        return true;
    }
    let digits = start.trim_start_matches(|c: char| c.is_ascii_digit());
    digits.len() < start.len() && start.len() - digits.len() < 4 && digits.starts_with([')', '.'])
}

#[cfg(test)]
mod tests {
    use super::unwrap;

    fn prose(text: &str) -> String {
        unwrap(text, &(20..=120)).trim_end().to_owned()
    }

    #[test]
    fn joins_a_wrapped_paragraph() {
        let wrapped =
            "Fill the kettle to the upper mark,\nboil it twice, and pour the water\naway each time.\n\nNext.";
        let joined =
            "Fill the kettle to the upper mark, boil it twice, and pour the water away each time.\n\nNext.";
        assert_eq!(prose(wrapped), joined);
    }

    #[test]
    fn mends_words_but_keeps_real_hyphens() {
        assert_eq!(
            prose("On windy days the har-\nbourmaster may cancel"),
            "On windy days the harbourmaster may cancel"
        );
        assert_eq!(
            prose("The ferry serves Saint-\nElmar and the lighthouse"),
            "The ferry serves Saint-Elmar and the lighthouse"
        );
    }

    #[test]
    fn keeps_lists_tables_and_short_lines() {
        let list = "Bring these three things along:\n- a receipt of the shop\n- the kettle and its base\n1. first of all the lid";
        assert_eq!(prose(list), list);
        let address = "Nordlicht Housewares, Service\nKestrel Wharf\n12 Quay Street";
        assert_eq!(
            prose(address).lines().count(),
            2,
            "only the longest line may run on"
        );
        let table = "| Programme | Temperature |\n| --- | --- |\n| White tea | 72 °C |";
        assert_eq!(prose(table), table);
    }

    #[test]
    fn leaves_lines_of_other_widths_alone() {
        assert_eq!(unwrap("a b\nc d", &(20..=120)), "a b\nc d\n\n");
    }
}
