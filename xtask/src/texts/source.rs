//! What the source says: every `tr!` and `mark!` of the dashboard, and what the server and the shared checks say.

use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::str::FromStr;

use anyhow::{Context, Result, anyhow};
use proc_macro2::{Delimiter, TokenStream, TokenTree};

use crate::web::files;

/// A text in English.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Text {
    /// What tells it from others of the same words.
    pub context: Option<String>,
    /// The text, or its form for one.
    pub english: String,
    /// Its form for other numbers.
    pub plural: Option<String>,
}

impl Text {
    /// What the catalogue finds it by.
    pub fn key(&self) -> String {
        match &self.context {
            Some(context) => format!("{context}\u{4}{}", self.english),
            None => self.english.clone(),
        }
    }
}

/// All texts.
pub struct Texts {
    /// Those that each language must have, in the order of the source.
    pub needed: Vec<Text>,
    /// All else that server and shared checks say, or might: each of their literals.
    served: HashSet<String>,
}

impl Texts {
    /// Reads the source.
    pub fn read(root: &Path) -> Result<Self> {
        let mut needed = Vec::new();
        for (_, tokens) in sources(&root.join("dashboard/src"))? {
            marked(tokens, &mut needed);
        }
        for (file, tokens) in sources(&root.join("api-types/src"))? {
            // The client's paths are no texts.
            if !file.contains("/routes") {
                needed.extend(said(tokens, "words").into_iter().map(plain));
            }
        }
        for (file, tokens) in sources(&root.join("backend/src"))? {
            if file.ends_with("src/problem.rs") {
                needed.extend(said(tokens, "describe").into_iter().map(plain));
            }
        }
        let mut seen = HashSet::new();
        needed.retain(|text| seen.insert(text.key()));

        let mut served = HashSet::new();
        for package in ["api-types", "domain", "backend", "worker"] {
            for (_, tokens) in sources(&root.join(package).join("src"))? {
                literals(tokens, &mut |_, text| {
                    served.insert(text);
                });
            }
        }
        Ok(Self { needed, served })
    }

    /// Whether the server or a shared check may say it.
    pub fn is_served(&self, text: &Text) -> bool {
        text.context.is_none() && text.plural.is_none() && self.served.contains(&text.english)
    }
}

fn plain(english: String) -> Text {
    Text {
        english,
        ..Text::default()
    }
}

/// The Rust files below a folder and their tokens, without tests.
pub fn sources(folder: &Path) -> Result<Vec<(String, TokenStream)>> {
    let mut sources = Vec::new();
    for path in files(folder)? {
        let name = path.to_string_lossy().into_owned();
        if !name.ends_with(".rs") || name.ends_with("tests.rs") && !name.ends_with("builder/tests.rs") {
            continue;
        }
        let text = fs::read_to_string(&path).with_context(|| format!("can't read {name}"))?;
        let tokens = TokenStream::from_str(&text).map_err(|error| anyhow!("{name}: {error}"))?;
        sources.push((name, without_tests(tokens)));
    }
    Ok(sources)
}

/// Without attributes (comments among them) and without what is behind `#[cfg(test)]`.
fn without_tests(tokens: TokenStream) -> TokenStream {
    let mut kept = Vec::new();
    let mut tokens = tokens.into_iter().peekable();
    let mut is_test = false;
    while let Some(token) = tokens.next() {
        match &token {
            TokenTree::Punct(sign) if sign.as_char() == '#' => {
                if matches!(tokens.peek(), Some(TokenTree::Punct(sign)) if sign.as_char() == '!') {
                    tokens.next();
                }
                if let Some(TokenTree::Group(group)) =
                    tokens.next_if(|token| matches!(token, TokenTree::Group(_)))
                {
                    is_test |= group.stream().to_string().replace(' ', "") == "cfg(test)";
                }
                continue;
            }
            // The test's item ends with its block.
            TokenTree::Group(group) if is_test && group.delimiter() == Delimiter::Brace => {
                is_test = false;
                continue;
            }
            TokenTree::Punct(sign) if is_test && sign.as_char() == ';' => {
                is_test = false;
                continue;
            }
            _ if is_test => continue,
            _ => {}
        }
        kept.push(match token {
            TokenTree::Group(group) => {
                let mut inner = proc_macro2::Group::new(group.delimiter(), without_tests(group.stream()));
                inner.set_span(group.span());
                TokenTree::Group(inner)
            }
            other => other,
        });
    }
    kept.into_iter().collect()
}

/// The text of a string literal.
pub fn text_of(token: &TokenTree) -> Option<String> {
    let TokenTree::Literal(literal) = token else {
        return None;
    };
    let literal: syn::LitStr = syn::parse_str(&literal.to_string()).ok()?;
    Some(literal.value())
}

/// The content of a call of `tr!` or `mark!` that begins at `at`.
fn call(tokens: &[TokenTree], at: usize) -> Option<Vec<TokenTree>> {
    let [
        TokenTree::Ident(name),
        TokenTree::Punct(sign),
        TokenTree::Group(group),
        ..,
    ] = tokens.get(at..)?
    else {
        return None;
    };
    let is_call = (name == "tr" || name == "mark") && sign.as_char() == '!';
    is_call.then(|| group.stream().into_iter().collect())
}

fn marked(tokens: TokenStream, found: &mut Vec<Text>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (at, token) in tokens.iter().enumerate() {
        if let Some(content) = call(&tokens, at) {
            found.extend(text(&content));
        }
        if let TokenTree::Group(group) = token {
            marked(group.stream(), found);
        }
    }
}

fn text(content: &[TokenTree]) -> Option<Text> {
    let first = text_of(content.first()?)?;
    let sign = |at: usize| match content.get(at) {
        Some(TokenTree::Punct(sign)) => Some(sign.as_char()),
        _ => None,
    };
    Some(match (sign(1), sign(2)) {
        (Some('='), Some('>')) => Text {
            context: Some(first),
            english: text_of(content.get(3)?)?,
            plural: None,
        },
        (Some('|'), _) => Text {
            context: None,
            english: first,
            plural: Some(text_of(content.get(2)?)?),
        },
        _ => plain(first),
    })
}

/// Whole sentences, and all that a function of this name says.
fn said(tokens: TokenStream, function: &str) -> Vec<String> {
    let mut found = Vec::new();
    literals(tokens, &mut |place, text| {
        let is_name = place
            .function
            .as_deref()
            .is_some_and(|name| name.ends_with(function));
        if is_sentence(&text)
            || (is_name && is_wordy(&text) && !text.starts_with('{'))
            || (place.is_action && text.contains(' '))
        {
            found.push(text);
        }
    });
    found
}

/// Where a literal stands.
#[derive(Clone, Default)]
pub struct Place {
    /// The function.
    pub function: Option<String>,
    /// Whether it stands in the list of what the audit log knows.
    is_action: bool,
}

/// Calls `each` with every string literal.
pub fn literals(tokens: TokenStream, each: &mut impl FnMut(&Place, String)) {
    walk(tokens, &Place::default(), each);
}

fn walk(tokens: TokenStream, place: &Place, each: &mut impl FnMut(&Place, String)) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut inner = place.clone();
    for (at, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Ident(word) if word == "fn" => {
                inner.function = tokens.get(at + 1).map(ToString::to_string);
            }
            TokenTree::Ident(word) if word == "actions" => inner.is_action = true,
            TokenTree::Group(group) => walk(group.stream(), &inner, each),
            TokenTree::Literal(_) => {
                if let Some(text) = text_of(token) {
                    each(place, text);
                }
            }
            _ => {}
        }
    }
}

/// Whether it has words for people at all.
fn is_wordy(text: &str) -> bool {
    text.chars().filter(|letter| letter.is_alphabetic()).count() > 1
}

/// Whether it reads as one or more sentences.
pub fn is_sentence(text: &str) -> bool {
    let begins = text.chars().next();
    let begins = begins.is_some_and(|first| first.is_uppercase() || first == '“' || first == '{');
    begins && text.contains(' ') && text.ends_with(['.', '?', '!', '…']) && !text.contains('\n')
}
