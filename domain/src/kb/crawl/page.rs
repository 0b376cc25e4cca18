//! What the markup of a page tells a crawler. It is read token by token, so no nesting can overflow the stack.

use std::collections::BTreeMap;

use html5gum::{DefaultEmitter, HtmlString, Spanned, StartTag, Token, Tokenizer};
use url::Url;

/// Most links taken from one page.
const MAX_LINKS: usize = 2_000;

/// Links and wishes of a page.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Markup {
    /// Where its links lead, in the order of the page.
    pub(super) links: Vec<Url>,
    /// The address that it names as its own.
    pub(super) canonical: Option<Url>,
    /// It asks not to be listed.
    pub(super) noindex: bool,
    /// It asks not to follow its links.
    pub(super) nofollow: bool,
}

impl Markup {
    /// Reads a page that was found at `url`; `robots_tag` is the header of that name.
    pub(super) fn of(html: &[u8], url: &Url, robots_tag: &str) -> Self {
        let mut markup = Self::default();
        markup.obey(robots_tag);
        let mut base = url.clone();
        let mut emitter = DefaultEmitter::default();
        // So that what looks like a link in a script is none.
        emitter.naively_switch_states(true);
        for token in Tokenizer::new_with_emitter(html, emitter) {
            let Ok(Token::StartTag(tag)) = token else { continue };
            markup.take(&tag, &mut base);
        }
        if markup.nofollow {
            markup.links.clear();
        }
        markup
    }

    fn take(&mut self, tag: &StartTag<()>, base: &mut Url) {
        let attribute = |name: &str| attribute(&tag.attributes, name);
        match tag.name.as_slice() {
            b"base" => {
                if let Some(url) = attribute("href").and_then(|href| base.join(href.trim()).ok()) {
                    *base = url;
                }
            }
            b"meta" => {
                let name = attribute("name").unwrap_or_default().to_ascii_lowercase();
                if matches!(name.as_str(), "robots" | "botwright") {
                    self.obey(&attribute("content").unwrap_or_default());
                }
            }
            b"link" if has_word(attribute("rel"), "canonical") => {
                let href = attribute("href").unwrap_or_default();
                self.canonical = self.canonical.take().or_else(|| base.join(href.trim()).ok());
            }
            b"a" | b"area" if self.links.len() < MAX_LINKS => {
                let Some(href) = attribute("href") else { return };
                if has_word(attribute("rel"), "nofollow") {
                    return;
                }
                self.links.extend(base.join(href.trim()).ok());
            }
            _ => {}
        }
    }

    /// Takes over the wishes of a `robots` meta tag or header.
    fn obey(&mut self, wishes: &str) {
        for wish in wishes.to_ascii_lowercase().split([',', ';']) {
            // A header may begin with the name of the program it is for.
            let (program, wish) = wish.split_once(':').unwrap_or(("", wish));
            if !matches!(program.trim(), "" | "botwright" | "*") {
                continue;
            }
            match wish.trim() {
                "noindex" => self.noindex = true,
                "nofollow" => self.nofollow = true,
                "none" => (self.noindex, self.nofollow) = (true, true),
                _ => {}
            }
        }
    }
}

fn attribute(attributes: &BTreeMap<HtmlString, Spanned<HtmlString, ()>>, name: &str) -> Option<String> {
    let value = attributes.get(name.as_bytes())?;
    Some(String::from_utf8_lossy(value).into_owned())
}

fn has_word(list: Option<String>, word: &str) -> bool {
    list.is_some_and(|list| {
        list.split_ascii_whitespace()
            .any(|other| other.eq_ignore_ascii_case(word))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn markup(html: &str) -> Markup {
        Markup::of(html.as_bytes(), &"https://example.com/a/b".parse().unwrap(), "")
    }

    fn links(html: &str) -> Vec<String> {
        markup(html)
            .links
            .iter()
            .map(|link| link.path().to_owned())
            .collect()
    }

    #[test]
    fn links_are_read_as_browsers_do() {
        let html = r#"<!doctype html><A HREF=" one ">1</A><a href='/two?x=1&amp;y=2'>2</a><area href="../three">
            <a name="x">no</a><script>'<a href="/script">'</script><!-- <a href="/comment"> -->
            <a rel="noopener nofollow" href="/nofollow">no</a><textarea><a href="/text"></textarea>
            <a href="mailto:a@example.com">mail</a><style><a href="/style"></style><p><a href="four"#;
        let found = markup(html).links;
        let found: Vec<&str> = found.iter().map(Url::as_str).collect();
        assert_eq!(
            found,
            [
                "https://example.com/a/one",
                "https://example.com/two?x=1&y=2",
                "https://example.com/three",
                "mailto:a@example.com",
            ]
        );
        assert_eq!(links(r#"<base href="/docs/"><a href="x">x</a>"#), ["/docs/x"]);
    }

    #[test]
    fn wishes_of_a_page_are_read() {
        let page = markup(
            r#"<meta name="Robots" content="NOINDEX, noarchive"><link rel="alternate" href="/x">
               <link rel="canonical" href="/one"><link rel="canonical" href="/two"><a href="/a">"#,
        );
        assert!(page.noindex && !page.nofollow);
        assert_eq!(page.canonical.unwrap().path(), "/one");
        assert_eq!(page.links.len(), 1);
        let page = markup(r#"<a href="/a"><meta name=robots content=none>"#);
        assert!(page.noindex && page.nofollow && page.links.is_empty());
        assert!(!markup(r#"<meta name="googlebot" content="noindex">"#).noindex);
    }

    #[test]
    fn wishes_in_the_header_count_when_they_are_for_us() {
        let of = |tag: &str| Markup::of(b"", &"https://example.com/".parse().unwrap(), tag);
        assert!(of("noindex").noindex);
        assert!(of("googlebot: nofollow, noindex").noindex);
        assert!(!of("googlebot: noindex").noindex);
        assert!(of("botwright: none").nofollow);
    }

    #[test]
    fn deep_nesting_is_no_trouble() {
        let html = format!("{}<a href=\"/deep\">", "<div>".repeat(200_000));
        assert_eq!(links(&html), ["/deep"]);
    }
}
