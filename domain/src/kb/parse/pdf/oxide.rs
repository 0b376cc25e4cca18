//! The first parser.

use pdf_oxide::PdfDocument;
use pdf_oxide::converters::ConversionOptions;
use pdf_oxide::object::Object;

use super::headings::Sizes;
use super::rows::{self, Span};
use super::{MAX_PAGES, RawDocument, RawPage, tables};
use crate::kb::parse::{ParseError, catch};

pub(super) fn read(bytes: &[u8]) -> Result<RawDocument, ParseError> {
    let damaged = || ParseError::corrupt("PDF");
    let document = catch(|| PdfDocument::from_bytes(bytes.to_vec()).ok())
        .flatten()
        .ok_or_else(damaged)?;
    if catch(|| document.is_encrypted() && !document.is_authenticated()).unwrap_or(false) {
        return Err(ParseError::Encrypted);
    }
    let count = catch(|| document.page_count().ok())
        .flatten()
        .ok_or_else(damaged)?;
    if count > MAX_PAGES {
        return Err(ParseError::too_complex("it has more than 2,000 pages"));
    }
    let mut sizes = Sizes::default();
    let read = |index| catch(|| read_page(&document, index, &mut sizes)).flatten();
    let mut pages: Vec<Option<RawPage>> = (0..count).map(read).collect();
    for (page, headings) in sizes.headings() {
        if let Some(Some(page)) = pages.get_mut(page) {
            page.headings = headings;
        }
    }
    Ok(RawDocument {
        title: catch(|| title(&document)).flatten(),
        pages,
    })
}

/// The plain text: its reading order is more faithful than that of `to_markdown`, which regroups by position. What
/// the library takes for running headers stays in, because it keeps the first of each; `running` removes them all.
fn read_page(document: &PdfDocument, index: usize, sizes: &mut Sizes) -> Option<RawPage> {
    let text = document.extract_text(index).ok()?;
    let mut spans = Vec::new();
    for span in document.extract_spans(index).unwrap_or_default() {
        sizes.add(index, &span.text, span.font_size);
        spans.push(Span {
            text: span.text,
            x: span.bbox.x,
            y: span.bbox.y,
            width: span.bbox.width,
            size: span.font_size,
        });
    }
    let text = rows::reorder(&spans).unwrap_or(text);
    let options = ConversionOptions {
        detect_headings: false,
        expand_ligatures: true,
        ..ConversionOptions::default()
    };
    let markdown = catch(|| document.to_markdown(index, &options).unwrap_or_default()).unwrap_or_default();
    Some(RawPage {
        text,
        headings: Vec::new(),
        tables: tables::read(&markdown),
    })
}

/// `/Title` of the information dictionary, unless a program put the name of a file there.
fn title(document: &PdfDocument) -> Option<String> {
    let info = document
        .resolve_object(document.trailer().as_dict()?.get("Info")?)
        .ok()?;
    let title = document.resolve_object(info.as_dict()?.get("Title")?).ok()?;
    let Object::String(bytes) = title else { return None };
    let title = decode_text_string(&bytes);
    let is_file_name = ["Microsoft Word - ", "untitled", "Untitled"]
        .iter()
        .any(|start| title.starts_with(start))
        || [".doc", ".docx", ".indd", ".tex", ".dvi", ".pdf"]
            .iter()
            .any(|end| title.ends_with(end));
    (!is_file_name && title.contains(char::is_alphanumeric)).then_some(title)
}

/// PDF 32000-1, 7.9.2.2: UTF-16 or UTF-8 with a byte order mark, else PDFDocEncoding, which Windows-1252 nearly is.
fn decode_text_string(bytes: &[u8]) -> String {
    encoding_rs::WINDOWS_1252.decode(bytes).0.into_owned()
}
