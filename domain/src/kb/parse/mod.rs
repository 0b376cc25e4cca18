//! Documents to Markdown.
//!
//! The parsers below read files that strangers made. [`parse`] bounds what it hands them, but a parser may still
//! overflow the stack or run forever, so the product calls it through [`sandbox::Sandbox`], in a child process.

mod archive;
mod blocks;
mod clean;
mod dates;
mod decode;
mod detect;
mod epub;
mod error;
mod format;
mod html;
mod json;
mod mail;
mod odf;
mod office;
mod outlook;
mod pairs;
mod pdf;
mod rtf;
pub mod sandbox;
mod sheet;
mod table;
mod text;
mod unwrap;
mod word;
mod xlsx;
mod xml;

use serde::{Deserialize, Serialize};

pub(super) use self::decode::decode;
pub use self::detect::detect;
pub use self::error::ParseError;
pub use self::format::Format;

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

/// Reads a document. `file_name` only tells kinds of text apart (Markdown, plain text, tables, JSON, e-mail, HTML
/// without a doctype).
///
/// A hostile file can abort the process: outside tests, call it through [`sandbox::Sandbox`].
pub fn parse(bytes: &[u8], file_name: &str) -> Result<ParsedDocument, ParseError> {
    let format = detect(bytes, file_name)?;
    let document = match format {
        Format::Pdf => pdf::parse(bytes)?,
        Format::Docx | Format::Pptx | Format::Xlsx | Format::Doc | Format::Ppt | Format::Xls => {
            office::parse(bytes, format)?
        }
        Format::Odt | Format::Odp | Format::Ods => odf::parse(bytes, format)?,
        Format::Rtf => rtf::parse(bytes)?,
        Format::Epub => epub::parse(bytes)?,
        Format::Html => html::parse(bytes)?,
        Format::Markdown => text::parse_markdown(bytes),
        Format::Text => text::parse_plain(bytes),
        Format::Pairs => pairs::parse(bytes)?,
        Format::Csv | Format::Tsv => table::parse(bytes)?,
        Format::Json | Format::JsonLines => json::parse(bytes)?,
        Format::Eml => mail::parse(bytes)?,
        Format::Msg => outlook::parse(bytes)?,
    };
    document.cleaned()
}

/// A document of what text recognition made of its pages.
pub fn recognised(pages: &[String]) -> Result<ParsedDocument, ParseError> {
    let pages = pages.iter().zip(1..).map(|(text, number)| Page {
        number: Some(number),
        heading: None,
        markdown: unwrap::unwrap(&clean::text(text), &(20..=200)),
    });
    let document = ParsedDocument {
        title: None,
        pages: pages.collect(),
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
