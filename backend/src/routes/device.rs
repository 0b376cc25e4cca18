//! What a request tells of the browser that sends it.

use std::convert::Infallible;
use std::net::SocketAddr;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::header;
use axum::http::request::Parts;
use domain::auth::Device;

use super::client_address::ClientAddress;
use crate::AppState;

/// The device that a session is begun or renewed on.
#[derive(Debug)]
pub struct FromDevice(pub Device);

impl FromRequestParts<AppState> for FromDevice {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Infallible> {
        let user_agent = parts.headers.get(header::USER_AGENT);
        let user_agent = user_agent
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        let address = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| {
            ClientAddress::new(&state.config.trusted_proxies).visitor(peer.0.ip(), &parts.headers)
        });
        Ok(Self(Device::new(user_agent, address)))
    }
}
