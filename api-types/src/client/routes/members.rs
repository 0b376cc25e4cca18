//! `/members` and `/invitations` of the workspace.

use super::{Call, Uuid};
use crate::tenancy::{ChangeMemberRequest, CreateInvitationRequest, CreatedInvitation, Invitation, Member};

/// Everybody who may enter the workspace.
pub fn list() -> Call<Vec<Member>> {
    Call::get("/members")
}

/// Changes a role, suspends or lets in again.
pub fn change(user_id: Uuid, request: &ChangeMemberRequest) -> Call<Member> {
    Call::put(format!("/members/{user_id}")).json(request)
}

/// Takes a guest out, or leaves.
pub fn remove(user_id: Uuid) -> Call<()> {
    Call::delete(format!("/members/{user_id}"))
}

/// Invitations that are open.
pub fn invitations() -> Call<Vec<Invitation>> {
    Call::get("/invitations")
}

/// Makes an invitation.
pub fn invite(request: &CreateInvitationRequest) -> Call<CreatedInvitation> {
    Call::post("/invitations").json(request)
}

/// Takes an invitation back.
pub fn revoke(id: Uuid) -> Call<()> {
    Call::delete(format!("/invitations/{id}"))
}
