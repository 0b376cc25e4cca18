//! `/api/v1/auth/wallets…`: messages that wallets sign.

use std::sync::Arc;

use api_types::identities::{LinkWalletRequest, WalletMessage, WalletMessageRequest, WalletSignature};
use axum::extract::State;
use axum::http::StatusCode;
use axum_extra::extract::CookieJar;
use domain::{Services, auth};

use super::auth_identities::with_ticket;
use crate::AppState;
use crate::extract::{Json, SignedIn};
use crate::problem::Result;

/// Get the message that signs the owner of an address in. It is good once, for five minutes.
#[utoipa::path(post, path = "/api/v1/auth/wallets/message", tag = "auth", operation_id = "wallet_message",
    request_body = WalletMessageRequest,
    responses((status = 200, body = WalletMessage)))]
pub async fn message(
    State(services): State<Arc<Services>>,
    Json(request): Json<WalletMessageRequest>,
) -> Result<Json<WalletMessage>> {
    Ok(Json(auth::wallet_message(&services, &request).await?))
}

/// Send the message with its signature. This browser then signs in, makes an account, or adds the wallet to one.
#[utoipa::path(post, path = "/api/v1/auth/wallets/verify", tag = "auth", operation_id = "verify_wallet",
    request_body = WalletSignature,
    responses((status = 204)))]
pub async fn verify(
    State(state): State<AppState>,
    jar: CookieJar,
    Json(request): Json<WalletSignature>,
) -> Result<(CookieJar, StatusCode)> {
    let ticket = auth::verify_wallet(&state.services, &request).await?;
    Ok((with_ticket(&state.config, jar, ticket), StatusCode::NO_CONTENT))
}

/// Get the message that adds a wallet to one's own account.
#[utoipa::path(post, path = "/api/v1/auth/identities/wallets/message", tag = "auth",
    operation_id = "link_wallet_message", request_body = LinkWalletRequest,
    responses((status = 200, body = WalletMessage)), security(("bearer" = [])))]
pub async fn link_message(
    State(services): State<Arc<Services>>,
    caller: SignedIn,
    Json(request): Json<LinkWalletRequest>,
) -> Result<Json<WalletMessage>> {
    let SignedIn {
        user_id, session_id, ..
    } = caller;
    Ok(Json(
        auth::link_wallet_message(&services, user_id, session_id, request).await?,
    ))
}
