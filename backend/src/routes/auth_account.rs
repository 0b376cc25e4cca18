//! `/api/v1/auth/password…` and `/api/v1/auth/email…`: what one signs in with.

use std::sync::Arc;

use api_types::auth::{
    ChangeEmailRequest, ChangePasswordRequest, ForgotPasswordRequest, ResetPasswordRequest, VerifiedEmail,
    VerifyEmailRequest,
};
use axum::extract::State;
use axum::http::StatusCode;
use domain::{Services, auth};

use crate::extract::{Json, SignedIn};
use crate::problem::Result;

/// Have a link for a new password mailed. The answer is the same whether or not the address has an account.
#[utoipa::path(post, path = "/api/v1/auth/password/forgot", tag = "auth", request_body = ForgotPasswordRequest,
    responses((status = 204)))]
pub async fn forgot_password(
    State(services): State<Arc<Services>>,
    Json(request): Json<ForgotPasswordRequest>,
) -> Result<StatusCode> {
    auth::forgot_password(&services, &request).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Set the password by the link of a mail. Every session ends.
#[utoipa::path(post, path = "/api/v1/auth/password/reset", tag = "auth", request_body = ResetPasswordRequest,
    responses((status = 204)))]
pub async fn reset_password(
    State(services): State<Arc<Services>>,
    Json(request): Json<ResetPasswordRequest>,
) -> Result<StatusCode> {
    auth::reset_password(&services, request).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Change the password. Every other session ends.
#[utoipa::path(put, path = "/api/v1/auth/password", tag = "auth", request_body = ChangePasswordRequest,
    responses((status = 204)), security(("bearer" = [])))]
pub async fn change_password(
    State(services): State<Arc<Services>>,
    caller: SignedIn,
    Json(request): Json<ChangePasswordRequest>,
) -> Result<StatusCode> {
    auth::change_password(&services, caller.user_id, caller.session_id, request).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Have a link mailed to a new address; it takes effect when the link is followed.
#[utoipa::path(put, path = "/api/v1/auth/email", tag = "auth", request_body = ChangeEmailRequest,
    responses((status = 204)), security(("bearer" = [])))]
pub async fn change_email(
    State(services): State<Arc<Services>>,
    caller: SignedIn,
    Json(request): Json<ChangeEmailRequest>,
) -> Result<StatusCode> {
    auth::change_email(&services, caller.user_id, caller.session_id, request).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Have the link that confirms the address mailed again.
#[utoipa::path(post, path = "/api/v1/auth/email/resend", tag = "auth", responses((status = 204)),
    security(("bearer" = [])))]
pub async fn resend_verification(
    State(services): State<Arc<Services>>,
    caller: SignedIn,
) -> Result<StatusCode> {
    auth::resend_verification(&services, caller.user_id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Confirm an address by the link of a mail.
#[utoipa::path(post, path = "/api/v1/auth/email/verify", tag = "auth", request_body = VerifyEmailRequest,
    responses((status = 200, body = VerifiedEmail)))]
pub async fn verify_email(
    State(services): State<Arc<Services>>,
    Json(request): Json<VerifyEmailRequest>,
) -> Result<Json<VerifiedEmail>> {
    Ok(Json(auth::verify_email(&services, &request).await?))
}
