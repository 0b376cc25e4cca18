//! From Markdown to a tree of the few things a message may hold.

use pulldown_cmark::{Event, Options, Parser, Tag, TextMergeStream};

/// Deeper nesting is flattened, so that hostile text can't exhaust the stack.
const MAX_DEPTH: usize = 24;

/// A piece of a message.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// Plain text.
    Text(String),
    /// Code within a line.
    Code(String),
    /// `[n]`: the text before it rests on source `n`.
    Citation(u32),
    /// A line break.
    Break,
    /// A line across.
    Rule,
    /// Something with content.
    Element(Kind, Vec<Node>),
}

/// What an element is.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// A paragraph.
    Paragraph,
    /// A heading of any level.
    Heading,
    /// A quotation.
    Quote,
    /// Lines of code.
    CodeBlock,
    /// A list with bullets.
    Bullets,
    /// A list with numbers, from this one on.
    Numbers(u64),
    /// An item of a list.
    Item,
    /// A table.
    Table,
    /// A row of a table.
    Row,
    /// A cell of a table's first row.
    HeadCell,
    /// Any other cell.
    Cell,
    /// Stressed.
    Emphasis,
    /// Strongly stressed.
    Strong,
    /// Struck through.
    Strike,
    /// A link to this address.
    Link(String),
    /// Something that is not shown as itself, only its content.
    Nothing,
}

/// Reads Markdown.
pub fn parse(text: &str) -> Vec<Node> {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    let mut tree = Tree::default();
    for event in TextMergeStream::new(Parser::new_ext(text, options)) {
        tree.take(event);
    }
    tree.finish()
}

#[derive(Default)]
struct Tree {
    root: Vec<Node>,
    open: Vec<(Kind, Vec<Node>)>,
    in_table_head: bool,
}

impl Tree {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => {
                let kind = if self.open.len() < MAX_DEPTH {
                    self.kind(tag)
                } else {
                    Kind::Nothing
                };
                self.open.push((kind, Vec::new()));
            }
            Event::End(_) => self.close(),
            Event::Text(text) => self.text(&text),
            Event::Code(code) => self.add(Node::Code(code.into_string())),
            // HTML is shown as the text it is.
            Event::Html(html) | Event::InlineHtml(html) => self.add(Node::Text(html.into_string())),
            Event::SoftBreak => self.add(Node::Text(" ".to_owned())),
            Event::HardBreak => self.add(Node::Break),
            Event::Rule => self.add(Node::Rule),
            Event::FootnoteReference(_)
            | Event::TaskListMarker(_)
            | Event::InlineMath(_)
            | Event::DisplayMath(_) => {}
        }
    }

    fn kind(&mut self, tag: Tag<'_>) -> Kind {
        match tag {
            Tag::Paragraph => Kind::Paragraph,
            Tag::Heading { .. } => Kind::Heading,
            Tag::BlockQuote(_) => Kind::Quote,
            Tag::CodeBlock(_) => Kind::CodeBlock,
            Tag::List(None) => Kind::Bullets,
            Tag::List(Some(first)) => Kind::Numbers(first),
            Tag::Item => Kind::Item,
            Tag::Table(_) => Kind::Table,
            Tag::TableHead => {
                self.in_table_head = true;
                Kind::Row
            }
            Tag::TableRow => {
                self.in_table_head = false;
                Kind::Row
            }
            Tag::TableCell if self.in_table_head => Kind::HeadCell,
            Tag::TableCell => Kind::Cell,
            Tag::Emphasis => Kind::Emphasis,
            Tag::Strong => Kind::Strong,
            Tag::Strikethrough => Kind::Strike,
            Tag::Link { dest_url, .. } if is_safe(&dest_url) => Kind::Link(dest_url.into_string()),
            _ => Kind::Nothing,
        }
    }

    fn close(&mut self) {
        let Some((kind, nodes)) = self.open.pop() else {
            return;
        };
        match kind {
            Kind::Nothing => nodes.into_iter().for_each(|node| self.add(node)),
            kind => self.add(Node::Element(kind, nodes)),
        }
    }

    fn add(&mut self, node: Node) {
        match self.open.last_mut() {
            Some((_, nodes)) => nodes.push(node),
            None => self.root.push(node),
        }
    }

    fn text(&mut self, text: &str) {
        let literal = self
            .open
            .iter()
            .any(|(kind, _)| matches!(kind, Kind::CodeBlock | Kind::Link(_)));
        if literal {
            return self.add(Node::Text(text.to_owned()));
        }
        let mut rest = text;
        while let Some((before, number, after)) = next_citation(rest) {
            if !before.is_empty() {
                self.add(Node::Text(before.to_owned()));
            }
            self.add(Node::Citation(number));
            rest = after;
        }
        if !rest.is_empty() {
            self.add(Node::Text(rest.to_owned()));
        }
    }

    fn finish(mut self) -> Vec<Node> {
        while !self.open.is_empty() {
            self.close();
        }
        self.root
    }
}

/// The first `[n]` with what stands before and after it.
fn next_citation(text: &str) -> Option<(&str, u32, &str)> {
    let mut from = 0;
    while let Some(start) = text[from..].find('[').map(|i| from + i) {
        let inner = &text[start + 1..];
        let digits = inner.bytes().take_while(u8::is_ascii_digit).count();
        let closed = inner[digits..].starts_with(']');
        if (1..=3).contains(&digits) && closed {
            let number = inner[..digits].parse().ok()?;
            return Some((&text[..start], number, &inner[digits + 1..]));
        }
        from = start + 1;
    }
    None
}

/// Whether a link may be followed.
fn is_safe(url: &str) -> bool {
    let scheme = url.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
    matches!(scheme.as_deref(), Some("http" | "https" | "mailto"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Node {
        Node::Text(text.to_owned())
    }

    fn paragraph(nodes: Vec<Node>) -> Vec<Node> {
        vec![Node::Element(Kind::Paragraph, nodes)]
    }

    #[test]
    fn citations_are_found_and_other_brackets_left_alone() {
        let expected = vec![
            text("Yes "),
            Node::Citation(1),
            Node::Citation(12),
            text(". See [note], [1234] and [2"),
        ];
        assert_eq!(
            parse("Yes [1][12]. See [note], [1234] and [2"),
            paragraph(expected)
        );
    }

    #[test]
    fn code_and_links_keep_their_brackets() {
        assert_eq!(parse("`a[1]`"), paragraph(vec![Node::Code("a[1]".into())]));
        let link = Node::Element(Kind::Link("https://example.com/".into()), vec![text("at [1]")]);
        assert_eq!(parse("[at \\[1\\]](https://example.com/)"), paragraph(vec![link]));
    }

    #[test]
    fn html_is_text_and_images_leave_their_words() {
        assert_eq!(
            parse("<img src=x onerror=alert(1)>").first(),
            Some(&text("<img src=x onerror=alert(1)>"))
        );
        assert_eq!(
            parse("![a cat](https://evil.example/p.png)"),
            paragraph(vec![text("a cat")])
        );
    }

    #[test]
    fn links_of_other_schemes_are_plain_text() {
        for url in [
            "javascript:alert(1)",
            "JaVaScript:alert(1)",
            "data:text/html,x",
            "vbscript:x",
            "/relative",
        ] {
            assert_eq!(parse(&format!("[x]({url})")), paragraph(vec![text("x")]), "{url}");
        }
    }

    #[test]
    fn nesting_has_a_floor() {
        fn depth(nodes: &[Node]) -> usize {
            let of = |node: &Node| {
                if let Node::Element(_, nodes) = node {
                    1 + depth(nodes)
                } else {
                    0
                }
            };
            nodes.iter().map(of).max().unwrap_or(0)
        }
        assert!(depth(&parse(&">".repeat(5_000))) <= MAX_DEPTH);
    }
}
