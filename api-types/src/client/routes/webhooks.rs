//! `/webhooks`

use super::{Call, Uuid};
use crate::webhooks::{CreateWebhookRequest, CreatedWebhook, Delivery, SaveWebhookRequest, Webhook};

/// Webhooks of the workspace.
pub fn list() -> Call<Vec<Webhook>> {
    Call::get("/webhooks")
}

/// Makes one.
pub fn create(request: &CreateWebhookRequest) -> Call<CreatedWebhook> {
    Call::post("/webhooks").json(request)
}

/// Changes one.
pub fn save(id: Uuid, request: &SaveWebhookRequest) -> Call<Webhook> {
    Call::put(format!("/webhooks/{id}")).json(request)
}

/// Deletes one with its log.
pub fn delete(id: Uuid) -> Call<()> {
    Call::delete(format!("/webhooks/{id}"))
}

/// Sends a test event.
pub fn test(id: Uuid) -> Call<Delivery> {
    Call::post(format!("/webhooks/{id}/test"))
}

/// What was sent last.
pub fn deliveries(id: Uuid) -> Call<Vec<Delivery>> {
    Call::get(format!("/webhooks/{id}/deliveries"))
}

/// Sends an event again.
pub fn retry(id: Uuid, delivery: Uuid) -> Call<Delivery> {
    Call::post(format!("/webhooks/{id}/deliveries/{delivery}/retry"))
}
