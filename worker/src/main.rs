//! `botwright-worker`: runs background jobs beside a server that has `BOTWRIGHT_WORKER=false`.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use domain::Services;
use domain::config::Config;
use domain::db::DbRole;
use domain::kb::parse::sandbox;
use domain::services::load_embedder;
use mimalloc::MiMalloc;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    // The worker starts itself again, with limits, for every file that it reads.
    if let Some(code) = sandbox::run_if_child() {
        return code;
    }
    match work() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn work() -> anyhow::Result<()> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).init();
    let config = Config::load()?;
    let program = std::env::current_exe().context("could not find the own binary")?;
    let services = Services::new(&config, DbRole::Worker, program, load_embedder(&config))?;
    let settings = worker::Settings::new(&config);
    let shutdown = CancellationToken::new();
    tokio::spawn(cancel_on_signal(shutdown.clone()));
    worker::run(Arc::new(services), settings, shutdown).await;
    Ok(())
}

/// Asks for a shutdown on SIGTERM or Ctrl-C.
async fn cancel_on_signal(shutdown: CancellationToken) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
    tracing::info!("shutting down");
    shutdown.cancel();
    Ok(())
}
