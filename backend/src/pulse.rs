//! Whether Postgres answers. One that hangs breaks no connection off, and for one that is away each step of a request waits anew:
//! without this, requests would wait for as long as that takes.

use std::time::Duration;

use domain::db::Db;
use sqlx::{Connection, PgConnection};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

/// How often Postgres is asked.
const EVERY: Duration = Duration::from_secs(1);
/// How long it may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// Answers in a row that fail to come before it is taken for hanging.
const MISSED: u32 = 2;
/// How long a request may take while it does not answer: what does not need Postgres is done by then.
const REQUEST: Duration = Duration::from_secs(5);

/// What is known of it. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Pulse(watch::Sender<bool>);

impl Default for Pulse {
    fn default() -> Self {
        Self(watch::Sender::new(true))
    }
}

impl Pulse {
    /// Asks again and again until cancelled.
    pub async fn watch(self, db: Db, cancel: CancellationToken) {
        let watching = async {
            let (mut connection, mut missed) = (None, 0);
            loop {
                missed = match timeout(PATIENCE, ask(&db, &mut connection)).await {
                    Ok(Ok(())) => 0,
                    Ok(Err(_)) => {
                        connection = None;
                        missed + 1
                    }
                    Err(_) => missed + 1,
                };
                let answers = missed < MISSED;
                if self.0.send_replace(answers) != answers {
                    tracing::warn!(answers, "whether Postgres answers has changed");
                }
                sleep(EVERY).await;
            }
        };
        tokio::select! {
            () = watching => {}
            () = cancel.cancelled() => {}
        }
    }

    /// Ready when a request that began now has waited for long enough.
    pub(crate) async fn given_up(&self) {
        sleep(REQUEST).await;
        let mut answers = self.0.subscribe();
        // The sender lives as long as this.
        let _ = answers.wait_for(|answers| !answers).await;
    }
}

async fn ask(db: &Db, connection: &mut Option<PgConnection>) -> anyhow::Result<()> {
    let connection = match connection {
        Some(connection) => connection,
        None => connection.insert(db.connection().await?),
    };
    Ok(connection.ping().await?)
}
