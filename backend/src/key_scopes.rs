//! What an API key needs on each route. The extractors ask here and nowhere else.

use api_types::api_keys::KeyScope;
use axum::http::Method;

/// Every route that keys may be used on. What is not listed is for people only: accounts, workspaces, keys, the audit
/// log, and whatever changes providers, connections or the embedding model.
const RULES: &[(KeyScope, Method, &str)] = &[
    (KeyScope::Chat, Method::POST, "/v1/chat/completions"),
    (KeyScope::Chat, Method::GET, "/v1/models"),
    (KeyScope::Search, Method::POST, "/api/v1/kb/{kb_id}/search"),
    (KeyScope::Read, Method::GET, "/api/v1/bots"),
    (KeyScope::Read, Method::GET, "/api/v1/bots/{bot_id}"),
    (KeyScope::Read, Method::GET, "/api/v1/bots/{bot_id}/versions"),
    (KeyScope::Read, Method::GET, "/api/v1/chatbots/draft"),
    (KeyScope::Read, Method::GET, "/api/v1/chatbots/draft/{draft_id}"),
    (
        KeyScope::Read,
        Method::GET,
        "/api/v1/chatbots/draft/{draft_id}/prompt",
    ),
    (KeyScope::Read, Method::GET, "/api/v1/connections"),
    (
        KeyScope::Read,
        Method::GET,
        "/api/v1/connections/{connection_id}/items",
    ),
    (KeyScope::Read, Method::GET, "/api/v1/conversations"),
    (
        KeyScope::Read,
        Method::GET,
        "/api/v1/conversations/{conversation_id}",
    ),
    (
        KeyScope::Read,
        Method::GET,
        "/api/v1/conversations/{conversation_id}/messages/{message_id}/retrieval",
    ),
    (KeyScope::Read, Method::GET, "/api/v1/embedding"),
    (KeyScope::Read, Method::GET, "/api/v1/gaps"),
    (KeyScope::Read, Method::GET, "/api/v1/kb"),
    (KeyScope::Read, Method::GET, "/api/v1/kb/draft"),
    (KeyScope::Read, Method::GET, "/api/v1/kb/draft/{draft_id}"),
    (
        KeyScope::Read,
        Method::GET,
        "/api/v1/kb/draft/{draft_id}/preview-chunks",
    ),
    (
        KeyScope::Read,
        Method::GET,
        "/api/v1/kb/draft/{draft_id}/sources/{source_id}/crawl",
    ),
    (
        KeyScope::Read,
        Method::GET,
        "/api/v1/kb/draft/{draft_id}/sources/{source_id}/pages",
    ),
    (
        KeyScope::Read,
        Method::GET,
        "/api/v1/kb/draft/{draft_id}/sources/{source_id}/pairs",
    ),
    (KeyScope::Read, Method::GET, "/api/v1/kb/{kb_id}"),
    (KeyScope::Read, Method::GET, "/api/v1/kb/{kb_id}/documents"),
    (
        KeyScope::Read,
        Method::GET,
        "/api/v1/kb/{kb_id}/documents/{document_id}/chunks",
    ),
    (KeyScope::Read, Method::GET, "/api/v1/kb/{kb_id}/sources"),
    (
        KeyScope::Read,
        Method::GET,
        "/api/v1/kb/{kb_id}/sources/{source_id}",
    ),
    (
        KeyScope::Read,
        Method::GET,
        "/api/v1/kb/{kb_id}/sources/{source_id}/pages",
    ),
    (
        KeyScope::Read,
        Method::GET,
        "/api/v1/kb/{kb_id}/sources/{source_id}/pairs",
    ),
    (KeyScope::Read, Method::GET, "/api/v1/providers"),
    (KeyScope::Read, Method::GET, "/api/v1/test-sets"),
    (KeyScope::Read, Method::GET, "/api/v1/test-sets/{test_set_id}"),
    (
        KeyScope::Read,
        Method::GET,
        "/api/v1/test-sets/{test_set_id}/cases",
    ),
    (
        KeyScope::Read,
        Method::GET,
        "/api/v1/test-sets/{test_set_id}/export",
    ),
    (
        KeyScope::Read,
        Method::GET,
        "/api/v1/test-sets/{test_set_id}/runs",
    ),
    (
        KeyScope::Read,
        Method::GET,
        "/api/v1/test-sets/{test_set_id}/runs/{run_id}",
    ),
    (KeyScope::Write, Method::DELETE, "/api/v1/bots/{bot_id}"),
    (KeyScope::Write, Method::POST, "/api/v1/bots/{bot_id}/rollback"),
    (KeyScope::Write, Method::PUT, "/api/v1/bots/{bot_id}/status"),
    (KeyScope::Write, Method::POST, "/api/v1/chatbots/draft"),
    (KeyScope::Write, Method::PUT, "/api/v1/chatbots/draft/{draft_id}"),
    (
        KeyScope::Write,
        Method::DELETE,
        "/api/v1/chatbots/draft/{draft_id}",
    ),
    (
        KeyScope::Write,
        Method::POST,
        "/api/v1/chatbots/draft/{draft_id}/deploy",
    ),
    (
        KeyScope::Write,
        Method::POST,
        "/api/v1/chatbots/draft/{draft_id}/test",
    ),
    (KeyScope::Write, Method::POST, "/api/v1/kb/draft"),
    (KeyScope::Write, Method::PUT, "/api/v1/kb/draft/{draft_id}"),
    (KeyScope::Write, Method::DELETE, "/api/v1/kb/draft/{draft_id}"),
    (
        KeyScope::Write,
        Method::POST,
        "/api/v1/kb/draft/{draft_id}/finalize",
    ),
    (
        KeyScope::Write,
        Method::POST,
        "/api/v1/kb/draft/{draft_id}/pairs/import",
    ),
    (
        KeyScope::Write,
        Method::PUT,
        "/api/v1/kb/draft/{draft_id}/sources",
    ),
    (
        KeyScope::Write,
        Method::DELETE,
        "/api/v1/kb/draft/{draft_id}/sources/{source_id}",
    ),
    (
        KeyScope::Write,
        Method::POST,
        "/api/v1/kb/draft/{draft_id}/sources/{source_id}/crawl",
    ),
    (
        KeyScope::Write,
        Method::POST,
        "/api/v1/kb/draft/{draft_id}/sources/{source_id}/crawl/cancel",
    ),
    (
        KeyScope::Write,
        Method::DELETE,
        "/api/v1/kb/draft/{draft_id}/sources/{source_id}/pages/{page_id}",
    ),
    (
        KeyScope::Write,
        Method::PUT,
        "/api/v1/kb/draft/{draft_id}/sources/{source_id}/pairs",
    ),
    (KeyScope::Write, Method::DELETE, "/api/v1/kb/{kb_id}"),
    (
        KeyScope::Write,
        Method::POST,
        "/api/v1/kb/{kb_id}/documents/retry-failed",
    ),
    (
        KeyScope::Write,
        Method::PUT,
        "/api/v1/kb/{kb_id}/documents/{document_id}",
    ),
    (
        KeyScope::Write,
        Method::DELETE,
        "/api/v1/kb/{kb_id}/documents/{document_id}",
    ),
    (
        KeyScope::Write,
        Method::PUT,
        "/api/v1/kb/{kb_id}/documents/{document_id}/chunks/{chunk_id}",
    ),
    (
        KeyScope::Write,
        Method::POST,
        "/api/v1/kb/{kb_id}/documents/{document_id}/preview-chunks",
    ),
    (
        KeyScope::Write,
        Method::POST,
        "/api/v1/kb/{kb_id}/documents/{document_id}/retry",
    ),
    (
        KeyScope::Write,
        Method::PUT,
        "/api/v1/kb/{kb_id}/sources/{source_id}",
    ),
    (
        KeyScope::Write,
        Method::DELETE,
        "/api/v1/kb/{kb_id}/sources/{source_id}",
    ),
    (
        KeyScope::Write,
        Method::PUT,
        "/api/v1/kb/{kb_id}/sources/{source_id}/pairs",
    ),
    (
        KeyScope::Write,
        Method::POST,
        "/api/v1/kb/{kb_id}/sources/{source_id}/pairs",
    ),
    (
        KeyScope::Write,
        Method::POST,
        "/api/v1/kb/{kb_id}/sources/{source_id}/pairs/import",
    ),
    (
        KeyScope::Write,
        Method::POST,
        "/api/v1/kb/{kb_id}/sources/{source_id}/sync",
    ),
    (
        KeyScope::Write,
        Method::POST,
        "/api/v1/kb/{kb_id}/sources/{source_id}/sync/cancel",
    ),
    (KeyScope::Write, Method::POST, "/api/v1/test-sets"),
    (KeyScope::Write, Method::PUT, "/api/v1/test-sets/{test_set_id}"),
    (KeyScope::Write, Method::DELETE, "/api/v1/test-sets/{test_set_id}"),
    (
        KeyScope::Write,
        Method::POST,
        "/api/v1/test-sets/{test_set_id}/cases",
    ),
    (
        KeyScope::Write,
        Method::POST,
        "/api/v1/test-sets/{test_set_id}/cases/from-conversation",
    ),
    (
        KeyScope::Write,
        Method::PUT,
        "/api/v1/test-sets/{test_set_id}/cases/{case_id}",
    ),
    (
        KeyScope::Write,
        Method::DELETE,
        "/api/v1/test-sets/{test_set_id}/cases/{case_id}",
    ),
    (
        KeyScope::Write,
        Method::POST,
        "/api/v1/test-sets/{test_set_id}/import",
    ),
    (
        KeyScope::Write,
        Method::POST,
        "/api/v1/test-sets/{test_set_id}/runs",
    ),
    (
        KeyScope::Write,
        Method::POST,
        "/api/v1/test-sets/{test_set_id}/runs/{run_id}/cancel",
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
    RULES
        .iter()
        .find(|(_, allowed, route)| allowed == method && *route == path)
        .map(|(scope, ..)| *scope)
}

#[cfg(test)]
mod tests {
    use domain::config::Config;

    use super::*;
    use crate::routes;

    #[tokio::test]
    async fn every_rule_is_of_a_route() {
        let document = serde_json::to_value(routes::openapi(&Config::load().unwrap())).unwrap();
        for (_, method, path) in RULES {
            let operation = &document["paths"][path][method.as_str().to_lowercase()];
            assert!(!operation["security"].is_null(), "{method} {path}");
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
