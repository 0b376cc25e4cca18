//! Connections to providers of models that write answers, put passages in order or make vectors: `/api/v1/providers`.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::validate::Checker;

/// What a provider does, and whose API it speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ProviderKind {
    /// Writes answers, and makes vectors: OpenAI's chat completions and embeddings.
    #[default]
    Openai,
    /// Puts passages in order: Cohere's `/v2/rerank`.
    CohereRerank,
    /// Puts passages in order: Jina's `/v1/rerank`.
    JinaRerank,
    /// Puts passages in order: `/rerank` of Text Embeddings Inference, which serves one model.
    TeiRerank,
    /// Makes vectors: Cohere's `/v2/embed`.
    CohereEmbed,
    /// Makes vectors: `/embed` of Text Embeddings Inference, which serves one model.
    TeiEmbed,
}

impl ProviderKind {
    /// The name in JSON and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Openai => "openai",
            Self::CohereRerank => "cohere_rerank",
            Self::JinaRerank => "jina_rerank",
            Self::TeiRerank => "tei_rerank",
            Self::CohereEmbed => "cohere_embed",
            Self::TeiEmbed => "tei_embed",
        }
    }

    /// The kind of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        const ALL: [ProviderKind; 6] = [
            ProviderKind::Openai,
            ProviderKind::CohereRerank,
            ProviderKind::JinaRerank,
            ProviderKind::TeiRerank,
            ProviderKind::CohereEmbed,
            ProviderKind::TeiEmbed,
        ];
        ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// Whether it writes answers.
    pub const fn writes_answers(self) -> bool {
        matches!(self, Self::Openai)
    }

    /// Whether it puts passages in order.
    pub const fn is_rerank(self) -> bool {
        matches!(self, Self::CohereRerank | Self::JinaRerank | Self::TeiRerank)
    }

    /// Whether it makes vectors.
    pub const fn is_embedding(self) -> bool {
        matches!(self, Self::Openai | Self::CohereEmbed | Self::TeiEmbed)
    }

    /// Whether a model has to be named.
    pub const fn has_models(self) -> bool {
        !matches!(self, Self::TeiRerank | Self::TeiEmbed)
    }
}

/// A connection to a model server. The key never leaves the server again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Provider {
    /// Id.
    pub id: Uuid,
    /// Name, unique in the workspace.
    pub name: String,
    /// What it does, and whose API it speaks.
    #[serde(default)]
    pub kind: ProviderKind,
    /// Base URL, such as `https://api.openai.com/v1` or `https://api.cohere.com`.
    pub base_url: String,
    /// The model offered first; empty where the server has but one.
    pub default_model: String,
    /// The key's last four characters, if a key is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_hint: Option<String>,
    /// What its models cost, as far as somebody said so.
    #[serde(default)]
    pub prices: Vec<ModelPrice>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// Most prices of one provider.
pub const MAX_PRICES: usize = 50;

/// What a million tokens of a model cost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ModelPrice {
    /// The model, as the provider calls it.
    pub model: String,
    /// For a million tokens that it is given.
    pub prompt: f64,
    /// For a million tokens that it writes.
    pub completion: f64,
    /// Three capital letters, such as `USD`.
    pub currency: String,
}

/// Adds what is wrong with the prices of a provider to `check`.
pub fn check_prices(check: &mut Checker, prices: &[ModelPrice]) {
    let message = "Give at most 50 prices.";
    check.require(prices.len() <= MAX_PRICES, "prices", message);
    let mut models = std::collections::HashSet::new();
    for (i, price) in prices.iter().enumerate() {
        let field = |name| format!("prices[{i}].{name}");
        check.length(&field("model"), &price.model, 1, 200);
        let message = "This model has a price already.";
        check.require(models.insert(price.model.trim()), &field("model"), message);
        for (name, amount) in [("prompt", price.prompt), ("completion", price.completion)] {
            let message = "Enter a price of 0 to 100,000.";
            check.require((0.0..=100_000.0).contains(&amount), &field(name), message);
        }
        let is_code = price.currency.len() == 3 && price.currency.bytes().all(|b| b.is_ascii_uppercase());
        let message = "Enter a currency as three capital letters, such as USD.";
        check.require(is_code, &field("currency"), message);
    }
}

/// `POST /providers` and `PUT /providers/{provider_id}`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SaveProviderRequest {
    /// 1 to 80 characters.
    pub name: String,
    /// What it does, `openai` when left out. It can't be changed later: leave it out then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<ProviderKind>,
    /// `http` or `https`, without the path of the API, such as `/chat/completions` or `/v2/rerank`.
    pub base_url: String,
    /// The model offered first, 1 to 200 characters; may be empty for `tei_rerank` and `tei_embed`.
    pub default_model: String,
    /// The key. On update, leave it out to keep the one that is set; a changed host needs it again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_key: Option<String>,
    /// What its models cost, for figures. On update, leave it out to keep those that are set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prices: Option<Vec<ModelPrice>>,
}

/// Answer of `POST /providers/{provider_id}/check`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProviderCheck {
    /// Whether the default model answered, made a vector or ranked two passages.
    pub ok: bool,
    /// What happened, for people.
    pub message: String,
    /// Milliseconds to the answer.
    pub latency_ms: u64,
}
