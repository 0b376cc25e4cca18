//! The best candidates in the order of a rerank model.

use super::rank::{Ranked, place};
use crate::llm::rerank::{Reranker, Score};
use crate::vectors::passage_text;

/// How many of the best are put in order: a public server takes as many at once, and a visitor waits.
const RERANKED: usize = 30;

/// Orders the first anew. When the model gives no order that can be used, everything stays as it was; returns why.
pub(super) async fn rerank(reranker: &Reranker, query: &str, ranked: &mut [Ranked]) -> Option<String> {
    let live = ranked.iter().take_while(|candidate| candidate.hit.is_some());
    let count = live.count().min(RERANKED);
    let best = &mut ranked[..count];
    if best.len() < 2 {
        return None;
    }
    let passages: Vec<String> = best.iter().filter_map(passage).collect();
    let passages: Vec<&str> = passages.iter().map(String::as_str).collect();
    match reranker.rank(query, &passages).await {
        Ok(scores) => {
            apply(best, &scores);
            None
        }
        Err(error) => {
            tracing::warn!(%error, "not reranked; passages stay in the order of the search");
            Some(error.to_string())
        }
    }
}

/// What is read with a passage: its headings, and a person's words about it.
fn passage(candidate: &Ranked) -> Option<String> {
    let hit = candidate.hit.as_ref()?;
    let chunk = &hit.chunk;
    Some(passage_text(
        &hit.title,
        &chunk.heading_path,
        &hit.context,
        &chunk.text,
    ))
}

fn apply(best: &mut [Ranked], scores: &[Score]) {
    for (score, rank) in scores.iter().zip(1..) {
        let Some(candidate) = best.get_mut(score.index) else {
            continue;
        };
        candidate.trace.reranked = Some(place(rank, score.score));
        if let Some(hit) = &mut candidate.hit {
            hit.score = score.score;
        }
    }
    // Those without a place come last, in the order they have.
    best.sort_by_key(|candidate| {
        candidate
            .trace
            .reranked
            .and_then(|place| place.rank)
            .unwrap_or(u32::MAX)
    });
}
