//! Questions to figures.

use std::collections::{BTreeMap, HashSet};
use std::fmt::{Display, Formatter};
use std::sync::Arc;

use api_types::retrieval::{Place, Trace};
use domain::db::Db;
use domain::embeddings::Model;
use domain::kb::embed::Embedder;
use domain::kb::search::{ReadChunks, Search, SearchOutcome, Searcher};
use domain::vectors::VectorIndex;
use futures::{StreamExt, stream};
use retrieval::fusion;
use uuid::Uuid;

use crate::ingest::Ingested;
use crate::set::Question;

/// Searches under way at once.
const CONCURRENCY: usize = 4;

/// The ways to rank, each with what came before it.
const WAYS: [&str; 5] = [
    "BM25 only",
    "dense only",
    "RRF, k = 60",
    "DBSF",
    "DBSF + closeness (kb::search)",
];

/// Everything that a measurement needs.
#[derive(Clone, Copy)]
pub struct Bench<'a> {
    /// Holds the chunks.
    pub db: &'a Db,
    /// Finds them.
    pub index: &'a VectorIndex,
    /// Makes the questions' vectors.
    pub embedder: &'a Arc<Embedder>,
    /// What is there.
    pub ingested: &'a Ingested,
}

/// How one way of ranking did: sums over questions.
#[derive(Clone, Copy, Default)]
struct Tally {
    first: f64,
    first_five: f64,
    reciprocal_rank: f64,
}

/// The ways side by side, for each kind of question.
#[derive(Default)]
pub struct Quality(BTreeMap<&'static str, (usize, [Tally; WAYS.len()])>);

impl Bench<'_> {
    /// Ranks the passage that answers each question in each way, among all passages of all collections.
    pub async fn quality(&self, questions: &[&Question]) -> Quality {
        let mut quality = Quality::default();
        let answered = questions.iter().filter(|question| question.passage.is_some());
        let mut ranks = stream::iter(answered)
            .map(|question| self.ranks(question))
            .buffered(CONCURRENCY);
        while let Some((kind, ranks)) = ranks.next().await {
            let (count, tallies) = quality.0.entry(kind).or_default();
            *count += 1;
            for (tally, rank) in tallies.iter_mut().zip(ranks) {
                tally.count(rank);
            }
        }
        quality
    }

    async fn ranks(&self, question: &Question) -> (&'static str, [Option<usize>; WAYS.len()]) {
        let all = &self.ingested.knowledge_bases;
        let outcome = self
            .search(Some(self.embedder), &Search::new(all, &question.text, 50))
            .await;
        let traces = &outcome.traces;
        let lexical = ranking(traces, |trace| trace.lexical);
        let dense = ranking(traces, |trace| trace.vector);
        let reciprocal = fusion::reciprocal_rank(&[&lexical, &dense], 60.0);
        let lists = [
            lexical,
            dense,
            reciprocal,
            ranking(traces, |trace| trace.fused),
            ranking(traces, |trace| trace.close),
        ];
        (question.kind, lists.map(|list| self.rank(&list, question)))
    }

    /// Where the right passage is, counted from 0 over different passages.
    fn rank(&self, list: &[(Uuid, f32)], question: &Question) -> Option<usize> {
        let mut seen = HashSet::new();
        let documents = list
            .iter()
            .map(|(id, _)| self.ingested.document_of[id])
            .filter(|document| seen.insert(*document));
        let right = self.ingested.documents[question.collection][question.passage?];
        documents.take(10).position(|document| document == right)
    }

    pub(crate) async fn search(
        &self,
        embedder: Option<&Arc<Embedder>>,
        search: &Search<'_>,
    ) -> SearchOutcome {
        let model = embedder.map(|embedder| Model::built_in(Arc::clone(embedder)));
        let searcher = Searcher {
            db: self.db,
            vectors: self.index,
            chunks: &ReadChunks::default(),
            model: model.as_ref(),
        };
        searcher.search(&self.ingested.scope, search).await.unwrap()
    }
}

/// By one of the rankings, best first.
fn ranking(traces: &[Trace], place: impl Fn(&Trace) -> Option<Place>) -> Vec<(Uuid, f32)> {
    let mut ranked: Vec<(u32, Uuid, f32)> = traces
        .iter()
        .filter_map(|trace| {
            let place = place(trace)?;
            Some((place.rank?, trace.chunk_id, place.score))
        })
        .collect();
    ranked.sort_by_key(|(rank, ..)| *rank);
    ranked.into_iter().map(|(_, id, score)| (id, score)).collect()
}

impl Tally {
    fn count(&mut self, rank: Option<usize>) {
        let Some(rank) = rank else { return };
        self.first += f64::from(rank == 0);
        self.first_five += f64::from(rank < 5);
        self.reciprocal_rank += 1.0 / (rank as f64 + 1.0);
    }
}

impl Display for Quality {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        for (kind, (questions, tallies)) in &self.0 {
            let title = format!("{questions} questions, {kind}");
            writeln!(f, "{title:30} {:>6} {:>6} {:>7}", "R@1", "R@5", "MRR@10")?;
            for (name, tally) in WAYS.iter().zip(tallies) {
                let [first, five, mrr] =
                    [tally.first, tally.first_five, tally.reciprocal_rank].map(|sum| sum / *questions as f64);
                writeln!(f, "{name:30} {first:>6.3} {five:>6.3} {mrr:>7.3}")?;
            }
        }
        Ok(())
    }
}
