//! Messages saved by Outlook (`.msg`): streams of a compound file, named after the properties they hold.

use std::io::{Cursor, Read};

use cfb::CompoundFile;
use encoding_rs::{UTF_16LE, WINDOWS_1252};

use super::blocks::Blocks;
use super::{ParseError, ParsedDocument, catch, decode, html};

const NAME: &str = "Outlook message";

type Streams<'a> = CompoundFile<Cursor<&'a [u8]>>;

pub(super) fn parse(bytes: &[u8]) -> Result<ParsedDocument, ParseError> {
    catch(|| read(bytes)).unwrap_or_else(|| Err(ParseError::corrupt(NAME)))
}

fn read(bytes: &[u8]) -> Result<ParsedDocument, ParseError> {
    let mut streams = CompoundFile::open(Cursor::new(bytes)).map_err(|_| ParseError::corrupt(NAME))?;
    if text(&mut streams, "", "001A").is_some_and(|class| class.eq_ignore_ascii_case("IPM.Note.SMIME")) {
        return Err(ParseError::Encrypted);
    }
    let subject = text(&mut streams, "", "0037");
    let mut blocks = Blocks::default();
    blocks.heading(1, subject.as_deref().unwrap_or("Message"));
    let mut lines = Vec::new();
    for (name, property) in [("From", "0C1A"), ("To", "0E04"), ("Cc", "0E03")] {
        if let Some(value) = text(&mut streams, "", property).filter(|value| !value.trim().is_empty()) {
            lines.push(format!("{name}: {value}"));
        }
    }
    blocks.paragraph(&lines.join("\n"));
    match text(&mut streams, "", "1000") {
        Some(body) => body
            .replace("\r\n", "\n")
            .split("\n\n")
            .for_each(|paragraph| blocks.paragraph(paragraph)),
        None => {
            if let Some(page) = bytes_of(&mut streams, "/__substg1.0_10130102") {
                blocks.raw(&html::fragment(&decode::decode_html(&page))?);
            }
        }
    }
    let attachments = attachments(&mut streams);
    if !attachments.is_empty() {
        blocks.paragraph(&format!("Attachments: {}", attachments.join(", ")));
    }
    Ok(ParsedDocument::single(subject, blocks.finish()))
}

fn attachments(streams: &mut Streams<'_>) -> Vec<String> {
    let folders: Vec<String> = streams
        .read_root_storage()
        .map(|entry| entry.name().to_owned())
        .collect();
    let folders = folders
        .iter()
        .filter(|name| name.starts_with("__attach_version1.0_"));
    folders
        .filter_map(|folder| {
            let folder = format!("/{folder}");
            text(streams, &folder, "3707").or_else(|| text(streams, &folder, "3704"))
        })
        .collect()
}

/// A property as text: in UTF-16, or in an old file by its bytes.
fn text(streams: &mut Streams<'_>, folder: &str, property: &str) -> Option<String> {
    if let Some(bytes) = bytes_of(streams, &format!("{folder}/__substg1.0_{property}001F")) {
        return Some(UTF_16LE.decode(&bytes).0.into_owned());
    }
    let bytes = bytes_of(streams, &format!("{folder}/__substg1.0_{property}001E"))?;
    if bytes.is_ascii() {
        return Some(WINDOWS_1252.decode(&bytes).0.into_owned());
    }
    Some(decode::decode(&bytes).into_owned())
}

fn bytes_of(streams: &mut Streams<'_>, path: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    streams.open_stream(path).ok()?.read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};

    use cfb::CompoundFile;

    use super::parse;

    /// A message with these properties of type text, which are numbered 001F.
    fn message(properties: &[(&str, &str)]) -> Vec<u8> {
        let mut file = CompoundFile::create(Cursor::new(Vec::new())).expect("a compound file");
        file.create_storage("/__attach_version1.0_#00000000")
            .expect("an attachment");
        for (path, text) in properties {
            let text: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
            let mut stream = file.create_stream(format!("/{path}001F")).expect("a stream");
            stream.write_all(&text).expect("its content");
        }
        file.flush().expect("written");
        file.into_inner().into_inner()
    }

    #[test]
    fn says_who_wrote_and_what_came_along() {
        let bytes = message(&[
            ("__substg1.0_001A", "IPM.Note"),
            ("__substg1.0_0037", "Größe der Boote"),
            ("__substg1.0_0C1A", "Edda Marlow"),
            ("__substg1.0_0E04", "Büro"),
            ("__substg1.0_1000", "Guten Tag,\r\n\r\nsie sind zwölf Meter lang."),
            ("__attach_version1.0_#00000000/__substg1.0_3707", "boats.pdf"),
        ]);
        let document = parse(&bytes).expect("a message");
        assert_eq!(document.title.as_deref(), Some("Größe der Boote"));
        assert_eq!(
            document.pages[0].markdown,
            "# Größe der Boote\n\nFrom: Edda Marlow\nTo: Büro\n\nGuten Tag,\n\nsie sind zwölf Meter lang.\n\n\
             Attachments: boats.pdf"
        );
    }
}
