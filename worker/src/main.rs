//! `botwright-worker`: runs background jobs beside a server that has `BOTWRIGHT_WORKER=false`.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, bail};
use domain::Services;
use domain::config::Config;
use domain::db::DbRole;
use domain::kb::parse::sandbox;
use domain::master_key::{self, Recognised};
use domain::services::load_embedder;
use domain::traces::Export;
use domain::{log, metrics};
use tikv_jemallocator::Jemalloc;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

fn main() -> ExitCode {
    // The worker starts itself again, with limits, for every file that it reads.
    if let Some(code) = sandbox::run_if_child() {
        return code;
    }
    match observed() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Works with a log and traces.
fn observed() -> anyhow::Result<()> {
    let config = Config::load();
    let traces = match &config {
        Ok(config) => Export::of(config)?,
        Err(_) => None,
    };
    log::begin("info", traces.as_ref());
    let ended = config.and_then(|config| work(&config));
    if let Some(traces) = traces {
        traces.finish();
    }
    ended
}

#[tokio::main]
async fn work(config: &Config) -> anyhow::Result<()> {
    metrics::install()?;
    // Now, so that a port in use is said before anything is begun.
    let listener = match config.worker_listen {
        Some(address) => Some(TcpListener::bind(address).await.with_context(|| {
            format!("could not listen on {address}: BOTWRIGHT_WORKER_LISTEN chooses another address")
        })?),
        None => None,
    };
    let program = std::env::current_exe().context("could not find the own binary")?;
    let services = Arc::new(Services::new(
        config,
        DbRole::Worker,
        program,
        load_embedder(config),
    )?);
    check_key(&services).await?;
    let settings = worker::Settings::new(config);
    let shutdown = CancellationToken::new();
    tokio::spawn(cancel_on_signal(shutdown.clone()));
    if let Some(listener) = listener {
        let (services, token) = (services.clone(), config.metrics_token.clone());
        // Until the process ends: it is asked while the last jobs come to their end, too.
        tokio::spawn(async move {
            if let Err(error) = worker::probes::serve(listener, services, token).await {
                tracing::error!(%error, "probes are not answered any more");
            }
        });
    }
    worker::run(services, settings, shutdown).await;
    Ok(())
}

/// Refuses a secret key that opens nothing. While Postgres is away, or not set up yet, there is nothing to open either.
async fn check_key(services: &Services) -> anyhow::Result<()> {
    match master_key::recognise(&services.db, &services.secrets).await {
        Ok(Recognised::Unknown(needed)) => bail!(master_key::unknown_key(needed)),
        Ok(_) => Ok(()),
        Err(error) => {
            tracing::warn!(%error, "the secret key could not be checked");
            Ok(())
        }
    }
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
