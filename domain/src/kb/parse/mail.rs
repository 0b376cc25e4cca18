//! E-mail: who wrote to whom about what, the text, the names of attachments, and forwarded messages.

use std::fmt::Write;

use mail_parser::{Address, Message, MessageParser, MimeHeaders, PartType};
use memchr::memmem;

use super::blocks::Blocks;
use super::{ParseError, ParsedDocument, catch, html};

const NAME: &str = "e-mail";

/// Messages within messages that are read.
const MAX_NESTED: usize = 4;
/// Parts within parts; more of their declarations than this are an attack.
const MAX_PARTS: usize = 1_000;

pub(super) fn parse(bytes: &[u8]) -> Result<ParsedDocument, ParseError> {
    let lower = bytes.to_ascii_lowercase();
    let count = |needle: &str| memmem::find_iter(&lower, needle).take(MAX_PARTS + 1).count();
    // The parser builds a message in a message in a message, and taking that apart again needs the stack.
    if count("boundary=") > MAX_PARTS || count("message/rfc822") > MAX_PARTS / 10 {
        return Err(ParseError::nested());
    }
    let read = catch(|| {
        let message = MessageParser::default().parse(bytes)?;
        let mut blocks = Blocks::default();
        let encrypted = add(&mut blocks, &message, 1).err();
        let title = message.subject().map(str::to_owned);
        Some(match encrypted {
            Some(error) => Err(error),
            None => Ok(ParsedDocument::single(title, blocks.finish())),
        })
    });
    read.flatten().ok_or_else(|| ParseError::corrupt(NAME))?
}

fn add(blocks: &mut Blocks, message: &Message<'_>, level: usize) -> Result<(), ParseError> {
    let root = message.parts.first();
    let is_enveloped = root.is_some_and(|part| {
        part.is_content_type("multipart", "encrypted")
            || part
                .content_type()
                .is_some_and(|kind| kind.attribute("smime-type") == Some("enveloped-data"))
    });
    if is_enveloped {
        return Err(ParseError::Encrypted);
    }
    blocks.heading(level, message.subject().unwrap_or("Message"));
    blocks.paragraph(&headers(message));
    blocks.raw(&body(message)?);
    let mut names = Vec::new();
    for part in message.attachments() {
        match &part.body {
            PartType::Message(inner) if level <= MAX_NESTED => add(blocks, inner, level + 1)?,
            _ => names.extend(part.attachment_name().map(str::to_owned)),
        }
    }
    if !names.is_empty() {
        let what = if names.len() == 1 {
            "Attachment"
        } else {
            "Attachments"
        };
        blocks.paragraph(&format!("{what}: {}", names.join(", ")));
    }
    Ok(())
}

fn headers(message: &Message<'_>) -> String {
    let mut lines = String::new();
    for (name, addresses) in [
        ("From", message.from()),
        ("To", message.to()),
        ("Cc", message.cc()),
    ] {
        let people: Vec<String> = addresses.map(people).unwrap_or_default();
        if !people.is_empty() {
            let _ = writeln!(lines, "{name}: {}", people.join(", "));
        }
    }
    if let Some(date) = message.date() {
        let _ = writeln!(lines, "Date: {}", date.to_rfc822());
    }
    lines
}

fn people(addresses: &Address<'_>) -> Vec<String> {
    let shown = |address: &mail_parser::Addr<'_>| match (address.name(), address.address()) {
        (Some(name), Some(address)) => format!("{name} ({address})"),
        (name, address) => name.or(address).unwrap_or_default().to_owned(),
    };
    addresses
        .iter()
        .map(shown)
        .filter(|shown| !shown.is_empty())
        .collect()
}

/// The plain text if there is one; the web page beside it if that says much more.
fn body(message: &Message<'_>) -> Result<String, ParseError> {
    let mut plain = String::new();
    let mut page = String::new();
    for part in message.text_bodies() {
        if let PartType::Text(text) = &part.body {
            plain.push_str(text);
            plain.push('\n');
        }
    }
    for part in message.html_bodies() {
        if let PartType::Html(text) = &part.body {
            page.push_str(&html::fragment(text)?);
            page.push('\n');
        }
    }
    let words = |text: &str| text.split_whitespace().count();
    if words(&page) > words(&plain) * 2 {
        return Ok(page);
    }
    let mut blocks = Blocks::default();
    for paragraph in plain.replace("\r\n", "\n").split("\n\n") {
        blocks.paragraph(paragraph);
    }
    Ok(blocks.finish())
}
