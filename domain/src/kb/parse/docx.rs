//! Word documents, by `undoc`.

use undoc::docx::DocxParser;
use undoc::model::{Block, ListInfo, ListType, Section};
use undoc::render::{self, RenderOptions};

use super::{ParseError, ParsedDocument, archive, catch};

pub(super) fn parse(bytes: &[u8]) -> Result<ParsedDocument, ParseError> {
    archive::check(bytes)?;
    let converted = catch(|| convert(bytes)).ok_or_else(|| ParseError::corrupt("DOCX file"))?;
    converted.map_err(|error| match error {
        undoc::Error::Encrypted => ParseError::Encrypted,
        _ => ParseError::corrupt("DOCX file"),
    })
}

fn convert(bytes: &[u8]) -> undoc::Result<ParsedDocument> {
    let mut document = DocxParser::from_bytes(bytes.to_vec())?.parse()?;
    document.sections.iter_mut().for_each(mark_lists);
    let options = RenderOptions::new().with_images(false).with_max_heading(6);
    let markdown = render::to_markdown(&document, &options)?;
    Ok(ParsedDocument::single(document.metadata.title, markdown))
}

/// Makes list items of paragraphs whose style alone says that they are ("List Bullet", "List Number 2"): `undoc`
/// only sees numbering that stands on the paragraph itself.
fn mark_lists(section: &mut Section) {
    let mut number = 0;
    for block in &mut section.content {
        let Block::Paragraph(paragraph) = block else {
            number = 0;
            continue;
        };
        let style = paragraph.style_name.as_deref().unwrap_or_default();
        let list_type = match () {
            () if style.starts_with("List Bullet") => ListType::Bullet,
            () if style.starts_with("List Number") => ListType::Numbered,
            () => ListType::None,
        };
        if paragraph.list_info.is_some() || list_type == ListType::None {
            number = 0;
            continue;
        }
        number += 1;
        let level = style
            .chars()
            .last()
            .and_then(|c| c.to_digit(10))
            .map_or(0, |digit| digit.saturating_sub(1) as u8);
        let numbered = (list_type == ListType::Numbered).then_some(number);
        paragraph.list_info = Some(ListInfo {
            list_type,
            level,
            number: numbered,
            marker_image: None,
        });
    }
}
