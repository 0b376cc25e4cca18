//! Markdown and plain text.

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use super::{ParsedDocument, clean, decode, unwrap};

/// Reads Markdown. Front matter is dropped, except for its title.
pub(super) fn parse_markdown(bytes: &[u8]) -> ParsedDocument {
    let text = clean::text(&decode::decode(bytes));
    let (front_matter, body) = split_front_matter(&text);
    let (first_heading, body) = join_soft_breaks(body);
    let title = front_matter.and_then(title_of_front_matter).or(first_heading);
    ParsedDocument::single(title, body)
}

/// Reads plain text. Paragraphs wrapped at a usual width are put together.
pub(super) fn parse_plain(bytes: &[u8]) -> ParsedDocument {
    let text = clean::text(&decode::decode(bytes));
    ParsedDocument::single(None, unwrap::unwrap(&text, &(50..=100)))
}

/// Splits off YAML between `---` lines or TOML between `+++` lines at the very top.
fn split_front_matter(text: &str) -> (Option<&str>, &str) {
    for fence in ["---\n", "+++\n"] {
        let Some(rest) = text.strip_prefix(fence) else {
            continue;
        };
        if let Some(end) = rest.find(&format!("\n{fence}")) {
            return (Some(&rest[..end]), &rest[end + 1 + fence.len()..]);
        }
    }
    (None, text)
}

fn title_of_front_matter(front_matter: &str) -> Option<String> {
    let value = front_matter.lines().find_map(|line| line.strip_prefix("title"))?;
    let value = value.trim_start().strip_prefix([':', '='])?;
    Some(value.trim().trim_matches(['"', '\'']).to_owned())
}

/// Makes each paragraph one line, as Markdown reads it anyway, and finds the first top heading.
fn join_soft_breaks(markdown: &str) -> (Option<String>, String) {
    let mut joined = markdown.as_bytes().to_vec();
    let (mut quotes, mut in_title) = (0, false);
    let mut title: Option<String> = None;
    for (event, range) in Parser::new_ext(markdown, Options::ENABLE_TABLES).into_offset_iter() {
        match event {
            Event::Start(Tag::BlockQuote(_)) => quotes += 1,
            Event::End(TagEnd::BlockQuote(_)) => quotes -= 1,
            // The next line of a quotation starts with its marker, which must stay at the start of a line.
            Event::SoftBreak if quotes == 0 => joined[range].fill(b' '),
            Event::Start(Tag::Heading {
                level: HeadingLevel::H1,
                ..
            }) if title.is_none() => {
                in_title = true;
                title = Some(String::new());
            }
            Event::End(TagEnd::Heading(_)) => in_title = false,
            Event::Text(text) | Event::Code(text) if in_title => {
                title.get_or_insert_default().push_str(&text);
            }
            _ => {}
        }
    }
    // Only line ends were replaced, by as many spaces, so this is still UTF-8.
    let joined = String::from_utf8(joined).unwrap_or_else(|_| markdown.to_owned());
    (title, joined)
}

#[cfg(test)]
mod tests {
    use super::{parse_markdown, parse_plain};

    fn markdown(text: &str) -> (Option<String>, String) {
        let document = parse_markdown(text.as_bytes());
        (document.title, document.pages[0].markdown.clone())
    }

    #[test]
    fn front_matter_gives_the_title_and_goes() {
        let (title, body) = markdown("---\ntags: [a]\ntitle: \"Brewing: notes\"\n---\n# Other\n");
        assert_eq!(title.as_deref(), Some("Brewing: notes"));
        assert_eq!(body.trim(), "# Other");
    }

    #[test]
    fn a_rule_at_the_top_is_no_front_matter() {
        let (title, body) = markdown("---\n\nJust text.");
        assert_eq!((title, body.trim()), (None, "---\n\nJust text."));
    }

    #[test]
    fn wrapped_lines_are_joined_but_code_quotes_and_tables_are_not() {
        let (title, body) = markdown(
            "# Hello *big*\nworld\n\none\ntwo\n\n- a\n  b\n\n> c\n> d\n\n```\ne\nf\n```\n\n| g |\n|---|\n| h |",
        );
        assert_eq!(title.as_deref(), Some("Hello big"));
        assert_eq!(
            body,
            "# Hello *big*\nworld\n\none two\n\n- a   b\n\n> c\n> d\n\n```\ne\nf\n```\n\n| g |\n|---|\n| h |"
        );
    }

    #[test]
    fn plain_text_keeps_short_lines() {
        let document = parse_plain(b"Roses are red\nViolets are blue\n");
        assert_eq!(
            document.pages[0].markdown.trim_end(),
            "Roses are red\nViolets are blue"
        );
    }
}
