//! What a visitor's file is, by its content; and a name that says the same.

use api_types::ErrorCode;
use api_types::uploads::MAX_NAME_CHARS;

use crate::kb::parse::{Format, ParseError, detect};
use crate::{Error, Result};

/// A kind that is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kind {
    pub media_type: &'static str,
    /// Endings that say so, the usual one first.
    endings: &'static [&'static str],
}

const PICTURES: [(&[u8], Kind); 4] = [
    (b"\x89PNG\r\n\x1a\n", kind("image/png", &["png"])),
    (b"\xff\xd8\xff", kind("image/jpeg", &["jpg", "jpeg"])),
    (b"GIF87a", kind("image/gif", &["gif"])),
    (b"GIF89a", kind("image/gif", &["gif"])),
];
const WEBP: Kind = kind("image/webp", &["webp"]);

const REFUSED: &str = "Files of this kind are not taken. Send a picture (PNG, JPEG, WebP, GIF), a PDF, a document, table or \
                       presentation of Office or OpenDocument, or plain text (TXT, Markdown, CSV, JSON).";

const fn kind(media_type: &'static str, endings: &'static [&'static str]) -> Kind {
    Kind { media_type, endings }
}

/// Whether a media type is that of a picture that browsers show.
pub(super) fn is_picture(media_type: &str) -> bool {
    media_type == WEBP.media_type || PICTURES.iter().any(|(_, kind)| kind.media_type == media_type)
}

/// The kind of a file. Markup (HTML, SVG and other XML), programs and archives are none.
pub(super) fn of(bytes: &[u8], name: &str) -> Result<Kind> {
    if let Some(picture) = picture(bytes) {
        return Ok(picture);
    }
    let format = detect(bytes, name).map_err(|error| refused(&error))?;
    let found = document(format).filter(|kind| !kind.media_type.starts_with("text/") || !is_code(bytes));
    found.ok_or_else(|| unsupported(REFUSED))
}

fn picture(bytes: &[u8]) -> Option<Kind> {
    if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        return Some(WEBP);
    }
    let known = PICTURES.iter().find(|(magic, _)| bytes.starts_with(magic));
    known.map(|(_, kind)| *kind)
}

/// Text that something would run or draw: markup of any kind, and what begins as a script.
fn is_code(bytes: &[u8]) -> bool {
    // In UTF-16, every other byte is a zero.
    let text: Vec<u8> = bytes
        .iter()
        .copied()
        .filter(|byte| *byte != 0 && byte.is_ascii())
        .skip_while(u8::is_ascii_whitespace)
        .take(2)
        .collect();
    text.starts_with(b"<") || text.starts_with(b"#!")
}

fn document(format: Format) -> Option<Kind> {
    let endings: &'static [&'static str] = match format {
        Format::Pdf => &["pdf"],
        Format::Docx => &["docx"],
        Format::Doc => &["doc"],
        Format::Pptx => &["pptx"],
        Format::Ppt => &["ppt"],
        Format::Xlsx => &["xlsx"],
        Format::Xls => &["xls"],
        Format::Odt => &["odt"],
        Format::Ods => &["ods"],
        Format::Odp => &["odp"],
        Format::Rtf => &["rtf"],
        Format::Text => &["txt", "text", "log"],
        Format::Markdown => &["md", "markdown", "mdown"],
        Format::Csv => &["csv"],
        Format::Tsv => &["tsv", "tab"],
        Format::Json => &["json"],
        Format::JsonLines => &["jsonl", "ndjson"],
        Format::Html | Format::Epub | Format::Eml | Format::Msg | Format::Pairs => return None,
    };
    Some(kind(format.media_type(), endings))
}

fn refused(error: &ParseError) -> Error {
    match error {
        ParseError::Unsupported(_) => unsupported(REFUSED),
        error => Error::refused(error.code(), error.to_string()),
    }
}

fn unsupported(detail: &str) -> Error {
    Error::refused_fields(
        ErrorCode::UnsupportedFile,
        detail,
        vec![api_types::FieldError::new("file", detail)],
    )
}

/// A name for a file of this kind: one line without a path, that ends as the kind does. So nobody who saves
/// `invoice.pdf.exe` runs it.
pub(super) fn name(sent: &str, kind: Kind) -> String {
    let last = sent.rsplit(['/', '\\']).next().unwrap_or_default();
    let cleaned: String = last
        .chars()
        .map(|c| if c.is_whitespace() { ' ' } else { c })
        .filter(|c| !c.is_control() && !is_invisible(*c))
        .collect();
    let cleaned = cleaned.trim().trim_matches('.').trim();
    let (stem, ending) = match cleaned.rsplit_once('.') {
        Some((stem, ending)) if kind.endings.contains(&ending.to_ascii_lowercase().as_str()) => {
            (stem, ending)
        }
        _ => (cleaned, kind.endings[0]),
    };
    let room = MAX_NAME_CHARS - 1 - ending.len();
    let stem: String = stem.chars().take(room).collect();
    let stem = stem.trim();
    let stem = if stem.is_empty() { "file" } else { stem };
    format!("{stem}.{ending}")
}

/// Marks that turn the direction of text, or that nobody sees.
const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{61c}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn media_type(bytes: &[u8], name: &str) -> Result<&'static str, ErrorCode> {
        of(bytes, name)
            .map(|kind| kind.media_type)
            .map_err(|error| error.code())
    }

    #[test]
    fn the_content_says_what_it_is() {
        let jpeg = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00";
        assert_eq!(media_type(jpeg, "notes.txt"), Ok("image/jpeg"));
        assert_eq!(media_type(b"RIFF\x10\0\0\0WEBPVP8 ", ""), Ok("image/webp"));
        assert_eq!(media_type(b"%PDF-1.7\n", "a.exe"), Ok("application/pdf"));
        assert_eq!(media_type(b"a;b\n1;2\n", "t.csv"), Ok("text/csv"));
        assert_eq!(media_type(b"Just words.", "x.bat"), Ok("text/plain"));
        assert_eq!(
            media_type("\u{feff}Just words.".as_bytes(), "x"),
            Ok("text/plain")
        );
    }

    #[test]
    fn what_something_would_run_or_draw_is_refused() {
        let utf16: Vec<u8> = "<svg/>".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let mut marked = b"\xff\xfe".to_vec();
        marked.extend(&utf16);
        let refused: [&[u8]; 10] = [
            b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
            b"<?xml version='1.0'?><svg/>",
            b" \n<!DOCTYPE html><script>alert(1)</script>",
            b"<script>alert(1)</script>",
            b"#!/bin/sh\nrm -rf /",
            b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff\x00\x00",
            b"\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00",
            b"PK\x03\x04\x14\x00\x00\x00\x00\x00",
            &utf16,
            &marked,
        ];
        for bytes in refused {
            for name in ["picture.png", "notes.md", "x.svg"] {
                assert_eq!(
                    media_type(bytes, name),
                    Err(ErrorCode::UnsupportedFile),
                    "{name}: {bytes:?}"
                );
            }
        }
        assert_eq!(media_type(b"", "empty.txt"), Err(ErrorCode::EmptyDocument));
    }

    #[test]
    fn a_name_ends_as_its_kind_does() {
        let text = document(Format::Text).unwrap();
        let pdf = document(Format::Pdf).unwrap();
        assert_eq!(name("../../etc/passwd", text), "passwd.txt");
        assert_eq!(name("C:\\temp\\run.bat", text), "run.bat.txt");
        assert_eq!(name("Invoice.PDF", pdf), "Invoice.PDF");
        assert_eq!(name("a\u{202e}fdp.exe\n", pdf), "afdp.exe.pdf");
        assert_eq!(name(" .. ", pdf), "file.pdf");
        assert_eq!(name(&"x".repeat(500), pdf).chars().count(), MAX_NAME_CHARS);
    }
}
