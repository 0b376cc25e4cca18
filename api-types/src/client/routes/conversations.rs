//! `/conversations` and `/gaps`

use super::{Call, Page, Uuid, query};
use crate::conversations::{Conversation, ConversationSummary, Gap, MessagePage};
use crate::data::{DeleteConversationsRequest, DeletionReceipt};
use crate::retrieval::MessageRetrieval;

/// Conversations, newest first, of one bot or of all.
pub fn list(bot: Option<Uuid>, cursor: Option<String>) -> Call<Page<ConversationSummary>> {
    Call::get(format!("/conversations{}", page(bot, cursor)))
}

/// One conversation with its last messages.
pub fn get(id: Uuid) -> Call<Conversation> {
    Call::get(format!("/conversations/{id}"))
}

/// What was said before a message.
pub fn before(id: Uuid, message: Uuid) -> Call<MessagePage> {
    Call::get(format!("/conversations/{id}/messages?before={message}"))
}

/// What was said after a message.
pub fn after(id: Uuid, message: Uuid) -> Call<MessagePage> {
    Call::get(format!("/conversations/{id}/messages?after={message}"))
}

/// A message with what was said around it.
pub fn around(id: Uuid, message: Uuid) -> Call<MessagePage> {
    Call::get(format!("/conversations/{id}/messages?around={message}"))
}

/// Deletes it for good.
pub fn delete(id: Uuid) -> Call<DeletionReceipt> {
    Call::delete(format!("/conversations/{id}"))
}

/// Deletes several for good, all of them or none.
pub fn delete_many(request: &DeleteConversationsRequest) -> Call<DeletionReceipt> {
    Call::post("/conversations/delete").json(request)
}

/// Why an answer is what it is.
pub fn retrieval(id: Uuid, message: Uuid) -> Call<MessageRetrieval> {
    Call::get(format!("/conversations/{id}/messages/{message}/retrieval"))
}

/// A file that a visitor sent.
pub fn attachment(id: Uuid, attachment: Uuid) -> Call<()> {
    Call::get(format!("/conversations/{id}/attachments/{attachment}"))
}

/// Questions without an answer, newest first.
pub fn gaps(bot: Option<Uuid>, cursor: Option<String>) -> Call<Page<Gap>> {
    Call::get(format!("/gaps{}", page(bot, cursor)))
}

fn page(bot: Option<Uuid>, cursor: Option<String>) -> String {
    query(&[("bot_id", bot.map(|id| id.to_string())), ("cursor", cursor)])
}
