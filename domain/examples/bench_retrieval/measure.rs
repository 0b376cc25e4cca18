//! Questions to figures.

use std::collections::HashSet;
use std::fmt::{Display, Formatter};

use domain::db::Db;
use domain::kb::embed::Embedder;
use domain::kb::search::{SearchOutcome, Searcher};
use domain::vectors::{Candidate, VectorIndex};
use futures::{StreamExt, stream};
use retrieval::fusion;
use uuid::Uuid;

use crate::ingest::{Ingested, Question};

/// Candidates taken from each side, and hits asked for: enough for ten different paragraphs.
const DEPTH: usize = 100;
const HITS: usize = 50;
/// Searches under way at once.
const CONCURRENCY: usize = 4;

/// Everything that a measurement needs.
#[derive(Clone, Copy)]
pub struct Bench<'a> {
    /// Holds the chunks.
    pub db: &'a Db,
    /// Finds them.
    pub index: &'a VectorIndex,
    /// Makes the questions' vectors.
    pub embedder: &'a Embedder,
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

/// The ways side by side.
pub struct Quality {
    questions: usize,
    ways: [(&'static str, Tally); 4],
}

/// How often questions were found answerable, in per cent.
#[derive(Default)]
pub struct Relevance {
    own: f64,
    other: f64,
    own_by_words: f64,
    other_by_words: f64,
}

impl Bench<'_> {
    /// Ranks every question's paragraph in each way.
    pub async fn quality(&self, questions: &[&Question]) -> Quality {
        let mut ways = ["BM25 only", "dense only", "RRF, k = 60", "DBSF (kb::search)"]
            .map(|name| (name, Tally::default()));
        let mut ranks = stream::iter(questions)
            .map(|question| self.ranks(question))
            .buffered(CONCURRENCY);
        while let Some(ranks) = ranks.next().await {
            for ((_, tally), rank) in ways.iter_mut().zip(ranks) {
                tally.count(rank);
            }
        }
        Quality {
            questions: questions.len(),
            ways,
        }
    }

    async fn ranks(&self, question: &Question) -> [Option<usize>; 4] {
        let ingested = self.ingested;
        let all = &ingested.knowledge_bases;
        let vector = self.embedder.embed_query(&question.text).await.unwrap();
        let candidates = self
            .index
            .search(&ingested.scope, all, &question.text, Some(&vector), DEPTH)
            .await
            .unwrap();
        let lexical = ranking(&candidates.found, |c| c.lexical);
        let dense = ranking(&candidates.found, |c| c.cosine);
        let reciprocal = fusion::reciprocal_rank(&[&lexical, &dense], 60.0);
        let outcome = self.search(Some(self.embedder), all, question, HITS).await;
        let found = outcome.hits.iter().filter_map(|hit| hit.chunk.id);
        let ids = |list: &[(Uuid, f32)]| list.iter().map(|(id, _)| *id).collect::<Vec<_>>();
        [ids(&lexical), ids(&dense), ids(&reciprocal), found.collect()]
            .map(|chunks| self.rank(&chunks, question))
    }

    /// Where the right paragraph is, counted from 0 over different paragraphs.
    fn rank(&self, chunks: &[Uuid], question: &Question) -> Option<usize> {
        let mut seen = HashSet::new();
        let paragraphs = chunks
            .iter()
            .map(|id| self.ingested.paragraph_of[id])
            .filter(|p| seen.insert(*p));
        paragraphs
            .take(10)
            .position(|paragraph| paragraph == question.paragraph)
    }

    /// Puts questions to their own article and to two others.
    pub async fn relevance(&self, questions: &[&Question]) -> Relevance {
        let mut relevance = Relevance::default();
        for question in questions {
            relevance.own += self.share_relevant(Some(self.embedder), question, &[0]).await;
            relevance.other += self.share_relevant(Some(self.embedder), question, &[7, 19]).await;
            relevance.own_by_words += self.share_relevant(None, question, &[0]).await;
            relevance.other_by_words += self.share_relevant(None, question, &[7, 19]).await;
        }
        relevance.scaled(100.0 / questions.len() as f64)
    }

    /// In how many of the articles, so many further on, something relevant is found.
    async fn share_relevant(
        &self,
        embedder: Option<&Embedder>,
        question: &Question,
        further: &[usize],
    ) -> f64 {
        let mut relevant = 0.0;
        for steps in further {
            let articles = &self.ingested.knowledge_bases;
            let article = articles[(question.article + steps) % articles.len()];
            relevant += f64::from(self.search(embedder, &[article], question, 10).await.relevant);
        }
        relevant / further.len() as f64
    }

    async fn search(
        &self,
        embedder: Option<&Embedder>,
        knowledge_bases: &[Uuid],
        question: &Question,
        limit: usize,
    ) -> SearchOutcome {
        let searcher = Searcher {
            db: self.db,
            vectors: self.index,
            embedder,
        };
        searcher
            .search(&self.ingested.scope, knowledge_bases, &question.text, limit)
            .await
            .unwrap()
    }
}

/// The best of one side.
fn ranking(candidates: &[Candidate], score: impl Fn(&Candidate) -> Option<f32>) -> Vec<(Uuid, f32)> {
    let mut scored: Vec<(Uuid, f32)> = candidates
        .iter()
        .filter_map(|c| Some((c.chunk_id, score(c)?)))
        .collect();
    scored.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    scored.truncate(DEPTH);
    scored
}

impl Tally {
    fn count(&mut self, rank: Option<usize>) {
        let Some(rank) = rank else { return };
        self.first += f64::from(rank == 0);
        self.first_five += f64::from(rank < 5);
        self.reciprocal_rank += 1.0 / (rank as f64 + 1.0);
    }
}

impl Relevance {
    fn scaled(&self, factor: f64) -> Self {
        Self {
            own: self.own * factor,
            other: self.other * factor,
            own_by_words: self.own_by_words * factor,
            other_by_words: self.other_by_words * factor,
        }
    }
}

impl Display for Quality {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{:20} {:>6} {:>6} {:>7}", "", "R@1", "R@5", "MRR@10")?;
        let n = self.questions as f64;
        for (name, tally) in &self.ways {
            let [first, five, mrr] =
                [tally.first, tally.first_five, tally.reciprocal_rank].map(|sum| sum / n);
            writeln!(f, "{name:20} {first:>6.3} {five:>6.3} {mrr:>7.3}")?;
        }
        Ok(())
    }
}

impl Display for Relevance {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        writeln!(
            f,
            "{:20} {:>12} {:>15}",
            "found relevant in", "own article", "other articles"
        )?;
        writeln!(
            f,
            "{:20} {:>10.1} % {:>13.1} %",
            "words and vectors", self.own, self.other
        )?;
        writeln!(
            f,
            "{:20} {:>10.1} % {:>13.1} %",
            "words alone", self.own_by_words, self.other_by_words
        )
    }
}
