//! `/providers`

use super::{Call, Uuid};
use crate::providers::{Provider, ProviderCheck, SaveProviderRequest};

/// Connections of the workspace.
pub fn list() -> Call<Vec<Provider>> {
    Call::get("/providers")
}

/// Connects a server.
pub fn create(request: &SaveProviderRequest) -> Call<Provider> {
    Call::post("/providers").json(request)
}

/// Changes a connection.
pub fn update(id: Uuid, request: &SaveProviderRequest) -> Call<Provider> {
    Call::put(format!("/providers/{id}")).json(request)
}

/// Forgets a connection and its key.
pub fn delete(id: Uuid) -> Call<()> {
    Call::delete(format!("/providers/{id}"))
}

/// Asks the default model for a word.
pub fn check(id: Uuid) -> Call<ProviderCheck> {
    Call::post(format!("/providers/{id}/check"))
}
