//! Rich text to Markdown.

use serde_json::Value;

/// The words alone, in one line.
pub(super) fn plain(rich: &Value) -> String {
    let words: String = parts(rich)
        .filter_map(|part| part["plain_text"].as_str())
        .collect();
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Words with their emphasis and links.
pub(super) fn markdown(rich: &Value) -> String {
    parts(rich).map(part).collect()
}

fn parts(rich: &Value) -> impl Iterator<Item = &Value> {
    rich.as_array().map(Vec::as_slice).unwrap_or_default().iter()
}

fn part(part: &Value) -> String {
    let text = part["plain_text"].as_str().unwrap_or_default();
    let is = |name: &str| part["annotations"][name].as_bool().unwrap_or_default();
    if part["type"] == "equation" {
        return format!("${text}$");
    }
    // Marks beside white space would be no marks.
    let words = text.trim();
    if words.is_empty() {
        return text.to_owned();
    }
    let before = &text[..text.len() - text.trim_start().len()];
    let after = &text[text.trim_end().len()..];
    let mut marked = words.to_owned();
    if is("code") {
        let fence = if marked.contains('`') { "``" } else { "`" };
        marked = format!("{fence}{marked}{fence}");
    }
    for (name, mark) in [("bold", "**"), ("italic", "*"), ("strikethrough", "~~")] {
        if is(name) {
            marked = format!("{mark}{marked}{mark}");
        }
    }
    // A mention of another page has an address of Notion's own, which is a link like any other.
    if let Some(address) = part["href"].as_str().filter(|address| is_web(address)) {
        marked = format!("[{marked}]({address})");
    }
    format!("{before}{marked}{after}")
}

fn is_web(address: &str) -> bool {
    let is_web = ["https://", "http://", "mailto:"]
        .iter()
        .any(|scheme| address.starts_with(scheme));
    is_web && !address.contains([')', ' ', '\n'])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn emphasis_and_links_are_kept() {
        let part = |text: &str, marks: &[&str], href: Option<&str>| {
            let marks: serde_json::Map<_, _> = marks
                .iter()
                .map(|mark| ((*mark).to_owned(), json!(true)))
                .collect();
            json!({ "type": "text", "plain_text": text, "annotations": marks, "href": href })
        };
        let rich = json!([
            part("See ", &[], None),
            part("the manual ", &["bold", "italic"], Some("https://example.com/a")),
            part("or `x`", &["code"], None),
            part(" here", &[], Some("/local")),
            json!({ "type": "equation", "plain_text": "e=mc^2" }),
        ]);
        assert_eq!(
            markdown(&rich),
            "See [***the manual***](https://example.com/a) ``or `x``` here$e=mc^2$"
        );
        assert_eq!(plain(&rich), "See the manual or `x` heree=mc^2");
        assert_eq!(markdown(&json!(null)), "");
    }
}
