//! Searching: the nearest and the best by words, and what the other side thinks of each.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::time::Duration;

use qdrant_client::qdrant::{
    Condition, Filter, IdfParamsBuilder, Query, QueryBatchPointsBuilder, QueryPoints, QueryPointsBuilder,
    ScoredPoint, SearchParamsBuilder, VectorInput, point_id::PointIdOptions,
};
use retrieval::words::{Language, Languages, Query as Words, Term};
use uuid::Uuid;

use super::collection::collection;
use super::{DENSE, Qdrant, WORDS, filter, knowledge_bases, unavailable};
use crate::vectors::{Candidate, Candidates, Question};
use crate::{Result, Scope};

/// A search that takes longer is given up, and words alone are compared.
const SEARCH_TIMEOUT: Duration = Duration::from_secs(3);

/// What chunks scored.
#[derive(Default)]
struct Scores {
    cosines: HashMap<Uuid, f32>,
    words: HashMap<Uuid, f32>,
}

impl Scores {
    /// Chunks that only one side has found; the other side may have a score for them all the same.
    fn half_known(&self) -> Vec<Uuid> {
        let near = self.cosines.keys().filter(|id| !self.words.contains_key(id));
        near.chain(self.words.keys().filter(|id| !self.cosines.contains_key(id)))
            .copied()
            .collect()
    }

    fn candidates(&self) -> Vec<Candidate> {
        let ids: BTreeSet<Uuid> = self.cosines.keys().chain(self.words.keys()).copied().collect();
        ids.into_iter().map(|id| self.candidate(id)).collect()
    }

    fn candidate(&self, id: Uuid) -> Candidate {
        Candidate {
            chunk_id: id,
            cosine: self.cosines.get(&id).copied(),
            lexical: self.words.get(&id).copied(),
        }
    }
}

/// A question in Qdrant's terms.
struct Asked<'a> {
    collection: &'a str,
    among: Filter,
    terms: Vec<Term>,
    vector: Option<&'a [f32]>,
}

impl Asked<'_> {
    fn dense(&self, ids: Option<&[Uuid]>, limit: usize) -> Option<QueryPoints> {
        let query = Query::new_nearest(self.vector?.to_vec());
        let mut nearest = self.nearest(query, DENSE, ids, limit);
        if ids.is_none() {
            // What points the other way is near to nothing, as in process.
            nearest = nearest.score_threshold(0.0);
        }
        Some(nearest.build())
    }

    fn words(&self, ids: Option<&[Uuid]>, limit: usize) -> Option<QueryPoints> {
        if self.terms.is_empty() {
            return None;
        }
        let weights = vec![1.0; self.terms.len()];
        let query = Query::new_nearest(VectorInput::new_sparse(self.terms.clone(), weights));
        // How rare a word is, is a matter of what is searched, not of what other tenants have.
        let rarity = SearchParamsBuilder::default().idf(IdfParamsBuilder::new().corpus(self.among.clone()));
        Some(self.nearest(query, WORDS, ids, limit).params(rarity).build())
    }

    fn nearest(&self, query: Query, using: &str, ids: Option<&[Uuid]>, limit: usize) -> QueryPointsBuilder {
        let mut among = self.among.clone();
        among
            .must
            .extend(ids.map(|ids| Condition::has_id(ids.iter().copied())));
        QueryPointsBuilder::new(self.collection)
            .query(query)
            .using(using)
            .filter(among)
            .limit(limit as u64)
            .with_payload(false)
    }
}

impl Qdrant {
    pub(in crate::vectors) async fn search(
        &self,
        scope: &Scope,
        question: &Question<'_>,
    ) -> Result<Candidates> {
        let search = self.query(scope, question);
        let timed_out = |_| unavailable(anyhow::anyhow!("no answer within {SEARCH_TIMEOUT:?}"));
        tokio::time::timeout(SEARCH_TIMEOUT, search)
            .await
            .map_err(timed_out)?
    }

    async fn query(&self, scope: &Scope, question: &Question<'_>) -> Result<Candidates> {
        self.ready(question.space).await?;
        let languages = self.languages(scope, question).await?;
        let words = Words::new(question.text, languages);
        let mut among = filter(scope, [knowledge_bases(question.knowledge_base_ids)]);
        among.must.extend(question.document_ids.map(documents));
        let collection = collection(question.space.model_id);
        let asked = Asked {
            collection: &collection,
            among,
            terms: words.terms(),
            vector: question.vector,
        };
        let mut scores = self.ask(&asked, None, question.limit).await?;
        let found = scores.candidates();
        let mut half_known = scores.half_known();
        half_known.extend(question.expected);
        if !half_known.is_empty() {
            let more = self.ask(&asked, Some(&half_known), half_known.len()).await?;
            scores.cosines.extend(more.cosines);
            scores.words.extend(more.words);
        }
        let found = found.iter().map(|candidate| scores.candidate(candidate.chunk_id));
        Ok(Candidates {
            found: found.collect(),
            degraded: question.vector.is_none(),
            expected: question.expected.map(|id| scores.candidate(id)),
            query: words,
        })
    }

    /// What is searched is written in. Documents that were indexed before this was known are in English.
    async fn languages(&self, scope: &Scope, question: &Question<'_>) -> Result<Languages> {
        let mut tx = self.db.tenant(scope).await?;
        let only: Option<Vec<Uuid>> = question.document_ids.map(|ids| ids.iter().copied().collect());
        let codes = sqlx::query_scalar!(
            r#"select distinct unnest(languages) as "code!" from documents
               where workspace_id = $1 and knowledge_base_id = any($2) and live_version is not null
                 and ($3::uuid[] is null or id = any($3))"#,
            scope.workspace_id(),
            question.knowledge_base_ids,
            only.as_deref()
        )
        .fetch_all(&mut *tx)
        .await?;
        Ok(codes
            .iter()
            .filter_map(|code| Language::from_code(code))
            .collect())
    }

    /// The best by cosine and by BM25, among `ids` if given.
    async fn ask(&self, question: &Asked<'_>, ids: Option<&[Uuid]>, limit: usize) -> Result<Scores> {
        let (dense, words) = (question.dense(ids, limit), question.words(ids, limit));
        let (has_dense, has_words) = (dense.is_some(), words.is_some());
        let queries: Vec<QueryPoints> = [dense, words].into_iter().flatten().collect();
        if queries.is_empty() {
            return Ok(Scores::default());
        }
        let answer = self
            .client
            .query_batch(QueryBatchPointsBuilder::new(question.collection, queries))
            .await?;
        let mut lists = answer
            .result
            .into_iter()
            .map(|list| list.result.into_iter().filter_map(scored).collect());
        let mut next = |asked: bool| {
            if asked {
                lists.next().unwrap_or_default()
            } else {
                HashMap::new()
            }
        };
        Ok(Scores {
            cosines: next(has_dense),
            words: next(has_words),
        })
    }
}

fn scored(point: ScoredPoint) -> Option<(Uuid, f32)> {
    match point.id?.point_id_options? {
        PointIdOptions::Uuid(id) => Some((id.parse().ok()?, point.score)),
        PointIdOptions::Num(_) => None,
    }
}

fn documents(ids: &HashSet<Uuid>) -> Condition {
    Condition::matches("document_id", ids.iter().map(Uuid::to_string).collect::<Vec<_>>())
}
