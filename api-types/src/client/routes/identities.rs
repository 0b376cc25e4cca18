//! `/auth/identities`, `/auth/oauth`, `/auth/wallets`, `/auth/passkeys`

use uuid::Uuid;

use super::Call;
use crate::auth::{AuthResponse, PasswordRequest};
use crate::identities::{
    AddPasskeyRequest, BeginOAuthRequest, IdentitySignupRequest, LinkWalletRequest, PasskeyAnswer,
    PasskeyChallenge, Redirect, WalletMessage, WalletMessageRequest, WalletSignature, WaysToSignIn,
};

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

/// The message that signs the owner of a wallet in.
pub fn wallet_message(request: &WalletMessageRequest) -> Call<WalletMessage> {
    Call::post("/auth/wallets/message").json(request)
}

/// The message that adds a wallet to one's own account.
pub fn link_wallet_message(request: &LinkWalletRequest) -> Call<WalletMessage> {
    Call::post("/auth/identities/wallets/message").json(request)
}

/// Sends a message with its signature.
pub fn verify_wallet(request: &WalletSignature) -> Call<()> {
    Call::post("/auth/wallets/verify").json(request)
}

/// What to ask a passkey with.
pub fn passkey_challenge() -> Call<PasskeyChallenge> {
    Call::post("/auth/passkeys/challenge")
}

/// Sends what a passkey answered.
pub fn verify_passkey(request: &PasskeyAnswer) -> Call<()> {
    Call::post("/auth/passkeys/verify").json(request)
}

/// What to make a passkey for one's own account with.
pub fn passkey_registration(request: &PasswordRequest) -> Call<PasskeyChallenge> {
    Call::post("/auth/identities/passkeys/challenge").json(request)
}

/// Adds a passkey to one's own account.
pub fn add_passkey(request: &AddPasskeyRequest) -> Call<()> {
    Call::post("/auth/identities/passkeys").json(request)
}
