//! What a file is, by its content.

use memchr::memmem;

use super::{MAX_FILE_BYTES, ParseError, archive, decode};

/// A format that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Markdown.
    Markdown,
    /// Plain text in any encoding.
    Text,
    /// A web page.
    Html,
    /// PDF.
    Pdf,
    /// Word since 2007.
    Docx,
    /// Questions with their answers, as we store them.
    Pairs,
}

impl Format {
    /// The registered media type.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Markdown => "text/markdown",
            Self::Text => "text/plain",
            Self::Html => "text/html",
            Self::Pdf => "application/pdf",
            Self::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Self::Pairs => "application/vnd.botwright.qa+json",
        }
    }
}

/// Finds out what a file is from its bytes. The name only tells kinds of text apart, so a PDF named `.docx` is
/// read as the PDF it is.
pub fn detect(bytes: &[u8], file_name: &str) -> Result<Format, ParseError> {
    if bytes.is_empty() {
        return Err(ParseError::Empty);
    }
    if bytes.len() > MAX_FILE_BYTES {
        return Err(ParseError::too_complex("it is larger than 20 MB"));
    }
    if is_pdf(bytes) {
        return Ok(Format::Pdf);
    }
    if bytes.starts_with(b"PK\x03\x04") {
        return detect_zip(bytes);
    }
    if bytes.starts_with(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1") {
        return Err(compound_file(bytes));
    }
    if !decode::is_text(bytes) {
        return Err(binary(bytes));
    }
    detect_text(&decode::decode(bytes), file_name)
}

/// The header should come first, but mail gateways and scanners put things before it, and readers accept that.
fn is_pdf(bytes: &[u8]) -> bool {
    const HEADER: &[u8] = b"%PDF-";
    let head = &bytes[..bytes.len().min(1024)];
    let tail = &bytes[bytes.len().saturating_sub(2048)..];
    head.trim_ascii_start().starts_with(HEADER) || (contains(head, HEADER) && contains(tail, b"startxref"))
}

fn detect_zip(bytes: &[u8]) -> Result<Format, ParseError> {
    let names = archive::names(bytes);
    let holds = |prefix: &str| names.iter().any(|name| name.starts_with(prefix));
    if holds("word/document") {
        return Ok(Format::Docx);
    }
    if names.is_empty() && contains(bytes, b"[Content_Types].xml") && contains(bytes, b"word/") {
        return Err(ParseError::corrupt("DOCX file"));
    }
    let found = match () {
        () if holds("xl/") => "an Excel workbook",
        () if holds("ppt/") => "a PowerPoint presentation",
        () if holds("META-INF/container.xml") => "an e-book",
        () if holds("content.xml") => "an OpenDocument file",
        () => "a zip archive",
    };
    Err(unsupported(found))
}

/// The container of Office files before 2007, and of password-protected ones since.
fn compound_file(bytes: &[u8]) -> ParseError {
    let marker: Vec<u8> = "EncryptedPackage"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    if contains(bytes, &marker) {
        return ParseError::Encrypted;
    }
    unsupported("an Office file from before 2007")
}

fn detect_text(text: &str, file_name: &str) -> Result<Format, ParseError> {
    let start = text.trim_start();
    if start.is_empty() {
        return Err(ParseError::Empty);
    }
    let name = file_name.to_ascii_lowercase();
    let named = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
    if is_html(start) || (named(&[".html", ".htm", ".xhtml"]) && start.contains("</")) {
        return Ok(Format::Html);
    }
    match () {
        () if start.starts_with("{\\rtf") => Err(unsupported("a rich text (RTF) file")),
        () if start.starts_with("%!PS") => Err(unsupported("a PostScript file")),
        () if start.starts_with("<svg") => Err(unsupported("an SVG image")),
        () if name == "source.botwright-qa" => Ok(Format::Pairs),
        () if named(&[".md", ".markdown", ".mdown", ".mdx"]) => Ok(Format::Markdown),
        () => Ok(Format::Text),
    }
}

/// Whether a page starts here, after comments and an XML declaration.
fn is_html(text: &str) -> bool {
    let mut rest = text;
    loop {
        let end = match rest {
            _ if rest.starts_with("<!--") => "-->",
            _ if rest.starts_with("<?xml") => "?>",
            _ => break,
        };
        let Some((_, after)) = rest.split_once(end) else {
            return false;
        };
        rest = after.trim_start();
    }
    let head: String = rest.chars().take(14).collect::<String>().to_ascii_lowercase();
    ["<!doctype html", "<html", "<head", "<body"]
        .iter()
        .any(|tag| head.starts_with(tag))
}

fn binary(bytes: &[u8]) -> ParseError {
    use infer::MatcherType as Kind;
    let Some(kind) = infer::get(bytes) else {
        return unsupported("a binary file of an unknown kind");
    };
    let found = match kind.matcher_type() {
        Kind::App => "a program or a database",
        Kind::Archive => "an archive",
        Kind::Audio => "a sound recording",
        Kind::Book => "an e-book",
        Kind::Font => "a font",
        Kind::Image => "an image",
        Kind::Video => "a video",
        Kind::Doc | Kind::Text | Kind::Custom => "a binary file",
    };
    unsupported(&format!("{found} ({})", kind.mime_type()))
}

fn unsupported(found: &str) -> ParseError {
    ParseError::Unsupported(found.to_owned())
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    memmem::find(haystack, needle).is_some()
}
