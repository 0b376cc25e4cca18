//! Sitemaps: lists of pages, and lists of such lists.

use std::io::Read;

use flate2::read::GzDecoder;
use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, Event};
use url::Url;

/// Largest sitemap once unpacked, in bytes: what the protocol allows.
const MAX_BYTES: usize = 50 * 1024 * 1024;
/// Most addresses in one sitemap: what the protocol allows.
const MAX_ADDRESSES: usize = 50_000;
/// Longest address.
const MAX_ADDRESS: usize = 2_048;

/// A sitemap's content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Sitemap {
    /// Pages.
    Pages(Vec<Url>),
    /// Further sitemaps.
    Index(Vec<Url>),
}

/// Reads a sitemap (XML or one address a line, packed by gzip or not) found at `url`. The error says what is wrong.
pub(super) fn parse(bytes: &[u8], url: &Url) -> Result<Sitemap, String> {
    if bytes.starts_with(&[0x1f, 0x8b]) {
        return parse_plain(&unpack(bytes)?, url);
    }
    parse_plain(bytes, url)
}

fn unpack(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let mut unpacked = Vec::new();
    GzDecoder::new(bytes)
        .take(MAX_BYTES as u64 + 1)
        .read_to_end(&mut unpacked)
        .map_err(|_| "The sitemap is damaged: it can't be unpacked.".to_owned())?;
    if unpacked.len() > MAX_BYTES {
        return Err("The sitemap is larger than 50 MB.".to_owned());
    }
    Ok(unpacked)
}

fn parse_plain(bytes: &[u8], url: &Url) -> Result<Sitemap, String> {
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_start_matches('\u{feff}').trim_start();
    if text.starts_with('<') {
        return parse_xml(text, url);
    }
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let pages: Option<Vec<Url>> = lines
        .take(MAX_ADDRESSES)
        .map(|line| Url::parse(line).ok())
        .collect();
    match pages {
        Some(pages) if !pages.is_empty() => Ok(Sitemap::Pages(pages)),
        _ => Err("This is no sitemap: neither XML nor a list of addresses.".to_owned()),
    }
}

fn parse_xml(text: &str, url: &Url) -> Result<Sitemap, String> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_end_names = false;
    let mut is_index = None;
    let mut address: Option<String> = None;
    let mut addresses = Vec::new();
    loop {
        let event = reader
            .read_event()
            .map_err(|_| "The sitemap is damaged: it is not XML.".to_owned())?;
        match event {
            Event::Start(tag) => match tag.local_name().as_ref() {
                "urlset" => is_index = is_index.or(Some(false)),
                "sitemapindex" => is_index = is_index.or(Some(true)),
                // `image:loc` and the like name no pages.
                "loc" if tag.name().prefix().is_none() => address = Some(String::new()),
                _ if is_index.is_none() => return Err(no_sitemap()),
                _ => {}
            },
            Event::Text(part) => append(address.as_mut(), &part.xml10_content()),
            Event::CData(part) => append(address.as_mut(), &part.xml10_content()),
            Event::GeneralRef(reference) => append(address.as_mut(), &resolve(&reference)),
            Event::End(_) => {
                if let Some(address) = address.take() {
                    addresses.extend(url.join(address.trim()).ok());
                }
            }
            Event::Eof => break,
            _ => {}
        }
        if addresses.len() >= MAX_ADDRESSES {
            break;
        }
    }
    match is_index {
        Some(true) => Ok(Sitemap::Index(addresses)),
        Some(false) => Ok(Sitemap::Pages(addresses)),
        None => Err(no_sitemap()),
    }
}

fn no_sitemap() -> String {
    "This is no sitemap: it holds neither <urlset> nor <sitemapindex>.".to_owned()
}

fn append(address: Option<&mut String>, part: &str) {
    if let Some(address) = address
        && address.len() + part.len() <= MAX_ADDRESS
    {
        address.push_str(part);
    }
}

fn resolve(reference: &BytesRef<'_>) -> String {
    if let Ok(Some(character)) = reference.resolve_char_ref() {
        return character.to_string();
    }
    resolve_predefined_entity(&reference.xml10_content())
        .unwrap_or_default()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn read(text: &[u8]) -> Result<Sitemap, String> {
        parse(text, &"https://example.com/sitemap.xml".parse().unwrap())
    }

    fn pages(text: &[u8]) -> Vec<String> {
        match read(text).unwrap() {
            Sitemap::Pages(pages) => pages.iter().map(ToString::to_string).collect(),
            index => panic!("{index:?}"),
        }
    }

    const URLSET: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
        <urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:image="http://example.org/image">
          <url><loc> https://example.com/a?x=1&amp;y=2 </loc><lastmod>2026-01-01</lastmod>
            <image:image><image:loc>https://example.com/picture.png</image:loc></image:image></url>
          <url><loc><![CDATA[https://example.com/b]]></loc></url><url><loc>/c&#47;d</loc></url>
        </urlset>"#;

    #[test]
    fn pages_are_read_from_xml_gzip_and_text() {
        let expected = [
            "https://example.com/a?x=1&y=2",
            "https://example.com/b",
            "https://example.com/c/d",
        ];
        assert_eq!(pages(URLSET.as_bytes()), expected);
        let mut packed = GzEncoder::new(Vec::new(), Compression::default());
        packed.write_all(URLSET.as_bytes()).unwrap();
        assert_eq!(pages(&packed.finish().unwrap()), expected);
        let list = "\u{feff}https://example.com/a\r\n\r\nhttps://example.com/b\n";
        assert_eq!(
            pages(list.as_bytes()),
            ["https://example.com/a", "https://example.com/b"]
        );
    }

    #[test]
    fn an_index_names_sitemaps() {
        let index =
            read(b"<sitemapindex><sitemap><loc>https://example.com/1.xml.gz</loc></sitemap></sitemapindex>");
        assert_eq!(
            index,
            Ok(Sitemap::Index(vec![
                "https://example.com/1.xml.gz".parse().unwrap()
            ]))
        );
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "<html><body>Not found</body></html>",
            "Not found",
            "",
            "\x1f\u{8b}\x08broken",
        ] {
            assert!(read(text.as_bytes()).is_err(), "{text}");
        }
        assert!(read(&[0x1f, 0x8b, 8, 0, 1]).is_err());
        // Entities of its own, as in a "billion laughs", are not known.
        let laughs = b"<!DOCTYPE x [<!ENTITY a \"aaaa\">]><urlset><url><loc>https://example.com/&a;</loc></url></urlset>";
        assert_eq!(pages(laughs), ["https://example.com/"]);
    }
}
