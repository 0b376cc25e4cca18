//! What styles say about structure: which lists are numbered, and which paragraphs are titles.

use std::collections::{HashMap, HashSet};

use crate::kb::parse::ParseError;
use crate::kb::parse::xml::{self, Node};

/// Longest chain of styles that inherit from each other.
const MAX_PARENTS: usize = 16;

#[derive(Debug, Default)]
pub(super) struct Styles {
    /// List style and level, from 1.
    numbered: HashSet<(String, usize)>,
    parents: HashMap<String, String>,
}

impl Styles {
    /// Adds the styles of a file.
    pub(super) fn read(&mut self, xml: &str, format: &str) -> Result<(), ParseError> {
        let mut list = String::new();
        xml::walk(xml, format, |node| {
            let Node::Start(start) = node else {
                return Ok(());
            };
            match start.name().as_ref() {
                "text:list-style" => list = xml::attribute(start, "style:name").unwrap_or_default(),
                "text:list-level-style-number" => {
                    let level = xml::attribute(start, "text:level").and_then(|level| level.parse().ok());
                    let shown =
                        xml::attribute(start, "style:num-format").is_some_and(|format| !format.is_empty());
                    if let Some(level) = level.filter(|_| shown) {
                        self.numbered.insert((list.clone(), level));
                    }
                }
                "style:style" => {
                    let name = xml::attribute(start, "style:name");
                    let parent = xml::attribute(start, "style:parent-style-name");
                    if let (Some(name), Some(parent)) = (name, parent) {
                        self.parents.insert(name, parent);
                    }
                }
                _ => {}
            }
            Ok(())
        })
    }

    /// Whether items of a list are counted; `level` from 1.
    pub(super) fn is_numbered(&self, list: &str, level: usize) -> bool {
        self.numbered.contains(&(list.to_owned(), level))
    }

    /// Whether a paragraph is the document's title.
    pub(super) fn is_title(&self, style: &str) -> bool {
        std::iter::successors(Some(style), |style| self.parents.get(*style).map(String::as_str))
            .take(MAX_PARENTS)
            .any(|style| style == "Title")
    }
}
