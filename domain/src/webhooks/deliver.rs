//! Sending one event: a job.

use std::time::Duration;

use api_types::live::Topic;
use api_types::webhooks::Event;
use chrono::Utc;
use reqwest::{Method, header};
use uuid::Uuid;

use super::sign::{binding, signature};
use crate::jobs::Outcome;
use crate::{Error, Result, Scope, Services};

/// How long a server has to take an event.
const LIMIT: Duration = Duration::from_secs(15);
/// How long a try counts as under way whose end nobody wrote down.
const UNDER_WAY: Duration = Duration::from_secs(20);
/// What is read of an answer. Nothing of it is kept or shown.
const MAX_ANSWER: usize = 64 * 1024;
/// Seconds before each further try: about 21 hours in all.
const PAUSES: [u64; 9] = [2, 30, 120, 600, 1_800, 3_600, 7_200, 21_600, 43_200];

/// An event that is to be sent.
struct Claimed {
    webhook_id: Uuid,
    url: String,
    secret: Vec<u8>,
    is_enabled: bool,
    event: String,
    body: String,
    attempts: i32,
}

/// How a try ended.
enum Sent {
    /// The server took it.
    Taken(i32),
    /// The server wants no more, ever.
    Gone,
    /// Perhaps later.
    NotNow {
        http_status: Option<i32>,
        retry_after: Option<Duration>,
        error: String,
    },
}

/// Sends an event, unless that was done.
pub async fn deliver(services: &Services, workspace_id: Uuid, id: Uuid) -> Result<Outcome> {
    let scope = Scope::worker(workspace_id);
    let Some(claimed) = claim(services, &scope, id).await? else {
        // Another job tries just now, or died at it.
        let is_under_way = is_waiting(services, &scope, id).await?;
        return Ok(if is_under_way {
            Outcome::Later(UNDER_WAY)
        } else {
            Outcome::Done
        });
    };
    let delivery = (claimed.webhook_id, id);
    if !claimed.is_enabled && claimed.event != Event::Test.as_str() {
        let error = "The webhook was switched off.";
        settle(services, &scope, delivery, "failed", None, Some(error)).await?;
        return Ok(Outcome::Done);
    }
    match send(services, id, &claimed).await? {
        Sent::Taken(status) => {
            settle(services, &scope, delivery, "delivered", Some(status), None).await?;
            Ok(Outcome::Done)
        }
        Sent::Gone => {
            let error = "The server said that it is gone (410), so the webhook was switched off.";
            settle(services, &scope, delivery, "failed", Some(410), Some(error)).await?;
            switch_off(services, &scope, claimed.webhook_id, error).await?;
            Ok(Outcome::Done)
        }
        Sent::NotNow {
            http_status,
            retry_after,
            error,
        } => {
            let pause = pause(claimed.attempts);
            let status = if pause.is_some() { "waiting" } else { "failed" };
            settle(services, &scope, delivery, status, http_status, Some(&error)).await?;
            Ok(pause.map_or(Outcome::Done, |pause| {
                Outcome::Later(retry_after.map_or(pause, |asked| asked.max(pause).min(longest())))
            }))
        }
    }
}

async fn is_waiting(services: &Services, scope: &Scope, id: Uuid) -> Result<bool> {
    let mut tx = services.db.tenant(scope).await?;
    let is_waiting = sqlx::query_scalar!(
        r#"select exists (select from webhook_deliveries where workspace_id = $1 and id = $2 and status = 'waiting')
           as "is_waiting!""#,
        scope.workspace_id(),
        id
    )
    .fetch_one(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(is_waiting)
}

/// Counts the attempt before the work. `None` also while another job is at it: a try that ended has said how.
async fn claim(services: &Services, scope: &Scope, id: Uuid) -> Result<Option<Claimed>> {
    let mut tx = services.db.tenant(scope).await?;
    let claimed = sqlx::query_as!(
        Claimed,
        "update webhook_deliveries d set attempts = d.attempts + 1, tried_at = now(), error = null
         from webhooks w
         where d.workspace_id = $1 and d.id = $2 and d.status = 'waiting'
           and (d.tried_at is null or d.error is not null or d.tried_at < now() - make_interval(secs => $3))
           and w.workspace_id = d.workspace_id and w.id = d.webhook_id
         returning d.webhook_id, w.url, w.secret, w.is_enabled, d.event, d.body, d.attempts",
        scope.workspace_id(),
        id,
        UNDER_WAY.as_secs_f64()
    )
    .fetch_optional(&mut *tx)
    .await?;
    if let Some(claimed) = &claimed {
        tx.tell(Topic::Webhook, claimed.webhook_id);
    }
    tx.commit().await?;
    Ok(claimed)
}

async fn send(services: &Services, id: Uuid, claimed: &Claimed) -> Result<Sent> {
    let secret = services
        .secrets
        .open(&claimed.secret, &binding(claimed.webhook_id))?;
    let not_now = |error: String| Sent::NotNow {
        http_status: None,
        retry_after: None,
        error,
    };
    let begun = services.outbound.check_url(&claimed.url).and_then(|url| {
        let request = services.outbound.request(Method::POST, &url)?;
        Ok((url, request))
    });
    let (url, request) = match begun {
        Ok(begun) => begun,
        Err(Error::Refused(refusal)) => return Ok(not_now(refusal.detail)),
        Err(error) => return Err(error),
    };
    let (id, timestamp) = (id.to_string(), Utc::now().timestamp());
    let request = request
        .header(header::CONTENT_TYPE, "application/json")
        .header("webhook-id", &id)
        .header("webhook-timestamp", timestamp.to_string())
        .header(
            "webhook-signature",
            signature(&secret, &id, timestamp, &claimed.body)?,
        )
        .body(claimed.body.clone());
    let reply = match services.outbound.ask(request, &url, LIMIT, MAX_ANSWER).await {
        Ok(reply) => reply,
        Err(error) => return Ok(not_now(error)),
    };
    let status = i32::from(reply.status.as_u16());
    Ok(match status {
        200..=299 => Sent::Taken(status),
        410 => Sent::Gone,
        300..=399 => Sent::NotNow {
            http_status: Some(status),
            retry_after: None,
            error: "The server sent it elsewhere, which is not followed. Enter the final address.".to_owned(),
        },
        _ => Sent::NotNow {
            http_status: Some(status),
            retry_after: reply.retry_after,
            error: format!("The server answered with {status}."),
        },
    })
}

/// Writes down how a try of a webhook's delivery ended. An event that was deleted meanwhile stays so.
async fn settle(
    services: &Services,
    scope: &Scope,
    (webhook_id, id): (Uuid, Uuid),
    status: &str,
    http_status: Option<i32>,
    error: Option<&str>,
) -> Result<()> {
    let mut tx = services.db.tenant(scope).await?;
    sqlx::query!(
        "update webhook_deliveries set status = $3, http_status = $4, error = $5
         where workspace_id = $1 and id = $2",
        scope.workspace_id(),
        id,
        status,
        http_status,
        error
    )
    .execute(&mut *tx)
    .await?;
    tx.tell(Topic::Webhook, webhook_id);
    tx.commit().await
}

async fn switch_off(services: &Services, scope: &Scope, webhook_id: Uuid, reason: &str) -> Result<()> {
    let mut tx = services.db.tenant(scope).await?;
    sqlx::query!(
        "update webhooks set is_enabled = false, disabled_for = $3 where workspace_id = $1 and id = $2",
        scope.workspace_id(),
        webhook_id,
        reason
    )
    .execute(&mut *tx)
    .await?;
    tx.tell(Topic::Webhook, webhook_id);
    tx.commit().await
}

/// How long to wait after so many attempts; `None` when it was enough.
fn pause(attempts: i32) -> Option<Duration> {
    let tries = usize::try_from(attempts).unwrap_or_default().saturating_sub(1);
    PAUSES.get(tries).copied().map(Duration::from_secs)
}

const fn longest() -> Duration {
    Duration::from_secs(PAUSES[PAUSES.len() - 1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_tried_ten_times_over_most_of_a_day() {
        let seconds: Vec<_> = (1..=10).map(|n| pause(n).map(|pause| pause.as_secs())).collect();
        assert_eq!(
            (seconds[0], seconds[8], seconds[9]),
            (Some(2), Some(43_200), None)
        );
        let all: u64 = PAUSES.iter().sum();
        assert!((20 * 3_600..24 * 3_600).contains(&all), "{all}");
    }
}
