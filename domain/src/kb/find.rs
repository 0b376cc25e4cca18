//! Trying out what a knowledge base answers, as the API offers it.

use api_types::kb::{SearchHit, SearchRequest, SearchResponse};
use api_types::validate::{Checker, MAX_MESSAGE_CHARS};
use uuid::Uuid;

use super::bases;
use super::search::Hit;
use crate::Services;
use crate::{Error, Result, Scope};

/// Most hits in one answer.
const MAX_LIMIT: u8 = 50;

/// The chunks of one knowledge base that answer a query best.
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
        "Ask for 1 to 50.",
    );
    check.finish().map_err(Error::validation)?;
    let mut tx = services.db.tenant(scope).await?;
    bases::require(&mut tx, scope, knowledge_base_id).await?;
    drop(tx);
    let outcome = services
        .searcher()
        .search(
            scope,
            &[knowledge_base_id],
            request.query.trim(),
            usize::from(request.limit),
        )
        .await?;
    Ok(SearchResponse {
        hits: outcome.hits.into_iter().map(hit).collect(),
        degraded: outcome.degraded,
    })
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
