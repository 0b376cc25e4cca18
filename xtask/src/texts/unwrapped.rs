//! Texts of the dashboard that no language can have, because they are not in `tr!`.

use std::path::Path;

use anyhow::Result;
use proc_macro2::{TokenStream, TokenTree};

use super::source::{sources, text_of};

/// Names, and what only looks like a text.
const ALLOWED: &[&str] = &[
    "Botwright",
    "English",
    "Notion",
    "Google Drive",
    "Python",
    "OpenAI",
    "OpenAI API",
    "Authorization",
    "Enter",
    "Home",
    "End",
    "Escape",
    "Tab",
    "Esc",
    "Ctrl K",
    "Control+K Meta+K",
];

/// Attributes and properties whose texts people read.
const READ: &[&str] = &[
    "label",
    "title",
    "placeholder",
    "subtitle",
    "hint",
    "alt",
    "text",
    "action",
    "what",
    "untitled",
    "goes",
    "aria-label",
    "aria-description",
    "aria-valuetext",
    "aria-roledescription",
];

/// Each such text and its place.
pub fn find(root: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for (name, tokens) in sources(&root.join("dashboard/src"))? {
        // Paths of drawings.
        if name.ends_with("ui/icon.rs") {
            continue;
        }
        let short = name.split("dashboard/src/").last().unwrap_or(&name).to_owned();
        walk(tokens, &mut |line, text| {
            found.push(format!("dashboard/src/{short}:{line}: {text:?}"));
        });
    }
    Ok(found)
}

fn walk(tokens: TokenStream, found: &mut impl FnMut(usize, String)) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (at, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => {
                if !matches!(caller(&tokens, at).as_deref(), Some("tr" | "mark")) {
                    walk(group.stream(), found);
                } else {
                    inside_tr(group.stream(), found);
                }
            }
            TokenTree::Literal(literal) => {
                let Some(text) = text_of(token) else { continue };
                let text = without_places(&text);
                if !ALLOWED.contains(&text.trim()) && is_read(&tokens, at, &text) {
                    found(literal.span().start().line, text);
                }
            }
            _ => {}
        }
    }
}

/// The values of a `tr!` may hold texts of their own; its own literals come first.
fn inside_tr(tokens: TokenStream, found: &mut impl FnMut(usize, String)) {
    for token in tokens {
        if let TokenTree::Group(group) = token {
            walk(group.stream(), found);
        }
    }
}

/// The macro or function whose content the group at `at` is.
fn caller(tokens: &[TokenTree], at: usize) -> Option<String> {
    let before = |distance: usize| at.checked_sub(distance).and_then(|at| tokens.get(at));
    match before(1)? {
        TokenTree::Ident(name) => Some(name.to_string()),
        TokenTree::Punct(sign) if sign.as_char() == '!' => before(2).map(ToString::to_string),
        _ => None,
    }
}

fn is_read(tokens: &[TokenTree], at: usize, text: &str) -> bool {
    if !has_word(text) || text.starts_with("http") {
        return false;
    }
    match attribute(tokens, at) {
        Some(name) => begins_upper(text) || (READ.contains(&name.as_str()) && text.contains(' ')),
        None => is_node(tokens, at) || is_prose(text),
    }
}

/// The name before `=`, hyphens and all.
fn attribute(tokens: &[TokenTree], at: usize) -> Option<String> {
    let sign = |at: usize, wanted: char| matches!(tokens.get(at), Some(TokenTree::Punct(sign)) if sign.as_char() == wanted);
    let mut at = at.checked_sub(1).filter(|at| sign(*at, '='))?;
    if at > 0 && (sign(at - 1, '=') || sign(at - 1, '!')) {
        return None;
    }
    let mut name = String::new();
    while let Some(before) = at.checked_sub(1) {
        let part = match tokens.get(before) {
            Some(TokenTree::Ident(word)) => {
                // Two words in a row: the first belongs to what stands before.
                if name.chars().next().is_some_and(char::is_alphanumeric) {
                    break;
                }
                word.to_string()
            }
            Some(TokenTree::Punct(sign)) if "-:".contains(sign.as_char()) => sign.to_string(),
            _ => break,
        };
        name.insert_str(0, &part);
        at = before;
    }
    Some(name)
}

/// Whether the literal stands between tags.
fn is_node(tokens: &[TokenTree], at: usize) -> bool {
    let sign = |at: Option<usize>, wanted: char| {
        let token = at.and_then(|at| tokens.get(at));
        matches!(token, Some(TokenTree::Punct(sign)) if sign.as_char() == wanted)
    };
    let arrow = sign(at.checked_sub(2), '=') || sign(at.checked_sub(2), '-');
    !in_code(tokens, at) && ((sign(at.checked_sub(1), '>') && !arrow) || sign(Some(at + 1), '<'))
}

/// Whether it is the content of `<code>`.
fn in_code(tokens: &[TokenTree], at: usize) -> bool {
    let before = at.checked_sub(2).and_then(|at| tokens.get(at));
    matches!(before, Some(TokenTree::Ident(name)) if name == "code")
}

fn has_word(text: &str) -> bool {
    text.split(|letter: char| !letter.is_alphabetic())
        .any(|word| word.chars().count() > 1)
}

fn begins_upper(text: &str) -> bool {
    let mut letters = text.trim_start().chars();
    letters.next().is_some_and(char::is_uppercase) && letters.next().is_some_and(char::is_lowercase)
}

/// Whether it reads as words rather than as a name or as classes: several words that begin with a capital letter, end
/// with a stop, or are nothing but letters.
fn is_prose(text: &str) -> bool {
    let words: Vec<&str> = text.split_whitespace().collect();
    if words.len() < 2 {
        return begins_upper(text) && text.chars().skip(1).all(char::is_lowercase) && words.len() == 1;
    }
    let is_plain = |word: &&str| {
        word.trim_matches(['“', '”', ',', ':', '\''])
            .chars()
            .all(|letter| letter.is_alphabetic() || letter == '\'')
    };
    begins_upper(text) || text.ends_with(['.', '?', '!', '…']) || words.iter().all(is_plain)
}

/// Without `{name}`s.
fn without_places(text: &str) -> String {
    let mut plain = String::new();
    for (i, part) in text.split('{').enumerate() {
        plain.push_str(match part.split_once('}') {
            Some((_, after)) if i > 0 => after,
            _ => part,
        });
    }
    plain
}
