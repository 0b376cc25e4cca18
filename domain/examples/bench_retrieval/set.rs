//! What is measured on: passages, and questions about them.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use crate::squad;

/// Passages in collections, and questions.
pub struct Set {
    /// Its name.
    pub name: &'static str,
    /// A knowledge base each.
    pub collections: Vec<Vec<Passage>>,
    /// All of them.
    pub questions: Vec<Question>,
}

/// A document of its own.
pub struct Passage {
    /// The document's title.
    pub title: String,
    /// Headings it stands under.
    pub headings: Vec<String>,
    /// The text.
    pub text: String,
}

/// A question to a collection.
pub struct Question {
    /// Its text.
    pub text: String,
    /// The collection it is about.
    pub collection: usize,
    /// The passage in it that answers; `None` if none does.
    pub passage: Option<usize>,
    /// Kinds of questions are also counted by themselves.
    pub kind: &'static str,
}

/// SQuAD v1.1, whose questions share many words with the paragraphs that answer them.
pub fn squad(path: &Path) -> Set {
    let (mut collections, mut questions) = (Vec::new(), Vec::new());
    for (article, collection) in squad::load(path).into_iter().zip(0..) {
        let title = article.title.replace('_', " ");
        let mut passages = Vec::new();
        for (paragraph, place) in article.paragraphs.into_iter().zip(0..) {
            questions.extend(paragraph.qas.into_iter().map(|qa| Question {
                text: qa.question,
                collection,
                passage: Some(place),
                kind: "all",
            }));
            passages.push(Passage {
                title: title.clone(),
                headings: Vec::new(),
                text: paragraph.context,
            });
        }
        collections.push(passages);
    }
    Set {
        name: "SQuAD",
        collections,
        questions,
    }
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Line {
    Passage {
        id: String,
        org: String,
        title: String,
        heading: String,
        text: String,
    },
    Question {
        org: String,
        lang: String,
        text: String,
        answer: Option<String>,
    },
}

/// Help centres of imaginary organisations, written for this benchmark: questions in other words than the passages'.
pub fn help() -> Set {
    let mut set = Set {
        name: "help centres",
        collections: Vec::new(),
        questions: Vec::new(),
    };
    let mut organisations: BTreeMap<String, usize> = BTreeMap::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for line in include_str!("help.jsonl").lines() {
        let line: Line = serde_json::from_str(line).expect("a passage or a question");
        match line {
            Line::Passage {
                id,
                org,
                title,
                heading,
                text,
            } => {
                let collection = *organisations.entry(org).or_insert(set.collections.len());
                if collection == set.collections.len() {
                    set.collections.push(Vec::new());
                }
                let passages = &mut set.collections[collection];
                places.insert(id, passages.len());
                passages.push(Passage {
                    title,
                    headings: vec![heading],
                    text,
                });
            }
            Line::Question {
                org,
                lang,
                text,
                answer,
            } => set.questions.push(Question {
                text,
                collection: organisations[&org],
                passage: answer.map(|id| places[&id]),
                kind: if lang == "en" {
                    "English"
                } else {
                    "de, es, fr, pt, ru"
                },
            }),
        }
    }
    set
}
