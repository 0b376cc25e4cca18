//! What the audit log's actions are done to.

use api_types::audit::AuditAction;
use api_types::live::Topic;

/// The topic that an entry of the audit log is about, where the entry's object is what the topic's id names.
pub(crate) fn topic_of(action: AuditAction) -> Option<Topic> {
    match action.as_str().split('.').next()? {
        "bot" => Some(Topic::Bot),
        "knowledge_base" => Some(Topic::KnowledgeBase),
        // Runs are written down with their set.
        "test_set" | "test_run" => Some(Topic::TestSet),
        "embedding" => Some(Topic::Embedding),
        "lead" => Some(Topic::Lead),
        "webhook" => Some(Topic::Webhook),
        _ if action == AuditAction::DataExport || action == AuditAction::DataExportDelete => {
            Some(Topic::Export)
        }
        _ => None,
    }
}
