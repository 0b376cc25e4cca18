//! `/auth`

use super::{Call, form_urlencoded};
use crate::auth::{AuthResponse, ContextRequest, LoginRequest, Me, SignupRequest};
use crate::tenancy::InvitationPreview;

/// Makes an account and signs it in.
pub fn signup(request: &SignupRequest) -> Call<AuthResponse> {
    Call::post("/auth/signup").json(request)
}

/// Signs in.
pub fn login(request: &LoginRequest) -> Call<AuthResponse> {
    Call::post("/auth/login").json(request)
}

/// Gets a new access token for the refresh cookie.
pub fn refresh() -> Call<AuthResponse> {
    Call::post("/auth/refresh")
}

/// Ends the session of the refresh cookie.
pub fn logout() -> Call<()> {
    Call::post("/auth/logout")
}

/// Who is signed in, and where they can go.
pub fn me() -> Call<Me> {
    Call::get("/auth/me")
}

/// Continues in another workspace.
pub fn context(request: &ContextRequest) -> Call<AuthResponse> {
    Call::post("/auth/context").json(request)
}

/// What an invitation leads to.
pub fn invitation(token: &str) -> Call<InvitationPreview> {
    Call::get(format!("/auth/invitations/{}", segment(token)))
}

/// Accepts an invitation.
pub fn accept_invitation(token: &str) -> Call<AuthResponse> {
    Call::post(format!("/auth/invitations/{}/accept", segment(token)))
}

/// A link may have been cut or mangled on its way here.
fn segment(token: &str) -> String {
    form_urlencoded::byte_serialize(token.as_bytes()).collect()
}
