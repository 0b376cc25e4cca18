//! What has to have passed before a draft is deployed.

use api_types::ErrorCode;
use api_types::bots::ChatbotContent;
use api_types::test_sets::{BotTests, OverrideTests, TestsRequired};
use api_types::validate::Checker;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::runs;
use crate::db::TenantTx;
use crate::error::Refusal;
use crate::{Error, Result, Scope};

/// Parts of a bot's content that no answer depends on. What is added to the content counts until it is listed here.
const WITHOUT_EFFECT: [&str; 7] = [
    "suggested_questions",
    "appearance",
    "access",
    "lead_form",
    "hand_off",
    "tests",
    // What is given again is what was answered.
    "response_cache",
];

/// SHA-256 of everything in `content` that answers depend on.
pub(super) fn content_hash(content: &ChatbotContent) -> Result<Vec<u8>> {
    let mut json = serde_json::to_value(content)?;
    if let Some(fields) = json.as_object_mut() {
        fields.retain(|name, _| !WITHOUT_EFFECT.contains(&name.as_str()));
    }
    Ok(Sha256::digest(json.to_string()).to_vec())
}

/// A set that keeps a draft from being deployed.
#[derive(Debug)]
pub(crate) struct Blocked(TestsRequired);

/// The first set that keeps `content` from being deployed: the one it requires itself, or the one that the live
/// version required, so that the requirement isn't dropped or loosened without a trace. `None` when all have passed.
pub(crate) async fn blocked(
    tx: &mut TenantTx,
    scope: &Scope,
    content: &ChatbotContent,
    live: Option<&ChatbotContent>,
) -> Result<Option<Blocked>> {
    let hash = content_hash(content)?;
    let live = live.and_then(|content| content.tests);
    let required = [content.tests, live].into_iter().flatten();
    for tests in required.filter(|tests| tests.required) {
        if let Some(blocked) = look(tx, scope, &tests, &hash).await? {
            return Ok(Some(blocked));
        }
    }
    Ok(None)
}

async fn look(tx: &mut TenantTx, scope: &Scope, tests: &BotTests, hash: &[u8]) -> Result<Option<Blocked>> {
    let set = sqlx::query!(
        "select name, version from test_sets where workspace_id = $1 and id = $2",
        scope.workspace_id(),
        tests.test_set_id
    )
    .fetch_optional(&mut **tx)
    .await?;
    // A draft that names a set that is gone was refused before; a live version can't require it any more.
    let Some(set) = set else { return Ok(None) };
    let run = runs::newest_on(tx, scope, tests.test_set_id, set.version, hash).await?;
    let shortfalls = match run.as_ref().and_then(|run| run.figures.as_ref()) {
        Some(figures) => tests.thresholds.shortfalls(figures),
        None => vec!["The set was not run on this content yet, or changed since.".to_owned()],
    };
    let blocked = TestsRequired {
        test_set_id: tests.test_set_id,
        test_set_name: set.name,
        run,
        shortfalls,
    };
    Ok((!blocked.shortfalls.is_empty()).then_some(Blocked(blocked)))
}

impl Blocked {
    /// As the client is told.
    pub(crate) fn refusal(self) -> Result<Error> {
        let detail = format!(
            "This bot is deployed only after the test set “{}” has passed on exactly what is deployed. {} The draft \
             is kept as it is. Run the tests and deploy again, or deploy anyway and say why.",
            self.0.test_set_name,
            self.0.shortfalls.join(" ")
        );
        Ok(Error::Refused(Box::new(Refusal {
            code: ErrorCode::TestsRequired,
            detail,
            errors: Vec::new(),
            current: Some(serde_json::to_value(self.0)?),
            retry_after: None,
        })))
    }

    /// As the audit log keeps it.
    pub(crate) fn details(&self, reason: &str) -> serde_json::Value {
        json!({
            "reason": reason.trim(),
            "test_set_id": self.0.test_set_id,
            "test_set": self.0.test_set_name,
            "run_id": self.0.run.as_ref().map(|run| run.id),
            "shortfalls": self.0.shortfalls,
        })
    }
}

/// Refuses an override without a reason that says something.
pub(crate) fn check_override(request: &OverrideTests) -> Result<()> {
    let mut check = Checker::default();
    check.length("override_tests.reason", &request.reason, 10, 500);
    check.finish().map_err(Error::validation)
}

#[cfg(test)]
mod tests {
    use api_types::retrieval::Rerank;

    use super::*;

    #[test]
    fn the_hash_tells_what_changes_answers_from_what_does_not() {
        let content = ChatbotContent::default();
        let hash = content_hash(&content).unwrap();
        let mut same = content.clone();
        same.appearance.color = "#000000".into();
        same.suggested_questions = vec!["What?".into()];
        same.tests = Some(BotTests {
            test_set_id: uuid::Uuid::nil(),
            required: true,
            thresholds: Default::default(),
        });
        assert_eq!(content_hash(&same).unwrap(), hash);
        let changes: [fn(&mut ChatbotContent); 5] = [
            |c| c.instructions.push('!'),
            |c| c.max_passages = 3,
            |c| c.knowledge_base_ids.push(uuid::Uuid::nil()),
            |c| c.fallback_message.push('!'),
            |c| {
                c.rerank = Some(Rerank {
                    provider_id: uuid::Uuid::nil(),
                    model: String::new(),
                });
            },
        ];
        for change in changes {
            let mut other = content.clone();
            change(&mut other);
            assert_ne!(content_hash(&other).unwrap(), hash);
        }
    }
}
