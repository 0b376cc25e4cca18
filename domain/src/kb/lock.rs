//! The right to work on something, so that no two workers do.

use sqlx::PgConnection;

use crate::Result;
use crate::db::Db;

/// Held by a connection of its own: when the process dies, or the job is dropped, Postgres takes it back.
pub(crate) struct WorkLock(PgConnection);

impl WorkLock {
    /// `None` while somebody else holds the lock of this name.
    pub(crate) async fn try_acquire(db: &Db, name: &str) -> Result<Option<Self>> {
        let mut connection = db.pool().acquire().await?.detach();
        let locked = sqlx::query_scalar!(
            r#"select pg_try_advisory_lock(hashtextextended($1, 0)) as "locked!""#,
            name
        )
        .fetch_one(&mut connection)
        .await?;
        Ok(locked.then_some(Self(connection)))
    }

    /// Gives it back now rather than when Postgres notices that the connection is gone.
    pub(crate) async fn release(mut self) {
        let released = sqlx::query!("select pg_advisory_unlock_all()")
            .execute(&mut self.0)
            .await;
        if let Err(error) = released {
            tracing::debug!(%error, "a lock goes with its connection");
        }
    }
}
