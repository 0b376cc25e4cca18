//! `/inbox` and `/canned-replies`

use super::{Call, Page, Uuid, query};
use crate::inbox::{
    AssignRequest, CannedReply, ConversationState, InboxConversation, InboxCounts, InboxItem,
    InboxNoteRequest, InboxNotifications, OfficeHours, ReplyRequest, SaveCannedReplyRequest, TakeRequest,
};

/// Which conversations.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// In these states; in any when empty.
    pub states: Vec<ConversationState>,
    /// `me`, `nobody` or a member's id.
    pub assignee: Option<String>,
    /// Of this bot.
    pub bot_id: Option<Uuid>,
    /// In which this was said.
    pub search: Option<String>,
}

/// Conversations, the last active first.
pub fn list(filter: &Filter, cursor: Option<String>) -> Call<Page<InboxItem>> {
    let states: Vec<_> = filter.states.iter().map(|state| state.as_str()).collect();
    let query = query(&[
        (
            "state",
            Some(states.join(",")).filter(|states| !states.is_empty()),
        ),
        ("assignee", filter.assignee.clone()),
        ("bot_id", filter.bot_id.map(|id| id.to_string())),
        ("q", filter.search.clone()),
        ("cursor", cursor),
    ]);
    Call::get(format!("/inbox{query}"))
}

/// What is to be done.
pub fn counts() -> Call<InboxCounts> {
    Call::get("/inbox/counts")
}

/// One conversation.
pub fn get(id: Uuid) -> Call<InboxConversation> {
    Call::get(format!("/inbox/{id}"))
}

/// Takes it over.
pub fn take(id: Uuid, request: &TakeRequest) -> Call<InboxConversation> {
    Call::post(format!("/inbox/{id}/take")).json(request)
}

/// Gives it to somebody.
pub fn assign(id: Uuid, request: &AssignRequest) -> Call<InboxConversation> {
    Call::post(format!("/inbox/{id}/assign")).json(request)
}

/// Lets the bot answer again.
pub fn give_back(id: Uuid) -> Call<InboxConversation> {
    Call::post(format!("/inbox/{id}/give-back"))
}

/// Closes it.
pub fn close(id: Uuid) -> Call<InboxConversation> {
    Call::post(format!("/inbox/{id}/close"))
}

/// Answers the visitor.
pub fn reply(id: Uuid, request: &ReplyRequest) -> Call<InboxConversation> {
    Call::post(format!("/inbox/{id}/replies")).json(request)
}

/// Shows that one is typing.
pub fn typing(id: Uuid) -> Call<()> {
    Call::post(format!("/inbox/{id}/typing"))
}

/// Everything was read.
pub fn read(id: Uuid) -> Call<()> {
    Call::post(format!("/inbox/{id}/read"))
}

/// Writes a note.
pub fn add_note(id: Uuid, request: &InboxNoteRequest) -> Call<InboxConversation> {
    Call::post(format!("/inbox/{id}/notes")).json(request)
}

/// Deletes a note.
pub fn delete_note(id: Uuid, note: Uuid) -> Call<()> {
    Call::delete(format!("/inbox/{id}/notes/{note}"))
}

/// When people answer.
pub fn office_hours() -> Call<OfficeHours> {
    Call::get("/inbox/office-hours")
}

/// Changes that.
pub fn save_office_hours(hours: &OfficeHours) -> Call<OfficeHours> {
    Call::put("/inbox/office-hours").json(hours)
}

/// What one is told of.
pub fn notifications() -> Call<InboxNotifications> {
    Call::get("/inbox/notifications")
}

/// Changes that.
pub fn save_notifications(wanted: &InboxNotifications) -> Call<InboxNotifications> {
    Call::put("/inbox/notifications").json(wanted)
}

/// Answers that are written once.
pub fn canned_replies() -> Call<Vec<CannedReply>> {
    Call::get("/canned-replies")
}

/// Writes one.
pub fn create_canned_reply(request: &SaveCannedReplyRequest) -> Call<CannedReply> {
    Call::post("/canned-replies").json(request)
}

/// Changes one.
pub fn save_canned_reply(id: Uuid, request: &SaveCannedReplyRequest) -> Call<CannedReply> {
    Call::put(format!("/canned-replies/{id}")).json(request)
}

/// Deletes one.
pub fn delete_canned_reply(id: Uuid) -> Call<()> {
    Call::delete(format!("/canned-replies/{id}"))
}
