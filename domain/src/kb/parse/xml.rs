//! XML inside of archives, read as a stream of events with a limit on depth.

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};

use super::ParseError;

/// Deepest nesting that is followed. Real documents stay below a hundred.
const MAX_DEPTH: usize = 2_000;

/// What a document consists of, with names as they are written (`text:p`).
#[derive(Clone, Copy)]
pub(super) enum Node<'a> {
    /// An element starts; one without content ends right after.
    Start(&'a BytesStart<'a>),
    /// An element ends.
    End(&'a str),
    /// Text, with its entities resolved. Those that the document defines itself are left out.
    Text(&'a str),
}

/// Calls `each` for every node. `format` is what the error says if the XML is broken.
pub(super) fn walk(
    xml: &str,
    format: &str,
    mut each: impl FnMut(Node<'_>) -> Result<(), ParseError>,
) -> Result<(), ParseError> {
    let mut reader = Reader::from_str(xml);
    let mut depth = 0_usize;
    loop {
        match reader.read_event().map_err(|_| ParseError::corrupt(format))? {
            Event::Start(start) => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return Err(ParseError::nested());
                }
                each(Node::Start(&start))?;
            }
            Event::Empty(start) => {
                each(Node::Start(&start))?;
                each(Node::End(start.name().as_ref()))?;
            }
            Event::End(end) => {
                depth = depth.saturating_sub(1);
                each(Node::End(end.name().as_ref()))?;
            }
            Event::Text(text) => each(Node::Text(&text.xml10_content()))?,
            Event::CData(data) => each(Node::Text(&data.xml10_content()))?,
            Event::GeneralRef(entity) => {
                let mut buffer = [0; 4];
                each(Node::Text(resolve(&entity, &mut buffer)))?;
            }
            // Cut off within an element.
            Event::Eof if depth > 0 => return Err(ParseError::corrupt(format)),
            Event::Eof => return Ok(()),
            _ => {}
        }
    }
}

fn resolve<'b>(entity: &BytesRef<'_>, buffer: &'b mut [u8; 4]) -> &'b str {
    if let Ok(Some(c)) = entity.resolve_char_ref() {
        return c.encode_utf8(buffer);
    }
    resolve_predefined_entity(&entity.xml10_content()).unwrap_or_default()
}

/// The value of an attribute by the name it is written with.
pub(super) fn attribute(start: &BytesStart<'_>, name: &str) -> Option<String> {
    let attribute = start.try_get_attribute(name).ok()??;
    let value = attribute
        .normalized_value(quick_xml::XmlVersion::Implicit1_0)
        .ok()?;
    Some(value.into_owned())
}
