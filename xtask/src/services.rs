//! A private Postgres and Redis for tests and tools, never the running product's.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdin, Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::paths::Paths;

/// Running servers; they stop when this is dropped.
pub struct Services {
    child: Child,
    stdin: Option<ChildStdin>,
    /// Postgres, as the owner.
    pub database_url: String,
    /// Redis.
    pub redis_url: String,
}

impl Services {
    /// Starts empty servers that don't wait for the disk. The server program must have been built.
    pub fn start(paths: &Paths, name: &str) -> Result<Self> {
        let log_path = paths.own("logs").join(format!("{name}-services.log"));
        let mut child = Command::new(paths.program("botwright"))
            .args(["services", "--scratch", "--data-dir"])
            .arg(paths.target.join(format!("{name}-services")))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(&log_path)?)
            .spawn()
            .context("can't start `botwright services`")?;
        let stdin = child.stdin.take();
        let stdout = child.stdout.take().context("the output is piped")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let addresses: serde_json::Value = serde_json::from_str(&line).unwrap_or_default();
        let (Some(database_url), Some(redis_url)) = (
            addresses["database_url"].as_str(),
            addresses["redis_url"].as_str(),
        ) else {
            child.wait()?;
            bail!(
                "the private Postgres and Redis did not start:\n{}",
                std::fs::read_to_string(&log_path)?
            );
        };
        Ok(Self {
            child,
            stdin,
            database_url: database_url.to_owned(),
            redis_url: redis_url.to_owned(),
        })
    }

    /// Tells a test runner where the servers and the models are.
    pub fn tell<'a>(&self, paths: &Paths, command: &'a mut Command) -> &'a mut Command {
        command
            .env("BOTWRIGHT_TEST_DATABASE_URL", &self.database_url)
            .env("BOTWRIGHT_TEST_REDIS_URL", &self.redis_url)
            .env("BOTWRIGHT_MODELS_DIR", paths.models())
    }
}

impl Drop for Services {
    fn drop(&mut self) {
        drop(self.stdin.take());
        // It says in its log what went wrong, and the next start takes over.
        let _ = self.child.wait();
    }
}
