//! `/auth`

use super::Call;
use crate::auth::{AuthResponse, ContextRequest, LoginRequest, Me, SignupRequest};

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
