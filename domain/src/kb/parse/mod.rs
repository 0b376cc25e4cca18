//! Documents to Markdown.
//!
//! The parsers below read files that strangers made. [`parse`] bounds what it hands them, but a parser may still
//! overflow the stack or run forever, so the product calls it through [`sandbox::Sandbox`], in a child process.

mod archive;
mod clean;
mod decode;
mod detect;
mod docx;
mod error;
mod html;
mod pairs;
mod pdf;
pub mod sandbox;
mod text;
mod unwrap;

use serde::{Deserialize, Serialize};

pub(super) use self::decode::decode;
pub use self::detect::{Format, detect};
pub use self::error::ParseError;

/// Largest file that is read, in bytes.
pub const MAX_FILE_BYTES: usize = 20 * 1024 * 1024;

/// A document as Markdown, page by page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParsedDocument {
    /// The title the document gives itself.
    pub title: Option<String>,
    /// At least one page with text. Formats without pages make one page without a number.
    pub pages: Vec<Page>,
}

/// One page of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// Counted from 1; absent if the format has no pages.
    pub number: Option<i32>,
    /// What all of the page stands under, if it stands for itself, as the answer to a question does: whatever the
    /// strategy, it is put together with no other page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heading: Option<String>,
    /// The text, with headings, lists and tables.
    pub markdown: String,
}

/// Reads a document. `file_name` only tells kinds of text apart (Markdown, plain text, HTML without a doctype).
///
/// A hostile file can abort the process: outside tests, call it through [`sandbox::Sandbox`].
pub fn parse(bytes: &[u8], file_name: &str) -> Result<ParsedDocument, ParseError> {
    let document = match detect(bytes, file_name)? {
        Format::Pdf => pdf::parse(bytes)?,
        Format::Docx => docx::parse(bytes)?,
        Format::Html => html::parse(bytes)?,
        Format::Markdown => text::parse_markdown(bytes),
        Format::Text => text::parse_plain(bytes),
        Format::Pairs => pairs::parse(bytes)?,
    };
    document.cleaned()
}

impl ParsedDocument {
    fn single(title: Option<String>, markdown: String) -> Self {
        Self {
            title,
            pages: vec![Page {
                number: None,
                heading: None,
                markdown,
            }],
        }
    }

    /// Cleans every string and drops pages without text.
    fn cleaned(self) -> Result<Self, ParseError> {
        let title = self
            .title
            .map(|title| clean::line(&title))
            .filter(|title| !title.is_empty());
        let pages: Vec<Page> = self
            .pages
            .into_iter()
            .map(|page| Page {
                markdown: clean::text(&page.markdown),
                ..page
            })
            .filter(|page| page.heading.is_some() || page.markdown.contains(char::is_alphanumeric))
            .collect();
        if pages.is_empty() {
            return Err(ParseError::Empty);
        }
        Ok(Self { title, pages })
    }
}

/// Runs a parser that may panic on a damaged file; `None` if it did.
fn catch<T>(parser: impl FnOnce() -> T) -> Option<T> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(parser)).ok()
}
