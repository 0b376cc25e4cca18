//! Migrates the database at `DATABASE_URL`, for tools that run before the server can be built.

use anyhow::Context;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let url = std::env::var("DATABASE_URL").context("set DATABASE_URL")?;
    migrations::migrate(&url).await
}
