//! How often questions are called answerable.

use std::collections::HashSet;
use std::fmt::{Display, Formatter};
use std::fs::File;
use std::io::Write;
use std::sync::Arc;

use domain::kb::embed::Embedder;
use domain::kb::search::{Search, SearchOutcome};
use uuid::Uuid;

use crate::measure::Bench;
use crate::set::{Question, Set};

/// How many hits a bot is given.
const HITS: usize = 6;

/// What a question is put to.
const SITUATIONS: [&str; 4] = [
    "its own collection",
    "without the passage that answers",
    "no passage answers it",
    "another collection",
];

/// Questions and how many of them were called answerable, by words and vectors, and by words alone.
#[derive(Default)]
pub struct Relevance([(usize, usize, usize); SITUATIONS.len()]);

impl Bench<'_> {
    /// Puts questions to collections that answer them and to others. What the decision is made from is written to
    /// `features`, a line each, for fitting.
    pub async fn relevance(
        &self,
        set: &Set,
        questions: &[&Question],
        mut features: Option<File>,
    ) -> Relevance {
        let mut relevance = Relevance::default();
        for question in questions {
            for (situation, collection, only) in self.situations(set, question) {
                let knowledge_base = [self.ingested.knowledge_bases[collection]];
                let search = Search {
                    document_ids: only.as_ref(),
                    ..Search::new(&knowledge_base, &question.text, HITS)
                };
                let (count, both, words) = &mut relevance.0[situation];
                *count += 1;
                let embedders: [Option<&Arc<Embedder>>; 2] = [Some(self.embedder), None];
                for (embedder, relevant) in embedders.into_iter().zip([both, words]) {
                    let outcome = self.search(embedder, &search).await;
                    *relevant += usize::from(outcome.relevant);
                    if let Some(file) = &mut features {
                        write(file, set, situation, &outcome);
                    }
                }
            }
        }
        relevance
    }

    /// Each situation that the question can be put into: its number, the collection, the documents.
    fn situations(&self, set: &Set, question: &Question) -> Vec<(usize, usize, Option<HashSet<Uuid>>)> {
        let other = (question.collection + 7) % set.collections.len();
        let Some(passage) = question.passage else {
            return vec![(2, question.collection, None)];
        };
        let mut without = self.ingested.documents[question.collection].clone();
        without.remove(passage);
        vec![
            (0, question.collection, None),
            (1, question.collection, Some(without.into_iter().collect())),
            (3, other, None),
        ]
    }
}

fn write(file: &mut File, set: &Set, situation: usize, outcome: &SearchOutcome) {
    let hits: Vec<_> = outcome
        .hits
        .iter()
        .take(3)
        .map(|hit| serde_json::json!([hit.cosine, hit.covered, hit.lexical, hit.score]))
        .collect();
    let line = serde_json::json!({
        "set": set.name, "situation": situation, "degraded": outcome.degraded, "hits": hits,
    });
    writeln!(file, "{line}").expect("a line written");
}

impl Display for Relevance {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        writeln!(
            f,
            "{:34} {:>9} {:>18} {:>12}",
            "called answerable", "questions", "words and vectors", "words alone"
        )?;
        let percent = |part: usize, of: usize| 100.0 * part as f64 / of.max(1) as f64;
        for (situation, (count, both, words)) in SITUATIONS.iter().zip(self.0) {
            let (both, words) = (percent(both, count), percent(words, count));
            writeln!(f, "{situation:34} {count:>9} {both:>16.1} % {words:>10.1} %")?;
        }
        Ok(())
    }
}
