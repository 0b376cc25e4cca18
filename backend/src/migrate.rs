//! `botwright migrate`: brings the database up to date, or says what that would be.

use anyhow::Result;
use domain::config::Config;
use secrecy::ExposeSecret;

use crate::place::Place;

/// Migrates the database of the settings, or that of the data folder; with `dry_run` all is taken back.
pub async fn run(config: &Config, dry_run: bool) -> Result<()> {
    if let Some(url) = &config.database_url {
        return migrate(url.expose_secret(), dry_run).await;
    }
    let place = Place::open(config).await?;
    let migrated = migrate(&place.database_url, dry_run).await;
    place.close().await?;
    migrated
}

async fn migrate(database_url: &str, dry_run: bool) -> Result<()> {
    if !dry_run {
        migrations::migrate(database_url).await?;
        eprintln!("The database is up to date.");
        return Ok(());
    }
    let pending = migrations::rehearse(database_url).await?;
    for migration in &pending {
        println!("{migration}");
    }
    match pending.len() {
        0 => eprintln!("The database is up to date."),
        count => eprintln!("{count} to run. They were tried and taken back; nothing was changed."),
    }
    Ok(())
}
