//! The second opinion.

use pdf_extract::{Document, PlainTextOutput};

use super::{MAX_PAGES, RawDocument, RawPage, quality};
use crate::kb::parse::{ParseError, catch};

/// Reads again the pages that are missing or doubtful and keeps the better text of each. A document without
/// pages is one that the first parser could not open.
pub(super) fn improve(bytes: &[u8], mut document: RawDocument) -> Result<RawDocument, ParseError> {
    let unopened = document.pages.is_empty();
    let doubtful =
        |page: &Option<RawPage>| page.as_ref().is_none_or(|page| quality(&page.text).is_doubtful());
    if !unopened && !document.pages.iter().any(doubtful) {
        return Ok(document);
    }
    let second = match catch(|| Document::load_mem(bytes)) {
        Some(Ok(second)) => second,
        _ if unopened => return Err(ParseError::corrupt("PDF")),
        _ => return Ok(document),
    };
    if unopened {
        let count = second.get_pages().len();
        if second.is_encrypted() {
            return Err(ParseError::Encrypted);
        }
        if count > MAX_PAGES {
            return Err(ParseError::too_complex("it has more than 2,000 pages"));
        }
        if count == 0 {
            return Err(ParseError::corrupt("PDF"));
        }
        document.pages.resize_with(count, || None);
    }
    for (page, number) in document
        .pages
        .iter_mut()
        .zip(1..)
        .filter(|(page, _)| doubtful(page))
    {
        let Some(text) = catch(|| read_page(&second, number)).flatten() else {
            continue;
        };
        let first_score = page.as_ref().map_or(0, |page| quality(&page.text).score());
        if page.is_none() || quality(&text).score() > first_score {
            *page = Some(RawPage {
                text,
                ..RawPage::default()
            });
        }
    }
    Ok(document)
}

fn read_page(document: &Document, number: u32) -> Option<String> {
    let mut text = String::new();
    let mut output = PlainTextOutput::new(&mut text);
    pdf_extract::output_doc_page(document, &mut output, number).ok()?;
    Some(text)
}
