//! What handlers share.

use std::sync::{Arc, OnceLock};

use axum::extract::FromRef;
use domain::Services;
use domain::config::Config;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::Pulse;

/// The state of the router. Cheap to clone.
#[derive(Debug, Clone)]
pub struct AppState {
    /// The product.
    pub services: Arc<Services>,
    /// The settings.
    pub config: Arc<Config>,
    /// The demo's bot, once it is there.
    pub demo_bot: Arc<OnceLock<Uuid>>,
    /// Cancelled once the server was told to stop: it asks to be sent no more requests, and still takes those that come.
    pub leaving: CancellationToken,
    /// Whether Postgres answers.
    pub pulse: Pulse,
}

impl FromRef<AppState> for Arc<Services> {
    fn from_ref(state: &AppState) -> Self {
        state.services.clone()
    }
}
