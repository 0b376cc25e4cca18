//! `botwright audit verify`: whether anybody changed the audit log.

use std::process::ExitCode;

use anyhow::bail;
use domain::audit::{self, Verified};
use domain::config::Config;
use domain::db::{Db, DbRole};
use secrecy::ExposeSecret;
use uuid::Uuid;

use crate::embedded::{Durability, Embedded};

/// Looks at every chain, or at that of one workspace, and prints what is wrong. Fails when something is.
pub async fn verify(config: &Config, only: Option<Uuid>) -> anyhow::Result<ExitCode> {
    if let Some(url) = &config.database_url {
        return verify_at(url.expose_secret(), only).await;
    }
    if !config.data_dir.exists() {
        bail!(
            "there is no data folder {}: set BOTWRIGHT_DATA_DIR, or DATABASE_URL to your own Postgres",
            config.data_dir.display()
        );
    }
    if let Some(url) = Embedded::running_database_url(&config.data_dir)? {
        return verify_at(&url, only).await;
    }
    let embedded = Embedded::start(&config.data_dir, Durability::Durable).await?;
    let outcome = verify_at(embedded.database_url(), only).await;
    embedded.stop().await?;
    outcome
}

async fn verify_at(database_url: &str, only: Option<Uuid>) -> anyhow::Result<ExitCode> {
    let db = Db::connect(database_url, DbRole::App, 2)?;
    let mut sum = Sum::default();
    audit::verify(&db, only, |verified| sum.add(&verified)).await?;
    if only.is_some() && sum.workspaces == 0 {
        bail!("there is no such workspace");
    }
    let entries = counted(sum.entries, "entry", "entries");
    println!(
        "Whole: {entries} of {}.",
        counted(sum.whole, "workspace", "workspaces")
    );
    if sum.whole == sum.workspaces {
        return Ok(ExitCode::SUCCESS);
    }
    let broken = counted(sum.workspaces - sum.whole, "workspace", "workspaces");
    println!("Broken: the log of {broken}. Somebody with the rights of the database's owner changed it.");
    Ok(ExitCode::FAILURE)
}

#[derive(Default)]
struct Sum {
    workspaces: i64,
    whole: i64,
    /// Of the workspaces that are whole.
    entries: i64,
}

impl Sum {
    /// Counts what was found, and prints it where there is something to know.
    fn add(&mut self, verified: &Verified) {
        self.workspaces += 1;
        let id = verified.workspace_id;
        let Some(broken) = &verified.broken else {
            self.whole += 1;
            self.entries += verified.entries;
            let entries = counted(verified.entries, "entry", "entries");
            println!("whole   {id}  {entries}, head {}", verified.head);
            return;
        };
        let entry = match broken.entry {
            Some((entry, written)) => format!(", {entry} of {}", written.to_rfc3339()),
            None => String::new(),
        };
        println!(
            "BROKEN  {id}  at entry {}{entry}: {}",
            broken.position, broken.what
        );
    }
}

fn counted(number: i64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}
