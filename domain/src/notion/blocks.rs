//! The blocks of a page to Markdown.

use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::Value;
use uuid::Uuid;

use api_types::connections::RemoteKind;

use super::{Notion, address, id_of, text};
use crate::outbound::Failure;

/// Deeper blocks are left out; Notion's own editor hardly goes so deep.
const MAX_DEPTH: usize = 20;
/// Most blocks of one page.
const MAX_BLOCKS: usize = 20_000;

/// What a page holds.
#[derive(Debug, Default)]
pub struct Contents {
    /// Its text.
    pub markdown: String,
    /// Pages and databases within it.
    pub children: Vec<(Uuid, RemoteKind)>,
}

/// Reads all blocks of a page. The error is that of any of the requests it takes.
pub async fn contents(notion: &Notion<'_>, page_id: Uuid) -> Result<Contents, Failure> {
    let mut reader = Reader {
        notion,
        children: Vec::new(),
        blocks: 0,
    };
    let markdown = reader.within(page_id, 0).await?;
    Ok(Contents {
        markdown,
        children: reader.children,
    })
}

struct Reader<'a> {
    notion: &'a Notion<'a>,
    children: Vec<(Uuid, RemoteKind)>,
    blocks: usize,
}

/// A block as text.
struct Piece {
    text: String,
    /// Follows an item of the same list without a blank line.
    is_item: bool,
}

impl Reader<'_> {
    /// The text of what is within a page or block.
    fn within(&mut self, id: Uuid, depth: usize) -> BoxFuture<'_, Result<String, Failure>> {
        async move {
            if depth > MAX_DEPTH {
                return Ok(String::new());
            }
            let (mut pieces, mut number) = (Vec::new(), 0);
            for block in self.blocks_of(id).await? {
                number = if block["type"] == "numbered_list_item" {
                    number + 1
                } else {
                    0
                };
                if let Some(piece) = self.piece(&block, number, depth).await? {
                    pieces.push(piece);
                }
            }
            Ok(join(&pieces))
        }
        .boxed()
    }

    async fn blocks_of(&mut self, id: Uuid) -> Result<Vec<Value>, Failure> {
        let (mut blocks, mut cursor) = (Vec::new(), None::<String>);
        loop {
            let part = self.notion.children(id, cursor.as_deref()).await?;
            // An empty part counts, too, so that there is an end.
            self.blocks += part.items.len().max(1);
            if self.blocks > MAX_BLOCKS {
                let message = "The page has more than 20,000 blocks. Split it.";
                return Err(Failure::Refused(message.to_owned()));
            }
            blocks.extend(part.items);
            cursor = part.next;
            if cursor.is_none() {
                return Ok(blocks);
            }
        }
    }

    /// The text of what is within a block; empty if there is nothing.
    async fn below(&mut self, block: &Value, depth: usize) -> Result<String, Failure> {
        match id_of(block) {
            Some(id) if block["has_children"].as_bool() == Some(true) => {
                match self.within(id, depth + 1).await {
                    // Taken away meanwhile, or the copy of a block of a page that is not shared.
                    Err(Failure::NotFound(_)) => Ok(String::new()),
                    other => other,
                }
            }
            _ => Ok(String::new()),
        }
    }

    async fn piece(&mut self, block: &Value, number: usize, depth: usize) -> Result<Option<Piece>, Failure> {
        let kind = block["type"].as_str().unwrap_or_default();
        let payload = &block[kind];
        let words = text::markdown(&payload["rich_text"]);
        let item = |marker: &str, below: &str| {
            let indent = " ".repeat(marker.len());
            // A paragraph right below would be one with the item.
            let between = if is_list(below) { "\n" } else { "\n\n" };
            Piece {
                text: format!("{marker}{}", indented(&both(&words, below, between), "", &indent)),
                is_item: true,
            }
        };
        let piece = match kind {
            "bulleted_list_item" => item("- ", &self.below(block, depth).await?),
            "numbered_list_item" => item(&format!("{number}. "), &self.below(block, depth).await?),
            "to_do" => {
                let is_done = payload["checked"].as_bool().unwrap_or_default();
                let marker = if is_done { "- [x] " } else { "- [ ] " };
                // Only the dash counts for what is below.
                let below = self.below(block, depth).await?;
                let between = if is_list(&below) { "\n" } else { "\n\n" };
                let below = indented(&below, "  ", "  ");
                Piece {
                    text: both(&format!("{marker}{}", words.replace('\n', " ")), &below, between),
                    is_item: true,
                }
            }
            _ => Piece {
                text: self.other(block, kind, payload, &words, depth).await?,
                is_item: false,
            },
        };
        Ok(Some(piece).filter(|piece| !piece.text.trim().is_empty()))
    }

    async fn other(
        &mut self,
        block: &Value,
        kind: &str,
        payload: &Value,
        words: &str,
        depth: usize,
    ) -> Result<String, Failure> {
        let one_line = || words.split_whitespace().collect::<Vec<_>>().join(" ");
        Ok(match kind {
            "heading_1" | "heading_2" | "heading_3" if !words.trim().is_empty() => {
                let level = usize::from(kind.as_bytes().last().map_or(1, |digit| digit - b'0'));
                let heading = format!("{} {}", "#".repeat(level), one_line());
                both(&heading, &self.below(block, depth).await?, "\n\n")
            }
            "quote" | "callout" => {
                let below = self.below(block, depth).await?;
                indented(&both(words, &below, "\n\n"), "> ", "> ")
            }
            "code" => code(payload),
            "equation" => format!("$$\n{}\n$$", payload["expression"].as_str().unwrap_or_default()),
            "divider" => "---".to_owned(),
            "table" => match id_of(block) {
                Some(id) => table(&self.blocks_of(id).await?),
                None => String::new(),
            },
            "child_page" => self.child(block, payload, RemoteKind::Page),
            "child_database" => self.child(block, payload, RemoteKind::Database),
            "bookmark" | "embed" | "link_preview" | "image" | "video" | "audio" | "file" | "pdf" => {
                linked(payload)
            }
            // Paragraphs and toggles; columns, synced blocks and the like have no words of their own.
            _ => both(words, &self.below(block, depth).await?, "\n\n"),
        })
    }

    /// A page of its own is linked, not read here.
    fn child(&mut self, block: &Value, payload: &Value, kind: RemoteKind) -> String {
        let Some(id) = id_of(block) else {
            return String::new();
        };
        self.children.push((id, kind));
        let title = payload["title"].as_str().unwrap_or_default();
        let title = if title.trim().is_empty() {
            "Untitled"
        } else {
            title
        };
        format!("[{}]({})", title.trim(), address(id, RemoteKind::Page))
    }
}

/// Whether a list stands first.
fn is_list(text: &str) -> bool {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    text.starts_with("- ") || (rest.len() < text.len() && rest.starts_with(". "))
}

/// Both texts, with `between` if there are two.
fn both(above: &str, below: &str, between: &str) -> String {
    match (above.trim().is_empty(), below.trim().is_empty()) {
        (true, _) => below.to_owned(),
        (false, true) => above.to_owned(),
        (false, false) => format!("{above}{between}{below}"),
    }
}

fn join(pieces: &[Piece]) -> String {
    let mut text = String::new();
    let mut was_item = false;
    for piece in pieces {
        if !text.is_empty() {
            text.push_str(if was_item && piece.is_item { "\n" } else { "\n\n" });
        }
        text.push_str(&piece.text);
        was_item = piece.is_item;
    }
    text
}

/// The text with `first` before its first line and `rest` before each other one that is not blank.
fn indented(text: &str, first: &str, rest: &str) -> String {
    let line = |(i, line): (usize, &str)| {
        let before = if i == 0 { first } else { rest };
        format!("{before}{line}").trim_end().to_owned()
    };
    text.lines().enumerate().map(line).collect::<Vec<_>>().join("\n")
}

fn code(payload: &Value) -> String {
    let text: String = payload["rich_text"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|part| part["plain_text"].as_str())
        .collect();
    let language = payload["language"].as_str().unwrap_or_default();
    let language = if language == "plain text" { "" } else { language };
    let mut fence = "```".to_owned();
    while text.contains(&fence) {
        fence.push('`');
    }
    format!("{fence}{language}\n{text}\n{fence}")
}

fn table(rows: &[Value]) -> String {
    let row = |row: &Value| {
        let cells = row["table_row"]["cells"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default();
        let cell = |cell: &Value| text::markdown(cell).replace('|', "\\|").replace('\n', " ");
        let cells: Vec<String> = cells.iter().map(cell).collect();
        (cells.len(), format!("| {} |", cells.join(" | ")))
    };
    let mut lines: Vec<String> = Vec::new();
    for (width, line) in rows.iter().map(row) {
        lines.push(line);
        if lines.len() == 1 {
            lines.push(format!("|{}", " --- |".repeat(width)));
        }
    }
    lines.join("\n")
}

/// A file or link by its words and address. Addresses of files that Notion keeps are only good for an hour.
fn linked(payload: &Value) -> String {
    let caption = text::markdown(&payload["caption"]);
    let address = payload["url"].as_str().or(payload["external"]["url"].as_str());
    match (address, caption.trim()) {
        (None, caption) => caption.to_owned(),
        (Some(address), "") => format!("<{address}>"),
        (Some(address), caption) => format!("{caption} <{address}>"),
    }
}
