//! What a file is, by its content.

use memchr::memmem;

use super::{Format, MAX_FILE_BYTES, ParseError, archive, catch, decode};

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
        return detect_compound(bytes);
    }
    if bytes.starts_with(b"{\\rtf") {
        return Ok(Format::Rtf);
    }
    if !decode::is_text(bytes) {
        // Attachments may be sent as they are.
        if is_mail(&String::from_utf8_lossy(&bytes[..bytes.len().min(8192)])) {
            return Ok(Format::Eml);
        }
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
    // OpenDocument and EPUB say it in an entry of its own.
    let kind = archive::small_part(bytes, "mimetype").unwrap_or_default();
    let says = |part: &str| kind.contains(part);
    match () {
        // Made by LibreOffice with a password.
        () if holds("encrypted-package") => return Err(ParseError::Encrypted),
        () if says("opendocument.text") => return Ok(Format::Odt),
        () if says("opendocument.presentation") => return Ok(Format::Odp),
        () if says("opendocument.spreadsheet") => return Ok(Format::Ods),
        () if says("application/epub+zip") || holds("META-INF/container.xml") => return Ok(Format::Epub),
        () if holds("word/document") => return Ok(Format::Docx),
        () if holds("ppt/presentation") => return Ok(Format::Pptx),
        () if holds("xl/workbook.bin") => return Err(unsupported("a binary Excel workbook (XLSB)")),
        () if holds("xl/workbook") => return Ok(Format::Xlsx),
        () if holds("content.xml") => return detect_opendocument(bytes),
        () => {}
    }
    if names.is_empty() && contains(bytes, b"[Content_Types].xml") {
        // Cut off before its directory.
        for format in [Format::Docx, Format::Pptx, Format::Xlsx] {
            let part = format!("{}/", format.main_folder());
            if contains(bytes, part.as_bytes()) {
                return Err(ParseError::corrupt(format.name()));
            }
        }
    }
    Err(unsupported("a zip archive"))
}

/// Without an entry that says so, the manifest does.
fn detect_opendocument(bytes: &[u8]) -> Result<Format, ParseError> {
    let manifest = archive::small_part(bytes, "META-INF/manifest.xml").unwrap_or_default();
    match () {
        () if manifest.contains("opendocument.presentation") => Ok(Format::Odp),
        () if manifest.contains("opendocument.spreadsheet") => Ok(Format::Ods),
        () if manifest.contains("opendocument.text") => Ok(Format::Odt),
        () => Err(unsupported("an OpenDocument drawing or formula")),
    }
}

/// The container of Office files before 2007, of Outlook's messages, and of password-protected Office files since.
fn detect_compound(bytes: &[u8]) -> Result<Format, ParseError> {
    let streams = catch(|| {
        let file = cfb::CompoundFile::open(std::io::Cursor::new(bytes)).ok()?;
        let names = file.read_root_storage().map(|entry| entry.name().to_owned());
        Some(names.collect::<Vec<_>>())
    });
    let streams = streams.flatten();
    let holds = |name: &str| match &streams {
        Some(streams) => streams.iter().any(|stream| stream == name),
        // Damaged, but its names may still be there.
        None => {
            let name: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
            contains(bytes, &name)
        }
    };
    match () {
        () if holds("EncryptedPackage") => Err(ParseError::Encrypted),
        () if holds("WordDocument") => Ok(Format::Doc),
        () if holds("Workbook") || holds("Book") => Ok(Format::Xls),
        () if holds("PowerPoint Document") => Ok(Format::Ppt),
        () if holds("__properties_version1.0") => Ok(Format::Msg),
        () => Err(unsupported(
            "a file of an old program (an OLE compound file of an unknown kind)",
        )),
    }
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
        () if start.starts_with("{\\rtf") => Ok(Format::Rtf),
        () if start.starts_with("%!PS") => Err(unsupported("a PostScript file")),
        () if start.starts_with("<svg") => Err(unsupported("an SVG image")),
        () if name == "source.botwright-qa" => Ok(Format::Pairs),
        () if named(&[".eml"]) || is_mail(start) => Ok(Format::Eml),
        () if named(&[".md", ".markdown", ".mdown", ".mdx"]) => Ok(Format::Markdown),
        () if named(&[".csv"]) => Ok(Format::Csv),
        () if named(&[".tsv", ".tab"]) => Ok(Format::Tsv),
        () if named(&[".json"]) => Ok(Format::Json),
        () if named(&[".jsonl", ".ndjson"]) => Ok(Format::JsonLines),
        () => Ok(Format::Text),
    }
}

/// Whether it starts with the headers of a message: names before colons only, and among them those that no
/// message lacks, with one that people don't write.
fn is_mail(text: &str) -> bool {
    let mut names = Vec::new();
    for line in text.lines().take(200) {
        if line.is_empty() {
            break;
        }
        if line.starts_with([' ', '\t']) && !names.is_empty() {
            continue;
        }
        let Some((name, _)) = line.split_once(':') else {
            return false;
        };
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_graphic()) {
            return false;
        }
        names.push(name.to_ascii_lowercase());
    }
    let has = |name: &str| names.iter().any(|other| other == name);
    let sent = [
        "received",
        "message-id",
        "mime-version",
        "return-path",
        "delivered-to",
    ];
    (has("from") || has("sender")) && sent.iter().any(|name| has(name))
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
