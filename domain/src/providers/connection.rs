//! Calling a provider: its key is opened, and nobody else sees it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use api_types::ErrorCode;
use api_types::providers::{ProviderCheck, ProviderKind};
use api_types::retrieval::Rerank;
use api_types::tenancy::Role;
use secrecy::SecretString;
use uuid::Uuid;

use super::{binding, kind};
use crate::llm::embed::{self, EmbeddingClient};
use crate::llm::openai::OpenAi;
use crate::llm::rerank::{self, Reranker};
use crate::llm::{self, ChatCompletion, Message};
use crate::{Error, Result, Scope, Services};

/// How long a check may take.
const CHECK_TIMEOUT: Duration = Duration::from_secs(20);

/// A provider with its key.
struct Connection {
    kind: ProviderKind,
    base_url: String,
    api_key: Option<SecretString>,
    default_model: String,
}

/// A provider's row.
pub(crate) struct Stored {
    pub(crate) id: Uuid,
    pub(crate) kind: String,
    pub(crate) base_url: String,
    pub(crate) default_model: String,
    /// Sealed.
    pub(crate) api_key: Option<Vec<u8>>,
}

impl std::fmt::Debug for Stored {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Stored({})", self.id)
    }
}

/// A client of a provider whose models write answers.
pub(crate) fn chat(services: &Services, stored: &Stored) -> Result<OpenAi> {
    let connection = unseal(services, stored)?;
    if !connection.kind.writes_answers() {
        let detail = "This provider does not write answers. Choose another.";
        return Err(Error::refused(ErrorCode::ProviderUnavailable, detail));
    }
    connection.chat(services)
}

/// A client of a provider whose models put passages in order.
pub async fn reranker(services: &Services, scope: &Scope, rerank: &Rerank) -> Result<Reranker> {
    let connection = open(services, scope, rerank.provider_id).await?;
    let Some(shape) = rerank_shape(connection.kind) else {
        let message = "This provider does not rerank; choose another.";
        return Err(Error::field("rerank.provider_id", message));
    };
    let reranker = connection.reranker(services, shape, &rerank.model)?;
    Ok(reranker.guarded(Arc::clone(&services.breakers), rerank.provider_id))
}

/// A client of a provider whose models make vectors, of `dimensions` numbers if that is asked.
pub async fn embedder(
    services: &Services,
    scope: &Scope,
    id: Uuid,
    model: &str,
    dimensions: Option<usize>,
) -> Result<EmbeddingClient> {
    let connection = open(services, scope, id).await?;
    let Some(shape) = embed_shape(connection.kind) else {
        let message = "This provider does not make vectors; choose another.";
        return Err(Error::field("provider_id", message));
    };
    if model.is_empty() && connection.kind.has_models() {
        return Err(Error::field("model", "Name the model, as the provider calls it."));
    }
    connection.embedder(services, shape, model, dimensions)
}

/// Asks the first model for one word, a vector, or to put two passages in order, and says how that went.
pub async fn check_connection(services: &Services, scope: &Scope, id: Uuid) -> Result<ProviderCheck> {
    scope.require(Role::Admin)?;
    let connection = open(services, scope, id).await?;
    let model = match connection.default_model.as_str() {
        "" => "The server".to_owned(),
        model => model.to_owned(),
    };
    let began = Instant::now();
    let tried = connection.attempt(services).await;
    if tried.is_ok() {
        services.breakers.note(id, true, Instant::now());
    }
    let latency_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(ProviderCheck {
        ok: tried.is_ok(),
        message: match tried {
            Ok(()) => format!("{model} answered in {latency_ms} ms."),
            Err(error) => error.to_string(),
        },
        latency_ms,
    })
}

async fn open(services: &Services, scope: &Scope, id: Uuid) -> Result<Connection> {
    let mut tx = services.db.tenant(scope).await?;
    let stored = sqlx::query_as!(
        Stored,
        "select id, kind, base_url, default_model, api_key from providers where workspace_id = $1 and id = $2",
        scope.workspace_id(),
        id
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or_else(|| Error::not_found("provider"))?;
    unseal(services, &stored)
}

fn unseal(services: &Services, stored: &Stored) -> Result<Connection> {
    let open = |sealed| {
        services
            .secrets
            .open(sealed, &binding(stored.id, &stored.base_url))
    };
    Ok(Connection {
        kind: kind(&stored.kind),
        api_key: stored.api_key.as_deref().map(open).transpose()?,
        base_url: stored.base_url.clone(),
        default_model: stored.default_model.clone(),
    })
}

impl Connection {
    fn chat(self, services: &Services) -> Result<OpenAi> {
        OpenAi::new(services.outbound.clone(), &self.base_url, self.api_key)
    }

    fn embedder(
        self,
        services: &Services,
        shape: embed::Shape,
        model: &str,
        dimensions: Option<usize>,
    ) -> Result<EmbeddingClient> {
        let outbound = services.outbound.clone();
        EmbeddingClient::new(outbound, shape, &self.base_url, self.api_key, model, dimensions)
    }

    fn reranker(self, services: &Services, shape: rerank::Shape, model: &str) -> Result<Reranker> {
        let outbound = services.outbound.clone();
        Reranker::new(outbound, shape, &self.base_url, self.api_key, model)
    }

    /// A call that costs next to nothing.
    async fn attempt(self, services: &Services) -> Result<()> {
        let model = self.default_model.clone();
        if let Some(shape) = embed_shape(self.kind).filter(|_| !self.kind.writes_answers()) {
            let client = self.embedder(services, shape, &model, None)?;
            return client.embed_query("Where is the key?").await.map(drop);
        }
        if let Some(shape) = rerank_shape(self.kind) {
            let client = self.reranker(services, shape, &model)?.with_limit(CHECK_TIMEOUT);
            let passages = ["Paris is the capital of France.", "Grass is green."];
            return client
                .rank("What is the capital of France?", &passages)
                .await
                .map(drop);
        }
        let request = ChatCompletion {
            model,
            messages: vec![Message::new(llm::Role::User, "Reply with the word: ready")],
            temperature: None,
            max_tokens: 200,
        };
        self.chat(services)?
            .complete(&request, CHECK_TIMEOUT)
            .await
            .map(drop)
    }
}

const fn rerank_shape(kind: ProviderKind) -> Option<rerank::Shape> {
    match kind {
        ProviderKind::CohereRerank => Some(rerank::Shape::Cohere),
        ProviderKind::JinaRerank => Some(rerank::Shape::Jina),
        ProviderKind::TeiRerank => Some(rerank::Shape::Tei),
        ProviderKind::Openai | ProviderKind::CohereEmbed | ProviderKind::TeiEmbed => None,
    }
}

const fn embed_shape(kind: ProviderKind) -> Option<embed::Shape> {
    match kind {
        ProviderKind::Openai => Some(embed::Shape::OpenAi),
        ProviderKind::CohereEmbed => Some(embed::Shape::Cohere),
        ProviderKind::TeiEmbed => Some(embed::Shape::Tei),
        ProviderKind::CohereRerank | ProviderKind::JinaRerank | ProviderKind::TeiRerank => None,
    }
}
