//! `/api/v1/organization`: the organization of the current workspace.

use std::sync::Arc;

use api_types::tenancy::{
    ChangeMemberRequest, CloseOrganizationRequest, Closed, CreateInvitationRequest, CreatedInvitation,
    Invitation, Member, Organization, SaveNameRequest, TransferOwnershipRequest,
};
use axum::extract::State;
use axum::http::StatusCode;
use domain::tenancy::{invitations, members};
use domain::{Services, tenancy};
use uuid::Uuid;

use super::invitations::with_link;
use crate::AppState;
use crate::extract::{Json, OrganizationMember, Path};
use crate::problem::Result;

/// The organization and its workspaces.
#[utoipa::path(get, path = "/api/v1/organization", tag = "organization",
    responses((status = 200, body = Organization)), security(("bearer" = [])))]
pub async fn get(
    State(services): State<Arc<Services>>,
    OrganizationMember(scope): OrganizationMember,
) -> Result<Json<Organization>> {
    Ok(Json(tenancy::organization(&services.db, &scope).await?))
}

/// Give the organization another name.
#[utoipa::path(put, path = "/api/v1/organization", tag = "organization", request_body = SaveNameRequest,
    responses((status = 200, body = Organization)), security(("bearer" = [])))]
pub async fn rename(
    State(services): State<Arc<Services>>,
    OrganizationMember(scope): OrganizationMember,
    Json(request): Json<SaveNameRequest>,
) -> Result<Json<Organization>> {
    tenancy::rename_organization(&services.db, &scope, &request.name).await?;
    Ok(Json(tenancy::organization(&services.db, &scope).await?))
}

/// Delete the organization with all its workspaces. It is closed at once, and can be restored for a week.
#[utoipa::path(post, path = "/api/v1/organization/close", tag = "organization", request_body = CloseOrganizationRequest,
    responses((status = 200, body = Closed)), security(("bearer" = [])))]
pub async fn close(
    State(services): State<Arc<Services>>,
    OrganizationMember(scope): OrganizationMember,
    Json(request): Json<CloseOrganizationRequest>,
) -> Result<Json<Closed>> {
    let deletes_at = tenancy::close_organization(&services, &scope, &request.name).await?;
    Ok(Json(Closed { deletes_at }))
}

/// Make somebody else the owner, and become an admin oneself.
#[utoipa::path(post, path = "/api/v1/organization/transfer", tag = "organization",
    request_body = TransferOwnershipRequest, responses((status = 204)), security(("bearer" = [])))]
pub async fn transfer(
    State(services): State<Arc<Services>>,
    OrganizationMember(scope): OrganizationMember,
    Json(request): Json<TransferOwnershipRequest>,
) -> Result<StatusCode> {
    members::transfer(&services.db, &scope, request.user_id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Who belongs to the organization.
#[utoipa::path(get, path = "/api/v1/organization/members", tag = "organization",
    responses((status = 200, body = [Member])), security(("bearer" = [])))]
pub async fn list_members(
    State(services): State<Arc<Services>>,
    OrganizationMember(scope): OrganizationMember,
) -> Result<Json<Vec<Member>>> {
    Ok(Json(members::list_of_organization(&services.db, &scope).await?))
}

/// Change a member's role in the organization, suspend them or let them in again.
#[utoipa::path(put, path = "/api/v1/organization/members/{user_id}", tag = "organization",
    params(("user_id" = Uuid, Path)), request_body = ChangeMemberRequest, responses((status = 200, body = Member)),
    security(("bearer" = [])))]
pub async fn change_member(
    State(services): State<Arc<Services>>,
    OrganizationMember(scope): OrganizationMember,
    Path(user_id): Path<Uuid>,
    Json(request): Json<ChangeMemberRequest>,
) -> Result<Json<Member>> {
    Ok(Json(
        members::change_in_organization(&services.db, &scope, user_id, &request).await?,
    ))
}

/// Take somebody out of the organization with all its workspaces; with one's own id, leave it.
#[utoipa::path(delete, path = "/api/v1/organization/members/{user_id}", tag = "organization",
    params(("user_id" = Uuid, Path)), responses((status = 204)), security(("bearer" = [])))]
pub async fn remove_member(
    State(services): State<Arc<Services>>,
    OrganizationMember(scope): OrganizationMember,
    Path(user_id): Path<Uuid>,
) -> Result<StatusCode> {
    members::remove_from_organization(&services.db, &scope, user_id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Invitations to the organization that are open.
#[utoipa::path(get, path = "/api/v1/organization/invitations", tag = "organization",
    responses((status = 200, body = [Invitation])), security(("bearer" = [])))]
pub async fn list_invitations(
    State(services): State<Arc<Services>>,
    OrganizationMember(scope): OrganizationMember,
) -> Result<Json<Vec<Invitation>>> {
    Ok(Json(
        invitations::list_of_organization(&services.db, &scope).await?,
    ))
}

/// Invite somebody to the organization with all its workspaces. The link is shown this once, and works once.
#[utoipa::path(post, path = "/api/v1/organization/invitations", tag = "organization",
    request_body = CreateInvitationRequest, responses((status = 201, body = CreatedInvitation)),
    security(("bearer" = [])))]
pub async fn create_invitation(
    State(state): State<AppState>,
    OrganizationMember(scope): OrganizationMember,
    Json(request): Json<CreateInvitationRequest>,
) -> Result<(StatusCode, Json<CreatedInvitation>)> {
    let made = invitations::create_for_organization(&state.services.db, &scope, &request).await?;
    Ok((StatusCode::CREATED, Json(with_link(&state, made))))
}

/// Take an invitation back; its link stops working at once.
#[utoipa::path(delete, path = "/api/v1/organization/invitations/{invitation_id}", tag = "organization",
    params(("invitation_id" = Uuid, Path)), responses((status = 204)), security(("bearer" = [])))]
pub async fn revoke_invitation(
    State(services): State<Arc<Services>>,
    OrganizationMember(scope): OrganizationMember,
    Path(invitation_id): Path<Uuid>,
) -> Result<StatusCode> {
    invitations::revoke_for_organization(&services.db, &scope, invitation_id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Delete a workspace. It is closed at once, and can be restored for a week.
#[utoipa::path(delete, path = "/api/v1/organization/workspaces/{workspace_id}", tag = "organization",
    params(("workspace_id" = Uuid, Path)), responses((status = 200, body = Closed)), security(("bearer" = [])))]
pub async fn close_workspace(
    State(services): State<Arc<Services>>,
    OrganizationMember(scope): OrganizationMember,
    Path(workspace_id): Path<Uuid>,
) -> Result<Json<Closed>> {
    let deletes_at = tenancy::close_workspace(&services, &scope, workspace_id).await?;
    Ok(Json(Closed { deletes_at }))
}

/// Open a closed workspace again.
#[utoipa::path(post, path = "/api/v1/organization/workspaces/{workspace_id}/restore", tag = "organization",
    params(("workspace_id" = Uuid, Path)), responses((status = 204)), security(("bearer" = [])))]
pub async fn restore_workspace(
    State(services): State<Arc<Services>>,
    OrganizationMember(scope): OrganizationMember,
    Path(workspace_id): Path<Uuid>,
) -> Result<StatusCode> {
    tenancy::restore_workspace(&services, &scope, workspace_id).await?;
    Ok(StatusCode::NO_CONTENT)
}
