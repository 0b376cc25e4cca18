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
            (tr!("Name"), self.name != other.name),
            (tr!("Instructions"), self.instructions != other.instructions),
            (tr!("Greeting"), self.greeting != other.greeting),
            (
                tr!("Fallback message"),
                self.fallback_message != other.fallback_message,
            ),
            (
                tr!("Suggested questions"),
                self.suggested_questions != other.suggested_questions,
            ),
            (
                tr!("Knowledge"),
                self.knowledge_base_ids != other.knowledge_base_ids
                    || self.document_tags != other.document_tags
                    || self.rerank != other.rerank,
            ),
            (
                tr!("Model"),
                self.model != other.model
                    || self.max_passages != other.max_passages
                    || self.response_cache != other.response_cache,
            ),
            (tr!("Appearance"), self.appearance != other.appearance),
            (
                tr!("Languages"),
                self.language != other.language || self.translations != other.translations,
            ),
            (tr!("Messages by itself"), self.proactive != other.proactive),
            (tr!("Leads"), self.lead_form != other.lead_form),
            (tr!("Hand-off"), self.hand_off != other.hand_off),
            (tr!("Files"), self.uploads != other.uploads),
            (tr!("Access"), self.access != other.access),
            (tr!("Tests"), self.tests != other.tests),
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
        "name" => tr!("Name"),
        "instructions" => tr!("Instructions"),
        "greeting" => tr!("Greeting"),
        "fallback_message" => tr!("Fallback message"),
        "suggested_questions" => tr!("Suggested questions"),
        "knowledge_base_ids" | "document_tags" | "rerank" => tr!("Knowledge"),
        "model" | "max_passages" | "response_cache" => tr!("Model"),
        "appearance" => tr!("Appearance"),
        "language" | "translations" => tr!("Languages"),
        "proactive" => tr!("Messages by itself"),
        "access" => tr!("Access"),
        "lead_form" => tr!("Leads"),
        "hand_off" => tr!("Hand-off"),
        "uploads" => tr!("Files"),
        "tests" => tr!("Tests"),
        _ => tr!("Draft"),
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
            "content.translations[0].greeting",
            "content.proactive[1].trigger.seconds",
            "version",
        ];
        assert_eq!(
            paths.map(label),
            [
                tr!("Name"),
                tr!("Suggested questions"),
                tr!("Model"),
                tr!("Knowledge"),
                tr!("Languages"),
                tr!("Messages by itself"),
                "Draft"
            ]
        );
    }
}
