//! Start-up and shutdown of the server, alone or with everything it needs inside.

use std::future::pending;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use std::{fs, io};

use anyhow::{Context, bail};
use domain::config::{self, Config};
use domain::db::DbRole;
use domain::master_key::{self, Recognised};
use domain::services::load_embedder;
use domain::{Services, metrics, secrets};
use secrecy::ExposeSecret;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::embedded::{Durability, Embedded};
use crate::{AppState, Pulse, demo, listen, routes};

/// How long requests and streams may go on after the last was taken.
const DRAIN: Duration = Duration::from_secs(25);
/// How long those that were cut off have to say so.
const FAREWELL: Duration = Duration::from_secs(3);
/// How long jobs may take to be given back, which had the whole time before to end.
const JOBS: Duration = Duration::from_secs(7);

/// Runs the server until it is told to stop.
pub async fn serve(mut config: Config) -> anyhow::Result<()> {
    let mut signals = StopSignals::new().context("could not listen for signals")?;
    config.data_dir = config::create_data_dir(&config.data_dir)?;
    config.check()?;
    if config.secret_key.is_none() {
        let path = config.data_dir.join(secrets::KEY_FILE);
        config.secret_key = Some(secrets::load_or_create(&path)?);
        config.previous_secret_keys = secrets::load_earlier(&path)?;
    }
    // Now, so that a port in use is said before anything is started.
    let listener = TcpListener::bind(config.listen).await.with_context(|| {
        format!("could not listen on {}: is another server running there? BOTWRIGHT_LISTEN chooses another address", config.listen)
    })?;
    let embedded = tokio::select! {
        embedded = start_embedded(&mut config) => embedded?,
        () = signals.any() => return Ok(()),
    };
    let served = serve_with(config, listener, &mut signals).await;
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
            config.is_embedded = true;
            Ok(Some(embedded))
        }
        _ => bail!("set both DATABASE_URL and REDIS_URL, or neither to have private ones started"),
    }
}

/// Brings the database up to date and puts the parts of the server together.
async fn prepare(config: Config, program: PathBuf) -> anyhow::Result<AppState> {
    let database_url = config.database_url.as_ref().context("no database")?;
    migrations::migrate(database_url.expose_secret()).await?;
    metrics::install()?;
    let services = Services::new(&config, DbRole::App, program, load_embedder(&config))?;
    if let Recognised::Unknown(needed) = master_key::recognise(&services.db, &services.secrets).await? {
        bail!(master_key::unknown_key(needed));
    }
    Ok(AppState {
        services: Arc::new(services),
        config: Arc::new(config),
        demo_bot: Arc::default(),
        leaving: CancellationToken::new(),
        pulse: Pulse::default(),
    })
}

async fn serve_with(config: Config, listener: TcpListener, signals: &mut StopSignals) -> anyhow::Result<()> {
    let program = std::env::current_exe().context("could not find our own program")?;
    let state = tokio::select! {
        state = prepare(config, program.clone()) => state?,
        () = signals.any() => return Ok(()),
    };
    let services = state.services.clone();

    let (leaving, closing) = (state.leaving.clone(), CancellationToken::new());
    let tasks = TaskTracker::new();
    tasks.spawn(
        services
            .live_bots
            .clone()
            .listen(services.redis.clone(), closing.clone()),
    );
    tasks.spawn(
        services
            .live
            .clone()
            .listen(services.redis.clone(), closing.clone()),
    );
    tasks.spawn(state.pulse.clone().watch(services.db.clone(), closing.clone()));
    if state.config.worker {
        let embedder = services.embedder.clone();
        let worker = Services::new(&state.config, DbRole::Worker, program, embedder)?;
        tasks.spawn(worker::run(
            Arc::new(worker),
            worker::Settings::new(&state.config),
            leaving.clone(),
        ));
    }
    if state.config.demo {
        let seeding = demo::seed(state.clone());
        tasks.spawn(leaving.clone().run_until_cancelled_owned(seeding));
    }

    let public_url = state.services.public_url.clone();
    let outbox = state.config.is_embedded && state.services.mailer.is_none();
    let lame_duck = lame_duck(&state.config);
    let router = routes::router(state);
    if outbox {
        tracing::info!("no mail server is set: mails are shown at {public_url}/outbox, on this machine only");
    }
    tracing::info!("Botwright is ready at {public_url}");
    let serving = tokio::spawn(listen::serve(listener, router, closing.clone()));
    signals.any().await;
    tracing::info!("stopping");
    leaving.cancel();
    tokio::select! {
        () = sleep(lame_duck) => {}
        // Asked twice, it goes at once.
        () = signals.any() => {}
    }
    closing.cancel();
    drain(&services, serving).await;
    if let Err(error) = services.drafts.flush().await {
        tracing::warn!(%error, "the last changes of drafts have no copy in Postgres");
    }
    tasks.close();
    if timeout(JOBS, tasks.wait()).await.is_err() {
        tracing::info!("some jobs were still running; they will be taken up again");
    }
    Ok(())
}

/// How long requests are still taken.
fn lame_duck(config: &Config) -> Duration {
    if config.is_embedded {
        return Duration::ZERO;
    }
    Duration::from_millis(config.lame_duck_ms)
}

/// Waits until what was asked is answered, then has the answers that are left come to an end that their clients understand.
async fn drain(services: &Services, serving: JoinHandle<()>) {
    let ended = async {
        if let Err(error) = serving.await {
            tracing::error!(%error, "the task that takes connections ended");
        }
        services.under_way.ended().await;
    };
    let mut ended = std::pin::pin!(ended);
    if timeout(DRAIN, &mut ended).await.is_ok() {
        return;
    }
    tracing::info!("some answers take too long and are cut off");
    services.under_way.cut_off();
    if timeout(FAREWELL, ended).await.is_err() {
        tracing::info!("some requests were still open and were cut");
    }
}

/// What tells the server to stop: Ctrl-C, a service manager, or the end of its terminal.
///
/// Made before anything is started, since a signal that nobody listens for ends the process at once and leaves
/// the private servers running.
pub(crate) struct StopSignals {
    interrupt: Signal,
    terminate: Signal,
    /// Absent when started with `nohup`.
    hangup: Option<Signal>,
}

impl StopSignals {
    /// Listens from now on.
    pub(crate) fn new() -> io::Result<Self> {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let hangup = (!ignores_hangup(&status)).then(|| signal(SignalKind::hangup()));
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: hangup.transpose()?,
        })
    }

    /// Ready once one of them came, also before this was called.
    pub(crate) async fn any(&mut self) {
        let Self {
            interrupt,
            terminate,
            hangup,
        } = self;
        let hung_up = async {
            match hangup {
                Some(hangup) => hangup.recv().await,
                None => pending().await,
            }
        };
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hung_up => {}
        }
    }
}

/// Whether a process with this `/proc/<pid>/status` ignores SIGHUP, the first bit of its mask.
fn ignores_hangup(status: &str) -> bool {
    status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .is_some_and(|mask| mask & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nohup_is_respected() {
        assert!(ignores_hangup("SigBlk:\t0000\nSigIgn:\t1001\n"));
        assert!(!ignores_hangup("SigBlk:\t0001\nSigIgn:\t1000\n"));
    }

    #[tokio::test]
    async fn signal_that_came_early_is_not_lost() {
        let mut signals = StopSignals::new().unwrap();
        nix::sys::signal::raise(nix::sys::signal::Signal::SIGTERM).unwrap();
        timeout(DRAIN, signals.any()).await.unwrap();
    }
}
