//! Brings a database up to date: the job queue's own migrations first, then ours.

use anyhow::Context;
use apalis_postgres::PostgresStorage;
use sqlx::migrate::Migrator;
use sqlx::postgres::PgPoolOptions;

/// The SQL files of this folder.
pub static MIGRATOR: Migrator = sqlx::migrate!("../migrations");

/// Migrates the database at `owner_url`. Safe to run again and from several processes at once.
pub async fn migrate(owner_url: &str) -> anyhow::Result<()> {
    let pool = PgPoolOptions::new()
        .max_connections(2)
        .connect(owner_url)
        .await
        .context("could not connect to Postgres to migrate it")?;
    PostgresStorage::<()>::setup(&pool)
        .await
        .context("could not migrate the job queue")?;
    MIGRATOR
        .run(&pool)
        .await
        .context("could not migrate the database")?;
    pool.close().await;
    Ok(())
}
