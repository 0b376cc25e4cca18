//! Where an installation's Postgres and Redis are.

use anyhow::{Result, bail};
use domain::config::Config;
use secrecy::ExposeSecret;

use crate::embedded::{Durability, Embedded};

/// Postgres and Redis of an installation.
pub(crate) struct Place {
    /// As its owner.
    pub(crate) database_url: String,
    pub(crate) redis_url: String,
    /// Started for this.
    embedded: Option<Embedded>,
}

impl Place {
    /// Those of the settings, or of the data folder, which are started unless they run.
    pub(crate) async fn open(config: &Config) -> Result<Self> {
        match Self::running(config)? {
            Some(place) => Ok(place),
            None if config.data_dir.exists() => Self::start(config).await,
            None => bail!(
                "there is no data folder {}: set BOTWRIGHT_DATA_DIR, or DATABASE_URL and REDIS_URL to your own servers",
                config.data_dir.display()
            ),
        }
    }

    /// The same, of an installation whose data folder may be new; refuses one whose server runs.
    pub(crate) async fn open_alone(config: &Config) -> Result<Self> {
        match Self::running(config)? {
            Some(_) if config.database_url.is_none() => bail!(
                "the server of the data folder {} is running: stop it first",
                config.data_dir.display()
            ),
            Some(place) => Ok(place),
            None => Self::start(config).await,
        }
    }

    fn running(config: &Config) -> Result<Option<Self>> {
        let (database_url, redis_url) = match (&config.database_url, &config.redis_url) {
            (Some(database), Some(redis)) => (
                database.expose_secret().to_owned(),
                redis.expose_secret().to_owned(),
            ),
            (None, None) => match Embedded::running(&config.data_dir)? {
                Some(urls) => urls,
                None => return Ok(None),
            },
            _ => bail!("set both DATABASE_URL and REDIS_URL, or neither for those of the data folder"),
        };
        Ok(Some(Self {
            database_url,
            redis_url,
            embedded: None,
        }))
    }

    async fn start(config: &Config) -> Result<Self> {
        let embedded = Embedded::start(&config.data_dir, Durability::Durable).await?;
        Ok(Self {
            database_url: embedded.database_url().to_owned(),
            redis_url: embedded.redis_url().to_owned(),
            embedded: Some(embedded),
        })
    }

    /// Stops what was started.
    pub(crate) async fn close(self) -> Result<()> {
        match self.embedded {
            Some(embedded) => embedded.stop().await,
            None => Ok(()),
        }
    }
}
