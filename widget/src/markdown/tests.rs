use super::{Block, Inline};
use alloc::string::String;
use alloc::vec::Vec;
use alloc::{format, vec};
use std::time::{Duration, Instant};

fn parse(source: &str) -> Vec<Block> {
    super::parse(source).into_iter().map(|(block, _)| block).collect()
}

fn text(text: &str) -> Inline {
    Inline::Text(text.into())
}

fn paragraph(source: &str) -> Vec<Inline> {
    match <[Block; 1]>::try_from(parse(source)) {
        Ok([Block::Paragraph(inlines)]) => inlines,
        other => panic!("{source:?} is not one paragraph: {other:?}"),
    }
}

/// The links of a tree, in order.
fn links(blocks: &[Block]) -> Vec<String> {
    fn inlines(list: &[Inline], found: &mut Vec<String>) {
        for inline in list {
            match inline {
                Inline::Link { url, label } => {
                    found.push(url.clone());
                    inlines(label, found);
                }
                Inline::Strong(inner) | Inline::Emphasis(inner) | Inline::Struck(inner) => {
                    inlines(inner, found);
                }
                Inline::Text(_) | Inline::Code(_) | Inline::Cite(_) | Inline::Break => {}
            }
        }
    }
    fn walk(blocks: &[Block], found: &mut Vec<String>) {
        for block in blocks {
            match block {
                Block::Paragraph(list) | Block::Heading(_, list) => inlines(list, found),
                Block::List { items, .. } => items.iter().for_each(|item| walk(item, found)),
                Block::Quote(inner) => walk(inner, found),
                Block::Table { head, rows } => {
                    head.iter()
                        .chain(rows.iter().flatten())
                        .for_each(|cell| inlines(cell, found));
                }
                Block::Code(_) | Block::Rule => {}
            }
        }
    }
    let mut found = Vec::new();
    walk(blocks, &mut found);
    found
}

#[test]
fn paragraphs_join_lines_and_keep_forced_breaks() {
    assert_eq!(paragraph("one\n  two\r\nthree"), [text("one two three")]);
    assert_eq!(
        paragraph("one  \ntwo\\\nthree"),
        [
            text("one"),
            Inline::Break,
            text("two"),
            Inline::Break,
            text("three")
        ]
    );
    assert_eq!(parse("one\n\n\ntwo").len(), 2);
    assert_eq!(parse(" \n\t\n"), []);
}

#[test]
fn emphasis_nests_and_closes_where_it_should() {
    assert_eq!(
        paragraph("a **b *c* d** _e_ ~~f~~"),
        [
            text("a "),
            Inline::Strong(vec![text("b "), Inline::Emphasis(vec![text("c")]), text(" d")]),
            text(" "),
            Inline::Emphasis(vec![text("e")]),
            text(" "),
            Inline::Struck(vec![text("f")]),
        ]
    );
    assert_eq!(
        paragraph("***x***"),
        [Inline::Strong(vec![Inline::Emphasis(vec![text("x")])])]
    );
    assert_eq!(
        paragraph("**a *b***"),
        [Inline::Strong(vec![
            text("a "),
            Inline::Emphasis(vec![text("b")])
        ])]
    );
}

#[test]
fn marks_that_are_not_emphasis_stay() {
    for source in [
        "2 * 3 * 4",
        "snake_case_name",
        "**open",
        "a ** b",
        "x *",
        "x ****",
        "~x~",
        "** a **",
        "_a",
        "5*",
    ] {
        assert_eq!(paragraph(source), [text(source)], "{source}");
    }
    assert_eq!(paragraph(r"\*a\* \[1\] \<b>"), [text("*a* [1] <b>")]);
}

#[test]
fn code_spans_are_verbatim() {
    assert_eq!(paragraph("`**a** [1]`"), [Inline::Code("**a** [1]".into())]);
    assert_eq!(paragraph("`` `x` ``"), [Inline::Code("`x`".into())]);
    assert_eq!(paragraph("a ` b `` c"), [text("a ` b `` c")]);
}

#[test]
fn citations_are_numbers_in_brackets() {
    assert_eq!(
        paragraph("So.[1][12]"),
        [text("So."), Inline::Cite(1), Inline::Cite(12)]
    );
    assert_eq!(
        paragraph("[1, 2,3]"),
        [Inline::Cite(1), Inline::Cite(2), Inline::Cite(3)]
    );
    assert_eq!(paragraph("[999]"), [Inline::Cite(999)]);
    for source in [
        "[0]",
        "[1000]",
        "[a]",
        "[]",
        "[-1]",
        "[+1]",
        "[1",
        "[1,]",
        "[99999999999999999999]",
        "[１]",
    ] {
        assert_eq!(paragraph(source), [text(source)], "{source}");
    }
}

#[test]
fn links_need_a_safe_scheme() {
    assert_eq!(
        paragraph("[a **b**](https://x.example/y_(z) \"title\")"),
        [Inline::Link {
            url: "https://x.example/y_(z)".into(),
            label: vec![text("a "), Inline::Strong(vec![text("b")])]
        }]
    );
    assert_eq!(
        links(&parse("[m](mailto:a@b.example) <http://c.example>")),
        ["mailto:a@b.example", "http://c.example"]
    );
    assert_eq!(paragraph("[1](javascript:alert(1))"), [text("1")]);
    assert_eq!(paragraph("[x](/admin)"), [text("x")]);
}

#[test]
fn bare_addresses_end_before_punctuation() {
    for (source, url) in [
        ("See https://a.example/b.", "https://a.example/b"),
        ("(https://a.example/b)", "https://a.example/b"),
        ("https://a.example/b_(c), and", "https://a.example/b_(c)"),
        ("**https://a.example**", "https://a.example"),
        ("https://a.example[1]", "https://a.example"),
    ] {
        assert_eq!(links(&parse(source)), [url], "{source}");
    }
    assert_eq!(
        links(&parse("xhttps://a.example, `https://b.example`, https://")),
        [] as [&str; 0]
    );
}

#[test]
fn links_do_not_nest() {
    let tree = parse("[https://a.example and [b](https://b.example)](https://c.example)");
    assert_eq!(links(&tree), ["https://c.example"]);
}

#[test]
fn images_become_links() {
    assert_eq!(
        paragraph("![a cat](https://x.example/cat.png)"),
        [Inline::Link {
            url: "https://x.example/cat.png".into(),
            label: vec![text("a cat")]
        }]
    );
}

#[test]
fn nothing_hostile_becomes_a_link() {
    for source in [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](JAVASCRIPT:alert(1))",
        "[x](<javascript:alert(1)>)",
        "[x](java&#115;cript:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "![x](javascript:alert(1))",
        "<javascript:alert(1)>",
        "[x](\u{1}javascript:alert(1))",
        "[x]( \tjavascript:alert(1))",
        "[x](vbscript:msgbox)",
        "[x](//evil.example)",
        "| [x](javascript:1) |\n|---|\n| <svg/onload=1> |",
    ] {
        assert_eq!(links(&parse(source)), [] as [&str; 0], "{source}");
    }
    assert_eq!(
        paragraph("<script>alert(1)</script>"),
        [text("<script>alert(1)</script>")]
    );
}

#[test]
fn fences_keep_their_text_and_may_be_open() {
    assert_eq!(
        parse("```rust\nlet a = 1;\n\n  b\n```\nx")[0],
        Block::Code("let a = 1;\n\n  b".into())
    );
    assert_eq!(parse("```\n**a**\n[1]"), [Block::Code("**a**\n[1]".into())]);
    assert_eq!(parse("```"), [Block::Code(String::new())]);
    assert_eq!(parse("````\n```\n````"), [Block::Code("```".into())]);
    assert_eq!(parse("- a\n  ```\n  x\n  ```\n- b").len(), 1);
}

#[test]
fn headings_rules_and_quotes() {
    assert_eq!(
        parse("## A b ##\ntext\n---\n> q\n> > r"),
        [
            Block::Heading(2, vec![text("A b")]),
            Block::Paragraph(vec![text("text")]),
            Block::Rule,
            Block::Quote(vec![
                Block::Paragraph(vec![text("q")]),
                Block::Quote(vec![Block::Paragraph(vec![text("r")])])
            ]),
        ]
    );
    assert_eq!(paragraph("####### a"), [text("####### a")]);
    assert_eq!(paragraph("#hash"), [text("#hash")]);
}

#[test]
fn lists_nest_and_continue() {
    let item = |source: &str| vec![Block::Paragraph(vec![text(source)])];
    assert_eq!(
        parse("- a\n- b\n\n* c"),
        [Block::List {
            start: None,
            items: vec![item("a"), item("b"), item("c")]
        }]
    );
    assert_eq!(
        parse("3. a\n4) b\n   more"),
        [Block::List {
            start: Some(3),
            items: vec![item("a"), item("b more")]
        }]
    );
    let [Block::List { items, .. }] = &parse("1. a\n  - b\n  - c\n2. d")[..] else {
        panic!("not one list")
    };
    assert_eq!(items.len(), 2);
    assert_eq!(
        items[0][1],
        Block::List {
            start: None,
            items: vec![item("b"), item("c")]
        }
    );
    assert_eq!(parse("- a\n\ntext").len(), 2);
    assert_eq!(parse("- a\n1. b").len(), 2);
    assert_eq!(paragraph("In\n1986. A year"), [text("In 1986. A year")]);
    assert_eq!(
        parse("-"),
        [Block::List {
            start: None,
            items: vec![vec![]]
        }]
    );
}

#[test]
fn tables_are_as_wide_as_their_head() {
    let cell = |source: &str| vec![text(source)];
    assert_eq!(
        parse("| a | b \\| c |\n|:--|--:|\n| 1 |\n| 2 | 3 | 4 |\ntext"),
        [
            Block::Table {
                head: vec![cell("a"), cell("b | c")],
                rows: vec![vec![cell("1"), vec![]], vec![cell("2"), cell("3")]],
            },
            Block::Paragraph(vec![text("text")]),
        ]
    );
    assert_eq!(parse("a | b\nc | d").len(), 1);
    assert!(matches!(parse("a | b\n-- | -- | --")[0], Block::Paragraph(_)));
}

#[test]
fn every_prefix_of_a_message_has_a_reading() {
    let message = "# Überschrift\n\n1. **eins** `code` [1]\n   - zwei 👋\n\n```js\nx\n```\n\n| a | b |\n|--|--|\n| [c](https://d.example) | ~~e~~ |\n\n> q";
    for end in (0..=message.len()).filter(|end| message.is_char_boundary(*end)) {
        parse(&message[..end]);
    }
}

#[test]
fn blocks_with_the_same_end_are_the_same_while_text_is_added() {
    let message =
        "1. a\n\n2. b\n\ntext\nmore\n\na | b\n--|--\n1 | 2\n\n```\nx\n\ny\n```\n- c\n\n\n- d\n> q\n\n**e**";
    let mut before: Vec<(Block, usize)> = Vec::new();
    for end in 0..=message.len() {
        let now = super::parse(&message[..end]);
        let settled = before.len().saturating_sub(1);
        let same = before[..settled]
            .iter()
            .zip(&now)
            .take_while(|(old, new)| old.1 == new.1)
            .count();
        assert_eq!(before[..same], now[..same], "{:?}", &message[..end]);
        before = now;
    }
    assert_eq!(before.len(), 7);
}

#[test]
fn hostile_repetition_costs_little() {
    let count = 20_000;
    for unit in [
        "*", "**a ", "_", "`", "` `` ", "[", "![", "[a](", "<", ">", "> ", "- ", "|", "~~", "\\", "h", "[1",
        "* a\n", "    ",
    ] {
        let started = Instant::now();
        parse(&unit.repeat(count));
        parse(&format!("{}x", unit.repeat(count)));
        assert!(
            started.elapsed() < Duration::from_secs(5),
            "{unit:?} took {:?}",
            started.elapsed()
        );
    }
}
