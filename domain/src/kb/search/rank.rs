//! Candidates in the order of their worth.

use std::collections::HashMap;
use std::sync::Arc;

use api_types::retrieval::{Fate, Place, Trace};
use retrieval::closeness::{Closeness, Sentences, closeness};
use retrieval::fusion;
use retrieval::words::Query;
use uuid::Uuid;

use super::rows::Row;
use super::{CANDIDATES, Hit};
use crate::vectors::{Candidate, Candidates};

/// How many of the fused list are read and looked at closely.
pub(super) const SHORTLIST: usize = 50;

/// What closeness counts beside the cosine. Both are taken as they are, not scaled to what else was found: where no
/// passage has the words of a question, words must not decide, and where one has all of them, they should.
const CLOSENESS_WEIGHT: f32 = 0.2;

/// What the best BM25 score counts beside closeness where there are no vectors.
const LEXICAL_WEIGHT: f32 = 2.0;

/// What a step of importance is worth: about the distance between the first and the third.
const IMPORTANCE: f32 = 0.05;

/// Chunks with a score each.
type Scored = Vec<(Uuid, f32)>;

/// A candidate on its way.
#[derive(Debug)]
pub(super) struct Ranked {
    pub(super) trace: Trace,
    /// Once it was looked at, until it is chosen or not.
    pub(super) hit: Option<Hit>,
}

/// By both sides together, best first.
pub(super) fn fused(candidates: &Candidates) -> Vec<Ranked> {
    let found = &candidates.found;
    let lexical = places(found, |candidate| candidate.lexical);
    let vector = places(found, |candidate| candidate.cosine);
    let (words, meaning) = lists(found);
    let fused = fusion::distribution_based(&[(&words, 1.0), (&meaning, 1.0)]);
    let rank = |((chunk_id, score), rank): ((Uuid, f32), u32)| Ranked {
        trace: Trace {
            chunk_id,
            lexical: lexical.get(&chunk_id).copied(),
            vector: vector.get(&chunk_id).copied(),
            fused: Some(place(rank, score)),
            close: None,
            reranked: None,
            fate: Fate::Shortlist,
        },
        hit: None,
    };
    fused.into_iter().zip(1..).map(rank).collect()
}

/// What is known of a chunk that is no candidate.
pub(super) fn not_found(chunk_id: Uuid, candidates: &Candidates) -> Trace {
    let known = candidates.expected.as_ref();
    let beyond = |score: f32| Place { rank: None, score };
    Trace {
        chunk_id,
        lexical: known.and_then(|candidate| candidate.lexical).map(beyond),
        vector: known.and_then(|candidate| candidate.cosine).map(beyond),
        fused: None,
        close: None,
        reranked: None,
        fate: Fate::NotFound,
    }
}

/// Orders the shortlist anew by where the words stand in each passage, and by what people said of its importance.
/// Those without a row go to its end.
pub(super) fn look_closely(query: &Query, ranked: &mut [Ranked], mut rows: HashMap<Uuid, Arc<Row>>) {
    let shortlist = ranked.len().min(SHORTLIST);
    let shortlist = &mut ranked[..shortlist];
    let mut live: Vec<(&mut Ranked, Arc<Row>)> = Vec::with_capacity(shortlist.len());
    for candidate in &mut *shortlist {
        match rows.remove(&candidate.trace.chunk_id) {
            Some(row) => live.push((candidate, row)),
            None => candidate.trace.fate = Fate::NotLive,
        }
    }
    let candidates: Vec<Candidate> = live.iter().map(|(ranked, _)| scores(&ranked.trace)).collect();
    let sentences: Vec<&Sentences> = live.iter().map(|(_, row)| row.sentences()).collect();
    let closeness = closeness(query, &sentences);
    let worth = worth(&candidates, &closeness);
    for ((((ranked, row), candidate), close), worth) in
        live.into_iter().zip(&candidates).zip(&closeness).zip(worth)
    {
        let score = worth + IMPORTANCE * f32::from(row.importance());
        ranked.hit = Some(Hit {
            score,
            ..row.hit(candidate, close.covered)
        });
    }
    // Those of equal score stay in the order of both sides together.
    shortlist.sort_by(|a, b| score(b).total_cmp(&score(a)));
    for (ranked, rank) in shortlist.iter_mut().zip(1..) {
        ranked.trace.close = ranked.hit.as_ref().map(|hit| place(rank, hit.score));
    }
}

/// The score of what was looked at; what was not comes last.
fn score(ranked: &Ranked) -> f32 {
    ranked.hit.as_ref().map_or(f32::NEG_INFINITY, |hit| hit.score)
}

/// What each is worth by itself, in their order.
fn worth(candidates: &[Candidate], closeness: &[Closeness]) -> Vec<f32> {
    match lowest_cosine(candidates) {
        Some(lowest) => by_meaning(candidates, closeness, lowest),
        None => by_words(candidates, closeness),
    }
}

/// Chunks that were indexed without vectors are taken to be as far away as the farthest of the others.
fn by_meaning(candidates: &[Candidate], closeness: &[Closeness], lowest: f32) -> Vec<f32> {
    let score = |(candidate, close): (&Candidate, &Closeness)| {
        candidate.cosine.unwrap_or(lowest) + CLOSENESS_WEIGHT * close.score
    };
    candidates.iter().zip(closeness).map(score).collect()
}

fn by_words(candidates: &[Candidate], closeness: &[Closeness]) -> Vec<f32> {
    let best = candidates
        .iter()
        .filter_map(|c| c.lexical)
        .fold(f32::EPSILON, f32::max);
    let score = |(candidate, close): (&Candidate, &Closeness)| {
        let lexical = candidate.lexical.unwrap_or(0.0) / best;
        CLOSENESS_WEIGHT * (close.score + LEXICAL_WEIGHT * lexical)
    };
    candidates.iter().zip(closeness).map(score).collect()
}

fn lowest_cosine(candidates: &[Candidate]) -> Option<f32> {
    candidates.iter().filter_map(|c| c.cosine).reduce(f32::min)
}

/// What to fuse by words and by meaning. Chunks without any of the words count as 0 among those that have some.
fn lists(candidates: &[Candidate]) -> (Scored, Scored) {
    let some_words = candidates.iter().any(|c| c.lexical.is_some());
    let words = candidates.iter().filter(|_| some_words);
    let meaning = candidates.iter().filter_map(|c| Some((c.chunk_id, c.cosine?)));
    (
        words.map(|c| (c.chunk_id, c.lexical.unwrap_or(0.0))).collect(),
        meaning.collect(),
    )
}

/// Where each stands by one of its scores. Only the first so many are known to be the first: the others have a score
/// because the other side found them.
fn places(candidates: &[Candidate], score: impl Fn(&Candidate) -> Option<f32>) -> HashMap<Uuid, Place> {
    let mut scored: Vec<(Uuid, f32)> = candidates
        .iter()
        .filter_map(|c| Some((c.chunk_id, score(c)?)))
        .collect();
    scored.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    let place = |((id, score), rank): ((Uuid, f32), u32)| {
        let rank = Some(rank).filter(|rank| *rank as usize <= CANDIDATES);
        (id, Place { rank, score })
    };
    scored.into_iter().zip(1..).map(place).collect()
}

fn scores(trace: &Trace) -> Candidate {
    Candidate {
        chunk_id: trace.chunk_id,
        cosine: trace.vector.map(|place| place.score),
        lexical: trace.lexical.map(|place| place.score),
    }
}

pub(super) fn place(rank: u32, score: f32) -> Place {
    Place {
        rank: Some(rank),
        score,
    }
}
