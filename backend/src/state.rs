//! What handlers share.

use std::sync::{Arc, OnceLock};

use axum::extract::FromRef;
use domain::Services;
use domain::config::Config;
use uuid::Uuid;

/// The state of the router. Cheap to clone.
#[derive(Debug, Clone)]
pub struct AppState {
    /// The product.
    pub services: Arc<Services>,
    /// The settings.
    pub config: Arc<Config>,
    /// The demo's bot, once it is there.
    pub demo_bot: Arc<OnceLock<Uuid>>,
}

impl FromRef<AppState> for Arc<Services> {
    fn from_ref(state: &AppState) -> Self {
        state.services.clone()
    }
}
