//! What was sent to a webhook, and what is to be.

use api_types::live::Topic;
use api_types::tenancy::Role;
use api_types::webhooks::{Delivery, DeliveryStatus, Event};
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::db::{Db, TenantTx};
use crate::jobs::{Job, enqueue};
use crate::kb::documents::by_name;
use crate::{Error, Result, Scope};

/// Deliveries of one webhook that are kept, the newest.
const KEPT: i64 = 200;
/// Deliveries that are shown.
const SHOWN: i64 = 50;

/// Tells every webhook that is on of something about a lead. They are told once the transaction commits.
pub(crate) async fn announce(
    tx: &mut TenantTx,
    scope: &Scope,
    event: Event,
    lead_id: Uuid,
    data: &Value,
) -> Result<()> {
    announce_about(tx, scope, event, Subject::Lead(lead_id), data).await
}

/// Tells every webhook that is on of something about a conversation. They are told once the transaction commits.
pub(crate) async fn announce_conversation(
    tx: &mut TenantTx,
    scope: &Scope,
    event: Event,
    conversation_id: Uuid,
    data: &Value,
) -> Result<()> {
    let subject = Subject::Conversation(conversation_id);
    announce_about(tx, scope, event, subject, data).await
}

/// What an event speaks of: it goes with it.
#[derive(Debug, Clone, Copy)]
enum Subject {
    Lead(Uuid),
    Conversation(Uuid),
}

async fn announce_about(
    tx: &mut TenantTx,
    scope: &Scope,
    event: Event,
    subject: Subject,
    data: &Value,
) -> Result<()> {
    let webhooks = sqlx::query_scalar!(
        "select id from webhooks where workspace_id = $1 and is_enabled",
        scope.workspace_id()
    )
    .fetch_all(&mut **tx)
    .await?;
    for webhook_id in webhooks {
        add(tx, scope, webhook_id, event, Some(subject), data).await?;
        tx.tell(Topic::Webhook, webhook_id);
    }
    Ok(())
}

/// Sends an event that speaks of nothing, to see whether it arrives.
pub async fn send_test(db: &Db, scope: &Scope, webhook_id: Uuid) -> Result<Delivery> {
    scope.require(Role::Admin)?;
    let mut tx = db.tenant(scope).await?;
    require(&mut tx, scope, webhook_id).await?;
    let data = json!({ "message": "This is a test. Nothing has happened." });
    let id = add(&mut tx, scope, webhook_id, Event::Test, None, &data).await?;
    let delivery = one(&mut tx, scope, webhook_id, id).await?;
    tx.tell(Topic::Webhook, webhook_id);
    tx.commit().await?;
    Ok(delivery)
}

/// Sends an event again, now, whatever became of it before.
pub async fn send_again(db: &Db, scope: &Scope, webhook_id: Uuid, id: Uuid) -> Result<Delivery> {
    scope.require(Role::Admin)?;
    let mut tx = db.tenant(scope).await?;
    require(&mut tx, scope, webhook_id).await?;
    let changed = sqlx::query!(
        "update webhook_deliveries set status = 'waiting', attempts = 0, error = null, http_status = null, tried_at = null
         where workspace_id = $1 and webhook_id = $2 and id = $3",
        scope.workspace_id(),
        webhook_id,
        id
    )
    .execute(&mut *tx)
    .await?;
    if changed.rows_affected() == 0 {
        return Err(Error::not_found("delivery"));
    }
    enqueue(&mut tx, &job(scope, id)).await?;
    let delivery = one(&mut tx, scope, webhook_id, id).await?;
    tx.tell(Topic::Webhook, webhook_id);
    tx.commit().await?;
    Ok(delivery)
}

/// What was sent to a webhook last, the newest first.
pub async fn deliveries(db: &Db, scope: &Scope, webhook_id: Uuid) -> Result<Vec<Delivery>> {
    scope.require(Role::Admin)?;
    let mut tx = db.tenant(scope).await?;
    require(&mut tx, scope, webhook_id).await?;
    rows(&mut tx, scope, webhook_id, None).await
}

async fn add(
    tx: &mut TenantTx,
    scope: &Scope,
    webhook_id: Uuid,
    event: Event,
    subject: Option<Subject>,
    data: &Value,
) -> Result<Uuid> {
    let (lead_id, conversation_id) = match subject {
        Some(Subject::Lead(id)) => (Some(id), None),
        Some(Subject::Conversation(id)) => (None, Some(id)),
        None => (None, None),
    };
    let id = Uuid::now_v7();
    let timestamp = Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true);
    let body = json!({ "type": event.as_str(), "timestamp": timestamp, "data": data }).to_string();
    sqlx::query!(
        "insert into webhook_deliveries (workspace_id, id, webhook_id, lead_id, conversation_id, event, body)
         values ($1, $2, $3, $4, $5, $6, $7)",
        scope.workspace_id(),
        id,
        webhook_id,
        lead_id,
        conversation_id,
        event.as_str(),
        body
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "delete from webhook_deliveries where workspace_id = $1 and webhook_id = $2 and id in (
             select id from webhook_deliveries where workspace_id = $1 and webhook_id = $2
             order by created_at desc, id desc offset $3)",
        scope.workspace_id(),
        webhook_id,
        KEPT
    )
    .execute(&mut **tx)
    .await?;
    enqueue(tx, &job(scope, id)).await?;
    Ok(id)
}

const fn job(scope: &Scope, delivery_id: Uuid) -> Job {
    Job::DeliverWebhook {
        workspace_id: scope.workspace_id(),
        delivery_id,
    }
}

async fn require(tx: &mut TenantTx, scope: &Scope, webhook_id: Uuid) -> Result<()> {
    sqlx::query_scalar!(
        "select id from webhooks where workspace_id = $1 and id = $2",
        scope.workspace_id(),
        webhook_id
    )
    .fetch_optional(&mut **tx)
    .await?
    .map(drop)
    .ok_or_else(|| Error::not_found("webhook"))
}

struct Row {
    id: Uuid,
    event: String,
    status: String,
    attempts: i32,
    http_status: Option<i32>,
    error: Option<String>,
    created_at: DateTime<Utc>,
    tried_at: Option<DateTime<Utc>>,
}

impl TryFrom<Row> for Delivery {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        Ok(Self {
            id: row.id,
            event: row.event,
            status: by_name::<DeliveryStatus>(&row.status)?,
            attempts: row.attempts,
            http_status: row.http_status,
            error: row.error,
            created_at: row.created_at,
            tried_at: row.tried_at,
        })
    }
}

async fn one(tx: &mut TenantTx, scope: &Scope, webhook_id: Uuid, id: Uuid) -> Result<Delivery> {
    let found = rows(tx, scope, webhook_id, Some(id)).await?.pop();
    found.ok_or_else(|| Error::not_found("delivery"))
}

async fn rows(
    tx: &mut TenantTx,
    scope: &Scope,
    webhook_id: Uuid,
    only: Option<Uuid>,
) -> Result<Vec<Delivery>> {
    let rows = sqlx::query_as!(
        Row,
        "select id, event, status, attempts, http_status, error, created_at, tried_at from webhook_deliveries
         where workspace_id = $1 and webhook_id = $2 and ($3::uuid is null or id = $3)
         order by created_at desc, id desc limit $4",
        scope.workspace_id(),
        webhook_id,
        only,
        SHOWN
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter().map(Delivery::try_from).collect()
}
