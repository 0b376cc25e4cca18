//! `/auth/identities`, `/auth/oauth`

use uuid::Uuid;

use super::Call;
use crate::auth::{AuthResponse, PasswordRequest};
use crate::identities::{BeginOAuthRequest, IdentitySignupRequest, Redirect, WaysToSignIn};

/// How the person can sign in.
pub fn list() -> Call<WaysToSignIn> {
    Call::get("/auth/identities")
}

/// Removes a way to sign in.
pub fn remove(id: Uuid, request: &PasswordRequest) -> Call<()> {
    Call::post(format!("/auth/identities/{id}/remove")).json(request)
}

/// Begins to sign in with an account at an issuer.
pub fn begin_oauth(issuer: &str, request: &BeginOAuthRequest) -> Call<Redirect> {
    Call::post(format!("/auth/oauth/{issuer}")).json(request)
}

/// Begins to add an account at an issuer to one's own.
pub fn begin_oauth_link(issuer: &str, request: &PasswordRequest) -> Call<Redirect> {
    Call::post(format!("/auth/identities/oauth/{issuer}")).json(request)
}

/// Signs in with what this browser proved.
pub fn sign_in() -> Call<AuthResponse> {
    Call::post("/auth/identities/sign-in")
}

/// Makes an account for what this browser proved.
pub fn signup(request: &IdentitySignupRequest) -> Call<AuthResponse> {
    Call::post("/auth/identities/signup").json(request)
}

/// Adds what this browser proved to one's own account.
pub fn link() -> Call<()> {
    Call::post("/auth/identities/link")
}
