//! Whether a bot can be deployed as it is.

use api_types::bots::{ChatbotContent, ModelChoice};
use api_types::providers::ProviderKind;
use api_types::{ErrorCode, FieldError, validate};
use uuid::Uuid;

use crate::db::TenantTx;
use crate::visitors::Sites;
use crate::{Error, Result, Scope};

/// Every reason why this content can't be deployed, by field.
pub(super) async fn check(tx: &mut TenantTx, scope: &Scope, content: &ChatbotContent) -> Result<()> {
    let mut errors = validate::chatbot(content).err().unwrap_or_default();
    let known = sqlx::query_scalar!(
        "select id from knowledge_bases where workspace_id = $1 and id = any($2)",
        scope.workspace_id(),
        &content.knowledge_base_ids
    )
    .fetch_all(&mut **tx)
    .await?;
    for (i, id) in content.knowledge_base_ids.iter().enumerate() {
        if !known.contains(id) {
            let field = format!("content.knowledge_base_ids[{i}]");
            errors.push(FieldError::new(
                field,
                "This knowledge base does not exist any more; choose another.",
            ));
        }
    }
    errors.extend(check_providers(tx, scope, content).await?);
    // The form's check is coarser: what it has found is not said twice.
    if !errors
        .iter()
        .any(|error| error.field.starts_with("content.access"))
    {
        errors.extend(
            Sites::parse(&content.access.allowed_domains)
                .err()
                .unwrap_or_default(),
        );
    }
    if let Some(tests) = &content.tests {
        // Held until the end, so that the set is not deleted from under the bot.
        let known = sqlx::query_scalar!(
            "select id from test_sets where workspace_id = $1 and id = $2 for share",
            scope.workspace_id(),
            tests.test_set_id
        )
        .fetch_optional(&mut **tx)
        .await?;
        if known.is_none() {
            let message = "This test set does not exist any more; choose another, or none.";
            errors.push(FieldError::new("content.tests.test_set_id", message));
        }
    }
    if errors.is_empty() {
        return Ok(());
    }
    let detail = "The draft can't be deployed yet; it is kept as it is. Put these right and deploy again.";
    Err(Error::refused_fields(ErrorCode::DraftInvalid, detail, errors))
}

/// What is wrong with the providers that a bot names.
async fn check_providers(
    tx: &mut TenantTx,
    scope: &Scope,
    content: &ChatbotContent,
) -> Result<Vec<FieldError>> {
    let rows = sqlx::query!(
        "select id, kind from providers where workspace_id = $1 and id = any($2)",
        scope.workspace_id(),
        &provider_ids(content)
    )
    .fetch_all(&mut **tx)
    .await?;
    let kind = |id: Uuid| {
        let row = rows.iter().find(|row| row.id == id)?;
        ProviderKind::from_name(&row.kind)
    };
    let mut errors = Vec::new();
    let mut wrong = |field: &str, message: &str| errors.push(FieldError::new(field, message));
    let gone = "This provider is not connected any more; choose another.";
    if let ModelChoice::Provider { provider_id, .. } = &content.model {
        match kind(*provider_id) {
            None => wrong("content.model.provider_id", gone),
            Some(kind) if !kind.writes_answers() => {
                let message = "This provider does not write answers. Choose another.";
                wrong("content.model.provider_id", message);
            }
            Some(_) => {}
        }
    }
    if let Some(rerank) = &content.rerank {
        match kind(rerank.provider_id) {
            None => wrong("content.rerank.provider_id", gone),
            Some(kind) if !kind.is_rerank() => {
                let message = "This provider does not rerank; choose another.";
                wrong("content.rerank.provider_id", message);
            }
            Some(kind) if kind.has_models() && rerank.model.trim().is_empty() => {
                wrong("content.rerank.model", "Please fill this in.");
            }
            Some(_) => {}
        }
    }
    Ok(errors)
}

/// Every provider that a bot needs.
pub(super) fn provider_ids(content: &ChatbotContent) -> Vec<Uuid> {
    let model = match &content.model {
        ModelChoice::Provider { provider_id, .. } => Some(*provider_id),
        ModelChoice::Extractive => None,
    };
    let rerank = content.rerank.as_ref().map(|rerank| rerank.provider_id);
    model.into_iter().chain(rerank).collect()
}
