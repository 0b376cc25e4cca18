//! `botwright plan`: which plan an organization has.

use anyhow::bail;
use domain::config::Config;
use domain::db::{Db, DbRole};
use domain::quotas::{self, Plans};
use secrecy::ExposeSecret;
use uuid::Uuid;

use crate::embedded::{Durability, Embedded};

/// Gives an organization a plan of the settings. Running servers follow within half a minute.
pub async fn set(config: &Config, organization_id: Uuid, plan: &str) -> anyhow::Result<()> {
    if let Some(url) = &config.database_url {
        return set_at(config, url.expose_secret(), organization_id, plan).await;
    }
    if !config.data_dir.exists() {
        bail!(
            "there is no data folder {}: set BOTWRIGHT_DATA_DIR, or DATABASE_URL to your own Postgres",
            config.data_dir.display()
        );
    }
    if let Some(url) = Embedded::running_database_url(&config.data_dir)? {
        return set_at(config, &url, organization_id, plan).await;
    }
    let embedded = Embedded::start(&config.data_dir, Durability::Durable).await?;
    let outcome = set_at(config, embedded.database_url(), organization_id, plan).await;
    embedded.stop().await?;
    outcome
}

async fn set_at(
    config: &Config,
    database_url: &str,
    organization_id: Uuid,
    plan: &str,
) -> anyhow::Result<()> {
    let db = Db::connect(database_url, DbRole::App, 2)?;
    let plans = Plans::new(&config.default_plan, &config.plans);
    quotas::set_plan(&db, &plans, organization_id, plan).await?;
    println!("The organization {organization_id} has the plan {plan}.");
    Ok(())
}
