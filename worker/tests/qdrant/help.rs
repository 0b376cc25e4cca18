//! The help centres that retrieval is measured on: many organisations, several languages.

use std::collections::BTreeMap;
use std::path::Path;

use api_types::kb::NewSource;
use serde::Deserialize;

use crate::fixture::text;

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Line {
    Passage {
        org: String,
        title: String,
        heading: String,
        text: String,
    },
    Question {
        org: String,
        text: String,
    },
}

/// Half of the organisations.
#[derive(Default)]
pub struct Half {
    /// A document for each page.
    pub sources: Vec<NewSource>,
    /// Questions about them, some of each language.
    pub questions: Vec<String>,
}

/// Every `every`th question is taken.
pub fn halves(every: usize) -> [Half; 2] {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../domain/examples/bench_retrieval/help.jsonl");
    let lines = std::fs::read_to_string(path).unwrap();
    let mut places = BTreeMap::new();
    let mut pages: [BTreeMap<String, String>; 2] = Default::default();
    let mut halves: [Half; 2] = Default::default();
    let mut place = |org: String| {
        let next = places.len();
        *places.entry(org).or_insert(next) % 2
    };
    for (i, line) in lines.lines().enumerate() {
        match serde_json::from_str(line).unwrap() {
            Line::Passage {
                org,
                title,
                heading,
                text,
            } => {
                let page = pages[place(org)].entry(title).or_default();
                page.push_str(&format!("## {heading}\n\n{text}\n\n"));
            }
            Line::Question { org, text } if i % every == 0 => halves[place(org)].questions.push(text),
            Line::Question { .. } => {}
        }
    }
    for (half, pages) in halves.iter_mut().zip(pages) {
        half.sources = pages
            .into_iter()
            .map(|(title, page)| text(&title, &page))
            .collect();
    }
    halves
}
