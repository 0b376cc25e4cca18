//! The worker as a process of its own, to be killed.

use std::process::{Child, Command, Stdio};

use secrecy::ExposeSecret;

use crate::support::Harness;

/// The worker's program.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_botwright-worker");

/// A worker process that is killed when dropped, and never asked.
pub struct Worker(Child);

impl Worker {
    /// Starts one that works for this installation; taken for dead after two seconds.
    pub fn start(harness: &Harness) -> Self {
        Self::start_with(harness, |_| {})
    }

    /// The same, with other variables of the environment.
    pub fn start_with(harness: &Harness, change: impl FnOnce(&mut Command)) -> Self {
        let config = &harness.config;
        let secret =
            |value: &Option<secrecy::SecretString>| value.as_ref().unwrap().expose_secret().to_owned();
        let mut command = Command::new(PROGRAM);
        command
            .env("BOTWRIGHT_DATA_DIR", &config.data_dir)
            .env("DATABASE_URL", secret(&config.database_url))
            .env("REDIS_URL", secret(&config.redis_url))
            .env("BOTWRIGHT_SECRET_KEY", secret(&config.secret_key))
            .env("BOTWRIGHT_WORKER_LOST_AFTER_SECONDS", "2")
            .env(
                "BOTWRIGHT_WORKER_CONCURRENCY",
                config.worker_concurrency.to_string(),
            )
            .env(
                "BOTWRIGHT_WORKER_TURN_SECONDS",
                config.worker_turn_seconds.to_string(),
            )
            .env("RUST_LOG", "warn")
            .stdin(Stdio::null());
        change(&mut command);
        Self(command.spawn().unwrap())
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // SIGKILL: nothing is tidied up.
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}
