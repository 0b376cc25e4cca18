//! Mails as they lie in the outbox of a server without a mail server.

use std::time::{Duration, Instant};

use sqlx::{Connection, PgConnection};

use super::TestApp;

/// The text of the newest mail with this subject to this address, once there are `count` of them.
pub async fn nth(app: &TestApp, recipient: &str, subject: &str, count: usize) -> String {
    let mut owner = PgConnection::connect(app.database.url.as_str()).await.unwrap();
    let began = Instant::now();
    loop {
        let bodies: Vec<String> = sqlx::query_scalar(
            "select body from outbox where lower(recipient) = lower($1) and subject = $2 order by created_at, id",
        )
        .bind(recipient)
        .bind(subject)
        .fetch_all(&mut owner)
        .await
        .unwrap();
        if bodies.len() >= count {
            return bodies.last().unwrap().clone();
        }
        assert!(
            began.elapsed() < Duration::from_secs(60),
            "waited in vain for “{subject}” to {recipient}"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The first mail with this subject to this address.
pub async fn first(app: &TestApp, recipient: &str, subject: &str) -> String {
    nth(app, recipient, subject, 1).await
}

/// What stands behind the `#` of a mail's link.
pub fn token(mail: &str) -> &str {
    let link = mail.lines().find(|line| line.starts_with("http")).unwrap();
    link.split_once('#').unwrap().1
}

/// How many mails went to this address.
pub async fn count(app: &TestApp, recipient: &str) -> i64 {
    let mut owner = PgConnection::connect(app.database.url.as_str()).await.unwrap();
    sqlx::query_scalar("select count(*) from outbox where recipient = $1")
        .bind(recipient)
        .fetch_one(&mut owner)
        .await
        .unwrap()
}

/// Runs SQL as the owner of the database, so that time passes.
pub async fn sql(app: &TestApp, statement: &'static str) {
    let mut owner = PgConnection::connect(app.database.url.as_str()).await.unwrap();
    sqlx::query(statement).execute(&mut owner).await.unwrap();
}
