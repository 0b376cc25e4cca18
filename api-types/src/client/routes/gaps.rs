//! `/gaps/groups`

use super::{Call, Page, Uuid, query};
use crate::gaps::{
    GapGroup, GapStatus, ImproveAnswerRequest, ImprovedAnswer, SaveGapStatusRequest, SplitGapRequest,
};

/// Groups of this status, of one bot or of all; those that were asked most often first.
pub fn list(bot: Option<Uuid>, status: GapStatus, cursor: Option<String>) -> Call<Page<GapGroup>> {
    let pairs = [
        ("bot_id", bot.map(|id| id.to_string())),
        ("status", Some(status.as_str().to_owned())),
        ("cursor", cursor),
    ];
    Call::get(format!("/gaps/groups{}", query(&pairs)))
}

/// Says what is made of a group.
pub fn set_status(id: Uuid, status: GapStatus) -> Call<GapGroup> {
    Call::put(format!("/gaps/groups/{id}")).json(&SaveGapStatusRequest { status })
}

/// Takes a question out of a group, into one of its own.
pub fn split(id: Uuid, gap_id: Uuid) -> Call<GapGroup> {
    Call::post(format!("/gaps/groups/{id}/split")).json(&SplitGapRequest { gap_id })
}

/// Writes the answer into the knowledge, and a case into a test set.
pub fn improve(id: Uuid, request: &ImproveAnswerRequest) -> Call<ImprovedAnswer> {
    Call::post(format!("/gaps/groups/{id}/improve")).json(request)
}
