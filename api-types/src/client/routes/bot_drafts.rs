//! `/chatbots/draft`

use super::{Call, Uuid};
use crate::bots::{ChatbotContent, DeployRequest, Deployed, PromptPreview};
use crate::drafts::{CreateDraftRequest, Draft, DraftSummary, SaveChatbotDraftRequest, TestDraftRequest};

/// Begins a draft.
pub fn create(request: &CreateDraftRequest) -> Call<Draft<ChatbotContent>> {
    Call::post("/chatbots/draft").json(request)
}

/// Drafts of the workspace, last saved first.
pub fn list() -> Call<Vec<DraftSummary>> {
    Call::get("/chatbots/draft")
}

/// One draft.
pub fn get(id: Uuid) -> Call<Draft<ChatbotContent>> {
    Call::get(format!("/chatbots/draft/{id}"))
}

/// Saves on top of the version that was read.
pub fn save(id: Uuid, request: &SaveChatbotDraftRequest) -> Call<Draft<ChatbotContent>> {
    Call::put(format!("/chatbots/draft/{id}")).json(request)
}

/// Throws a draft away.
pub fn delete(id: Uuid) -> Call<()> {
    Call::delete(format!("/chatbots/draft/{id}"))
}

/// One test turn; the answer is a stream of [`crate::chat::ChatEvent`]s, so [`Call::open`] it.
pub fn test(id: Uuid, request: &TestDraftRequest) -> Call<()> {
    Call::post(format!("/chatbots/draft/{id}/test")).json(request)
}

/// Makes the draft a live bot.
pub fn deploy(id: Uuid, request: &DeployRequest) -> Call<Deployed> {
    Call::post(format!("/chatbots/draft/{id}/deploy")).json(request)
}

/// The prompt that the model would be given.
pub fn prompt(id: Uuid) -> Call<PromptPreview> {
    Call::get(format!("/chatbots/draft/{id}/prompt"))
}
