//! E-books: the chapters in reading order, each by way of the HTML reader.

use std::collections::{HashMap, HashSet};

use super::archive::Archive;
use super::xml::{self, Node};
use super::{ParseError, ParsedDocument, decode, html};

const NAME: &str = "e-book (EPUB)";

/// The package document: what the book consists of.
#[derive(Default)]
struct Package {
    title: String,
    /// Id to address and properties.
    items: HashMap<String, (String, String)>,
    /// Ids in reading order.
    spine: Vec<String>,
}

pub(super) fn parse(bytes: &[u8]) -> Result<ParsedDocument, ParseError> {
    let mut archive = Archive::open(bytes, NAME)?;
    let path = package_path(&archive.text("META-INF/container.xml")?)?;
    let package = read_package(&archive.text(&path)?)?;
    let locked = archive.text("META-INF/encryption.xml").unwrap_or_default();
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut chapters: Vec<String> = Vec::new();
    // One chapter named a thousand times would be read as often.
    let mut read = HashSet::new();
    for id in &package.spine {
        let Some((address, properties)) = package.items.get(id) else {
            continue;
        };
        let name = resolve(folder, address);
        // Fonts may be scrambled, which bothers nobody; text that is needs its shop's reader.
        if locked.contains(&format!("\"{name}\"")) {
            return Err(ParseError::Encrypted);
        }
        if properties.split(' ').any(|property| property == "nav") || !read.insert(name.clone()) {
            continue;
        }
        let Ok(chapter) = archive.bytes(&name) else {
            continue;
        };
        let chapter = html::fragment(&closed(&decode::decode_html(&chapter)))?
            .trim()
            .to_owned();
        // A page of nothing but the title that is said again below.
        let is_said_again = |last: &mut String| !last.contains('\n') && chapter.starts_with(last.as_str());
        chapters.pop_if(is_said_again);
        chapters.push(chapter);
    }
    Ok(ParsedDocument::single(Some(package.title), chapters.join("\n\n")))
}

fn package_path(container: &str) -> Result<String, ParseError> {
    let mut path = None;
    xml::walk(container, NAME, |node| {
        if let Node::Start(start) = node
            && start.local_name().as_ref() == "rootfile"
            && path.is_none()
        {
            path = xml::attribute(start, "full-path");
        }
        Ok(())
    })?;
    path.ok_or_else(|| ParseError::corrupt(NAME))
}

fn read_package(opf: &str) -> Result<Package, ParseError> {
    let mut package = Package::default();
    let mut in_title = false;
    xml::walk(opf, NAME, |node| {
        match node {
            Node::Start(start) => {
                let value = |name| xml::attribute(start, name).unwrap_or_default();
                match start.local_name().as_ref() {
                    "title" => in_title = package.title.is_empty(),
                    "item" => {
                        package
                            .items
                            .insert(value("id"), (value("href"), value("properties")));
                    }
                    "itemref" => package.spine.push(value("idref")),
                    _ => {}
                }
            }
            Node::End(_) => in_title = false,
            Node::Text(text) if in_title => package.title.push_str(text),
            Node::Text(_) => {}
        }
        Ok(())
    })?;
    Ok(package)
}

/// The name in the archive of an address beside the package document.
fn resolve(folder: &str, address: &str) -> String {
    let address = address.split('#').next().unwrap_or_default();
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in address.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    let name = parts.join("/").replace('+', "%2B");
    // The only decoder at hand reads forms, where a plus is a space.
    url::form_urlencoded::parse(name.as_bytes())
        .map(|(key, value)| {
            if value.is_empty() {
                key.into_owned()
            } else {
                format!("{key}={value}")
            }
        })
        .collect::<Vec<_>>()
        .join("&")
}

/// XHTML closes any element by `/>`; to a reader of HTML, `<title/>` or `<script/>` would never end.
fn closed(xhtml: &str) -> String {
    const NEVER_EMPTY: [&str; 8] = [
        "title", "script", "style", "a", "textarea", "iframe", "noscript", "i",
    ];
    let mut out = String::with_capacity(xhtml.len());
    let mut rest = xhtml;
    while let Some(end) = rest.find("/>") {
        let (before, after) = rest.split_at(end);
        out.push_str(before);
        rest = &after[2..];
        let name = before
            .rsplit_once('<')
            .map(|(_, tag)| tag.split(|c: char| !c.is_ascii_alphanumeric()).next());
        match name.flatten() {
            Some(name) if NEVER_EMPTY.contains(&name) => out.push_str(&format!("></{name}>")),
            _ => out.push_str("/>"),
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::{closed, resolve};

    #[test]
    fn addresses_are_relative_to_the_package() {
        assert_eq!(resolve("EPUB", "text/ch001.xhtml#a"), "EPUB/text/ch001.xhtml");
        assert_eq!(resolve("OEBPS/a", "../b%20c+d.html"), "OEBPS/b c+d.html");
    }

    #[test]
    fn elements_that_html_never_closes_are_closed() {
        assert_eq!(
            closed("<title/><p>a<br/>b</p><script src=\"x\"/>c"),
            "<title></title><p>a<br/>b</p><script src=\"x\"></script>c"
        );
    }
}
