//! The numbers of a workbook as people see them: `12.5%`, `€1,299.00`, `14 March 2026`. A file holds 0.125 and the name of
//! a format; both become text before the workbook is read on.

use std::io::{Cursor, Write};

use quick_xml::events::{BytesStart, BytesText, Event};
use quick_xml::{Reader, Writer};
use ssfmt::{DateSystem, FormatOptions, NumberFormat, format_code_from_id};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::xml::{Node, attribute, walk};
use super::{ParseError, decode};

/// A sheet of more XML than this is left as it is: it is no longer text for people, and is rewritten in memory.
const MAX_SHEET_BYTES: u64 = 64 * 1024 * 1024;
/// The most digits that a sheet shows of a number without a format.
const GENERAL_CHARS: usize = 11;
/// Short dates that look different in each country: these stay as year, month and day.
const LOCAL_DATES: [u32; 2] = [14, 22];

/// The workbook with text in place of numbers that have a format. Of a part that is not as it should be, nothing is
/// changed; whoever reads the whole says so.
pub(super) fn with_numbers_as_shown(bytes: &[u8]) -> Vec<u8> {
    rewrite(bytes).unwrap_or_else(|| bytes.to_vec())
}

fn rewrite(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).ok()?;
    let formats = Formats::of(&mut archive)?;
    let mut written = ZipWriter::new(Cursor::new(Vec::new()));
    for index in 0..archive.len() {
        let part = archive.by_index_raw(index).ok()?;
        let name = part.name().ok()?.into_owned();
        let is_sheet =
            name.starts_with("xl/worksheets/") && name.ends_with(".xml") && part.size() <= MAX_SHEET_BYTES;
        if !is_sheet {
            written.raw_copy_file(part).ok()?;
            continue;
        }
        drop(part);
        let xml = text(&mut archive, &name)?;
        let xml = formats.sheet(&xml).unwrap_or_else(|| xml.into_bytes());
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        written.start_file(name.as_str(), options).ok()?;
        written.write_all(&xml).ok()?;
    }
    Some(written.finish().ok()?.into_inner())
}

fn text(archive: &mut ZipArchive<Cursor<&[u8]>>, name: &str) -> Option<String> {
    let mut bytes = Vec::new();
    std::io::copy(&mut archive.by_name(name).ok()?, &mut bytes).ok()?;
    Some(decode::decode(&bytes).into_owned())
}

/// How the numbers of a workbook are shown, by the style of their cell.
struct Formats {
    styles: Vec<Shown>,
    options: FormatOptions,
}

enum Shown {
    /// As it is, but for digits beyond those that fit.
    General,
    Formatted(Box<NumberFormat>),
    /// What the file holds, because it is text, or nobody knows what people see.
    Stored,
}

impl Formats {
    fn of(archive: &mut ZipArchive<Cursor<&[u8]>>) -> Option<Self> {
        let styles = styles(&text(archive, "xl/styles.xml")?).ok()?;
        let mut options = FormatOptions::default();
        let workbook = text(archive, "xl/workbook.xml").unwrap_or_default();
        // One that is broken is for others to complain about.
        let _ = walk(&workbook, "XLSX", |node| {
            if let Node::Start(start) = node
                && start.name().as_ref() == "workbookPr"
                && matches!(attribute(start, "date1904").as_deref(), Some("1" | "true"))
            {
                options.date_system = DateSystem::Date1904;
            }
            Ok(())
        });
        Some(Self { styles, options })
    }

    /// A sheet whose cells hold what they show; `None` if it is broken.
    fn sheet(&self, xml: &str) -> Option<Vec<u8>> {
        let mut reader = Reader::from_str(xml);
        let mut writer = Writer::new(Vec::with_capacity(xml.len()));
        loop {
            match reader.read_event().ok()? {
                Event::Eof => return Some(writer.into_inner()),
                Event::Start(start) if start.name().as_ref() == "c" => {
                    self.cell(start, &mut reader, &mut writer)?;
                }
                event => writer.write_event(event).ok()?,
            }
        }
    }

    /// Writes a cell of which the start was read.
    fn cell(
        &self,
        start: BytesStart<'_>,
        reader: &mut Reader<&[u8]>,
        writer: &mut Writer<Vec<u8>>,
    ) -> Option<()> {
        let is_number = matches!(attribute(&start, "t").as_deref(), None | Some("n"));
        let style = attribute(&start, "s").and_then(|style| style.parse::<usize>().ok());
        let shown = self.styles.get(style.unwrap_or(0)).filter(|_| is_number);
        let (mut within, mut value, mut in_value) = (Vec::new(), None, false);
        loop {
            let event = reader.read_event().ok()?;
            match &event {
                Event::Start(start) => in_value = start.name().as_ref() == "v",
                Event::End(end) if end.name().as_ref() == "c" => break,
                Event::End(_) => in_value = false,
                Event::Text(text) if in_value => {
                    value = shown.and_then(|shown| self.show(shown, &text.xml10_content()));
                    if let Some(value) = &value {
                        within.push(Event::Text(BytesText::new(value).into_owned()));
                        continue;
                    }
                }
                Event::Eof => return None,
                _ => {}
            }
            within.push(event.into_owned());
        }
        let mut opening = start.into_owned();
        if value.is_some() {
            let attributes: Vec<(String, String)> = ["r", "s"]
                .into_iter()
                .filter_map(|name| Some((name.to_owned(), attribute(&opening, name)?)))
                .collect();
            opening.clear_attributes();
            for (name, value) in &attributes {
                opening.push_attribute((name.as_str(), value.as_str()));
            }
            opening.push_attribute(("t", "str"));
        }
        let closing = opening.to_end().into_owned();
        writer.write_event(Event::Start(opening)).ok()?;
        for event in within {
            writer.write_event(event).ok()?;
        }
        writer.write_event(Event::End(closing)).ok()
    }

    /// What people see of a stored number; `None` if that is the number itself.
    fn show(&self, shown: &Shown, stored: &str) -> Option<String> {
        let number: f64 = stored.trim().parse().ok()?;
        let shown = match shown {
            Shown::Stored => return None,
            Shown::General if stored.len() <= GENERAL_CHARS || number.fract() == 0.0 => return None,
            Shown::General => NumberFormat::parse("General")
                .ok()?
                .try_format(number, &self.options)
                .ok()?,
            Shown::Formatted(format) => format.try_format(number, &self.options).ok()?,
        };
        // Spaces that only make columns line up.
        let words: Vec<&str> = shown.split_whitespace().collect();
        (!words.is_empty()).then(|| words.join(" "))
    }
}

/// How each style of a cell shows numbers, in the order in which cells refer to them.
fn styles(xml: &str) -> Result<Vec<Shown>, ParseError> {
    let mut codes = std::collections::HashMap::new();
    let mut styles = Vec::new();
    let mut in_cells = false;
    walk(xml, "XLSX", |node| {
        match node {
            Node::Start(start) => match start.name().as_ref() {
                "cellXfs" => in_cells = true,
                "numFmt" => {
                    let id = attribute(start, "numFmtId").and_then(|id| id.parse::<u32>().ok());
                    codes.extend(id.zip(attribute(start, "formatCode")));
                }
                "xf" if in_cells => {
                    let id = attribute(start, "numFmtId").and_then(|id| id.parse::<u32>().ok());
                    styles.push(id.unwrap_or(0));
                }
                _ => {}
            },
            Node::End("cellXfs") => in_cells = false,
            _ => {}
        }
        Ok(())
    })?;
    let shown = |id: u32| {
        let code = codes
            .get(&id)
            .map(String::as_str)
            .or_else(|| format_code_from_id(id));
        match code {
            _ if LOCAL_DATES.contains(&id) && !codes.contains_key(&id) => Shown::Stored,
            None | Some("@") => Shown::Stored,
            Some("General" | "GENERAL") => Shown::General,
            Some(code) => {
                NumberFormat::parse(code).map_or(Shown::Stored, |format| Shown::Formatted(Box::new(format)))
            }
        }
    };
    Ok(styles.into_iter().map(shown).collect())
}
