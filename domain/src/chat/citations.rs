//! Citations in streamed text: `[3]` is kept when passage 3 was given, and dropped when it was not.

use std::collections::BTreeSet;

/// Longest number looked at: more digits can't be a citation.
const MAX_DIGITS: usize = 3;

/// Checks citations in text that comes in pieces.
#[derive(Debug)]
pub(super) struct Citations {
    given: u32,
    cited: BTreeSet<u32>,
    /// The beginning of what may become a citation: `[`, `[1`, `[1, 2`.
    pending: String,
}

impl Citations {
    /// Passages `1..=given` may be cited.
    pub fn new(given: usize) -> Self {
        Self {
            given: u32::try_from(given).unwrap_or(u32::MAX),
            cited: BTreeSet::new(),
            pending: String::new(),
        }
    }

    /// Takes the next piece and returns what can be shown.
    pub fn push(&mut self, piece: &str) -> String {
        let mut out = String::with_capacity(piece.len());
        for c in piece.chars() {
            self.push_char(c, &mut out);
        }
        out
    }

    /// Returns what was held back at the end.
    pub fn finish(&mut self) -> String {
        std::mem::take(&mut self.pending)
    }

    /// The numbers that were cited.
    pub fn cited(&self) -> &BTreeSet<u32> {
        &self.cited
    }

    fn push_char(&mut self, c: char, out: &mut String) {
        if self.pending.is_empty() {
            if c == '[' {
                self.pending.push(c);
            } else {
                out.push(c);
            }
            return;
        }
        if c == ']' && self.pending.len() > 1 {
            let inside = std::mem::take(&mut self.pending);
            self.close(&inside, out);
            return;
        }
        if self.can_continue(c) {
            self.pending.push(c);
            return;
        }
        out.push_str(&std::mem::take(&mut self.pending));
        self.push_char(c, out);
    }

    fn can_continue(&self, c: char) -> bool {
        let digits = self
            .pending
            .chars()
            .rev()
            .take_while(char::is_ascii_digit)
            .count();
        match c {
            '0'..='9' => digits < MAX_DIGITS && self.pending.len() < 40,
            ',' => digits > 0,
            ' ' => self.pending.ends_with(','),
            _ => false,
        }
    }

    /// `inside` is `[` and a list of numbers. Each given one is written as a citation of its own.
    fn close(&mut self, inside: &str, out: &mut String) {
        for number in inside[1..]
            .split(',')
            .filter_map(|n| n.trim().parse::<u32>().ok())
        {
            if (1..=self.given).contains(&number) {
                self.cited.insert(number);
                out.push_str(&format!("[{number}]"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(given: usize, pieces: &[&str]) -> (String, Vec<u32>) {
        let mut citations = Citations::new(given);
        let mut text: String = pieces.iter().map(|piece| citations.push(piece)).collect();
        text.push_str(&citations.finish());
        (text, citations.cited().iter().copied().collect())
    }

    #[test]
    fn given_passages_are_kept_and_others_dropped() {
        assert_eq!(
            run(2, &["Yes [1]. No [7]. Both [2][0]"]),
            ("Yes [1]. No . Both [2]".into(), vec![1, 2])
        );
        assert_eq!(run(0, &["Sure [1]."]), ("Sure .".into(), vec![]));
    }

    #[test]
    fn citations_are_found_across_pieces() {
        assert_eq!(run(12, &["a [", "1", "2", "] b"]), ("a [12] b".into(), vec![12]));
        assert_eq!(run(3, &["a [1, ", "3,9] b"]), ("a [1][3] b".into(), vec![1, 3]));
    }

    #[test]
    fn other_brackets_are_left_alone() {
        for text in [
            "[link](https://example.com)",
            "array[i]",
            "[]",
            "[1",
            "[ 1]",
            "[1234]",
            "[[",
            "a [1a]",
            "[1,]x",
        ] {
            let expected = if text == "[1,]x" { "[1]x" } else { text };
            assert_eq!(run(2, &[text]).0, expected, "{text}");
            let letters: Vec<String> = text.chars().map(String::from).collect();
            let letters: Vec<&str> = letters.iter().map(String::as_str).collect();
            assert_eq!(run(2, &letters).0, expected, "{text} letter by letter");
        }
    }
}
