//! Brings a database up to date: the job queue's own migrations first, then ours.

use anyhow::{Context, Result};
use apalis_postgres::PostgresStorage;
use sqlx::migrate::{Migrate, Migrator};
use sqlx::postgres::PgPoolOptions;
use sqlx::{Connection, Executor, PgConnection};

/// The SQL files of this folder.
pub static MIGRATOR: Migrator = sqlx::migrate!("../migrations");

/// The first of them. It begins with the block that makes the roles.
const FIRST: &str = include_str!("0001_roles.sql");

/// Migrates the database at `owner_url`. Safe to run again and from several processes at once.
pub async fn migrate(owner_url: &str) -> Result<()> {
    migrate_to(owner_url, i64::MAX).await
}

/// The same with the migrations up to one of them: a database as an earlier version of the product left it, to try upgrades with.
pub async fn migrate_to(owner_url: &str, last: i64) -> Result<()> {
    let pool = PgPoolOptions::new()
        .max_connections(2)
        .connect(owner_url)
        .await
        .context("could not connect to Postgres to migrate it")?;
    PostgresStorage::<()>::setup(&pool)
        .await
        .context("could not migrate the job queue")?;
    MIGRATOR
        .run_to(last, &pool)
        .await
        .context("could not migrate the database")?;
    pool.close().await;
    Ok(())
}

/// Runs what [`migrate`] would in a transaction that is rolled back, and answers which migrations those were.
///
/// What they change stays locked until then, so servers at work may wait. When somebody else holds what they need for longer than
/// five seconds, this fails rather than make everybody wait behind it.
pub async fn rehearse(owner_url: &str) -> Result<Vec<String>> {
    let mut connection = PgConnection::connect(owner_url)
        .await
        .context("could not connect to Postgres")?;
    let mut tx = connection.begin().await?;
    tx.execute("set local lock_timeout = '5s'").await?;
    let mut pending = Vec::new();
    let queue = PostgresStorage::<()>::migrations();
    for (what, migrator) in [("job queue", &queue), ("database", &MIGRATOR)] {
        let applied = applied(&mut tx, migrator).await?;
        let missing = migrator
            .iter()
            .filter(|migration| !migration.migration_type.is_down_migration())
            .filter(|migration| !applied.contains(&migration.version));
        pending.extend(
            missing.map(|migration| format!("{what}: {} {}", migration.version, migration.description)),
        );
        migrator
            .run_direct(None, &mut *tx, false)
            .await
            .with_context(|| format!("the migrations of the {what} would fail; nothing was changed"))?;
    }
    tx.rollback().await?;
    Ok(pending)
}

/// The versions that the database has been through.
async fn applied(conn: &mut PgConnection, migrator: &Migrator) -> Result<Vec<i64>> {
    let table = &migrator.table_name;
    let is_there: bool = sqlx::query_scalar("select to_regclass($1) is not null")
        .bind(table.as_ref())
        .fetch_one(&mut *conn)
        .await?;
    if !is_there {
        return Ok(Vec::new());
    }
    let applied = conn.list_applied_migrations(table).await?;
    Ok(applied.into_iter().map(|migration| migration.version).collect())
}

/// Makes the roles of the server and the worker unless they are there: a dump of the database names them, and has none.
pub async fn ensure_roles(conn: &mut PgConnection) -> Result<()> {
    let end = "$$;";
    let (block, _) = FIRST
        .split_once(end)
        .context("the first migration makes the roles")?;
    conn.execute(sqlx::AssertSqlSafe(format!("{block}{end}"))).await?;
    Ok(())
}
