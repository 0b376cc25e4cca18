//! `/api-keys`

use super::{Call, Uuid};
use crate::api_keys::{ApiKey, CreateApiKeyRequest, CreatedApiKey};

/// Keys of the workspace.
pub fn list() -> Call<Vec<ApiKey>> {
    Call::get("/api-keys")
}

/// Makes a key; its text is in this answer only.
pub fn create(request: &CreateApiKeyRequest) -> Call<CreatedApiKey> {
    Call::post("/api-keys").json(request)
}

/// Revokes a key.
pub fn delete(id: Uuid) -> Call<()> {
    Call::delete(format!("/api-keys/{id}"))
}
