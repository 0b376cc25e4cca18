//! What an API key needs on each route. The extractors ask here and nowhere else.

use api_types::api_keys::KeyScope;
use axum::http::Method;

/// Every route that keys may be used on. What is not listed is for people only: accounts, workspaces, keys, the audit
/// log, and whatever changes providers, connections or the embedding model.
const RULES: &[(KeyScope, &[&str])] = &[
    (KeyScope::Chat, &["POST /v1/chat/completions", "GET /v1/models"]),
    (KeyScope::Search, &["POST /api/v1/kb/{kb_id}/search"]),
    (
        KeyScope::Read,
        &[
            "GET /api/v1/analytics",
            "GET /api/v1/analytics/export",
            "GET /api/v1/bots",
            "GET /api/v1/bots/{bot_id}",
            "GET /api/v1/bots/{bot_id}/sites",
            "GET /api/v1/bots/{bot_id}/versions",
            "GET /api/v1/chatbots/draft",
            "GET /api/v1/chatbots/draft/{draft_id}",
            "GET /api/v1/chatbots/draft/{draft_id}/prompt",
            "GET /api/v1/canned-replies",
            "GET /api/v1/connections",
            "GET /api/v1/connections/{connection_id}/items",
            "GET /api/v1/conversations",
            "GET /api/v1/conversations/{conversation_id}",
            "GET /api/v1/conversations/{conversation_id}/attachments/{attachment_id}",
            "GET /api/v1/conversations/{conversation_id}/messages",
            "GET /api/v1/conversations/{conversation_id}/messages/{message_id}/retrieval",
            "GET /api/v1/embedding",
            "GET /api/v1/gaps",
            "GET /api/v1/gaps/groups",
            "GET /api/v1/inbox",
            "GET /api/v1/inbox/counts",
            "GET /api/v1/inbox/office-hours",
            "GET /api/v1/inbox/{conversation_id}",
            "GET /api/v1/kb",
            "GET /api/v1/kb/draft",
            "GET /api/v1/kb/draft/{draft_id}",
            "GET /api/v1/kb/draft/{draft_id}/preview-chunks",
            "GET /api/v1/kb/draft/{draft_id}/sources/{source_id}/crawl",
            "GET /api/v1/kb/draft/{draft_id}/sources/{source_id}/pages",
            "GET /api/v1/kb/draft/{draft_id}/sources/{source_id}/pairs",
            "GET /api/v1/kb/{kb_id}",
            "GET /api/v1/kb/{kb_id}/documents",
            "GET /api/v1/kb/{kb_id}/documents/{document_id}/chunks",
            "GET /api/v1/kb/{kb_id}/documents/{document_id}/resting-edits",
            "GET /api/v1/kb/{kb_id}/questions",
            "GET /api/v1/kb/{kb_id}/sources",
            "GET /api/v1/kb/{kb_id}/sources/{source_id}",
            "GET /api/v1/kb/{kb_id}/sources/{source_id}/pages",
            "GET /api/v1/kb/{kb_id}/sources/{source_id}/pairs",
            "GET /api/v1/leads",
            "GET /api/v1/leads/{lead_id}",
            "GET /api/v1/providers",
            "GET /api/v1/test-sets",
            "GET /api/v1/test-sets/{test_set_id}",
            "GET /api/v1/test-sets/{test_set_id}/cases",
            "GET /api/v1/test-sets/{test_set_id}/export",
            "GET /api/v1/test-sets/{test_set_id}/runs",
            "GET /api/v1/test-sets/{test_set_id}/runs/{run_id}",
        ],
    ),
    (
        KeyScope::Write,
        &[
            "DELETE /api/v1/bots/{bot_id}",
            "POST /api/v1/bots/{bot_id}/rollback",
            "PUT /api/v1/bots/{bot_id}/status",
            "POST /api/v1/canned-replies",
            "PUT /api/v1/canned-replies/{canned_reply_id}",
            "DELETE /api/v1/canned-replies/{canned_reply_id}",
            "POST /api/v1/chatbots/draft",
            "PUT /api/v1/chatbots/draft/{draft_id}",
            "DELETE /api/v1/chatbots/draft/{draft_id}",
            "POST /api/v1/chatbots/draft/{draft_id}/deploy",
            "POST /api/v1/chatbots/draft/{draft_id}/test",
            "PUT /api/v1/gaps/groups/{group_id}",
            "POST /api/v1/gaps/groups/{group_id}/split",
            "POST /api/v1/gaps/groups/{group_id}/improve",
            "POST /api/v1/inbox/{conversation_id}/notes",
            "DELETE /api/v1/inbox/{conversation_id}/notes/{note_id}",
            "POST /api/v1/kb/draft",
            "PUT /api/v1/kb/draft/{draft_id}",
            "DELETE /api/v1/kb/draft/{draft_id}",
            "POST /api/v1/kb/draft/{draft_id}/finalize",
            "POST /api/v1/kb/draft/{draft_id}/pairs/import",
            "PUT /api/v1/kb/draft/{draft_id}/sources",
            "DELETE /api/v1/kb/draft/{draft_id}/sources/{source_id}",
            "POST /api/v1/kb/draft/{draft_id}/sources/{source_id}/crawl",
            "POST /api/v1/kb/draft/{draft_id}/sources/{source_id}/crawl/cancel",
            "DELETE /api/v1/kb/draft/{draft_id}/sources/{source_id}/pages/{page_id}",
            "PUT /api/v1/kb/draft/{draft_id}/sources/{source_id}/pairs",
            "PUT /api/v1/kb/{kb_id}",
            "DELETE /api/v1/kb/{kb_id}",
            "POST /api/v1/kb/{kb_id}/documents/retry-failed",
            "PUT /api/v1/kb/{kb_id}/documents/{document_id}",
            "DELETE /api/v1/kb/{kb_id}/documents/{document_id}",
            "PUT /api/v1/kb/{kb_id}/documents/{document_id}/chunks/{chunk_id}",
            "POST /api/v1/kb/{kb_id}/documents/{document_id}/preview-chunks",
            "POST /api/v1/kb/{kb_id}/documents/{document_id}/retry",
            "PUT /api/v1/kb/{kb_id}/sources/{source_id}",
            "DELETE /api/v1/kb/{kb_id}/sources/{source_id}",
            "PUT /api/v1/kb/{kb_id}/sources/{source_id}/pairs",
            "POST /api/v1/kb/{kb_id}/sources/{source_id}/pairs",
            "POST /api/v1/kb/{kb_id}/sources/{source_id}/pairs/import",
            "POST /api/v1/kb/{kb_id}/sources/{source_id}/sync",
            "POST /api/v1/kb/{kb_id}/sources/{source_id}/sync/cancel",
            "PUT /api/v1/leads/{lead_id}",
            "POST /api/v1/leads/{lead_id}/notes",
            "DELETE /api/v1/leads/{lead_id}/notes/{note_id}",
            "POST /api/v1/test-sets",
            "PUT /api/v1/test-sets/{test_set_id}",
            "DELETE /api/v1/test-sets/{test_set_id}",
            "POST /api/v1/test-sets/{test_set_id}/cases",
            "POST /api/v1/test-sets/{test_set_id}/cases/from-conversation",
            "PUT /api/v1/test-sets/{test_set_id}/cases/{case_id}",
            "DELETE /api/v1/test-sets/{test_set_id}/cases/{case_id}",
            "POST /api/v1/test-sets/{test_set_id}/import",
            "POST /api/v1/test-sets/{test_set_id}/runs",
            "POST /api/v1/test-sets/{test_set_id}/runs/{run_id}/cancel",
        ],
    ),
];

/// The scope that a key needs on the route with this path, as it stands in the route table. `None`: it can't be used.
pub fn needed(method: &Method, path: &str) -> Option<KeyScope> {
    // The router answers HEAD as GET.
    let method = if method == Method::HEAD {
        &Method::GET
    } else {
        method
    };
    let is_it = |route: &&str| route.split_once(' ') == Some((method.as_str(), path));
    RULES
        .iter()
        .find(|(_, routes)| routes.iter().any(is_it))
        .map(|(scope, _)| *scope)
}

#[cfg(test)]
mod tests {
    use domain::config::Config;

    use super::*;
    use crate::routes;

    #[tokio::test]
    async fn every_rule_is_of_a_route() {
        let document = serde_json::to_value(routes::openapi(&Config::load().unwrap())).unwrap();
        for route in RULES.iter().flat_map(|(_, routes)| *routes) {
            let (method, path) = route.split_once(' ').unwrap();
            let operation = &document["paths"][path][method.to_lowercase()];
            assert!(!operation["security"].is_null(), "{route}");
        }
    }

    #[test]
    fn what_is_not_listed_is_for_people_only() {
        for path in [
            "/api/v1/api-keys",
            "/api/v1/audit",
            "/api/v1/workspaces",
            "/api/v1/new",
        ] {
            assert_eq!(needed(&Method::GET, path), None);
        }
        assert_eq!(needed(&Method::POST, "/api/v1/providers"), None);
        assert_eq!(needed(&Method::HEAD, "/api/v1/bots"), Some(KeyScope::Read));
    }
}
