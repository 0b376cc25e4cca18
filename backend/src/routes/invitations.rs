//! `/api/v1/invitations`: links that let others into the workspace.

use std::sync::Arc;

use api_types::auth::AuthResponse;
use api_types::tenancy::{
    CreateInvitationRequest, CreatedInvitation, Invitation, InvitationPreview, PresentInvitationRequest,
};
use axum::extract::State;
use axum::http::StatusCode;
use domain::tenancy::invitations::{self, InvitationToken, NewInvitation};
use domain::{Services, auth};
use uuid::Uuid;

use crate::AppState;
use crate::extract::{Json, Path, SignedIn};
use crate::problem::Result;

/// Invitations to the workspace that are open.
#[utoipa::path(get, path = "/api/v1/invitations", tag = "invitations", responses((status = 200, body = [Invitation])),
    security(("bearer" = [])))]
pub async fn list(State(services): State<Arc<Services>>, caller: SignedIn) -> Result<Json<Vec<Invitation>>> {
    Ok(Json(invitations::list(&services.db, &caller.scope).await?))
}

/// Invite somebody to the workspace. The link is shown this once, and works once.
#[utoipa::path(post, path = "/api/v1/invitations", tag = "invitations", request_body = CreateInvitationRequest,
    responses((status = 201, body = CreatedInvitation)), security(("bearer" = [])))]
pub async fn create(
    State(state): State<AppState>,
    caller: SignedIn,
    Json(request): Json<CreateInvitationRequest>,
) -> Result<(StatusCode, Json<CreatedInvitation>)> {
    let made = invitations::create(&state.services.db, &caller.scope, &request).await?;
    Ok((StatusCode::CREATED, Json(with_link(&state, made))))
}

/// Take an invitation back; its link stops working at once.
#[utoipa::path(delete, path = "/api/v1/invitations/{invitation_id}", tag = "invitations",
    params(("invitation_id" = Uuid, Path)), responses((status = 204)), security(("bearer" = [])))]
pub async fn revoke(
    State(services): State<Arc<Services>>,
    caller: SignedIn,
    Path(invitation_id): Path<Uuid>,
) -> Result<StatusCode> {
    invitations::revoke(&services.db, &caller.scope, invitation_id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What a link invites to.
#[utoipa::path(post, path = "/api/v1/auth/invitations/preview", tag = "auth",
    request_body = PresentInvitationRequest, responses((status = 200, body = InvitationPreview)))]
pub async fn preview(
    State(services): State<Arc<Services>>,
    Json(request): Json<PresentInvitationRequest>,
) -> Result<Json<InvitationPreview>> {
    let token = InvitationToken::from(request.token);
    Ok(Json(invitations::preview(&services.db, &token).await?))
}

/// Accept an invitation, and continue in the workspace it leads to.
#[utoipa::path(post, path = "/api/v1/auth/invitations/accept", tag = "auth",
    request_body = PresentInvitationRequest, responses((status = 200, body = AuthResponse)),
    security(("bearer" = [])))]
pub async fn accept(
    State(services): State<Arc<Services>>,
    caller: SignedIn,
    Json(request): Json<PresentInvitationRequest>,
) -> Result<Json<AuthResponse>> {
    let (db, secrets) = (&services.db, &services.secrets);
    let SignedIn {
        user_id, session_id, ..
    } = caller;
    let user = auth::user(db, user_id).await?;
    let workspace_id = invitations::accept(
        &services,
        &user,
        &InvitationToken::from(request.token),
        caller.scope.origin(),
    )
    .await?;
    Ok(Json(
        auth::switch_workspace(db, secrets, user_id, session_id, workspace_id).await?,
    ))
}

/// An invitation with the address under which it is accepted. As in the links of mails, the token stands behind `#`, so
/// that it reaches no log of a server or a proxy.
pub(super) fn with_link(state: &AppState, made: NewInvitation) -> CreatedInvitation {
    CreatedInvitation {
        invitation: made.invitation,
        link: format!("{}/invite#{}", state.config.public_url(), made.token.expose()),
    }
}
