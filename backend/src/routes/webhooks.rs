//! `/api/v1/webhooks`: servers that are told of leads.

use std::sync::Arc;

use api_types::webhooks::{CreateWebhookRequest, CreatedWebhook, Delivery, SaveWebhookRequest, Webhook};
use axum::extract::State;
use axum::http::StatusCode;
use domain::{Services, webhooks};
use uuid::Uuid;

use crate::extract::{Json, Path, SignedIn};
use crate::problem::Result;

/// The workspace's webhooks. For admins.
#[utoipa::path(get, path = "/api/v1/webhooks", tag = "webhooks", responses((status = 200, body = [Webhook])),
    security(("bearer" = [])))]
pub async fn list(State(services): State<Arc<Services>>, caller: SignedIn) -> Result<Json<Vec<Webhook>>> {
    Ok(Json(webhooks::list(&services.db, &caller.scope).await?))
}

/// Make a webhook; its secret is shown this once.
#[utoipa::path(post, path = "/api/v1/webhooks", tag = "webhooks", request_body = CreateWebhookRequest,
    responses((status = 201, body = CreatedWebhook)), security(("bearer" = [])))]
pub async fn create(
    State(services): State<Arc<Services>>,
    caller: SignedIn,
    Json(request): Json<CreateWebhookRequest>,
) -> Result<(StatusCode, Json<CreatedWebhook>)> {
    let created = webhooks::create(&services, &caller.scope, &request.url).await?;
    Ok((StatusCode::CREATED, Json(created)))
}

/// Change where a webhook is, and whether it is told.
#[utoipa::path(put, path = "/api/v1/webhooks/{webhook_id}", tag = "webhooks", params(("webhook_id" = Uuid, Path)),
    request_body = SaveWebhookRequest, responses((status = 200, body = Webhook)), security(("bearer" = [])))]
pub async fn save(
    State(services): State<Arc<Services>>,
    caller: SignedIn,
    Path(webhook_id): Path<Uuid>,
    Json(request): Json<SaveWebhookRequest>,
) -> Result<Json<Webhook>> {
    Ok(Json(
        webhooks::save(&services, &caller.scope, webhook_id, &request).await?,
    ))
}

/// Delete a webhook with its log.
#[utoipa::path(delete, path = "/api/v1/webhooks/{webhook_id}", tag = "webhooks", params(("webhook_id" = Uuid, Path)),
    responses((status = 204)), security(("bearer" = [])))]
pub async fn delete(
    State(services): State<Arc<Services>>,
    caller: SignedIn,
    Path(webhook_id): Path<Uuid>,
) -> Result<StatusCode> {
    webhooks::delete(&services.db, &caller.scope, webhook_id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Send a test event, also to a webhook that is off.
#[utoipa::path(post, path = "/api/v1/webhooks/{webhook_id}/test", tag = "webhooks",
    params(("webhook_id" = Uuid, Path)), responses((status = 202, body = Delivery)), security(("bearer" = [])))]
pub async fn test(
    State(services): State<Arc<Services>>,
    caller: SignedIn,
    Path(webhook_id): Path<Uuid>,
) -> Result<(StatusCode, Json<Delivery>)> {
    let delivery = webhooks::send_test(&services.db, &caller.scope, webhook_id).await?;
    Ok((StatusCode::ACCEPTED, Json(delivery)))
}

/// The last 50 events that were sent to a webhook, or are to be, the newest first.
#[utoipa::path(get, path = "/api/v1/webhooks/{webhook_id}/deliveries", tag = "webhooks",
    params(("webhook_id" = Uuid, Path)), responses((status = 200, body = [Delivery])), security(("bearer" = [])))]
pub async fn deliveries(
    State(services): State<Arc<Services>>,
    caller: SignedIn,
    Path(webhook_id): Path<Uuid>,
) -> Result<Json<Vec<Delivery>>> {
    Ok(Json(
        webhooks::deliveries(&services.db, &caller.scope, webhook_id).await?,
    ))
}

/// Send an event again, now.
#[utoipa::path(post, path = "/api/v1/webhooks/{webhook_id}/deliveries/{delivery_id}/retry", tag = "webhooks",
    params(("webhook_id" = Uuid, Path), ("delivery_id" = Uuid, Path)), responses((status = 202, body = Delivery)),
    security(("bearer" = [])))]
pub async fn retry(
    State(services): State<Arc<Services>>,
    caller: SignedIn,
    Path((webhook_id, delivery_id)): Path<(Uuid, Uuid)>,
) -> Result<(StatusCode, Json<Delivery>)> {
    let delivery = webhooks::send_again(&services.db, &caller.scope, webhook_id, delivery_id).await?;
    Ok((StatusCode::ACCEPTED, Json(delivery)))
}
