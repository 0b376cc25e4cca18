//! Archives that unpack to more than they seem.

use std::io::{Cursor, Write};

use zip::CompressionMethod;
use zip::write::{SimpleFileOptions, ZipWriter};

use super::{Bomb, bomb};

const MEGABYTE: usize = 1024 * 1024;

/// A workbook of one cell.
fn distant_date() -> Vec<u8> {
    let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let package = "http://schemas.openxmlformats.org/package/2006";
    let relationship = |id: &str, kind: &str, target: &str| {
        format!(r#"<Relationship Id="{id}" Type="{office}/{kind}" Target="{target}"/>"#)
    };
    let relationships =
        |inner: &str| format!(r#"<Relationships xmlns="{package}/relationships">{inner}</Relationships>"#);
    let root = relationships(&relationship("r1", "officeDocument", "xl/workbook.xml"));
    let parts = [
        relationship("r1", "worksheet", "worksheets/sheet1.xml"),
        relationship("r2", "styles", "styles.xml"),
    ];
    let workbook = format!(
        r#"<workbook xmlns:r="{office}"><sheets><sheet name="A" sheetId="1" r:id="r1"/></sheets></workbook>"#
    );
    let types = format!(r#"<Types xmlns="{package}/content-types"/>"#);
    let styles = r#"<styleSheet><cellXfs><xf numFmtId="14"/></cellXfs></styleSheet>"#;
    let sheet =
        r#"<worksheet><sheetData><row r="1"><c r="A1" s="0"><v>4e17</v></c></row></sheetData></worksheet>"#;
    zip(&[
        ("[Content_Types].xml", types.as_bytes()),
        ("_rels/.rels", root.as_bytes()),
        ("xl/workbook.xml", workbook.as_bytes()),
        (
            "xl/_rels/workbook.xml.rels",
            relationships(&parts.concat()).as_bytes(),
        ),
        ("xl/styles.xml", styles.as_bytes()),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
    ])
}

/// An archive of parts.
pub fn zip(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        let stored = *name == "mimetype";
        let method = if stored {
            CompressionMethod::Stored
        } else {
            CompressionMethod::Deflated
        };
        let options = SimpleFileOptions::default().compression_method(method);
        writer.start_file(*name, options).expect("a part");
        writer.write_all(content).expect("its content");
    }
    writer.finish().expect("an archive").into_inner()
}

pub fn opendocument(kind: &str, content: &[u8]) -> Vec<u8> {
    let kind = format!("application/vnd.oasis.opendocument.{kind}");
    zip(&[("mimetype", kind.as_bytes()), ("content.xml", content)])
}

pub fn all() -> Vec<Bomb> {
    let zeros = vec![0; 60 * MEGABYTE];
    let office = |part: &str| zip(&[("[Content_Types].xml", b"<Types/>"), (part, &zeros)]);
    let book = zip(&[
        ("mimetype", b"application/epub+zip"),
        ("META-INF/container.xml", b"<container/>"),
        ("chapter.xhtml", &zeros),
    ]);
    let mut bombs = vec![
        bomb("60 MB in a DOCX", "a.docx", office("word/document.xml")),
        bomb("60 MB in a PPTX", "a.pptx", office("ppt/presentation.xml")),
        bomb("60 MB in an XLSX", "a.xlsx", office("xl/workbook.xml")),
        bomb("60 MB in an ODT", "a.odt", opendocument("text", &zeros)),
        bomb("60 MB in an ODP", "a.odp", opendocument("presentation", &zeros)),
        bomb("60 MB in an ODS", "a.ods", opendocument("spreadsheet", &zeros)),
        bomb("60 MB in an EPUB", "a.epub", book),
    ];
    bombs.push(bomb(
        "a date in an XLSX a quadrillion years ahead",
        "a.xlsx",
        distant_date(),
    ));
    let names: Vec<String> = (0..60_000).map(|n| format!("word/document{n}.xml")).collect();
    let many: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b"x"[..])).collect();
    bombs.push(bomb("60,000 parts in a DOCX", "a.docx", zip(&many)));
    bombs.push(bomb("archives within archives", "a.zip", nested()));
    bombs.push(bomb(
        "a part that holds its own archive",
        "a.docx",
        zip(&[
            ("word/document.xml", b"<w:document/>"),
            ("word/embeddings/copy.docx", &nested()),
        ]),
    ));
    let mut lying = office("word/document.xml");
    lie(&mut lying);
    bombs.push(bomb("sizes that are not true", "a.docx", lying));
    bombs.push(bomb(
        "900 parts that are one and the same",
        "a.docx",
        overlapping(),
    ));
    bombs
}

fn nested() -> Vec<u8> {
    let mut inner = zip(&[("a.txt", &vec![b'a'; 10 * MEGABYTE])]);
    for _ in 0..20 {
        let copies: Vec<String> = (0..8).map(|n| format!("{n}.zip")).collect();
        let parts: Vec<(&str, &[u8])> = copies
            .iter()
            .map(|name| (name.as_str(), inner.as_slice()))
            .collect();
        inner = zip(&parts[..2]);
    }
    inner
}

/// Says of every part that it unpacks to ten bytes.
fn lie(zip: &mut [u8]) {
    let places = |mark: &[u8]| -> Vec<usize> {
        let windows = zip.windows(4).enumerate();
        windows
            .filter(|(_, window)| *window == mark)
            .map(|(at, _)| at)
            .collect()
    };
    let (local, central) = (places(b"PK\x03\x04"), places(b"PK\x01\x02"));
    let sizes = local
        .iter()
        .map(|at| at + 22)
        .chain(central.iter().map(|at| at + 24));
    for at in sizes {
        zip[at..at + 4].copy_from_slice(&10_u32.to_le_bytes());
    }
}

/// The directory names one compressed part again and again.
fn overlapping() -> Vec<u8> {
    let single = zip(&[("word/document.xml", &vec![b' '; 9 * MEGABYTE])]);
    let find = |mark: &[u8]| {
        single
            .windows(4)
            .position(|window| window == mark)
            .expect("a mark")
    };
    let (directory, end) = (find(b"PK\x01\x02"), find(b"PK\x05\x06"));
    let entry = &single[directory..end];
    let mut bytes = single[..directory].to_vec();
    for n in 0..900_u16 {
        let mut entry = entry.to_vec();
        let number = format!("{n:03}");
        entry[46 + 5..46 + 8].copy_from_slice(number.as_bytes());
        if n == 0 {
            entry[46 + 5..46 + 8].copy_from_slice(b"doc");
        }
        bytes.extend(entry);
    }
    let size = u32::try_from(bytes.len() - directory).expect("a size");
    let mut tail = single[end..].to_vec();
    tail[8..10].copy_from_slice(&900_u16.to_le_bytes());
    tail[10..12].copy_from_slice(&900_u16.to_le_bytes());
    tail[12..16].copy_from_slice(&size.to_le_bytes());
    bytes.extend(tail);
    bytes
}
