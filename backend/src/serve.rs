//! Start-up and shutdown of the server, alone or with everything it needs inside.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use domain::config::{self, Config};
use domain::db::DbRole;
use domain::services::load_embedder;
use domain::{Services, secrets};
use secrecy::ExposeSecret;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::embedded::{Durability, Embedded};
use crate::{AppState, demo, routes};

/// How long open streams may go on after the server was told to stop.
const DRAIN: Duration = Duration::from_secs(10);

/// Runs the server until it is told to stop.
pub async fn serve(mut config: Config) -> anyhow::Result<()> {
    config.data_dir = config::create_data_dir(&config.data_dir)?;
    config.check()?;
    if config.secret_key.is_none() {
        config.secret_key = Some(secrets::load_or_create(&config.data_dir.join("secret.key"))?);
    }
    // First, so that a port in use is said before anything is started.
    let listener = TcpListener::bind(config.listen).await.with_context(|| {
        format!("could not listen on {}: is another server running there? BOTWRIGHT_LISTEN chooses another address", config.listen)
    })?;
    let embedded = start_embedded(&mut config).await?;
    let served = serve_with(config, listener).await;
    if let Some(embedded) = embedded {
        embedded
            .stop()
            .await
            .context("could not stop the private Postgres and Redis")?;
    }
    served
}

/// Starts the private Postgres and Redis unless others are set.
async fn start_embedded(config: &mut Config) -> anyhow::Result<Option<Embedded>> {
    match (&config.database_url, &config.redis_url) {
        (Some(_), Some(_)) => Ok(None),
        (None, None) => {
            let embedded = Embedded::start(&config.data_dir, Durability::Durable).await?;
            config.database_url = Some(embedded.database_url().to_owned().into());
            config.redis_url = Some(embedded.redis_url().to_owned().into());
            Ok(Some(embedded))
        }
        _ => bail!("set both DATABASE_URL and REDIS_URL, or neither to have private ones started"),
    }
}

async fn serve_with(config: Config, listener: TcpListener) -> anyhow::Result<()> {
    let database_url = config.database_url.as_ref().context("no database")?;
    domain::migrate::migrate(database_url.expose_secret()).await?;
    let program = std::env::current_exe().context("could not find our own program")?;
    let services = Arc::new(Services::new(
        &config,
        DbRole::App,
        program.clone(),
        load_embedder(&config),
    )?);
    let state = AppState {
        services: services.clone(),
        config: Arc::new(config),
        demo_bot: Arc::default(),
    };

    let stopping = CancellationToken::new();
    let tasks = TaskTracker::new();
    tasks.spawn(
        services
            .live_bots
            .clone()
            .listen(services.redis.clone(), stopping.clone()),
    );
    if state.config.worker {
        let embedder = services.embedder.clone();
        let worker = Services::new(&state.config, DbRole::Worker, program, embedder)?;
        tasks.spawn(worker::run(
            Arc::new(worker),
            worker::Settings::new(&state.config),
            stopping.clone(),
        ));
    }
    if state.config.demo {
        tasks.spawn(demo::seed(state.clone()));
    }

    let public_url = state.services.public_url.clone();
    let router = routes::router(state).into_make_service_with_connect_info::<SocketAddr>();
    tracing::info!("Botwright is ready at {public_url}");
    let serving = axum::serve(listener, router).with_graceful_shutdown(stopping.clone().cancelled_owned());
    let mut serving = std::pin::pin!(serving.into_future());
    tokio::select! {
        served = &mut serving => served?,
        () = told_to_stop() => {
            tracing::info!("stopping");
            stopping.cancel();
            if tokio::time::timeout(DRAIN, serving).await.is_err() {
                tracing::info!("some streams were still open and were cut");
            }
        }
    }
    tasks.close();
    if tokio::time::timeout(DRAIN, tasks.wait()).await.is_err() {
        tracing::info!("some jobs were still running; they will be taken up again");
    }
    Ok(())
}

async fn told_to_stop() {
    let terminate = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => signal.recv().await,
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate => {}
    }
}
