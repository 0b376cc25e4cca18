//! Trying out what a knowledge base answers, as the API offers it.

use api_types::ErrorCode;
use api_types::kb::{SearchHit, SearchRequest, SearchResponse};
use api_types::retrieval::{Candidate, CandidateSource, Trace};
use api_types::validate::{Checker, MAX_MESSAGE_CHARS};
use uuid::Uuid;

use super::search::{Hit, Search};
use super::{bases, documents};
use crate::llm::rerank::Reranker;
use crate::{Error, Result, Scope, Services, providers};

/// Most hits in one answer.
const MAX_LIMIT: u8 = 50;

/// The chunks of one knowledge base that answer a query best, and if asked for, what became of every candidate.
pub async fn find(
    services: &Services,
    scope: &Scope,
    knowledge_base_id: Uuid,
    request: &SearchRequest,
) -> Result<SearchResponse> {
    let mut check = Checker::default();
    check.length("query", &request.query, 1, MAX_MESSAGE_CHARS);
    check.require(
        (1..=MAX_LIMIT).contains(&request.limit),
        "limit",
        "Ask for 1 to 50 passages.",
    );
    if let Some(rerank) = &request.rerank {
        check.length("rerank.model", &rerank.model, 0, 200);
    }
    check.finish().map_err(Error::validation)?;
    let mut tx = services.db.tenant(scope).await?;
    bases::require(&mut tx, scope, knowledge_base_id).await?;
    drop(tx);
    let everywhere = [knowledge_base_id];
    let documents = documents::matching(&services.db, scope, &everywhere, &request.filter).await?;
    let reranker = reranker(services, scope, request).await?;
    let search = Search {
        document_ids: documents.as_ref(),
        expected: request.expected,
        reranker: reranker.as_ref(),
        ..Search::new(&everywhere, request.query.trim(), usize::from(request.limit))
    };
    let outcome = services.search(scope, &search).await?;
    let mut candidates = Vec::new();
    if request.explain {
        candidates = describe(services, scope, &outcome.traces).await?;
    }
    let expected = match request.expected {
        None => None,
        Some(id) => {
            let candidate = outcome.traces.iter().find(|trace| trace.chunk_id == id);
            let trace = candidate.copied().or(outcome.expected);
            describe(services, scope, trace.as_slice()).await?.pop()
        }
    };
    Ok(SearchResponse {
        hits: outcome.hits.into_iter().map(hit).collect(),
        degraded: outcome.degraded,
        relevance: outcome.relevance,
        relevant: outcome.relevant,
        rerank_error: outcome.rerank_error,
        candidates,
        expected,
    })
}

async fn reranker(services: &Services, scope: &Scope, request: &SearchRequest) -> Result<Option<Reranker>> {
    let Some(rerank) = &request.rerank else {
        return Ok(None);
    };
    match providers::reranker(services, scope, rerank).await {
        Err(error) if error.code() == ErrorCode::NotFound => {
            let message = "This provider is not connected; choose another.";
            Err(Error::field("rerank.provider_id", message))
        }
        reranker => reranker.map(Some),
    }
}

/// Candidates with what their chunks say now.
pub(crate) async fn describe(services: &Services, scope: &Scope, traces: &[Trace]) -> Result<Vec<Candidate>> {
    let ids: Vec<Uuid> = traces.iter().map(|trace| trace.chunk_id).collect();
    let mut tx = services.db.tenant(scope).await?;
    let rows = sqlx::query!(
        "select c.id, c.knowledge_base_id, c.document_id, d.title, c.heading_path, c.page, c.text
         from chunks c
         join documents d on d.workspace_id = c.workspace_id and d.id = c.document_id
         where c.workspace_id = $1 and c.id = any($2)",
        scope.workspace_id(),
        &ids
    )
    .fetch_all(&mut *tx)
    .await?;
    let mut sources: std::collections::HashMap<Uuid, CandidateSource> = rows
        .into_iter()
        .map(|row| {
            let source = CandidateSource {
                knowledge_base_id: row.knowledge_base_id,
                document_id: row.document_id,
                title: row.title,
                heading_path: row.heading_path,
                page: row.page,
                text: row.text,
            };
            (row.id, source)
        })
        .collect();
    let candidate = |trace: &Trace| Candidate {
        trace: *trace,
        source: sources.remove(&trace.chunk_id),
    };
    Ok(traces.iter().map(candidate).collect())
}

fn hit(hit: Hit) -> SearchHit {
    SearchHit {
        chunk: hit.chunk,
        document_id: hit.document_id,
        title: hit.title,
        url: hit.url,
        score: hit.score,
        lexical: hit.lexical,
        cosine: hit.cosine,
    }
}
