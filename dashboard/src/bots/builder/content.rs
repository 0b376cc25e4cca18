//! How a chatbot's content is saved, and what its fields are called.

use api_types::bots::ChatbotContent;
use api_types::client::{self, Call};
use api_types::drafts::{Draft, SaveChatbotDraftRequest};
use uuid::Uuid;

use crate::drafts::DraftContent;

impl DraftContent for ChatbotContent {
    type Wire = Self;

    fn from_wire(wire: Self) -> Self {
        wire
    }

    fn save(&self, id: Uuid, version: i64) -> Call<Draft<Self>> {
        client::bot_drafts::save(
            id,
            &SaveChatbotDraftRequest {
                version,
                content: self.clone(),
            },
        )
    }

    fn differences(&self, other: &Self) -> Vec<&'static str> {
        let pairs = [
            ("Name", self.name != other.name),
            ("Instructions", self.instructions != other.instructions),
            ("Greeting", self.greeting != other.greeting),
            (
                "Fallback message",
                self.fallback_message != other.fallback_message,
            ),
            (
                "Suggested questions",
                self.suggested_questions != other.suggested_questions,
            ),
            (
                "Knowledge",
                self.knowledge_base_ids != other.knowledge_base_ids
                    || self.document_tags != other.document_tags
                    || self.rerank != other.rerank,
            ),
            (
                "Model",
                self.model != other.model || self.max_passages != other.max_passages,
            ),
            ("Appearance", self.appearance != other.appearance),
            ("Leads", self.lead_form != other.lead_form),
            ("Hand-off", self.hand_off != other.hand_off),
            ("Access", self.access != other.access),
            ("Tests", self.tests != other.tests),
        ];
        pairs
            .into_iter()
            .filter_map(|(name, differs)| differs.then_some(name))
            .collect()
    }
}

/// The label of the field at a path of the API.
pub fn label(path: &str) -> &'static str {
    let path = path.strip_prefix("content.").unwrap_or(path);
    let end = path.find(['[', '.']).unwrap_or(path.len());
    match &path[..end] {
        "name" => "Name",
        "instructions" => "Instructions",
        "greeting" => "Greeting",
        "fallback_message" => "Fallback message",
        "suggested_questions" => "Suggested questions",
        "knowledge_base_ids" | "document_tags" | "rerank" => "Knowledge",
        "model" | "max_passages" => "Model",
        "appearance" => "Appearance",
        "access" => "Access",
        "lead_form" => "Leads",
        "hand_off" => "Hand-off",
        "tests" => "Tests",
        _ => "Draft",
    }
}

#[cfg(test)]
mod tests {
    use super::label;

    #[test]
    fn paths_of_the_api_have_the_names_of_the_form() {
        let paths = [
            "content.name",
            "content.suggested_questions[2]",
            "content.model.temperature",
            "content.rerank.provider_id",
            "version",
        ];
        assert_eq!(
            paths.map(label),
            ["Name", "Suggested questions", "Model", "Knowledge", "Draft"]
        );
    }
}
