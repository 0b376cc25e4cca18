//! From a question to the numbered passages that a model is given.

use std::collections::HashSet;
use std::sync::Arc;

use anyhow::Context;
use api_types::bots::ModelChoice;
use api_types::chat::{ChatEvent, Source};
use api_types::kb::SearchFilter;
use api_types::retrieval::{Fate, Retrieval, Trace};
use moka::future::Cache;
use tracing::instrument;
use uuid::Uuid;

use super::engine::Question;
use crate::embeddings::BUILT_IN;
use crate::kb::documents;
use crate::kb::search::{ENOUGH_FOR_A_MODEL, Passage, Search, SearchOutcome, merge};
use crate::llm::rerank::Reranker;
use crate::{Result, Services, metrics, providers};

/// Characters of passages given to a model, all together.
const PASSAGE_BUDGET: usize = 14_000;

/// The longest passage that neighbouring chunks are merged to, in characters.
const PASSAGE_CHARS: usize = 4_000;

/// Candidates that are remembered with an answer.
const REMEMBERED: usize = 30;

/// Memory for passages of questions that were asked before, in bytes.
const CAPACITY: u64 = 32 * 1024 * 1024;

/// What was found for questions that were asked before, as long as nothing changed that it was found in. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Retrieved(Cache<Key, Arc<Found>>);

/// Everything that decides what is found.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Key {
    /// The knowledge bases, each with the version of its index.
    bases: Vec<(Uuid, i64)>,
    model_id: Uuid,
    queries: Vec<String>,
    limit: u8,
    is_for_model: bool,
}

/// What was found. Shared with the cache, as it is the largest part of a turn while its answer is written.
#[derive(Debug)]
pub(super) struct Found {
    /// The passages, numbered.
    pub(super) sources: Vec<Source>,
    /// The headings above each of them, among which is the question of a passage that answers one.
    pub(super) headings: Vec<Vec<String>>,
    /// How they were chosen.
    pub(super) retrieval: Retrieval,
}

impl Default for Retrieved {
    fn default() -> Self {
        let weigh =
            |key: &Key, found: &Arc<Found>| u32::try_from(key.size() + found.size()).unwrap_or(u32::MAX);
        Self(Cache::builder().weigher(weigh).max_capacity(CAPACITY).build())
    }
}

impl Key {
    /// `None` when something decides that is not part of a key.
    fn of(question: &Question<'_>, queries: &[String]) -> Option<Self> {
        let content = question.content;
        if content.rerank.is_some() || !content.document_tags.is_empty() {
            return None;
        }
        let ground = question.ground;
        Some(Self {
            bases: ground.bases.clone(),
            model_id: ground.vectors.as_ref().map_or(BUILT_IN, |model| model.id),
            queries: queries.to_vec(),
            limit: content.max_passages,
            is_for_model: matches!(content.model, ModelChoice::Provider { .. }),
        })
    }

    fn size(&self) -> usize {
        size_of::<Self>() + self.queries.iter().map(String::len).sum::<usize>()
    }
}

impl Found {
    fn size(&self) -> usize {
        let sources = self
            .sources
            .iter()
            .map(|source| size_of::<Source>() + source.quote.len() + source.title.len());
        size_of::<Self>() + sources.sum::<usize>() + self.retrieval.candidates.len() * size_of::<Trace>()
    }
}

/// Finds and numbers the passages, and says which they are. Of several `queries` the first is taken that finds what is
/// worth answering from, else the one that comes nearest to it.
#[instrument(level = "debug", name = "retrieval", skip_all)]
pub(super) async fn retrieve(
    services: &Services,
    question: &Question<'_>,
    queries: &[String],
    emit: &mut (dyn FnMut(ChatEvent) + Send),
) -> Result<Arc<Found>> {
    let Retrieved(cache) = &services.retrieved;
    let key = Key::of(question, queries);
    let known = match &key {
        Some(key) => {
            let known = cache.get(key).await;
            metrics::cache("passages", known.is_some());
            known
        }
        None => None,
    };
    let found = match known {
        Some(found) => found,
        None => {
            let found = Arc::new(search(services, question, queries).await?);
            if let Some(key) = key.filter(|_| !found.retrieval.degraded) {
                cache.insert(key, Arc::clone(&found)).await;
            }
            found
        }
    };
    emit(ChatEvent::Sources {
        sources: found.sources.clone(),
        degraded: found.retrieval.degraded,
    });
    Ok(found)
}

async fn search(services: &Services, question: &Question<'_>, queries: &[String]) -> Result<Found> {
    let content = question.content;
    let limit = usize::from(content.max_passages);
    let (reranker, no_reranker) = match reranker(services, question).await.transpose() {
        Ok(reranker) => (reranker, None),
        Err(error) => {
            tracing::warn!(%error, "not reranked; the provider can't be asked");
            (None, Some(error.to_string()))
        }
    };
    let documents = only_documents(services, question).await?;
    let mut best: Option<(&String, SearchOutcome)> = None;
    for query in queries {
        let search = Search {
            versions: Some(&question.ground.bases),
            reranker: reranker.as_ref(),
            document_ids: documents.as_ref(),
            ..Search::new(&content.knowledge_base_ids, query, limit)
        };
        let vectors = question.ground.vectors.as_ref();
        let mut found = services.search_on(question.scope, &search, vectors).await?;
        if matches!(content.model, ModelChoice::Provider { .. }) {
            found.relevant = found.relevance >= ENOUGH_FOR_A_MODEL;
        }
        if best
            .as_ref()
            .is_none_or(|(_, best)| found.relevance > best.relevance)
        {
            best = Some((query, found));
        }
        if best.as_ref().is_some_and(|(_, best)| best.relevant) {
            break;
        }
    }
    let (query, mut found) = best.context("nothing to search for")?;
    let passages = give(&mut found);
    found.traces.truncate(REMEMBERED);
    let headings = passages.iter().map(|passage| &passage.hit.chunk.heading_path);
    Ok(Found {
        headings: headings.cloned().collect(),
        sources: passages.into_iter().zip(1..).map(number).collect(),
        retrieval: Retrieval {
            query: query.clone(),
            degraded: found.degraded,
            relevance: found.relevance,
            relevant: found.relevant,
            rerank_error: no_reranker.or(found.rerank_error),
            candidates: found.traces,
        },
    })
}

/// The documents that the bot may answer from; `None` is all of its knowledge bases.
async fn only_documents(services: &Services, question: &Question<'_>) -> Result<Option<HashSet<Uuid>>> {
    let content = question.content;
    let filter = SearchFilter {
        tags: content.document_tags.clone(),
        ..SearchFilter::default()
    };
    documents::matching(&services.db, question.scope, &content.knowledge_base_ids, &filter).await
}

async fn reranker(services: &Services, question: &Question<'_>) -> Option<Result<Reranker>> {
    let rerank = question.content.rerank.as_ref()?;
    Some(providers::reranker(services, question.scope, rerank).await)
}

/// The passages there is room for, none if nothing is worth answering from. What is not given is marked in the traces.
fn give(found: &mut SearchOutcome) -> Vec<Passage> {
    if !found.relevant {
        found.hits.clear();
        mark(&mut found.traces, Fate::NotRelevant, |_| true);
        return Vec::new();
    }
    let mut passages = merge(std::mem::take(&mut found.hits), PASSAGE_CHARS);
    let mut budget = PASSAGE_BUDGET;
    let fitting = passages.iter().take_while(|passage| {
        let left = budget.checked_sub(passage.text.chars().count());
        budget = left.unwrap_or(0);
        left.is_some()
    });
    let fitting = fitting.count();
    let left_out: HashSet<Uuid> = passages
        .split_off(fitting)
        .into_iter()
        .flat_map(|passage| passage.chunk_ids)
        .collect();
    mark(&mut found.traces, Fate::Budget, |id| left_out.contains(&id));
    passages
}

fn mark(traces: &mut [Trace], fate: Fate, applies: impl Fn(Uuid) -> bool) {
    for trace in traces {
        if trace.fate == Fate::Given && applies(trace.chunk_id) {
            trace.fate = fate;
        }
    }
}

fn number((passage, n): (Passage, u32)) -> Source {
    let Passage { hit, text, .. } = passage;
    let mut heading_path = hit.chunk.heading_path;
    // What a list of questions is called, such as "Improved answers", is the team's own affair: readers know an answer by its
    // question.
    let question = if hit.is_pair { heading_path.pop() } else { None };
    Source {
        n,
        document_id: hit.document_id,
        title: question.unwrap_or(hit.title),
        url: hit.url,
        page: hit.chunk.page,
        heading_path,
        quote: text,
    }
}
