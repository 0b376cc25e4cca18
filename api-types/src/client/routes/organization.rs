//! `/organization`

use super::{Call, Uuid};
use crate::tenancy::{
    ChangeMemberRequest, CloseOrganizationRequest, Closed, ClosedOrganization, CreateInvitationRequest,
    CreatedInvitation, Invitation, Member, Organization, SaveNameRequest, TransferOwnershipRequest,
};

/// The organization with its workspaces.
pub fn get() -> Call<Organization> {
    Call::get("/organization")
}

/// Gives it another name.
pub fn rename(request: &SaveNameRequest) -> Call<Organization> {
    Call::put("/organization").json(request)
}

/// Deletes it; it can be restored for a week.
pub fn close(request: &CloseOrganizationRequest) -> Call<Closed> {
    Call::post("/organization/close").json(request)
}

/// Makes somebody else the owner.
pub fn transfer(request: &TransferOwnershipRequest) -> Call<()> {
    Call::post("/organization/transfer").json(request)
}

/// Everybody who belongs to it.
pub fn members() -> Call<Vec<Member>> {
    Call::get("/organization/members")
}

/// Changes a role, suspends or lets in again.
pub fn change_member(user_id: Uuid, request: &ChangeMemberRequest) -> Call<Member> {
    Call::put(format!("/organization/members/{user_id}")).json(request)
}

/// Takes somebody out, or leaves.
pub fn remove_member(user_id: Uuid) -> Call<()> {
    Call::delete(format!("/organization/members/{user_id}"))
}

/// Invitations that are open.
pub fn invitations() -> Call<Vec<Invitation>> {
    Call::get("/organization/invitations")
}

/// Makes an invitation.
pub fn invite(request: &CreateInvitationRequest) -> Call<CreatedInvitation> {
    Call::post("/organization/invitations").json(request)
}

/// Takes an invitation back.
pub fn revoke(id: Uuid) -> Call<()> {
    Call::delete(format!("/organization/invitations/{id}"))
}

/// Deletes a workspace; it can be restored for a week.
pub fn close_workspace(id: Uuid) -> Call<Closed> {
    Call::delete(format!("/organization/workspaces/{id}"))
}

/// Opens a deleted workspace again.
pub fn restore_workspace(id: Uuid) -> Call<()> {
    Call::post(format!("/organization/workspaces/{id}/restore"))
}

/// Deleted organizations of one's own.
pub fn closed() -> Call<Vec<ClosedOrganization>> {
    Call::get("/auth/closed-organizations")
}

/// Opens one of them again.
pub fn restore(id: Uuid) -> Call<()> {
    Call::post(format!("/auth/closed-organizations/{id}/restore"))
}
