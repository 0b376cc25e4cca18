//! What a back-up says of itself, and whether this program can restore it.

use anyhow::{Context, Result, bail, ensure};
use chrono::{DateTime, Utc};
use domain::master_key::{Canary, unknown_key};
use domain::secrets::Secrets;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;

/// The layout of the archive.
const FORMAT: u32 = 1;

/// The first thing that is read.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Manifest {
    format: u32,
    /// Of the program that wrote it.
    version: String,
    pub written_at: DateTime<Utc>,
    /// The major version of its Postgres.
    pub postgres: u32,
    /// What its database had been through.
    migrations: Vec<Applied>,
    /// Which key opens what is sealed in it. Tells nothing about the key.
    key: Option<Canary>,
}

#[derive(Debug, Serialize, Deserialize, sqlx::FromRow)]
struct Applied {
    version: i64,
    checksum: Vec<u8>,
}

impl Manifest {
    /// That of a database as a transaction sees it.
    pub(super) async fn of(conn: &mut PgConnection, postgres: u32) -> Result<Self> {
        let migrations =
            sqlx::query_as("select version, checksum from _sqlx_migrations where success order by version")
                .fetch_all(&mut *conn)
                .await
                .context("this is not a database of Botwright")?;
        Ok(Self {
            format: FORMAT,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            written_at: Utc::now(),
            postgres,
            migrations,
            key: Canary::of(conn).await?,
        })
    }

    /// Refuses what this program does not know, or what this Postgres can't take.
    pub(super) fn check(&self, postgres: u32) -> Result<()> {
        ensure!(
            self.format == FORMAT,
            "the back-up has the layout {}, of which this version knows nothing: use the version that wrote it, {}, or newer",
            self.format,
            self.version
        );
        let is_known = |applied: &Applied| {
            migrations::MIGRATOR
                .iter()
                .any(|ours| ours.version == applied.version && *ours.checksum == *applied.checksum)
        };
        if let Some(unknown) = self.migrations.iter().find(|applied| !is_known(applied)) {
            bail!(
                "the back-up was written by Botwright {} and has been through the migration {}, which this version ({}) \
                 does not know: restore it with that version or a newer one",
                self.version,
                unknown.version,
                env!("CARGO_PKG_VERSION")
            );
        }
        ensure!(
            postgres >= self.postgres,
            "the back-up was written by PostgreSQL {}, and can't be restored to the older {postgres}",
            self.postgres
        );
        Ok(())
    }

    /// Refuses a key that does not open what is sealed in the back-up.
    pub(super) fn check_key(&self, secrets: Option<&Secrets>) -> Result<()> {
        let Some(canary) = &self.key else {
            return Ok(());
        };
        let opens = secrets.is_some_and(|secrets| canary.opens_with(secrets));
        if opens {
            return Ok(());
        }
        let is_set = if secrets.is_some() {
            unknown_key(canary.key_id())
        } else {
            "there is no secret key: set BOTWRIGHT_SECRET_KEY, or put the file `secret.key` into the data folder".to_owned()
        };
        bail!(
            "{is_set}. With --without-key the back-up is restored all the same, and what is sealed stays closed"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> Manifest {
        let ours = migrations::MIGRATOR.iter();
        Manifest {
            format: FORMAT,
            version: "9.9.9".to_owned(),
            written_at: Utc::now(),
            postgres: 16,
            migrations: ours
                .map(|migration| Applied {
                    version: migration.version,
                    checksum: migration.checksum.to_vec(),
                })
                .collect(),
            key: None,
        }
    }

    fn refusal(manifest: &Manifest) -> String {
        manifest.check(16).unwrap_err().to_string()
    }

    #[test]
    fn what_is_not_known_here_is_refused() {
        assert!(manifest().check(16).is_ok() && manifest().check(17).is_ok());
        assert!(manifest().check(15).is_err(), "an older Postgres");

        let mut newer = manifest();
        newer.migrations.push(Applied {
            version: 9999,
            checksum: vec![1],
        });
        assert!(refusal(&newer).contains("Botwright 9.9.9"), "{}", refusal(&newer));
        let mut changed = manifest();
        changed.migrations[0].checksum = vec![1];
        assert!(
            refusal(&changed).contains("migration 1,"),
            "{}",
            refusal(&changed)
        );
        let mut other = manifest();
        other.format = 2;
        assert!(refusal(&other).contains("layout 2"));
        let mut older = manifest();
        older.migrations.pop();
        assert!(older.check(16).is_ok(), "the next start migrates it");
    }
}
