//! Files of Microsoft Office, old and new, by `undoc`.

use std::collections::HashMap;

use undoc::docx::DocxParser;
use undoc::model::{Block, ListInfo, ListType, Section, Table};
use undoc::pptx::PptxParser;
use undoc::render::{self, RenderOptions, render_section_to_string};
use undoc::xlsx::XlsxParser;

use super::blocks::Blocks;
use super::{Format, Page, ParseError, ParsedDocument, archive, catch, dates, sheet, word, xlsx};

pub(super) fn parse(bytes: &[u8], format: Format) -> Result<ParsedDocument, ParseError> {
    let name = format.name();
    let look = || match format {
        Format::Docx | Format::Pptx => archive::check(bytes, name),
        Format::Xlsx => dates::check_xlsx(bytes, name),
        Format::Xls => dates::check_xls(bytes),
        Format::Doc => word::check(bytes, name),
        _ => Ok(()),
    };
    catch(look).unwrap_or_else(|| Err(ParseError::corrupt(name)))?;
    let converted = catch(|| convert(bytes, format)).ok_or_else(|| ParseError::corrupt(name))?;
    converted.map_err(|error| match error {
        undoc::Error::Encrypted => ParseError::Encrypted,
        _ => ParseError::corrupt(name),
    })
}

fn convert(bytes: &[u8], format: Format) -> undoc::Result<ParsedDocument> {
    let bytes = bytes.to_vec();
    let mut document = match format {
        Format::Docx => DocxParser::from_bytes(bytes)?.parse()?,
        Format::Pptx => PptxParser::from_bytes(bytes)?.parse()?,
        Format::Xlsx => XlsxParser::from_bytes(xlsx::with_numbers_as_shown(&bytes))?.parse()?,
        _ => undoc::parse_bytes(&bytes)?,
    };
    let title = document.metadata.title.clone();
    let options = RenderOptions::new().with_images(false).with_max_heading(6);
    let pages = match format {
        Format::Docx | Format::Doc => {
            document.sections.iter_mut().for_each(mark_lists);
            let markdown = render::to_markdown(&document, &options)?;
            return Ok(ParsedDocument::single(title, markdown));
        }
        Format::Xlsx | Format::Xls => numbered(&document.sections, worksheet),
        _ => {
            let format = document.format;
            numbered(&document.sections, |section| slide(section, format, &options))
        }
    };
    Ok(ParsedDocument { title, pages })
}

fn numbered(sections: &[Section], to_markdown: impl Fn(&Section) -> String) -> Vec<Page> {
    let pages = sections.iter().zip(1..).map(|(section, number)| Page {
        number: Some(number),
        heading: None,
        markdown: to_markdown(section),
    });
    pages.collect()
}

/// A slide with its notes. Its title is a heading already, and its name no more than its number.
fn slide(section: &Section, format: undoc::FormatType, options: &RenderOptions) -> String {
    let unnamed = Section {
        name: None,
        ..section.clone()
    };
    render_section_to_string(&unnamed, 0, format, options, &HashMap::new())
}

/// A sheet under its name.
fn worksheet(section: &Section) -> String {
    let mut blocks = Blocks::default();
    blocks.heading(1, section.name.as_deref().unwrap_or_default());
    for block in &section.content {
        match block {
            Block::Table(table) => sheet::add(&mut blocks, &rows(table), 2),
            Block::Paragraph(paragraph) => blocks.paragraph(&paragraph.plain_text()),
            _ => {}
        }
    }
    blocks.finish()
}

/// The cells of a table, each in its own column.
fn rows(table: &Table) -> Vec<Vec<String>> {
    let columns = table.cell_columns();
    let rows = table.rows.iter().zip(&columns).map(|(row, columns)| {
        let mut cells = vec![String::new(); columns.last().map_or(0, |last| last + 1)];
        for (cell, &column) in row.cells.iter().zip(columns) {
            if let Some(place) = cells.get_mut(column) {
                *place = cell.plain_text();
            }
        }
        cells
    });
    rows.collect()
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
