//! `/auth`

use uuid::Uuid;

use super::Call;
use crate::auth::{
    AuthResponse, ChangeEmailRequest, ChangePasswordRequest, ContextRequest, EnableMfaRequest,
    ForgotPasswordRequest, LoginRequest, Me, MfaRequest, MfaSetup, MfaStatus, PasswordRequest, RecoveryCodes,
    ResetPasswordRequest, SaveProfileRequest, SessionInfo, SignInOptions, SignupRequest, User, VerifiedEmail,
    VerifyEmailRequest,
};
use crate::data::{DeletionReceipt, Export};
use crate::tenancy::{InvitationPreview, PresentInvitationRequest};

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
pub fn invitation(request: &PresentInvitationRequest) -> Call<InvitationPreview> {
    Call::post("/auth/invitations/preview").json(request)
}

/// Accepts an invitation.
pub fn accept_invitation(request: &PresentInvitationRequest) -> Call<AuthResponse> {
    Call::post("/auth/invitations/accept").json(request)
}

/// Saves the person's name.
pub fn save_profile(request: &SaveProfileRequest) -> Call<User> {
    Call::put("/auth/me").json(request)
}

/// Has a link for a new password mailed.
pub fn forgot_password(request: &ForgotPasswordRequest) -> Call<()> {
    Call::post("/auth/password/forgot").json(request)
}

/// Sets the password by the link of a mail.
pub fn reset_password(request: &ResetPasswordRequest) -> Call<()> {
    Call::post("/auth/password/reset").json(request)
}

/// Changes the password; other sessions end.
pub fn change_password(request: &ChangePasswordRequest) -> Call<()> {
    Call::put("/auth/password").json(request)
}

/// Has a link mailed to a new address.
pub fn change_email(request: &ChangeEmailRequest) -> Call<()> {
    Call::put("/auth/email").json(request)
}

/// Has the link that confirms the address mailed again.
pub fn resend_verification() -> Call<()> {
    Call::post("/auth/email/resend")
}

/// Confirms an address by the link of a mail.
pub fn verify_email(request: &VerifyEmailRequest) -> Call<VerifiedEmail> {
    Call::post("/auth/email/verify").json(request)
}

/// Where the person is signed in.
pub fn sessions() -> Call<Vec<SessionInfo>> {
    Call::get("/auth/sessions")
}

/// Ends one session.
pub fn end_session(id: Uuid) -> Call<()> {
    Call::delete(format!("/auth/sessions/{id}"))
}

/// Ends all sessions, this one too.
pub fn end_sessions() -> Call<()> {
    Call::delete("/auth/sessions")
}

/// The second step of signing in.
pub fn mfa(request: &MfaRequest) -> Call<AuthResponse> {
    Call::post("/auth/mfa").json(request)
}

/// Whether signing in has a second step.
pub fn mfa_status() -> Call<MfaStatus> {
    Call::get("/auth/mfa")
}

/// Makes the secret of an authenticator app; nothing is asked for until it is enabled.
pub fn mfa_setup(request: &PasswordRequest) -> Call<MfaSetup> {
    Call::post("/auth/mfa/setup").json(request)
}

/// Turns the second step on.
pub fn mfa_enable(request: &EnableMfaRequest) -> Call<RecoveryCodes> {
    Call::post("/auth/mfa/enable").json(request)
}

/// Turns the second step off.
pub fn mfa_disable(request: &PasswordRequest) -> Call<()> {
    Call::post("/auth/mfa/disable").json(request)
}

/// Replaces the recovery codes.
pub fn mfa_recovery_codes(request: &PasswordRequest) -> Call<RecoveryCodes> {
    Call::post("/auth/mfa/recovery-codes").json(request)
}

/// Archives of one's own data.
pub fn exports() -> Call<Vec<Export>> {
    Call::get("/auth/exports")
}

/// Has one made.
pub fn start_export() -> Call<Export> {
    Call::post("/auth/exports")
}

/// The file of one, which is no JSON, so [`Call::open`] it.
pub fn export_file(id: Uuid) -> Call<()> {
    Call::get(format!("/auth/exports/{id}/file"))
}

/// Removes one.
pub fn delete_export(id: Uuid) -> Call<()> {
    Call::delete(format!("/auth/exports/{id}"))
}

/// Deletes the account for good.
pub fn delete_account(request: &PasswordRequest) -> Call<DeletionReceipt> {
    Call::post("/auth/account/delete").json(request)
}

/// What the pages for signing in offer.
pub fn options() -> Call<SignInOptions> {
    Call::get("/auth/options")
}
