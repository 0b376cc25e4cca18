//! `/leads`

use super::{Call, Page, Uuid, query};
use crate::data::DeletionReceipt;
use crate::leads::{AddNoteRequest, Lead, LeadFilter, LeadFormat, LeadStatus, LeadSummary, SaveLeadRequest};

/// Leads that a filter lets through, those who left details last first.
pub fn list(filter: &LeadFilter, cursor: Option<String>) -> Call<Page<LeadSummary>> {
    Call::get(format!("/leads{}", narrowed(filter, ("cursor", cursor))))
}

/// The leads as a file, which is no JSON, so [`Call::open`] it.
pub fn export(filter: &LeadFilter, format: LeadFormat) -> Call<()> {
    let format = Some(format.as_str().to_owned());
    Call::get(format!("/leads/export{}", narrowed(filter, ("format", format))))
}

/// One lead with its history and notes.
pub fn get(id: Uuid) -> Call<Lead> {
    Call::get(format!("/leads/{id}"))
}

/// Says how far the team is.
pub fn save(id: Uuid, request: SaveLeadRequest) -> Call<Lead> {
    Call::put(format!("/leads/{id}")).json(&request)
}

/// Deletes it for good.
pub fn delete(id: Uuid) -> Call<DeletionReceipt> {
    Call::delete(format!("/leads/{id}"))
}

/// Writes a note.
pub fn add_note(id: Uuid, request: &AddNoteRequest) -> Call<Lead> {
    Call::post(format!("/leads/{id}/notes")).json(request)
}

/// Deletes a note.
pub fn delete_note(id: Uuid, note: Uuid) -> Call<()> {
    Call::delete(format!("/leads/{id}/notes/{note}"))
}

fn narrowed(filter: &LeadFilter, more: (&str, Option<String>)) -> String {
    query(&[
        ("search", filter.search.clone()),
        (
            "status",
            filter.status.map(|status: LeadStatus| status.as_str().to_owned()),
        ),
        ("bot_id", filter.bot_id.map(|id| id.to_string())),
        more,
    ])
}
