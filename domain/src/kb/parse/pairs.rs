//! Questions with their answers: a page for each pair.

use api_types::pairs::Pair;

use super::{Page, ParseError, ParsedDocument, clean};

/// Reads pairs as they are stored, a JSON list.
pub(super) fn parse(bytes: &[u8]) -> Result<ParsedDocument, ParseError> {
    let pairs: Vec<Pair> =
        serde_json::from_slice(bytes).map_err(|_| ParseError::corrupt("list of questions"))?;
    let page = |pair: Pair| Page {
        number: None,
        heading: Some(clean::text(&pair.question)),
        markdown: pair.answer,
    };
    Ok(ParsedDocument {
        title: None,
        pages: pairs.into_iter().map(page).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::{ParseError, parse};

    #[test]
    fn each_pair_is_a_page_under_its_question() {
        let json = br#"[{"question":"Why?","answer":"Because.\r\nReally."},{"question":"\u200bGood?","answer":"\u2713"}]"#;
        let document = parse(json, "source.botwright-qa").unwrap();
        let pages: Vec<_> = document
            .pages
            .iter()
            .map(|page| (page.heading.as_deref(), page.markdown.as_str()))
            .collect();
        assert_eq!(
            pages,
            [(Some("Why?"), "Because.\nReally."), (Some("Good?"), "\u{2713}")]
        );
        let damaged = parse(b"[{}]", "source.botwright-qa");
        assert_eq!(damaged, Err(ParseError::Corrupt("list of questions".to_owned())));
    }
}
