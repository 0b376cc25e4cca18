//! Web pages: the main content by `dom_smoothie` (a port of Mozilla's Readability), to Markdown by `htmd`.

use dom_smoothie::Readability;
use htmd::element_handler::{HandlerResult, Handlers};
use htmd::options::{BulletListMarker, Options};
use htmd::{Element, HtmlToMarkdown};

use super::{ParseError, ParsedDocument, catch, decode};

/// What is never content, wherever it stands.
const NOISE: [&str; 13] = [
    "head", "script", "style", "noscript", "template", "svg", "iframe", "canvas", "nav", "aside", "footer",
    "button", "dialog",
];

/// The part of a page's words that its main content should have; with less, something was missed.
const MAIN_CONTENT_SHARE: f64 = 0.3;

/// Elements that never hold one another without end.
const SHALLOW: [&[u8]; 31] = [
    b"p",
    b"li",
    b"dt",
    b"dd",
    b"option",
    b"optgroup",
    b"tr",
    b"td",
    b"th",
    b"thead",
    b"tbody",
    b"tfoot",
    b"colgroup",
    b"rt",
    b"rp",
    b"area",
    b"base",
    b"br",
    b"col",
    b"embed",
    b"hr",
    b"img",
    b"input",
    b"link",
    b"meta",
    b"param",
    b"path",
    b"source",
    b"track",
    b"wbr",
    b"script",
];

/// Deepest nesting of the others.
const MAX_DEPTH: usize = 1_000;

pub(super) fn parse(bytes: &[u8]) -> Result<ParsedDocument, ParseError> {
    let html = decode::decode_html(bytes);
    check_depth(&html)?;
    catch(|| convert(&html))
        .flatten()
        .ok_or_else(|| ParseError::corrupt("HTML page"))
}

/// All of a page that is a part of something else, such as a chapter or a letter.
pub(super) fn fragment(html: &str) -> Result<String, ParseError> {
    check_depth(html)?;
    catch(|| to_markdown(html))
        .flatten()
        .ok_or_else(|| ParseError::corrupt("HTML page"))
}

/// Refuses a page whose elements would be nested deeper than the stack allows; browsers stop at 512. Elements that
/// are closed by what follows them, as paragraphs and list items are, don't count, and neither do those without
/// content.
fn check_depth(html: &str) -> Result<(), ParseError> {
    let mut depth = 0_usize;
    for at in memchr::memchr_iter(b'<', html.as_bytes()) {
        let tag = &html.as_bytes()[at + 1..];
        let (closing, tag) = match tag.strip_prefix(b"/") {
            Some(tag) => (true, tag),
            None => (false, tag),
        };
        let length = tag
            .iter()
            .take(12)
            .take_while(|byte| byte.is_ascii_alphanumeric())
            .count();
        let name = tag[..length].to_ascii_lowercase();
        if length == 0 || SHALLOW.contains(&name.as_slice()) {
            continue;
        }
        let levels = levels(&name);
        depth = if closing {
            depth.saturating_sub(levels)
        } else {
            depth + levels
        };
        if depth > MAX_DEPTH {
            return Err(ParseError::nested());
        }
    }
    Ok(())
}

/// How deep an element brings what stands in it, those included that it can't be without and that don't count
/// themselves: a table within a cell lies below a part of the table, a row and the cell.
const fn levels(name: &[u8]) -> usize {
    match name {
        b"table" => 4,
        b"ul" | b"ol" | b"dl" => 2,
        _ => 1,
    }
}

fn convert(html: &str) -> Option<ParsedDocument> {
    let whole = to_markdown(html)?;
    let mut readability = Readability::new(html, None, None).ok()?;
    let title = readability.get_article_title().to_string();
    let main = readability
        .parse()
        .ok()
        .and_then(|article| to_markdown(&article.content))
        .unwrap_or_default();
    let enough = words(&main) as f64 >= words(&whole) as f64 * MAIN_CONTENT_SHARE;
    let markdown = if enough { with_heading(main, &whole) } else { whole };
    Some(ParsedDocument::single(Some(title), markdown))
}

/// Readability takes away the heading of an article, because it shows the title elsewhere.
fn with_heading(main: String, whole: &str) -> String {
    let heading = |markdown: &str| {
        markdown
            .lines()
            .find(|line| line.starts_with("# "))
            .map(str::to_owned)
    };
    match heading(whole) {
        Some(first) if heading(&main).is_none() => format!("{first}\n\n{main}"),
        _ => main,
    }
}

fn words(markdown: &str) -> usize {
    markdown
        .split_whitespace()
        .filter(|word| word.contains(char::is_alphanumeric))
        .count()
}

fn to_markdown(html: &str) -> Option<String> {
    let options = Options {
        bullet_list_marker: BulletListMarker::Dash,
        ul_bullet_spacing: 1,
        ol_number_spacing: 1,
        ..Options::default()
    };
    let converter = HtmlToMarkdown::builder()
        .options(options)
        .skip_tags(NOISE.to_vec())
        .add_handler(vec!["a"], link)
        .add_handler(vec!["img"], image)
        .build();
    let markdown = converter.convert(html).ok()?;
    Some(
        markdown
            .lines()
            .map(narrow_table_row)
            .collect::<Vec<_>>()
            .join("\n"),
    )
}

/// Keeps links to other sites; relative ones lead nowhere outside the page.
fn link(handlers: &dyn Handlers, element: Element<'_>) -> Option<HandlerResult> {
    let absolute = |url: &str| url.starts_with("https://") || url.starts_with("http://");
    if attribute(&element, "href").is_some_and(|url| absolute(&url)) {
        return handlers.fallback(element);
    }
    Some(handlers.walk_children(element.node))
}

/// An image says what its description says.
#[expect(clippy::needless_pass_by_value, reason = "the shape `add_handler` wants")]
fn image(_: &dyn Handlers, element: Element<'_>) -> Option<HandlerResult> {
    Some(attribute(&element, "alt").unwrap_or_default().into())
}

fn attribute(element: &Element<'_>, name: &str) -> Option<String> {
    element
        .attrs
        .iter()
        .find(|attribute| &*attribute.name.local == name)
        .map(|attribute| attribute.value.to_string())
}

/// Columns are padded to equal width, which costs tokens and says nothing.
fn narrow_table_row(line: &str) -> String {
    if !line.starts_with('|') {
        return line.to_owned();
    }
    let cells = line.split('|').map(|cell| {
        let cell = cell.trim();
        if cell.len() > 3 && cell.bytes().all(|byte| byte == b'-') {
            "---"
        } else {
            cell
        }
    });
    cells.collect::<Vec<_>>().join(" | ").trim().to_owned()
}
