//! OpenDocument: text, presentations and spreadsheets.

mod body;
mod styles;

use self::body::Body;
use self::styles::Styles;
use super::archive::Archive;
use super::{Format, ParseError, ParsedDocument, xml};

pub(super) fn parse(bytes: &[u8], format: Format) -> Result<ParsedDocument, ParseError> {
    let name = format.name();
    let mut archive = Archive::open(bytes, name)?;
    let manifest = archive.text("META-INF/manifest.xml").unwrap_or_default();
    if manifest.contains("encryption-data") {
        return Err(ParseError::Encrypted);
    }
    let content = archive.text("content.xml")?;
    let mut styles = Styles::default();
    if let Ok(shared) = archive.text("styles.xml") {
        // Without them the text is still there.
        let _ = styles.read(&shared, name);
    }
    styles.read(&content, name)?;
    let title = archive.text("meta.xml").ok().and_then(|meta| title(&meta, name));
    let mut body = Body::new(&styles);
    xml::walk(&content, name, |node| body.node(node))?;
    Ok(ParsedDocument {
        title,
        pages: body.pages(),
    })
}

fn title(meta: &str, format: &str) -> Option<String> {
    let (mut inside, mut title) = (false, String::new());
    let read = xml::walk(meta, format, |node| {
        match node {
            xml::Node::Start(start) => inside = start.name().as_ref() == "dc:title",
            xml::Node::End(_) => inside = false,
            xml::Node::Text(text) if inside => title.push_str(text),
            xml::Node::Text(_) => {}
        }
        Ok(())
    });
    read.ok().map(|()| title)
}
