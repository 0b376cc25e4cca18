//! Webhooks: servers that are told of what happens in a workspace, signed as in the Standard Webhooks specification.
//! `/api/v1/webhooks`.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::FieldError;
use crate::validate::{Checker, is_web_address};

/// Most webhooks of a workspace.
pub const MAX_WEBHOOKS: usize = 5;

/// A server that is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Webhook {
    /// Id.
    pub id: Uuid,
    /// Where events are posted to.
    pub url: String,
    /// Whether it is told.
    pub is_enabled: bool,
    /// Why it was switched off by itself, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled_for: Option<String>,
    /// The last characters of its secret, to recognise it by.
    pub hint: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// Answer of `POST /webhooks`: the only time the secret is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreatedWebhook {
    /// The list row.
    #[serde(flatten)]
    pub webhook: Webhook,
    /// The secret: `whsec_`, then the key of HMAC-SHA256 in Base64.
    pub secret: String,
}

/// `POST /webhooks`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CreateWebhookRequest {
    /// Where events are posted to.
    pub url: String,
}

/// `PUT /webhooks/{webhook_id}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SaveWebhookRequest {
    /// Where events are posted to.
    pub url: String,
    /// Whether it is told.
    pub is_enabled: bool,
}

/// What webhooks are told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// Somebody left their details who was not known.
    LeadCreated,
    /// Somebody who was known left their details again.
    LeadUpdated,
    /// A visitor waits for a person.
    HandOffRequested,
    /// A conversation was closed.
    ConversationClosed,
    /// Somebody of the team tries a webhook.
    Test,
}

impl Event {
    /// The name: `type` of what is sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LeadCreated => "lead.created",
            Self::LeadUpdated => "lead.updated",
            Self::HandOffRequested => "handoff.requested",
            Self::ConversationClosed => "conversation.closed",
            Self::Test => "webhook.test",
        }
    }
}

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DeliveryStatus {
    /// Not yet, or not yet again.
    Waiting,
    /// The server took it.
    Delivered,
    /// Given up.
    Failed,
}

/// An event that was sent, or is to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Delivery {
    /// Id; the header `webhook-id`.
    pub id: Uuid,
    /// `lead.created`, `lead.updated`, `handoff.requested`, `conversation.closed` or `webhook.test`.
    pub event: String,
    /// What became of it.
    pub status: DeliveryStatus,
    /// How often it was tried.
    pub attempts: i32,
    /// The HTTP status of the last try, if the server answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http_status: Option<i32>,
    /// What went wrong at the last try, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// When it happened.
    pub created_at: DateTime<Utc>,
    /// When it was tried last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tried_at: Option<DateTime<Utc>>,
}

/// Checks the address of a webhook. The server also refuses places that it does not send to.
pub fn check_url(url: &str) -> Result<(), Vec<FieldError>> {
    let mut check = Checker::default();
    check.require(
        is_web_address(url.trim()),
        "url",
        "Enter a web address such as https://example.com/hooks/leads.",
    );
    check.finish()
}
