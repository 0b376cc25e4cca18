//! Titles of documents, from text that nobody checked.

/// Longest title, in characters.
pub(super) const MAX_TITLE_CHARS: usize = 200;

/// One line of at most [`MAX_TITLE_CHARS`] characters, "Untitled" if there is none.
pub(super) fn title(text: &str) -> String {
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect();
    let title: String = words.join(" ").chars().take(MAX_TITLE_CHARS).collect();
    if title.is_empty() {
        "Untitled".to_owned()
    } else {
        title
    }
}
