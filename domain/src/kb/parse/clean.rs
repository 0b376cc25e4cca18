//! Text as people see it: one form for each character, nothing invisible.

use unicode_normalization::UnicodeNormalization;

/// Cleans running text: NFC, `\n` for every line end, plain spaces, at most one blank line in a row, and no
/// control, invisible or direction-changing characters, which can hide text from people but not from a model.
pub(super) fn text(raw: &str) -> String {
    let lines = raw.replace("\r\n", "\n");
    let visible: String = lines.chars().filter_map(visible).nfc().collect();
    let mut clean = String::with_capacity(visible.len());
    let mut blank = 0;
    for line in visible.lines().map(str::trim_end) {
        blank = if line.is_empty() { blank + 1 } else { 0 };
        if blank < 2 {
            clean.push_str(line);
            clean.push('\n');
        }
    }
    clean.trim_matches('\n').to_owned()
}

/// Cleans a single line such as a title: white space is folded, and it is cut at 200 characters.
pub(super) fn line(raw: &str) -> String {
    let words = text(raw).split_whitespace().collect::<Vec<_>>().join(" ");
    words.chars().take(200).collect()
}

fn visible(c: char) -> Option<char> {
    match c {
        '\t' | '\n' => Some(c),
        '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => Some('\n'),
        '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => Some(' '),
        c if c.is_control() || is_invisible(c) => None,
        c => Some(c),
    }
}

/// Characters that show nothing: soft hyphen, zero-width space, byte order mark, bidirectional controls,
/// invisible operators, tags, noncharacters. Joiners stay, because Persian and Indic words and emoji need them.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::{line, text};

    #[test]
    fn folds_line_ends_and_blank_lines() {
        assert_eq!(text("\n\na \r\nb\rc\u{2028}d\n\n\n\n\ne\n"), "a\nb\nc\nd\n\ne");
    }

    #[test]
    fn keeps_indentation_of_the_first_line() {
        assert_eq!(text("\n    code\n"), "    code");
    }

    #[test]
    fn composes_and_removes_what_cannot_be_seen() {
        assert_eq!(
            text("cafe\u{301}\0 co\u{ad}operate\u{200b}\u{202e} \u{e0041}10\u{a0}°C"),
            "café cooperate 10 °C"
        );
    }

    #[test]
    fn keeps_joiners() {
        assert_eq!(
            text("می\u{200c}خواهم 👩\u{200d}🚒"),
            "می\u{200c}خواهم 👩\u{200d}🚒"
        );
    }

    #[test]
    fn a_title_is_one_line() {
        assert_eq!(line(" Aurora\n K2 "), "Aurora K2");
    }
}
