//! Mails: written into the outbox in the transaction that needs them, sent by a job.

mod smtp;
mod template;

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::db::Db;
use crate::jobs::{Job, Outcome, enqueue};
use crate::{Result, Services};
pub use smtp::Mailer;
use smtp::Sent;
pub use template::{Template, escape, paragraphs};

/// Tries after which a mail is given up: about nine hours after it was written.
const MAX_ATTEMPTS: i32 = 14;
/// How long after the first failure it is tried again; doubled each time.
const FIRST_PAUSE: Duration = Duration::from_secs(15);
/// Longest wait between two tries.
const MAX_PAUSE: Duration = Duration::from_secs(3600);

/// A mail as the outbox shows it.
#[derive(Debug)]
pub struct Mail {
    /// Who gets it.
    pub recipient: String,
    /// Its subject.
    pub subject: String,
    /// Its text.
    pub body: Option<String>,
    /// When it was written.
    pub created_at: DateTime<Utc>,
}

/// Writes a mail to `recipient`, who is `user_id` if they have an account, and the job that sends it. Both are there when
/// the transaction of `conn` commits.
pub async fn post(
    conn: &mut PgConnection,
    user_id: Option<Uuid>,
    recipient: &str,
    template: Template<'_>,
) -> Result<()> {
    let (subject, body) = template.write();
    let mail_id = Uuid::now_v7();
    sqlx::query!(
        "insert into outbox (id, user_id, recipient, subject, body) values ($1, $2, $3, $4, $5)",
        mail_id,
        user_id,
        recipient,
        subject,
        body
    )
    .execute(&mut *conn)
    .await?;
    enqueue(conn, &Job::SendMail { mail_id }).await
}

/// The newest mails, for the page that stands in for a mail server.
pub async fn newest(db: &Db) -> Result<Vec<Mail>> {
    let rows = sqlx::query_as!(
        Mail,
        "select recipient, subject, body, created_at from outbox order by created_at desc, id desc limit 50"
    )
    .fetch_all(db.pool())
    .await?;
    Ok(rows)
}

/// Sends a mail, unless that was done. Without a mail server it stays in the outbox.
pub async fn send(services: &Services, mail_id: Uuid) -> Result<Outcome> {
    let Some(mailer) = &services.mailer else {
        return Ok(Outcome::Done);
    };
    let claimed = sqlx::query!(
        r#"update outbox set attempts = attempts + 1
           where id = $1 and sent_at is null and failed_at is null
           returning recipient, subject, body as "body!", attempts"#,
        mail_id
    )
    .fetch_optional(services.db.pool())
    .await?;
    let Some(mail) = claimed else {
        return Ok(Outcome::Done);
    };
    let sent = mailer
        .send(mail_id, &mail.recipient, &mail.subject, &mail.body)
        .await;
    match sent {
        Sent::Accepted => settle(&services.db, mail_id, None).await,
        Sent::Refused(error) => settle(&services.db, mail_id, Some(&error)).await,
        Sent::NotNow(error) if mail.attempts >= MAX_ATTEMPTS => {
            settle(&services.db, mail_id, Some(&error)).await
        }
        Sent::NotNow(error) => {
            tracing::warn!(%mail_id, attempts = mail.attempts, error, "a mail could not be sent; it is tried again");
            sqlx::query!("update outbox set error = $2 where id = $1", mail_id, error)
                .execute(services.db.pool())
                .await?;
            Ok(Outcome::Later(pause(mail.attempts)))
        }
    }
}

/// It is over: sent, or given up for `error`. Its text goes, as it may hold a link that opens an account.
async fn settle(db: &Db, mail_id: Uuid, error: Option<&str>) -> Result<Outcome> {
    if let Some(error) = error {
        tracing::error!(%mail_id, error, "a mail was given up");
    }
    sqlx::query!(
        "update outbox set body = null, error = $2,
             sent_at = case when $2::text is null then now() end,
             failed_at = case when $2::text is not null then now() end
         where id = $1",
        mail_id,
        error
    )
    .execute(db.pool())
    .await?;
    Ok(Outcome::Done)
}

/// 15 s, 30 s, 1 min … up to an hour.
fn pause(attempts: i32) -> Duration {
    let doublings = u32::try_from(attempts - 1).unwrap_or_default().min(16);
    (FIRST_PAUSE * 2_u32.pow(doublings)).min(MAX_PAUSE)
}

/// Removes mails older than 30 days. Answers how many.
pub async fn sweep(db: &Db) -> Result<u64> {
    let swept = sqlx::query!("delete from outbox where created_at < now() - interval '30 days'")
        .execute(db.pool())
        .await?;
    Ok(swept.rows_affected())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_an_hour() {
        let seconds = [1, 2, 3, 9, MAX_ATTEMPTS].map(|attempts| pause(attempts).as_secs());
        assert_eq!(seconds, [15, 30, 60, 3600, 3600]);
    }
}
