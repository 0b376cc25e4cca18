//! SQuAD v1.1, Rajpurkar et al. 2016, as gzipped JSON.

use std::fs::File;
use std::path::Path;

use flate2::read::GzDecoder;
use serde::Deserialize;

#[derive(Deserialize)]
struct Squad {
    data: Vec<Article>,
}

/// A Wikipedia article.
#[derive(Deserialize)]
pub struct Article {
    /// Its name, with underscores for spaces.
    pub title: String,
    /// In order.
    pub paragraphs: Vec<Paragraph>,
}

/// A paragraph and what was asked about it.
#[derive(Deserialize)]
pub struct Paragraph {
    /// The text.
    pub context: String,
    /// Questions that it answers.
    pub qas: Vec<Question>,
}

/// A question.
#[derive(Deserialize)]
pub struct Question {
    /// Its text.
    pub question: String,
}

/// Reads the file.
pub fn load(path: &Path) -> Vec<Article> {
    let file = File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let squad: Squad = serde_json::from_reader(GzDecoder::new(file)).expect("SQuAD as gzipped JSON");
    squad.data
}
