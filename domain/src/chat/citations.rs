//! Citations in streamed text: `[3]` is kept when passage 3 was given, and dropped when it was not. What is kept is
//! numbered in the order in which it is read: readers see 1, 2, 3, whichever passages these are.

use api_types::chat::Source;

/// Longest number looked at: more digits can't be a citation.
const MAX_DIGITS: usize = 3;

/// Checks citations in text that comes in pieces.
#[derive(Debug)]
pub(super) struct Citations {
    given: u32,
    /// The passages that were cited, in order: the first one is `[1]` to readers.
    cited: Vec<u32>,
    /// The beginning of what may become a citation: `[`, `[1`, `[1, 2`.
    pending: String,
}

impl Citations {
    /// Passages `1..=given` may be cited.
    pub fn new(given: usize) -> Self {
        Self {
            given: u32::try_from(given).unwrap_or(u32::MAX),
            cited: Vec::new(),
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

    /// How many passages were cited so far.
    pub fn count(&self) -> usize {
        self.cited.len()
    }

    /// The passages by the numbers that readers see, in the order they were given. Those that are not cited have the
    /// numbers after all that are, so that whoever knows these passages can tell what each `[n]` so far is.
    pub fn renumbered(&self, sources: &[Source]) -> Vec<Source> {
        let mut free = (1..).skip(self.cited.len());
        let renumbered = sources.iter().map(|source| {
            let n = self.shown(source.n).or_else(|| free.next()).unwrap_or(source.n);
            Source { n, ..source.clone() }
        });
        renumbered.collect()
    }

    /// The passages that were cited, as readers number them.
    pub fn cited(&self, sources: &[Source]) -> Vec<Source> {
        let mut cited = self.renumbered(sources);
        cited.retain(|source| source.n as usize <= self.cited.len());
        cited.sort_by_key(|source| source.n);
        cited
    }

    /// The number that readers see of a passage that was cited.
    fn shown(&self, given: u32) -> Option<u32> {
        let at = self.cited.iter().position(|cited| *cited == given)?;
        u32::try_from(at + 1).ok()
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

    /// `inside` is `[` and a list of numbers. Each given one is written as a citation of its own, as readers number it.
    fn close(&mut self, inside: &str, out: &mut String) {
        for number in inside[1..]
            .split(',')
            .filter_map(|n| n.trim().parse::<u32>().ok())
        {
            if !(1..=self.given).contains(&number) {
                continue;
            }
            if !self.cited.contains(&number) {
                self.cited.push(number);
            }
            if let Some(shown) = self.shown(number) {
                out.push_str(&format!("[{shown}]"));
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
        (text, citations.cited.clone())
    }

    fn source(n: u32) -> Source {
        Source {
            n,
            document_id: uuid::Uuid::nil(),
            title: format!("passage {n}"),
            url: None,
            page: None,
            heading_path: Vec::new(),
            quote: String::new(),
        }
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
        assert_eq!(run(12, &["a [", "1", "2", "] b"]), ("a [1] b".into(), vec![12]));
        assert_eq!(run(3, &["a [1, ", "3,9] b"]), ("a [1][2] b".into(), vec![1, 3]));
    }

    #[test]
    fn readers_see_numbers_in_the_order_they_come() {
        assert_eq!(
            run(5, &["a [4], b [2][4], c [5]"]),
            ("a [1], b [2][1], c [3]".into(), vec![4, 2, 5])
        );
        let given: Vec<Source> = (1..=5).map(source).collect();
        let mut citations = Citations::new(given.len());
        let told = |sources: Vec<Source>| {
            let told = sources.into_iter().map(|source| (source.n, source.title));
            told.collect::<Vec<_>>()
        };
        let name = |n: u32, given: u32| (n, format!("passage {given}"));
        assert_eq!(told(citations.renumbered(&given)), told(given.clone()));
        citations.push("a [4]");
        // What was read stays what it is, whatever is cited next.
        assert_eq!(
            told(citations.renumbered(&given)),
            [name(2, 1), name(3, 2), name(4, 3), name(1, 4), name(5, 5)]
        );
        citations.push("b [2]");
        assert_eq!(told(citations.cited(&given)), [name(1, 4), name(2, 2)]);
        assert_eq!(
            told(citations.renumbered(&given)),
            [name(3, 1), name(2, 2), name(4, 3), name(1, 4), name(5, 5)]
        );
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
